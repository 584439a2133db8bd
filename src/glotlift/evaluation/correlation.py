"""Correlation in rows, so that it takes part in paired comparisons and their intervals."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def pearson_rows(one: Sequence[float], other: Sequence[float]) -> NDArray[np.float64]:
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
