"""The cheapest way through two documents: dynamic programming in a band, row by row.

Row i and column j stand for the first i source and j target sentences. Costs come in blocks of
rows; only the steps taken (one byte a cell of the band) are kept, so memory grows with the
documents' length, not with its square.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.pairing.links import BOTH

Array = NDArray[np.float64]
# (first row, after last row, first column, after last column) -> costs [rows, columns] of a bead
# that ends there, one array per bead with sentences on both sides (infinite where there is none).
Costs = Callable[[int, int, int, int], dict[tuple[int, int], Array]]
BLOCK = 64
STEPS = (*BOTH, (1, 0), (0, 1))
SLACK = 1e-9
FULL = 4_000_000  # cells up to which the band is the whole table
HALF = 400  # sentences on either side of the diagonal above that


class Path(NamedTuple):
    """The beads of the cheapest path in order, its cost, and whether it touched the band's edge."""

    beads: list[tuple[int, int]]
    cost: float
    touched: bool


def find_path(costs: Costs, skip_source: Array, skip_target: Array) -> Path:
    """Return the cheapest path over documents of n = len(skip_source) and m sentences.

    `skip_source` [n] and `skip_target` [m] are the costs of leaving a sentence without counterpart.
    A path that touches the edge of its band is sought again in one twice as wide.
    """
    n, m = len(skip_source), len(skip_target)
    half = max(n, m) + 1 if n * m <= FULL else HALF
    while True:
        path = search_band(costs, skip_source, skip_target, half)
        if not path.touched or half > max(n, m):
            return path
        half *= 2


def search_band(costs: Costs, skip_source: Array, skip_target: Array, half: int) -> Path:
    """Return the cheapest path that stays within `half` columns of the diagonal."""
    n, m = len(skip_source), len(skip_target)
    centres = np.round(np.arange(n + 1) * (m / max(n, 1))).astype(np.int64)
    first = np.maximum(centres - half, 0)
    last = np.minimum(centres + half + int(m / max(n, 1)) + 1, m) + 1
    last[-1] = m + 1
    taken = np.full((n + 1, int((last - first).max())), -1, np.int8)
    summed = np.concatenate([[0.0], np.cumsum(skip_target)])
    rows = [np.full(m + 1, np.inf) for _ in range(3)]
    rows[0][: last[0]] = summed[: last[0]]
    taken[0, : last[0]] = STEPS.index((0, 1))
    for start in range(1, n + 1, BLOCK):
        stop = min(start + BLOCK, n + 1)
        low, high = int(first[start]), int(last[stop - 1])
        block = costs(start, stop, low, high)
        for i in range(start, stop):
            a, b = int(first[i]), int(last[i])
            part = {bead: cost[i - start, a - low : b - low] for bead, cost in block.items()}
            rows = [
                fill_row(rows, part, (a, b), float(skip_source[i - 1]), summed, taken[i]),
                *rows[:2],
            ]
    return walk_back(taken, first, last, float(rows[0][m]))


def fill_row(
    rows: list[Array],
    costs: dict[tuple[int, int], Array],
    window: tuple[int, int],
    skip: float,
    summed: Array,
    taken: NDArray[np.int8],
) -> Array:
    """Return the next row of least costs and enter its steps in `taken`.

    `rows` are the last rows, newest first; the third is no longer needed and is written over. Steps
    within a row (0-1) depend on one another; since their costs do not depend on the row, the least
    over all runs of them is a running minimum.
    """
    a, b = window
    options = np.full((len(STEPS) - 1, b - a), np.inf)
    for k, (up, left) in enumerate(BOTH):
        reach = max(a, left)
        options[k, reach - a :] = (
            rows[up - 1][reach - left : b - left] + costs[up, left][reach - a :]
        )
    options[-1] = rows[0][a:b] + skip
    step = options.argmin(0)
    entered = options[step, np.arange(b - a)]
    # Infinite cells stay infinite: inf - finite.
    best = np.minimum.accumulate(entered - summed[a:b]) + summed[a:b]
    along = best < entered - SLACK
    fresh = rows[2]
    fresh.fill(np.inf)
    fresh[a:b] = np.where(along, best, entered)
    taken[: b - a] = np.where(along, len(STEPS) - 1, step)
    return fresh


def walk_back(
    taken: NDArray[np.int8], first: NDArray[np.int64], last: NDArray[np.int64], cost: float
) -> Path:
    """Read the path from its end."""
    i, j = len(first) - 1, int(last[-1]) - 1
    m = j
    beads: list[tuple[int, int]] = []
    touched = False
    while i or j:
        touched |= (j == first[i] and j > 0) or (j == last[i] - 1 and j < m)
        up, left = STEPS[taken[i, j - first[i]]]
        beads.append((up, left))
        i, j = i - up, j - left
    return Path(beads[::-1], cost, touched)
