"""Borda counts: models ranked over many tasks, whose scores need not be of one unit.

Colombo, Noiry, Irurozki and Clémençon 2022, "What are the best Systems? New Perspectives on NLP
Benchmarking" (arXiv:2202.03799), as Enevoldsen et al. 2025, "MMTEB" (arXiv:2502.13595) rank models.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glotlift.evaluation.correlation import average_ranks

Floats = NDArray[np.float64]


def borda_points(scores: ArrayLike) -> Floats:
    """Return each model's points in each task, [models, tasks], of scores of the same shape.

    A task gives a model the number of models less its rank among those that have a score there, 1
    for the best; equal scores share the mean of their ranks. A score that is missing (NaN) earns 0.
    """
    scores = np.asarray(scores, np.float64)
    points = np.zeros_like(scores)
    for task, column in enumerate(scores.T):
        there = ~np.isnan(column)
        points[there, task] = len(column) - average_ranks(-column[there])
    return points


def borda_ranks(scores: ArrayLike) -> NDArray[np.int64]:
    """Return each model's rank by the sum of its points, [models], 1 for the best.

    Models with as many points share the best of their ranks.
    """
    totals = borda_points(scores).sum(1)
    return np.asarray(1 + (totals[:, None] < totals).sum(1), np.int64)
