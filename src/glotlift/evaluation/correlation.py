"""Correlation of numbers and of ranks; in rows, so that it takes part in paired comparisons."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def pearson_rows(one: Sequence[float] | Floats, other: Sequence[float] | Floats) -> Floats:
    """Return [n] scores whose mean is exactly Pearson's correlation of two lists of numbers.

    A row is the correlation plus the row's influence on it (Devlin, Gnanadesikan and Kettenring
    1975). Where one list does not vary, the correlation, and so every row, is taken for 0.
    """
    pairs = np.array([one, other], dtype=np.float64)
    spread = pairs.std(axis=1)
    if not pairs.shape[1] or (spread < 1e-12).any():
        return np.zeros(pairs.shape[1])
    left, right = (pairs - pairs.mean(axis=1, keepdims=True)) / spread[:, None]
    figure = (left * right).mean()
    return np.asarray(figure + left * right - figure * (left**2 + right**2) / 2)


def spearman_rows(one: Sequence[float] | Floats, other: Sequence[float] | Floats) -> Floats:
    """Return [n] scores whose mean is Spearman's correlation: `pearson_rows` of the ranks."""
    return pearson_rows(average_ranks(one), average_ranks(other))


def average_ranks(values: ArrayLike) -> Floats:
    """Return the ranks of values [n] or [n, columns] down each column, 1 for the least.

    Equal values share the mean of their places.
    """
    values = np.asarray(values, np.float64)
    order = np.sort(values, axis=0)
    if values.ndim == 1:
        below, upto = (np.searchsorted(order, values, side) for side in ("left", "right"))
        return np.asarray((below + upto + 1) / 2)
    columns = [average_ranks(column) for column in values.T]
    return np.stack(columns, axis=1) if columns else values


def kendall(one: ArrayLike, other: ArrayLike) -> Floats:
    """Return Kendall's tau-b of two lists [n], or of each column of [n, columns] with a list.

    0 where a list does not vary.
    """
    left, right = (pair_signs(np.asarray(values, np.float64)) for values in (one, other))
    if left.ndim > right.ndim:
        right = right[..., None]
    untied = np.sqrt((left**2).sum(0) * (right**2).sum(0))
    return np.asarray((left * right).sum(0) / np.where(untied > 0, untied, 1.0), np.float64)


def pair_signs(values: Floats) -> Floats:
    """Return [n (n-1) / 2, ...] 1, 0 or -1 for each pair of rows: is the first one above?"""
    first, second = np.triu_indices(len(values), 1)
    return np.asarray(np.sign(values[first] - values[second]), np.float64)
