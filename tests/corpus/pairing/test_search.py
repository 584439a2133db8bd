"""The search: the least cost there is, every sentence once and in order, bands."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from glotlift.corpus.pairing.links import BOTH
from glotlift.corpus.pairing.search import Costs, find_path, search_band

Array = NDArray[np.float64]


def random_costs(n: int, m: int, seed: int) -> dict[tuple[int, int], Array]:
    """Return a cost for every bead at every cell, [n + 1, m + 1]; infinite before the start."""
    draw = np.random.default_rng(seed)
    tables = {}
    for up, left in BOTH:
        table = draw.normal(1, 3, (n + 1, m + 1))
        table[:up] = np.inf
        table[:, :left] = np.inf
        tables[up, left] = table
    return tables


def blocks_of(tables: dict[tuple[int, int], Array]) -> Costs:
    """Return tables as the function that a search asks for blocks."""

    def costs(i: int, k: int, j: int, m: int) -> dict[tuple[int, int], Array]:
        return {bead: table[i:k, j:m] for bead, table in tables.items()}

    return costs


def least(tables: dict[tuple[int, int], Array], skips: tuple[Array, Array]) -> float:
    """Return the least cost by trying every path."""

    @cache
    def best(i: int, j: int) -> float:
        if i == j == 0:
            return 0.0
        options = []
        if i:
            options.append(best(i - 1, j) + skips[0][i - 1])
        if j:
            options.append(best(i, j - 1) + skips[1][j - 1])
        for (up, left), table in tables.items():
            if i >= up and j >= left:
                options.append(best(i - up, j - left) + table[i, j])
        return float(min(options))

    return best(len(skips[0]), len(skips[1]))


def price(
    beads: list[tuple[int, int]], tables: dict[tuple[int, int], Array], skips: tuple[Array, Array]
) -> float:
    """Return what a path costs."""
    i = j = 0
    total = 0.0
    for up, left in beads:
        i, j = i + up, j + left
        if up and left:
            total += tables[up, left][i, j]
        else:
            total += skips[0][i - 1] if up else skips[1][j - 1]
    return total


@settings(deadline=None, max_examples=60)
@given(n=st.integers(0, 7), m=st.integers(0, 7), seed=st.integers(0, 10**6))
def test_the_path_is_the_cheapest_of_all(n: int, m: int, seed: int) -> None:
    tables = random_costs(n, m, seed)
    draw = np.random.default_rng(seed + 1)
    skips = draw.normal(1, 2, n), draw.normal(1, 2, m)
    path = find_path(blocks_of(tables), *skips)
    assert path.cost == pytest.approx(least(tables, skips))
    assert price(path.beads, tables, skips) == pytest.approx(path.cost)
    assert sum(up for up, _ in path.beads) == n
    assert sum(left for _, left in path.beads) == m


def test_more_rows_than_one_block_holds() -> None:
    n, m = 150, 140
    tables = random_costs(n, m, 3)
    skips = np.full(n, 0.5), np.full(m, 0.5)
    path = find_path(blocks_of(tables), *skips)
    assert price(path.beads, tables, skips) == pytest.approx(path.cost)
    assert path.cost < price([(1, 1)] * 140 + [(1, 0)] * 10, tables, skips)


def far_from_diagonal(n: int, m: int, shift: int) -> dict[tuple[int, int], Array]:
    """Return costs that make source sentence k pair with target sentence k + shift."""
    tables = {bead: np.full((n + 1, m + 1), 50.0) for bead in BOTH}
    for i in range(1, n + 1):
        if i + shift <= m:
            tables[1, 1][i, i + shift] = -10.0
    return tables


def test_a_path_at_the_edge_of_its_band_is_sought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glotlift.corpus.pairing.search.FULL", 100)
    monkeypatch.setattr("glotlift.corpus.pairing.search.HALF", 4)
    tables = far_from_diagonal(60, 60, 20)
    skips = np.ones(60), np.ones(60)
    narrow = search_band(blocks_of(tables), *skips, 4)
    assert narrow.touched
    path = find_path(blocks_of(tables), *skips)
    assert path.beads == [(0, 1)] * 20 + [(1, 1)] * 40 + [(1, 0)] * 20
    assert path.cost < narrow.cost


@pytest.mark.parametrize(("n", "m"), [(200, 40), (40, 200), (1, 90), (90, 1)])
def test_a_narrow_band_reaches_the_end_of_any_two_lengths(n: int, m: int) -> None:
    tables = random_costs(n, m, 1)
    path = search_band(blocks_of(tables), np.ones(n), np.ones(m), 3)
    assert np.isfinite(path.cost)
    assert price(path.beads, tables, (np.ones(n), np.ones(m))) == pytest.approx(path.cost)
