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
NARROWEST, WIDEST = 2, 8
# Unrelated texts agree in one value of a hundred at least; how much more is measured on pairs.
BACKGROUND, PAIRS = 0.01, 2**16
NO_SHARES = np.empty(0, np.float32)
NEIGHBOURS = 16
BLOCK_ROWS, BLOCK_IN_CACHE = 2**16, 2**12
MIX = np.uint64(0x9E3779B97F4A7C15)
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


def choose_bands(
    rows: int, values: int, threshold: float, drawn: NDArray[np.float32] = NO_SHARES
) -> NDArray[np.int64]:
    """Return the values that each band takes of a fingerprint, [bands, values in a band].

    A band holds the fewest values (2 to 8) by which unrelated rows make no more candidates than
    there are rows, times 64; there are as many bands as miss 5 % at the threshold, 32 to 256. So
    among very many rows that are much alike, pairs close to the threshold are missed more often.
    `drawn` are the shares of equal values of pairs drawn from the rows.
    """
    unrelated = np.append(drawn[drawn < threshold], np.float32(0)).astype(np.float64)
    width = NARROWEST
    while width < WIDEST:
        chance = max(BACKGROUND**width, (unrelated**width).mean())
        if rows * needed(width, threshold) * chance <= 4 * NEIGHBOURS:
            break
        width += 1
    bands = needed(width, threshold)
    whole = values // width
    orders = [
        np.argsort(scrambled(values, seed), kind="stable")[: whole * width]
        for seed in range(1, 2 + bands // whole)
    ]
    return np.concatenate(orders).reshape(-1, width)[:bands]


def drawn_shares(fingerprints: NDArray[np.uint16], rows: Rows) -> NDArray[np.float32]:
    """Return the share of equal values of pairs of different rows, drawn alike on every machine."""
    drawn = rows[(scrambled(2 * PAIRS, len(rows)) % np.uint64(len(rows))).astype(np.int64)]
    left, right = drawn.reshape(2, -1)
    other = left != right
    return agreement(fingerprints, left[other], right[other])


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
    drawn = drawn_shares(fingerprints, rows)
    bands = choose_bands(len(rows), fingerprints.shape[1], threshold, drawn)
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
    """Return a key of the values of each band, uint64 [bands, rows].

    Up to four values stand in it side by side; more are summed with odd factors.
    """
    width = bands.shape[1]
    places = np.uint64(1) << np.uint64(16) * np.arange(4, dtype=np.uint64)
    factors = places[:width] if width <= 4 else scrambled(width, 0) | np.uint64(1)
    keys = np.zeros((len(bands), len(rows)), np.uint64)
    for start in range(0, len(rows), BLOCK_IN_CACHE):
        block = np.ascontiguousarray(fingerprints[rows[start : start + BLOCK_IN_CACHE]].T)
        part = keys[:, start : start + block.shape[1]]
        for factor, column in zip(factors, bands.T, strict=True):
            part += block[column] * factor
    return keys


def candidates(keys: Keys, crowded: NDArray[np.bool_]) -> list[tuple[Rows, Rows]]:
    """Return pairs of rows with one key: the next 16 of each, and the first of all.

    So a bucket of any size costs no more than 17 comparisons a row. Keys are cut to what a row's
    number leaves of 64 bits: to sort numbers is many times faster than to sort their places.
    """
    bits = np.uint64((len(keys) - 1).bit_length())
    numbers = np.arange(len(keys), dtype=np.uint64)
    packed = np.sort((keys * MIX >> bits << bits) | numbers)
    ordered = packed >> bits
    order = (packed ^ (ordered << bits)).astype(np.int64)
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
