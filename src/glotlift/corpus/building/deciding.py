"""Second pass, over all shards at once: which rows stay, and why the others do not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glotlift.corpus.building.config import BuildConfig
from glotlift.corpus.building.examined import Examined, load_examined, read_column
from glotlift.corpus.building.measuring import NAMES, trusted_measures
from glotlift.corpus.building.repeating import repeated_lines, repeated_passages
from glotlift.corpus.building.shards import Shard
from glotlift.corpus.quality.learning_standards import learn_standards
from glotlift.corpus.quality.standards import Standards
from glotlift.corpus.repetition.near_duplicates import REASONS, find_duplicates
from glotlift.runs import atomic

STANDARDS, LINES = "standards.json", "repeated_lines.npy"
DECISIONS = pa.schema(
    [("row", pa.int64()), ("reason", pa.large_string()), ("twin", pa.large_string())]
)


def decide(config: BuildConfig, shards: Sequence[Shard], root: Path) -> None:
    """Decide every row, unless that is done: ``decided/`` holds a table for each shard."""
    path = root / "decided"
    if path.is_dir():
        return
    rows = load_examined(shards, root)
    with atomic.folder(path) as folder:
        unusual, standards = judge_quality(rows, config)
        atomic.write_json(folder / STANDARDS, standards.to_json() if standards else {})
        twins = drop_duplicates(rows, unusual, config, folder)
        write_decisions(rows, twins, shards, folder)
        gone = rows.reasons != ""
        by_shard = np.split(gone, rows.ends[:-1])
        np.save(folder / LINES, repeated_lines(rows.folders, by_shard))
        write_passages(rows, gone, shards, folder)


def judge_quality(
    rows: Examined, config: BuildConfig
) -> tuple[NDArray[np.object_], Standards | None]:
    """Return why each row is too short or far from what is usual in its language, "" if it is not.

    Rows that are out already are not judged.
    """
    unusual = np.full(len(rows.reasons), "", object)
    if not config.quality.standards:
        return unusual, None
    measures = rows.array("measures")
    there = np.flatnonzero(rows.reasons == "")
    languages = list(rows.languages[there])
    sample, spoken = trusted_measures(rows.root)
    standards = learn_standards(
        np.concatenate([measures[there], sample]),
        [*languages, *spoken],
        np.arange(len(there) + len(spoken)) >= len(there),
        names=NAMES,
        shortest=config.quality.minimum_characters,
    )
    unusual[there] = standards.judge(measures[there], languages)
    return unusual, standards


def drop_duplicates(
    rows: Examined, unusual: NDArray[np.object_], config: BuildConfig, folder: Path
) -> NDArray[np.int64]:
    """Drop the rows that repeat one that stays; return for each row the one kept in its place.

    Translations of one item, which share its id, are no duplicates of each other. Rows that are
    `unusual` (with a reason) are compared too, but after all others, so that none
    takes the place of a better one; those that repeat no other are dropped for their reason.
    """
    there = np.flatnonzero(rows.reasons == "")
    order = there[np.argsort(unusual[there] != "", kind="stable")]
    fingerprints = rows.in_order("fingerprints", order, folder / "fingerprints.npy")
    # A row of no size is compared by its keys alone.
    near = config.duplicates.near
    found = find_duplicates(
        rows.array("exact")[order],
        rows.array("normalised")[order],
        fingerprints,
        rows.array("sizes")[order] * np.uint32(near),
        languages=rows.numbers("language")[order],
        items=rows.numbers("id")[order],
        threshold=config.duplicates.similarity,
    )
    twins = np.arange(len(rows.reasons))
    twins[order] = order[found.kept]
    rows.reasons[order] = np.asarray(REASONS, object)[found.reasons]
    first = rows.reasons == ""
    rows.reasons[first] = unusual[first]
    return twins


def write_decisions(
    rows: Examined, twins: NDArray[np.int64], shards: Sequence[Shard], folder: Path
) -> None:
    """Write for each shard the rows that do not stay, with the id of the row kept in their place.

    Rows are numbered within their shard, from 0.
    """
    ids = read_column(rows.folders, "id")
    start = 0
    for shard, stop in zip(shards, rows.ends, strict=True):
        gone = start + np.flatnonzero(rows.reasons[start:stop] != "")
        kept = twins[gone]
        named = ids.take(pa.array(kept)).to_pylist()
        twin = [name if moved else "" for name, moved in zip(named, kept != gone, strict=True)]
        columns = [gone - start, list(rows.reasons[gone]), twin]
        table = pa.table(
            [pa.array(c, f.type) for c, f in zip(columns, DECISIONS, strict=True)], DECISIONS
        )
        pq.write_table(table, folder / f"{shard.name}.parquet")
        start = int(stop)


def write_passages(
    rows: Examined, gone: NDArray[np.bool_], shards: Sequence[Shard], folder: Path
) -> None:
    """Write for each shard the paragraphs to cut, int64 [m, 3]: row in the shard, start, end."""
    counts = np.diff(rows.ends, prepend=0)
    found = repeated_passages(rows.folders, list(counts), gone)
    spans = np.stack([found.rows, found.starts, found.ends], axis=1)
    starts = rows.ends - counts
    for shard, start, stop in zip(shards, starts, rows.ends, strict=True):
        own = spans[np.searchsorted(found.rows, start) : np.searchsorted(found.rows, stop)]
        np.save(folder / f"{shard.name}.npy", own - [start, 0, 0])
