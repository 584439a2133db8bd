"""Judges held against people: agreement, bias, and what a judge is worth once it is calibrated.

A judge rates items as people do, on the same scale: a model, a metric, another rater. Before its
ratings stand for people's in a language, some of them are compared there with people's.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glotlift.evaluation.quantiles import normal_quantile
from glotlift.evaluation.statistics import Interval, paired_difference
from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]


class Agreement(NamedTuple):
    """How two raters agree: the share of equal ratings, Cohen's kappa, Krippendorff's alpha.

    The share flatters where one rating is frequent; the others are 0 where raters agree as often as
    chance would have it. Kappa weighs nothing, alpha weighs by squared distance.
    """

    equal: float
    kappa: float
    alpha: float


class Estimate(NamedTuple):
    """A mean and its interval."""

    mean: float
    low: float
    high: float


def agreement(judge: ArrayLike, people: ArrayLike) -> Agreement:
    """Return how a judge's ratings [n] agree with people's [n]; raises GL-EVALUATION-040."""
    one, two = rated(judge, people)
    equal = float((one == two).mean())
    values = np.unique(np.concatenate([one, two]))
    chance = float(sum((one == v).mean() * (two == v).mean() for v in values))
    kappa = (equal - chance) / (1 - chance) if chance < 1 else 0.0
    return Agreement(equal, kappa, alpha(np.stack([one, two])))


def alpha(ratings: Floats) -> float:
    """Return Krippendorff's alpha for interval data, [raters, items]; NaN is a missing rating.

    One less the observed squared distance within items over that expected of ratings thrown
    together (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"). It is 0 where no
    rating varies.
    """
    given = np.asarray(ratings, np.float64)
    counts = (~np.isnan(given)).sum(0)
    given, counts = given[:, counts > 1], counts[counts > 1]
    total = counts.sum()
    if not total:
        return 0.0
    every = given[~np.isnan(given)]
    expected = 2 * every.var() * total / (total - 1)
    within = 2 * np.nanvar(given, axis=0) * counts / (counts - 1)
    observed = float((within * counts).sum() / total)
    return float(1 - observed / expected) if expected > 0 else 0.0


def bias(judge: ArrayLike, people: ArrayLike) -> Interval:
    """Return judge minus people, the mean over items with its interval; below 0 is severe."""
    return paired_difference(*rated(judge, people))


@dataclass(frozen=True)
class CalibrationMap:
    """A judge's rating to what people give where it gives that: it never falls as ratings rise."""

    ratings: Floats
    values: Floats

    def __call__(self, judge: ArrayLike) -> Floats:
        """Return people's expected ratings, [n]; between known ratings in a straight line."""
        return np.interp(np.asarray(judge, np.float64), self.ratings, self.values)


def calibration_map(judge: ArrayLike, people: ArrayLike) -> CalibrationMap:
    """Return the isotonic regression of people's ratings [n] on a judge's [n].

    Pool adjacent violators (Barlow et al. 1972). Fit it for each language by itself: a map pooled
    over languages keeps what one of them is wronged by. Raises GL-EVALUATION-040.
    """
    one, two = rated(judge, people)
    values = np.unique(one)
    blocks: list[list[float]] = []  # [mean, weight, ratings in it]
    for value in values:
        blocks.append([float(two[one == value].mean()), float((one == value).sum()), 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            mean, weight, size = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + mean * weight) / (last[1] + weight)
            last[1] += weight
            last[2] += size
    levels = np.concatenate([np.full(int(size), mean) for mean, _, size in blocks])
    return CalibrationMap(values, levels)


def people_mean(
    judge: ArrayLike,
    labelled: ArrayLike,
    people: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return what people would give on average, from a judge's ratings and a few of people's.

    `judge` are ratings [N] of items that no person rated; `labelled` and `people` [n] the judge's
    and people's of those that one did. The judge's mean is corrected by its mean error, and the
    interval knows both uncertainties (prediction-powered inference, Angelopoulos et al. 2023,
    arXiv:2301.09633, algorithm 1). It holds whatever the judge is worth; a good one makes it
    narrow. Raises GL-EVALUATION-040.
    """
    one, two = rated(labelled, people)
    every = np.asarray(judge, np.float64)
    if len(one) < 2 or len(every) < 2:
        raise GlotliftError(
            "GL-EVALUATION-041",
            f"{len(every)} ratings and {len(one)} labels have no spread",
            fix="give two of each or more",
        )
    errors = one - two
    mean = float(every.mean() - errors.mean())
    variance = every.var(ddof=1) / len(every) + errors.var(ddof=1) / len(errors)
    half = normal_quantile(confidence) * float(np.sqrt(variance))
    return Estimate(mean, mean - half, mean + half)


def true_share(found: float, sensitivity: float, specificity: float) -> float:
    """Return the true share of a class from the share that a detector finds (Rogan & Gladen 1978).

    `sensitivity` is the share of it that is found, `specificity` the share of all else that is not.
    Neither depends on how frequent the class is, as precision does. Raises GL-EVALUATION-042 for a
    detector that is no better than chance.
    """
    gain = sensitivity + specificity - 1
    if gain <= 0:
        raise GlotliftError(
            "GL-EVALUATION-042",
            f"sensitivity {sensitivity:.2f} and specificity {specificity:.2f} tell nothing",
            fix="measure them on more items, or use another detector",
        )
    return float(np.clip((found + specificity - 1) / gain, 0, 1))


def trusted(judge: ArrayLike, people: ArrayLike, *, least: float, most_bias: float) -> bool:
    """Tell whether a judge may stand for people: alpha at least `least`, bias surely small.

    The whole interval of the bias must lie within ±`most_bias`.
    """
    found = bias(judge, people)
    small = -most_bias < found.low and found.high < most_bias
    return small and agreement(judge, people).alpha >= least


def rated(judge: ArrayLike, people: ArrayLike) -> tuple[Floats, Floats]:
    """Return both as arrays; raises GL-EVALUATION-040 unless they pair and are numbers."""
    one, two = np.asarray(judge, np.float64), np.asarray(people, np.float64)
    if one.ndim != 1 or one.shape != two.shape or not one.size or not np.isfinite(one + two).all():
        raise GlotliftError(
            "GL-EVALUATION-040",
            f"ratings {one.shape} and {two.shape} do not pair, or are not all numbers",
            fix="give one rating of the judge and one of people for each item",
        )
    return one, two
