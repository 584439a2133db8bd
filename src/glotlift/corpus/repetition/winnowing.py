"""Anchors of texts: strings that all texts with one passage have in common, wherever it stands.

Of all strings of a length those are taken whose hash is the smallest in a window of strings
(winnowing; Schleimer, Wilkerson and Aiken 2003, section 3). A passage of length + window - 1
characters cannot be without one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.repetition.fingerprints import mix, scrambled
from glotlift.corpus.repetition.folding import SEPARATOR
from glotlift.corpus.repetition.folding import join as code_points
from glotlift.runs.errors import GlotliftError

PASSAGE = 200
SHORTEST = 20
BATCH_CHARACTERS = 2**18
MULTIPLIER = 0x9E3779B1

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """Places in texts with the key of what stands there; arrays [p] in the order of the texts.

    keys: uint64. rows: the text. starts: the first character. lengths: characters. All uint32: 20
    bytes a place.
    """

    keys: NDArray[np.uint64]
    rows: NDArray[np.uint32]
    starts: NDArray[np.uint32]
    lengths: NDArray[np.uint32]


def merge(shards: Iterable[Places], counts: Sequence[int]) -> Places:
    """Return the places of several shards as those of one corpus; `counts`: texts per shard."""
    parts = list(shards)
    offsets = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.uint32)
    return Places(
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.rows + offset for part, offset in zip(parts, offsets, strict=True)]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.lengths for part in parts]),
    )


def anchors(texts: Sequence[str], shortest: int = PASSAGE) -> Places:
    """Return anchors of the texts, by which any common passage of `shortest` characters is found.

    About four for each `shortest` characters of text.

    Raises GL-CORPUS-049 (shortest below 20).
    """
    if shortest < SHORTEST:
        cause = f"passages of {shortest} characters repeat by chance"
        fix = f"give {SHORTEST} or more, such as {PASSAGE}"
        raise GlotliftError("GL-CORPUS-049", cause, place="shortest", fix=fix)
    found = [Places(np.empty(0, np.uint64), *np.empty((3, 0), np.uint32))]
    for first, batch in batches(texts):
        codes = code_points(batch)
        places = winnow(codes, shortest // 2, shortest - shortest // 2 + 1)
        ends = np.cumsum([len(text) + 1 for text in batch])
        rows = np.searchsorted(ends, places, side="right")
        starts = places - np.concatenate([[0], ends])[rows]
        values = (rows + first, starts, np.full(len(rows), shortest // 2))
        keys = string_keys(codes, places, shortest // 2)
        found.append(Places(keys, *(value.astype(np.uint32) for value in values)))
    return merge(found, [0] * len(found))


def batches(texts: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield (index of the first text, texts) of some 260,000 characters."""
    batch: list[str] = []
    characters = 0
    for index, text in enumerate(texts):
        # A separator within a text would part it; the place of what follows stays as it is.
        batch.append(text.replace(SEPARATOR, " "))
        characters += len(text)
        if characters >= BATCH_CHARACTERS:
            yield index + 1 - len(batch), batch
            batch, characters = [], 0
    if batch:
        yield len(texts) - len(batch), batch


def winnow(codes: NDArray[np.uint32], length: int, window: int) -> Rows:
    """Return where strings of `length` begin whose hash is the smallest in a window of such."""
    last = np.iinfo(np.uint32).max
    count = len(codes) - length + 1
    if count <= 0:
        return np.empty(0, np.int64)
    hashes = mix(rolling_hashes(codes, length))
    parted = np.flatnonzero(codes == ord(SEPARATOR))
    for place in parted.tolist():
        hashes[max(0, place - length + 1) : place + 1] = last
    padded = np.concatenate([np.full(window - 1, last), hashes, np.full(window - 1, last)])
    smallest = sliding(np.minimum, padded.astype(np.uint32), window)
    chosen = sliding(np.maximum, smallest, window)
    return np.flatnonzero((chosen == hashes) & (hashes != last))


def rolling_hashes(codes: NDArray[np.uint32], length: int) -> NDArray[np.uint32]:
    """Return the polynomial hash modulo 2^32 of the string of `length` at each place."""
    with np.errstate(over="ignore"):
        total, covered = np.zeros(len(codes) - length + 1, np.uint32), 0
        block, size = codes, 1
        while covered < length:
            if length & size:
                total *= np.uint32(pow(MULTIPLIER, size, 2**32))
                total += block[covered : covered + len(total)]
                covered += size
            if covered < length:
                block = block[:-size] * np.uint32(pow(MULTIPLIER, size, 2**32)) + block[size:]
                size *= 2
    return total


def sliding(
    choose: Callable[..., NDArray[np.uint32]], values: NDArray[np.uint32], window: int
) -> NDArray[np.uint32]:
    """Return the smallest or largest value of each window, by doubling: [values - window + 1]."""
    size = 1
    while size * 2 <= window:
        values = choose(values[:-size], values[size:])
        size *= 2
    left = window - size
    return choose(values[: len(values) - left], values[left:])


def string_keys(codes: NDArray[np.uint32], places: Rows, length: int) -> NDArray[np.uint64]:
    """Return a 64-bit key of the string of `length` at each place."""
    factors = scrambled(length, length) | np.uint64(1)
    keys = np.zeros(len(places), np.uint64)
    for offset, factor in enumerate(factors):
        keys += (codes[places + offset] + np.uint64(1)) * factor
        keys ^= keys >> np.uint64(29)
    return keys
