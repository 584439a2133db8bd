"""What it would take: how many seeds or rows would tell a difference from a margin."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from glotlift.evaluation.quantiles import normal_quantile, student_quantile
from glotlift.evaluation.statistics import Interval

MOST = 10**6  # beyond this, "more" is no advice


class Needed(NamedTuple):
    """How many seeds (at these rows) or rows (at these seeds) would do; None where it cannot.

    Where neither alone can, `together` is true and it takes both.
    """

    seeds: int | None
    rows: int | None
    together: bool = False

    def __str__(self) -> str:
        """Say it in words."""
        seeds = f"about {self.seeds:,} seeds" if self.seeds else ""
        rows = f"about {self.rows:,} rows" if self.rows else ""
        joint = " with " if self.together else " or "
        return joint.join(filter(None, (seeds, rows))) or "no number of seeds or rows in reach"


def half_width(interval: Interval, seeds: int, rows: int) -> float:
    """Return the half-width to expect at other numbers of seeds and rows, the variances as seen."""
    square = normal_quantile(interval.confidence) ** 2 * interval.row_variance / rows
    if interval.seeds > 1:
        per_seed = interval.seed_variance + interval.noise_variance / rows
        square += student_quantile(interval.confidence, seeds - 1) ** 2 * per_seed / seeds
    return math.sqrt(square)


def needed(interval: Interval, distance: float) -> Needed:
    """Say how many seeds or rows would resolve `distance`, should the estimate stay where it is.

    With one seed the spread between seeds is unknown, so only rows are counted.
    """
    if not distance > 0:
        return Needed(None, None)
    seeds, rows = interval.seeds, interval.rows
    more_seeds = (
        _fewest(lambda n: half_width(interval, n, rows) < distance, seeds) if seeds > 1 else None
    )
    more_rows = (
        _fewest(lambda n: half_width(interval, seeds, n) < distance, rows) if rows > 1 else None
    )
    if more_seeds or more_rows or seeds == 1 or rows == 1:
        return Needed(more_seeds, more_rows)
    times = _fewest(lambda n: half_width(interval, seeds * n, rows * n) < distance, 1)
    return Needed(seeds * times, rows * times, together=True) if times else Needed(None, None)


def _fewest(enough: Callable[[int], bool], start: int) -> int | None:
    """Return the smallest number from `start` on that is enough, or None within reach."""
    low, high = start - 1, start
    while not enough(high):
        low, high = high, high * 2
        if high > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
