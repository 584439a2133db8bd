"""Lines and paragraphs that repeat over a corpus: counted by shard, found over all, then cut."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.quality.boilerplate import LineCounts
from glotlift.corpus.quality.codepoints import Keys
from glotlift.corpus.repetition.passages import Repeats, repeated_paragraphs
from glotlift.corpus.repetition.winnowing import Places, merge

BUCKETS = 16
PLACES = ("keys", "rows", "starts", "lengths")


def save_lines(
    folder: Path, parts: Sequence[tuple[NDArray[np.uint64], NDArray[np.uint32]]]
) -> None:
    """Write the keys of the lines of a shard and the rows they stand in."""
    for name, arrays in zip(("keys", "rows"), zip(*parts, strict=True), strict=True):
        np.save(folder / f"line_{name}.npy", np.concatenate(arrays))


def save_paragraphs(folder: Path, parts: Sequence[Places], counts: Sequence[int]) -> None:
    """Write where the paragraphs of a shard stand; the parts are of `counts` texts each."""
    whole = merge(parts, counts)
    for name in PLACES:
        np.save(folder / f"paragraph_{name}.npy", getattr(whole, name))


def repeated_lines(folders: Sequence[Path], gone: Sequence[NDArray[np.bool_]]) -> Keys:
    """Return the keys of lines that many of the rows that stay share, ascending.

    `gone` marks the rows of each shard that do not stay: copies of one text make no line
    boilerplate. A sixteenth of the keys is held at a time.
    """
    texts = sum(int((~left_out).sum()) for left_out in gone)
    found = []
    for bucket in range(BUCKETS):
        held = []
        for folder, left_out in zip(folders, gone, strict=True):
            keys = np.load(folder / "line_keys.npy", mmap_mode="r")
            rows = np.load(folder / "line_rows.npy", mmap_mode="r")
            own = (keys >> np.uint64(60)) == bucket
            held.append(keys[own][~left_out[rows[own]]])
        distinct, documents = np.unique(np.concatenate(held), return_counts=True)
        found.append(LineCounts(distinct, documents, texts).repeated())
    return np.concatenate(found)


def repeated_passages(
    folders: Sequence[Path], counts: Sequence[int], gone: NDArray[np.bool_]
) -> Repeats:
    """Return the paragraphs that stand in an earlier row; rows that are `gone` stand nowhere."""
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.uint32)

    def loaded(name: str) -> list[NDArray[Any]]:
        return [np.load(folder / f"paragraph_{name}.npy") for folder in folders]

    # One array after the other: those of all shards side by side would take twice the memory.
    moved = (own + start for own, start in zip(loaded("rows"), starts, strict=True))
    rows = np.concatenate(list(moved))
    keys, places, lengths = (np.concatenate(loaded(n)) for n in ("keys", "starts", "lengths"))
    return repeated_paragraphs(Places(keys, rows, places, lengths), gone)
