"""Quantiles of the normal and of Student's t distribution."""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def normal_quantile(confidence: float) -> float:
    """Return z such that a standard normal lies within ±z with this probability."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def student_quantile(confidence: float, freedom: int) -> float:
    """Return t such that Student's t with `freedom` degrees lies within ±t with this probability.

    Past a thousand degrees the normal quantile, corrected to first order (Abramowitz and Stegun
    26.7.5), is exact to six digits.
    """
    if freedom > 1000:
        z = normal_quantile(confidence)
        return z + (z**3 + z) / (4 * freedom)
    angles, area = student_area(freedom)
    return math.sqrt(freedom) * math.tan(float(np.interp(confidence, area, angles)))


@lru_cache(maxsize=256)
def student_area(freedom: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return angles from 0 to a right one, and the probability of lying within ±that angle.

    With t = sqrt(freedom) tan(angle), the density is proportional to cos(angle)^(freedom - 1).
    """
    angles = np.linspace(0, math.pi / 2, 20_001)
    density = np.cos(angles) ** (freedom - 1)
    area = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return angles, area / area[-1]
