"""Pairs of similar rows among millions, by locality-sensitive hashing of their fingerprints.

Rows that agree in every value of a band are candidates (Indyk and Motwani 1998; Leskovec, Rajaraman
and Ullman 2020, section 3.4). Bands are made and sorted a few at a time, so that memory is that of
some keys a row, whatever the number of bands.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.repetition.fingerprints import scrambled

MISSED = 0.05
FEWEST_BANDS, MOST_BANDS = 32, 256
# Unrelated texts of one language agree in fewer than one value of a hundred.
BACKGROUND = 0.01
NEIGHBOURS = 16
BLOCK_ROWS = 2**16
BLOCK_KEYS = 2**25

Rows = NDArray[np.int64]
Keys = NDArray[np.uint64]
Salt = Callable[[Keys, Rows], Keys]
Allows = Callable[[Rows, Rows], NDArray[np.bool_]]


def row_keys(fingerprints: NDArray[np.uint16], rows: Rows) -> Keys:
    """Return one key of each whole fingerprint, uint64 [rows]."""
    factors = scrambled(fingerprints.shape[1], 0) | np.uint64(1)
    keys = np.empty(len(rows), np.uint64)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = fingerprints[rows[start : start + BLOCK_ROWS]]
        keys[start : start + len(block)] = (block * factors).sum(axis=1, dtype=np.uint64)
    return keys


def choose_bands(rows: int, values: int, threshold: float) -> NDArray[np.int64]:
    """Return the values that each band takes of a fingerprint, [bands, values in a band].

    A band holds the fewest values (2 to 4) by which unrelated rows make no more candidates than
    there are rows, times 64; there are as many bands as miss 5 % at the threshold, 32 to 256.
    """
    width = 2
    while width < 4 and rows * needed(width, threshold) * BACKGROUND**width > 4 * NEIGHBOURS:
        width += 1
    bands = needed(width, threshold)
    whole = values // width
    orders = [
        np.argsort(scrambled(values, seed), kind="stable")[: whole * width]
        for seed in range(1, 2 + bands // whole)
    ]
    return np.concatenate(orders).reshape(-1, width)[:bands]


def needed(width: int, threshold: float) -> int:
    """Return how many bands of a width find a pair at the threshold, but for `MISSED`."""
    enough = math.log(MISSED) / math.log1p(-min(threshold**width, 0.99))
    return min(MOST_BANDS, max(FEWEST_BANDS, math.ceil(enough)))


def similar_pairs(
    fingerprints: NDArray[np.uint16], rows: Rows, salt: Salt, allows: Allows, threshold: float
) -> tuple[Rows, NDArray[np.float32], Rows]:
    """Return pairs of similar rows [m, 2] (the first one first), their similarity, crowded rows.

    A row is crowded where it shared a band with more rows than it was compared with.
    """
    bands = choose_bands(len(rows), fingerprints.shape[1], threshold)
    at_once = max(1, BLOCK_KEYS // len(rows))
    found = [np.empty(0, np.uint64)]
    crowded = np.zeros(len(rows), np.bool_)
    for first in range(0, len(bands), at_once):
        for keys in band_keys(fingerprints, rows, bands[first : first + at_once]):
            for left, right in candidates(salt(keys, rows), crowded):
                low, high = rows[np.minimum(left, right)], rows[np.maximum(left, right)]
                share = agreement(fingerprints, low, high)
                good = (share >= threshold) & allows(low, high)
                found.append((low[good] << 32 | high[good]).astype(np.uint64))
        found = [np.unique(np.concatenate(found))]
    packed = found[0].astype(np.int64)
    pairs = np.stack([packed >> 32, packed & 0xFFFFFFFF], axis=1)
    return pairs, agreement(fingerprints, pairs[:, 0], pairs[:, 1]), rows[crowded]


def band_keys(fingerprints: NDArray[np.uint16], rows: Rows, bands: NDArray[np.int64]) -> Keys:
    """Return the values of each band side by side in one key, uint64 [bands, rows]."""
    keys = np.zeros((len(bands), len(rows)), np.uint64)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = fingerprints[rows[start : start + BLOCK_ROWS]].T
        part = keys[:, start : start + block.shape[1]]
        for position in range(bands.shape[1]):
            part |= block[bands[:, position]].astype(np.uint64) << np.uint64(16 * position)
    return keys


def candidates(keys: Keys, crowded: NDArray[np.bool_]) -> list[tuple[Rows, Rows]]:
    """Return pairs of rows with one key: the next 16 of each, and the first of all.

    So a bucket of any size costs no more than 17 comparisons a row.
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    alike = np.flatnonzero(ordered[1:] == ordered[:-1])
    shared = np.zeros(len(keys) + 1, np.bool_)
    shared[alike] = shared[alike + 1] = True
    places = np.flatnonzero(shared)
    order, ordered = order[places], ordered[places]
    pairs: list[tuple[Rows, Rows]] = []
    for step in range(1, NEIGHBOURS + 1):
        equal = np.flatnonzero(ordered[step:] == ordered[:-step])
        if not len(equal):
            return pairs
        pairs.append((order[equal], order[equal + step]))
    starts = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    first = np.flatnonzero(starts)[np.cumsum(starts) - 1]
    far = np.flatnonzero(np.arange(len(order)) - first > NEIGHBOURS)
    crowded[order[far]] = True
    pairs.append((order[first[far]], order[far]))
    return pairs


def agreement(fingerprints: NDArray[np.uint16], left: Rows, right: Rows) -> NDArray[np.float32]:
    """Return the share of equal values of each pair of rows, float32 [pairs]."""
    shares = np.empty(len(left), np.float32)
    for start in range(0, len(left), BLOCK_ROWS):
        part = slice(start, start + BLOCK_ROWS)
        shares[part] = (fingerprints[left[part]] == fingerprints[right[part]]).mean(axis=1)
    return shares
