"""Ratios of sums in rows, so that they take part in paired comparisons and their intervals."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def ratio_rows(parts: ArrayLike, wholes: ArrayLike) -> Floats:
    """Return [n] scores whose mean is exactly sum(parts) / sum(wholes), both [n].

    A ratio of sums is no mean over rows. A row is its linear part instead: the ratio, plus how far
    the row pulls it (the delta method's influence: Efron and Tibshirani 1993, chapter 21), so that
    the rows' variance over n is the ratio's. Rows may lie outside [0, 1]. `wholes` must not sum to
    zero.
    """
    one, other = np.asarray(parts, np.float64), np.asarray(wholes, np.float64)
    figure = one.sum() / other.sum()
    return np.asarray(figure + (one - figure * other) / other.mean(), dtype=np.float64)
