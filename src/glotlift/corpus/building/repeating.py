"""Lines and paragraphs that repeat over a corpus: counted by shard, found over all, then cut."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.boilerplate import LineCounts, gather
from glotlift.corpus.passages import Repeats, repeated_paragraphs
from glotlift.corpus.winnowing import Places, merge

BUCKETS = 16
LINE_ARRAYS, PLACE_ARRAYS = ("keys", "documents"), ("keys", "rows", "starts", "lengths")


def save_lines(folder: Path, counts: Sequence[LineCounts]) -> None:
    """Write in how many documents of a shard each line stands."""
    whole = gather(counts)
    for name in LINE_ARRAYS:
        np.save(folder / f"line_{name}.npy", getattr(whole, name))


def save_paragraphs(folder: Path, parts: Sequence[Places], counts: Sequence[int]) -> None:
    """Write where the paragraphs of a shard stand; the parts are of `counts` texts each."""
    whole = merge(parts, counts)
    for name in PLACE_ARRAYS:
        np.save(folder / f"paragraph_{name}.npy", getattr(whole, name))


def repeated_lines(folders: Sequence[Path], texts: int) -> NDArray[np.uint64]:
    """Return the keys of lines that many documents of all shards share, ascending.

    A sixteenth of the keys is held at a time.
    """
    parts = [
        [np.load(folder / f"line_{name}.npy", mmap_mode="r") for name in LINE_ARRAYS]
        for folder in folders
    ]
    bounds = np.arange(1, BUCKETS, dtype=np.uint64) << np.uint64(60)
    cuts = [[0, *np.searchsorted(keys, bounds), len(keys)] for keys, _ in parts]
    found = []
    for bucket in range(BUCKETS):
        held = []
        for (keys, documents), cut in zip(parts, cuts, strict=True):
            part = slice(cut[bucket], cut[bucket + 1])
            held.append(LineCounts(np.array(keys[part]), np.array(documents[part]), 0))
        whole = gather(held)
        found.append(LineCounts(whole.keys, whole.documents, texts).repeated())
    return np.concatenate(found)


def repeated_passages(
    folders: Sequence[Path], counts: Sequence[int], gone: NDArray[np.bool_]
) -> Repeats:
    """Return the paragraphs that stand in an earlier row; rows that are `gone` stand nowhere."""
    parts = [
        Places(*(np.load(folder / f"paragraph_{name}.npy") for name in PLACE_ARRAYS))
        for folder in folders
    ]
    return repeated_paragraphs(merge(parts, counts), gone)
