"""Duplicates out of a dataset: equal texts alone, or all kinds down to repeated passages."""

import hashlib
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.corpus.ledger import Ledger
from glotlift.corpus.repairing.normalisation import normalise
from glotlift.corpus.repetition.fingerprints import BINS, Keys, text_keys
from glotlift.corpus.repetition.near_duplicates import (
    CONTAINED,
    REASONS,
    THRESHOLD,
    Duplicates,
    find_duplicates,
)
from glotlift.corpus.repetition.passages import (
    PARAGRAPH,
    Span,
    cut,
    find_repeats,
    paragraph_keys,
    repeated_paragraphs,
    shared_parts,
)
from glotlift.corpus.repetition.winnowing import Places, anchors
from glotlift.runs.progress import track

REASON = "duplicate text"
NOTHING_LEFT = "only repeated passages"
BATCH_ROWS = 1000
ROWS_IN_MEMORY = 2**20


def deduplicate(rows: Dataset, ledger: Ledger | None = None) -> Dataset:
    """Return the rows without those whose normalised text stood earlier in the same language.

    The same text in two languages stays in both, so that parallel rows keep their partners. Dropped
    rows go to the ledger under their source and position in `rows` (from 1).
    """
    ledger = ledger if ledger is not None else Ledger(read=len(rows))
    seen: set[bytes] = set()
    kept: list[int] = []
    for index, row in enumerate(rows.select_columns(["id", "language", "text", "source"])):
        key = f"{row['language']}\0{normalise(row['text'])}".encode()
        digest = hashlib.blake2b(key, digest_size=16).digest()
        if digest in seen:
            ledger.drop(row["source"], index + 1, REASON, id=row["id"])
        else:
            seen.add(digest)
            kept.append(index)
    return rows if len(kept) == len(rows) else rows.select(kept)


@dataclass(frozen=True)
class Levels:
    """What counts as a duplicate.

    threshold: the least Jaccard similarity of near duplicates. contained: how much of a partial
    duplicate stands in a longer text. paragraph, passage: the least characters of a paragraph (a
    line) or of a passage anywhere in the text that is cut where it stands again; 0 cuts none.
    across_languages: whether a text is compared with those of other languages too.
    """

    threshold: float = THRESHOLD
    contained: float = CONTAINED
    paragraph: int = PARAGRAPH
    passage: int = 0
    across_languages: bool = True


@dataclass(frozen=True)
class Deduplicated:
    """The rows that stay, with their texts cut; the ledger of the others; counts for a report."""

    rows: Dataset
    ledger: Ledger
    report: dict[str, Any]


def remove_duplicates(
    rows: Dataset, levels: Levels | None = None, ledger: Ledger | None = None
) -> Deduplicated:
    """Return the rows without duplicates of any kind, and without repeated paragraphs.

    Whole documents go first, then paragraphs and passages that stood before in a document that
    stays. Rows of one id in several languages are translations of each other and never duplicates.
    Dropped rows go to the ledger under their source and position in `rows` (from 1). Fingerprints
    of more than a million rows lie in a temporary file.

    Raises GL-CORPUS-047, -048 and -049 (a level out of its range).
    """
    levels = levels or Levels()
    ledger = ledger if ledger is not None else Ledger(read=len(rows))
    repeated = anchors(rows["text"], levels.passage) if levels.passage else None
    with tempfile.TemporaryDirectory(prefix="glotlift-") as folder:
        keys = dataset_keys(rows, Path(folder) if len(rows) > ROWS_IN_MEMORY else None)
        found = compare_rows(
            rows,
            keys,
            across_languages=levels.across_languages,
            threshold=levels.threshold,
            contained=levels.contained,
            overlaps=overlaps(rows, repeated, levels.passage),
        )
    spans = repeated_spans(rows, levels, repeated, found.reasons > 0)
    return drop_and_cut(rows, found, spans, ledger, levels)


def compare_rows(rows: Dataset, keys: Keys, **settings: Any) -> Duplicates:
    """Return what becomes of each row by its keys; `settings` are those of `find_duplicates`."""
    return find_duplicates(
        keys.exact,
        keys.normalised,
        keys.fingerprints,
        keys.sizes,
        languages=numbered(rows, "language"),
        items=numbered(rows, "id"),
        **settings,
    )


def dataset_keys(rows: Dataset, folder: Path | None) -> Keys:
    """Return the keys of all texts, the fingerprints in memory or in a file of the folder."""
    shape = (len(rows), BINS)
    if folder is None:
        prints: NDArray[np.uint16] = np.empty(shape, np.uint16)
    else:
        prints = np.memmap(folder / "fingerprints.u16", np.uint16, "w+", shape=shape)
    exact, normalised = np.empty((2, len(rows)), np.uint64)
    sizes = np.empty(len(rows), np.uint32)
    start = 0
    batches = rows.select_columns(["text"]).iter(BATCH_ROWS)
    total = -(-len(rows) // BATCH_ROWS)
    for batch in track(batches, total=total, label="fingerprints"):
        keys = text_keys(batch["text"])
        part = slice(start, start := start + len(batch["text"]))
        exact[part], normalised[part], sizes[part] = keys.exact, keys.normalised, keys.sizes
        prints[part] = keys.fingerprints
    return Keys(exact, normalised, prints, sizes)


def numbered(rows: Dataset, column: str) -> NDArray[np.int64] | None:
    """Return a number for each value of a column, [rows]; None where there is no such column."""
    if column not in rows.column_names:
        return None
    numbers: dict[Any, int] = {}
    values = (
        value
        for batch in rows.select_columns([column]).iter(BATCH_ROWS * 10)
        for value in batch[column]
    )
    return np.fromiter((numbers.setdefault(value, len(numbers)) for value in values), np.int64)


def overlaps(
    rows: Dataset, repeated: Places | None, shortest: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Return pairs of rows with common passages and their share of the shorter one."""
    if repeated is None:
        return None
    sizes = (map(len, batch["text"]) for batch in rows.select_columns(["text"]).iter(BATCH_ROWS))
    lengths = np.fromiter((size for batch in sizes for size in batch), np.int64)
    return shared_parts(find_repeats(rows["text"], repeated, shortest), lengths)


def repeated_spans(
    rows: Dataset, levels: Levels, repeated: Places | None, gone: NDArray[np.bool_]
) -> tuple[dict[int, list[Span]], dict[int, list[Span]]]:
    """Return the spans of repeated paragraphs and of repeated passages in each row that stays."""
    paragraphs: dict[int, list[Span]] = {}
    if levels.paragraph:
        found = paragraph_keys(rows["text"], levels.paragraph)
        paragraphs = repeated_paragraphs(found, gone).spans()
    if repeated is None:
        return paragraphs, {}
    return paragraphs, find_repeats(rows["text"], repeated, levels.passage, gone).spans()


def drop_and_cut(
    rows: Dataset,
    found: Duplicates,
    spans: tuple[dict[int, list[Span]], dict[int, list[Span]]],
    ledger: Ledger,
    levels: Levels,
) -> Deduplicated:
    """Enter what goes in the ledger, cut what stays, and count both."""
    texts, cuts = rows["text"], {}
    for index in sorted(spans[0].keys() | spans[1].keys()):
        several = [span for kind in spans for span in kind.get(index, [])]
        cuts[index] = cut(texts[index], several).strip()
    reasons = [REASONS[code] for code in found.reasons.tolist()]
    for index, text in cuts.items():
        if not text:
            reasons[index] = NOTHING_LEFT
    kept = [index for index, reason in enumerate(reasons) if not reason]
    fields = rows.select_columns([name for name in ("id", "source") if name in rows.column_names])
    for index, reason in enumerate(reasons):
        if reason:
            row = fields[index]
            ledger.drop(str(row.get("source", "")), index + 1, reason, str(row.get("id", "")))
    left = [cuts.get(index) for index in kept]
    characters = sum(len(texts[i]) - len(text) for i, text in cuts.items() if text)
    report = {
        "rows": len(rows),
        "kept": len(kept),
        "dropped": dict(Counter(reason for reason in reasons if reason)),
        "cut": {
            "rows": sum(text is not None for text in left),
            "characters": characters,
            "paragraphs": sum(map(len, spans[0].values())),
            "passages": sum(map(len, spans[1].values())),
        },
        "levels": asdict(levels),
    }
    return Deduplicated(with_texts(rows.select(kept), left), ledger, report)


def with_texts(rows: Dataset, texts: list[str | None]) -> Dataset:
    """Return the rows with the texts that are given in place of their own."""
    if not any(text is not None for text in texts):
        return rows

    def replace(batch: dict[str, list[str]], indices: list[int]) -> dict[str, list[str]]:
        pairs = zip(batch["text"], indices, strict=True)
        return {"text": [own if (new := texts[i]) is None else new for own, i in pairs]}

    digest = hashlib.blake2b(repr(texts).encode("utf-8", "replace"), digest_size=8).hexdigest()
    return rows.map(
        replace,
        batched=True,
        with_indices=True,
        features=rows.features,
        load_from_cache_file=False,
        new_fingerprint=digest,
    )
