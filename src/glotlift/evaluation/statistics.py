"""Differences with honest intervals: seeds and rows are crossed, and few seeds are corrected for.

Every seed of a comparison meets the same rows, so a row's difficulty is shared by all seeds. The
interval is a crossed bootstrap (Owen 2007, "The pigeonhole bootstrap", Ann. Appl. Stat. 1(2)):
seeds are resampled, then one common set of rows for all of them. Its percentiles alone cover as
little as 0.75 of a nominal 0.95 with three seeds, for three reasons that are corrected here by
stretching them about the estimate:

- n seeds drawn from n vary too little by (n-1)/n, and a normal quantile forgets that their
  spread is itself estimated: the seeds' part is given Student's t with n-1 degrees of freedom;
- likewise the rows' part (the expansion of Hesterberg 2015, Am. Stat. 69(4), section 4.3);
- resampling both ways counts the seed-by-row noise more than once (Owen 2007, theorem 1): it is
  estimated and kept in the seeds' part alone.

Squared half-widths of the two parts are added, which never covers less than promised under
normality (Banerjee 1960, Sankhya 22). Coverage is tested by simulation for 3, 5 and 10 seeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glotlift.evaluation.quantiles import normal_quantile, student_quantile
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

CHUNK_ELEMENTS = 2**22  # resampled row indices held at a time


@dataclass(frozen=True)
class Interval:
    """A paired difference with its confidence interval.

    `p_value` is two-sided, against a difference of zero, from the same distribution as the
    interval. The variances are of the effect of a seed, of a row, and of their meeting (the noise
    of one seed on one row): they say what more data would buy.
    """

    estimate: float
    low: float
    high: float
    seeds: int
    rows: int
    confidence: float
    p_value: float = math.nan
    seed_variance: float = 0.0
    row_variance: float = 0.0
    noise_variance: float = 0.0

    @property
    def scope(self) -> str:
        """What the interval speaks about: ``seeds and rows``, ``rows only`` or ``seeds only``."""
        if self.seeds == 1:
            return "rows only"
        return "seeds and rows" if self.rows > 1 else "seeds only"

    def brief(self) -> dict[str, Any]:
        """Return the figures that evidence files carry."""
        return {"estimate": self.estimate, "low": self.low, "high": self.high, "scope": self.scope}


class _Spread(NamedTuple):
    """A crossed bootstrap: the estimate, its replicates, and the parts of the estimate's variance.

    The seeds' part holds the noise of seed by row as well, of which `noise_part` is the estimate.
    """

    estimate: float
    replicates: Array  # [resamples], ascending
    seed_part: float
    row_part: float
    noise_part: float
    seeds: int
    rows: int


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    resamples: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return the difference ``a - b``, paired by seed and by row, with its interval.

    `a` and `b` are [seeds, rows], or [rows] for one seed; `b` may be one number. The statistic is
    the mean over seeds of the mean over rows weighted by `weights` [rows]. For a ratio such as
    bits per byte give bits/bytes per row and weights = bytes, which makes it sum over sum. With
    one seed the interval speaks about rows only.

    Raises GL-EVALUATION-001 (shapes that do not pair), -002 (values that are not finite), -003
    (weights that are negative or all zero) or -004 (one seed and one row have no spread).
    """
    difference, shares = _paired(a, b, weights)
    spread = _resample(difference, shares, resamples, seed)
    low, high = _limits(spread, confidence)
    rows = spread.rows
    return Interval(
        estimate=spread.estimate,
        low=low,
        high=high,
        seeds=spread.seeds,
        rows=rows,
        confidence=confidence,
        p_value=_p_value(spread),
        seed_variance=max(spread.seed_part - spread.noise_part, 0.0) * spread.seeds,
        row_variance=spread.row_part * rows * inflation(rows),
        noise_variance=spread.noise_part * spread.seeds * rows,
    )


def _paired(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array]:
    """Return the differences [seeds, rows] and the rows' shares [rows], which sum to one."""
    left, right = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if left.ndim not in (1, 2) or (right.ndim and left.shape != right.shape) or not left.size:
        raise GlotliftError(
            "GL-EVALUATION-001",
            f"cannot pair scores of shapes {left.shape} and {right.shape}",
            fix="give both as [seeds, rows] over the same seeds and rows",
        )
    difference = np.atleast_2d(left - right)
    if not np.isfinite(difference).all():
        row = int(np.argwhere(~np.isfinite(difference))[0, 1])
        raise GlotliftError(
            "GL-EVALUATION-002", "a score is not a finite number", place=f"row {row}",
            fix="drop the row from both sides, and count it",
        )  # fmt: skip
    rows = difference.shape[1]
    shares = np.ones(rows) if weights is None else np.asarray(weights, np.float64)
    if (
        shares.shape != (rows,)
        or not np.isfinite(shares).all()
        or shares.min() < 0
        or not shares.sum()
    ):
        raise GlotliftError(
            "GL-EVALUATION-003",
            f"weights of shape {shares.shape} do not weigh {rows} rows",
            fix="give one non-negative weight per row, not all zero",
        )
    if difference.size == 1:
        raise GlotliftError(
            "GL-EVALUATION-004", "one seed and one row have no spread",
            fix="measure more rows or more seeds",
        )  # fmt: skip
    return difference, shares / shares.sum()


def _resample(difference: Array, shares: Array, resamples: int, seed: int) -> _Spread:
    """Draw seeds, then one common set of rows for all of them; keep the parts' variances."""
    seeds, rows = difference.shape
    means = difference @ shares
    estimate = float(means.mean())
    generator = np.random.default_rng(seed)
    by_seed = resample_rows(difference, shares, resamples, generator)
    drawn = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples) / seeds
    replicates = np.sort((drawn * by_seed).sum(1))
    seed_part = float(means.var(ddof=1)) / seeds if seeds > 1 else 0.0
    row_part = float(by_seed.mean(1).var()) if rows > 1 else 0.0
    noise_part = 0.0
    if seeds > 1 and rows > 1:
        noise = difference - difference.mean(0) - means[:, None] + estimate
        square = float((shares**2 * noise**2).sum())
        noise_part = square / (seeds * (seeds - 1)) * inflation(rows)
    row_part = max(row_part - noise_part, 0.0)
    return _Spread(estimate, replicates, seed_part, row_part, noise_part, seeds, rows)


def resample_rows(
    difference: Array, shares: Array, resamples: int, generator: np.random.Generator
) -> Array:
    """Return each seed's weighted mean over resampled rows, [resamples, seeds].

    `difference` is [seeds, rows]; all seeds meet the same draws. `shares` [rows] sum to one.
    """
    seeds, rows = difference.shape
    weighted = np.column_stack([(difference * shares).T, shares])  # [rows, seeds + 1]
    chunk = max(1, CHUNK_ELEMENTS // rows)
    sums = np.empty((resamples, seeds + 1))
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        drawn = generator.integers(0, rows, (size, rows)) + np.arange(size)[:, None] * rows
        counts = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows)
        sums[start : start + size] = counts.astype(np.float64) @ weighted
    total = sums[:, -1:]
    # A resample may draw only rows of weight zero; it then says nothing new.
    return np.where(total > 0, sums[:, :-1] / np.where(total > 0, total, 1), difference @ shares)


def _limits(spread: _Spread, confidence: float) -> tuple[float, float]:
    """Return the bootstrap's percentiles, stretched to the corrected half-width."""
    last = len(spread.replicates) - 1
    places = np.array([1 - confidence, 1 + confidence]) / 2 * last
    low, high = np.interp(places, np.arange(last + 1), spread.replicates)
    plain = normal_quantile(confidence) * float(spread.replicates.std())
    stretch = _half_width(spread, confidence) / plain if plain > 0 else 1.0
    return (
        spread.estimate + stretch * (float(low) - spread.estimate),
        spread.estimate + stretch * (float(high) - spread.estimate),
    )


def _half_width(spread: _Spread, confidence: float) -> float:
    """Return the corrected half-width of a symmetric interval of this confidence."""
    seeds, rows = spread.seeds, spread.rows
    square = 0.0
    if seeds > 1:
        square += student_quantile(confidence, seeds - 1) ** 2 * spread.seed_part
    if rows > 1:
        square += student_quantile(confidence, rows - 1) ** 2 * spread.row_part * inflation(rows)
    return math.sqrt(square)


def inflation(count: int) -> float:
    """Return n/(n-1): by how much resampling n of n understates a variance."""
    return count / (count - 1) if count > 1 else 1.0


def _p_value(spread: _Spread) -> float:
    """Return one minus the largest confidence at which the interval leaves out zero."""
    least = 1 / (len(spread.replicates) + 1)
    excluded, included = 0.0, 1.0 - least
    for _ in range(24):
        middle = (excluded + included) / 2
        low, high = _limits(spread, middle)
        if low > 0 or high < 0:
            excluded = middle
        else:
            included = middle
    return 1 - excluded


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return p-values corrected for asking several questions (Holm 1979, Scand. J. Stat. 6).

    Rejecting those at most 0.05 keeps the chance of any false rejection at most 0.05.
    """
    ordered = sorted(p_values, key=lambda name: p_values[name])
    corrected: dict[str, float] = {}
    worst = 0.0
    for rank, name in enumerate(ordered):
        worst = max(worst, min(1.0, p_values[name] * (len(ordered) - rank)))
        corrected[name] = worst
    return {name: corrected[name] for name in p_values}
