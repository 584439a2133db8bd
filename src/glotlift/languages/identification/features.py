"""Hashed character n-grams of many texts at once: what a trained identifier reads.

Letters are made small, everything else is one space. Each order has rows of its own in one table;
an n-gram may begin or end with a space but has none inside, so it never runs over two words.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import regex
from numpy.typing import NDArray

from glotlift.languages.identification.writing import LAST

ROWS = (1 << 14, 1 << 16, 1 << 17, 1 << 17)  # of the table, for n-grams of 1, 2, 3, 4 characters
ORDERS = len(ROWS)
STARTS = tuple(int(sum(ROWS[:order])) for order in range(ORDERS))
SPACE = 32
_STEP = np.uint32(0x01000193)
_SPREAD = np.uint32(0x9E3779B1)

Counts = NDArray[np.int64]
Grams = tuple[NDArray[np.int64], NDArray[np.int64]]


@cache
def letters() -> NDArray[np.bool_]:
    """Return code point -> whether it is a letter or a mark on one."""
    characters = "".join(map(chr, (*range(0xD800), *range(0xE000, LAST))))
    table = np.zeros(LAST + 1, np.bool_)
    for found in regex.finditer(r"[\p{L}\p{M}]+", characters):
        table[np.frombuffer(found[0].encode("utf-32-le"), np.uint32)] = True
    return table


def characters_of(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the code points of all texts, each between single spaces, and the text of each."""
    spaced = [f" {text.lower()}" for text in texts]
    lengths = np.fromiter(map(len, spaced), np.int64, len(spaced))
    joined = "".join(spaced).encode("utf-32-le", errors="surrogatepass")
    points = np.frombuffer(joined, np.uint32)
    owner = np.repeat(np.arange(len(texts), dtype=np.int64), lengths)
    points = np.where(letters()[np.minimum(points, LAST)], points, np.uint32(SPACE))
    space = points == SPACE
    keep = np.ones(len(points), np.bool_)
    keep[1:] = ~(space[1:] & space[:-1] & (owner[1:] == owner[:-1]))
    return points[keep], owner[keep]


def grams(texts: Sequence[str]) -> Iterator[Grams]:
    """Yield, for 1, 2, 3 and 4 characters, the table rows of all n-grams and the text of each."""
    points, owner = characters_of(texts)
    space = points == SPACE
    hashed = points.astype(np.uint32)
    whole = np.ones(len(points), np.bool_)  # no space inside, and all of one text
    for order, rows in enumerate(ROWS, 1):
        size = len(points) - order + 1
        if size <= 0:
            nothing = np.empty(0, np.int64)
            yield nothing, nothing
            continue
        if order > 1:
            hashed = hashed[:size] * _STEP ^ points[order - 1 :]
            whole = whole[:size] & (owner[:size] == owner[order - 1 :])
        if order > 2:
            whole &= ~space[order - 2 : order - 2 + size]
        kept = whole & ~space[:size] if order == 1 else whole
        spread = (hashed * _SPREAD) >> np.uint32(33 - rows.bit_length())
        yield spread[kept].astype(np.int64) + STARTS[order - 1], owner[:size][kept]


def mean_rows(
    table: NDArray[np.float32], texts: Sequence[str]
) -> tuple[NDArray[np.float32], Counts]:
    """Return [n, orders, k] the mean of each text's table rows by order, and [n, orders] counts."""
    means = np.zeros((len(texts), ORDERS, table.shape[1]), np.float32)
    counts = np.zeros((len(texts), ORDERS), np.int64)
    for order, (rows, owner) in enumerate(grams(texts)):
        counts[:, order] = np.bincount(owner, minlength=len(texts))
        present = np.nonzero(counts[:, order])[0]
        if len(present):
            starts = np.concatenate([[0], np.cumsum(counts[present, order])[:-1]])
            total = np.add.reduceat(table[rows], starts, axis=0)
            means[present, order] = total / counts[present, order, None]
    return means, counts
