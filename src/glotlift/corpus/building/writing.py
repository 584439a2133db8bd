"""Third pass, one shard at a time: the rows that stay, by language; the others in the ledger.

A shard's folder holds ``data/LANGUAGE/NUMBER.parquet`` (or ``.jsonl.zst``), ``ledger.jsonl`` with
every row of its input that did not stay, ``changes.jsonl`` with what was changed in those that did,
and ``statistics.json``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from glotlift.corpus.building.config import BuildConfig
from glotlift.corpus.building.deciding import LINES
from glotlift.corpus.building.found import CORPUS
from glotlift.corpus.building.shards import Shard
from glotlift.corpus.description.statistics import Statistics
from glotlift.corpus.quality.boilerplate import cut_boilerplate
from glotlift.corpus.repetition.passages import cut
from glotlift.runs import atomic

BATCH_ROWS = 2000
LEDGER, CHANGES = "ledger.jsonl", "changes.jsonl"
PLACE = ("file", "line", "id", "language")
EMPTIED = {"reason": "nothing left after cutting", "twin": ""}
MASKED = "masked "
Row = dict[str, Any]


def write_shard(config: BuildConfig, root: Path, shard: Shard) -> dict[str, Any]:
    """Write one shard's part of the corpus, unless that is done; return its name and size."""
    path = root / "written" / shard.name
    if not path.is_dir():
        with atomic.folder(path) as folder:
            write(config, shard, root, folder)
    return {"shard": shard.name, "bytes": shard.bytes}


def write(config: BuildConfig, shard: Shard, root: Path, folder: Path) -> None:
    """Write the rows that stay, those that do not, and the statistics of a shard."""
    source, decided = root / "examined" / shard.name, root / "decided"
    counts = json.loads((source / "examined.json").read_text())
    statistics = Statistics(read=counts["read"])
    verdicts = pq.read_table(decided / f"{shard.name}.parquet").to_pylist()
    gone = {row["row"]: row for row in verdicts}
    cuts = Cuts(config, shard, decided)
    with ExitStack() as files:
        ledger, changes = (
            files.enter_context((folder / name).open("wb")) for name in (LEDGER, CHANGES)
        )
        outputs = files.enter_context(Outputs(folder / "data", shard.number, config.format))
        for broken in map(orjson.loads, (source / LEDGER).open("rb")):
            statistics.drop(broken["reason"], "", "")
            write_line(ledger, broken)
        for rows in batches(source / "rows.parquet"):
            whole = [row for row in rows if row["number"] not in gone]
            cuts.apply(whole)
            for row in rows:
                if verdict := verdict_on(row, gone):
                    write_line(ledger, left_out(row, verdict))
                    count_dropped(statistics, row, verdict)
            kept = [row for row in whole if row["text"]]
            outputs.write(kept)
            for row in kept:
                if row["changes"]:
                    entry = {name: row[name] for name in PLACE}
                    write_line(changes, {**entry, "changes": row["changes"]})
            count_kept(statistics, kept)
    atomic.write_json(folder / "statistics.json", statistics.to_json(), indent=None)


def verdict_on(row: Row, gone: Mapping[int, Row]) -> Mapping[str, Any] | None:
    """Return why a row does not stay, or None."""
    return gone.get(row["number"]) or (None if row["text"] else EMPTIED)


def batches(path: Path) -> Iterator[list[Row]]:
    """Yield the rows of a shard in batches, each with its number in the shard."""
    number = 0
    for batch in pq.ParquetFile(path).iter_batches(BATCH_ROWS):
        rows = batch.to_pylist()
        for row in rows:
            row["number"] = number
            row["changes"] = orjson.loads(row["changes"] or "{}")
            number += 1
        yield rows


class Cuts:
    """What is cut from the rows of a shard: lines of the whole corpus, and spans by row."""

    def __init__(self, config: BuildConfig, shard: Shard, decided: Path) -> None:
        self.lines = np.load(decided / LINES)
        self.boilerplate = config.quality.boilerplate
        self.spans: dict[int, list[tuple[int, int]]] = {}
        for row, start, end in np.load(decided / f"{shard.name}.npy").tolist():
            self.spans.setdefault(row, []).append((start, end))

    def apply(self, rows: Sequence[Row]) -> None:
        """Cut repeated paragraphs and boilerplate from rows, and count the cuts."""
        for row in rows:
            row["before"] = row["text"]
            if spans := self.spans.get(row["number"]):
                row["text"] = cut(row["text"], spans).strip()
                row["changes"]["cut repeated paragraph"] = len(spans)
        if not self.boilerplate:
            return
        trimmed = cut_boilerplate([row["text"] for row in rows], self.lines)
        for row, found in zip(rows, trimmed, strict=True):
            row["text"] = found.text.strip()
            for one in found.cuts:
                kind = f"cut {one.reason}"
                row["changes"][kind] = row["changes"].get(kind, 0) + 1


def left_out(row: Row, verdict: Mapping[str, str]) -> dict[str, Any]:
    """Return the ledger's entry of a row: where it stood, why it did not stay, what did instead."""
    entry = {name: row[name] for name in PLACE} | {"reason": verdict["reason"]}
    return entry | {"twin": verdict["twin"]} if verdict["twin"] else entry


def count_dropped(statistics: Statistics, row: Row, verdict: Mapping[str, str]) -> None:
    """Count a row that did not stay under the kind of its reason."""
    kind, _, detail = verdict["reason"].partition(": ")
    statistics.drop(verdict["reason"], row["language"], row["text"])
    if verdict["twin"]:
        statistics.note("duplicates", kind, row["language"])
    if kind == "other language":
        statistics.confusion[row["language"], detail] += 1
    if kind == "evaluation item":
        statistics.note("contamination", detail, row["language"])


def count_kept(statistics: Statistics, rows: Sequence[Row]) -> None:
    """Count rows that stay, and what was changed in them."""
    texts, *rest = (
        [row[name] for row in rows] for name in ("text", "language", "source", "license")
    )
    statistics.keep(texts, *rest)
    for row in rows:
        for kind, places in row["changes"].items():
            before = row["before"] if kind.startswith("cut ") else ""
            statistics.change(kind, row["language"], row["text"], before=before, places=places)
            if kind.startswith(MASKED):
                statistics.note("personal", kind.removeprefix(MASKED), row["language"], places)


def write_line(file: IO[bytes], value: Mapping[str, Any]) -> None:
    """Write one JSON line."""
    file.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))


class Outputs:
    """One file for each language of a shard, opened when the first of its rows comes."""

    def __init__(self, folder: Path, number: int, format: str) -> None:
        self.folder, self.format = folder, format
        self.name = f"{number:05d}.{'parquet' if format == 'parquet' else 'jsonl.zst'}"
        self.files: dict[str, Any] = {}

    def __enter__(self) -> "Outputs":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.files.values():
            file.close()

    def write(self, rows: Iterable[Row]) -> None:
        """Append rows to the files of their languages."""
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(row["language"], []).append(row)
        for code, group in groups.items():
            file = self.files.get(code) or self.open(code)
            if self.format == "parquet":
                columns = {name: [row[name] for row in group] for name in CORPUS.names}
                file.write_table(pa.table(columns, schema=CORPUS))
            else:
                for row in group:
                    write_line(file, {name: row[name] for name in CORPUS.names})

    def open(self, code: str) -> Any:
        """Open the file of a language."""
        path = self.folder / code / self.name
        path.parent.mkdir(parents=True)
        if self.format == "parquet":
            self.files[code] = pq.ParquetWriter(path, CORPUS, compression="zstd")
        else:
            self.files[code] = zstandard.open(path, "wb")
        return self.files[code]
