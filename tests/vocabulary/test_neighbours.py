import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.vocabulary.matching_pursuit import pursue
from glotlift.vocabulary.neighbours import entmax, largest, mixed, nearest_rows


def test_two_neighbours_by_hand():
    rows = torch.tensor([[1.0, 0.0], [0.0, 1.0], [9.0, 9.0]])
    keys = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-1.0, -1.0]])
    query = torch.tensor([[3.0, 4.0]])
    first, second = np.exp(np.array([0.6, 0.8]) / 0.5)
    expected = torch.tensor([[first, second]]) / (first + second)
    found = nearest_rows(rows, keys, query, neighbours=2, temperature=0.5)
    assert torch.allclose(found, expected.float(), atol=1e-6)


def test_a_key_without_a_vector_is_no_neighbour():
    rows = torch.tensor([[1.0], [100.0]])
    keys = torch.tensor([[-1.0, 0.0], [0.0, 0.0]])
    assert nearest_rows(rows, keys, torch.tensor([[1.0, 0.0]])).item() == 1.0


def test_sparsemax_by_hand():
    weights, places = entmax(torch.tensor([[0.1, 0.9, 0.5, -1.0]]))
    dense = torch.zeros(1, 4).scatter(1, places, weights)
    assert torch.allclose(dense, torch.tensor([[0.0, 0.7, 0.3, 0.0]]), atol=1e-6)


def test_softer_entmax_by_hand():
    weights, _ = entmax(torch.tensor([[2.0, 2.0, -9.0]]), alpha=1.5)
    assert torch.allclose(weights, torch.tensor([[0.5, 0.5, 0.0]]), atol=1e-6)


def test_orthogonal_atoms_are_found_with_their_coefficients():
    points = torch.eye(5)
    places, weights = pursue(torch.tensor([[0.0, 3.0, 0.0, -2.0, 0.0]]), points, 2)
    assert places.tolist() == [[1, 3]]
    assert torch.allclose(weights, torch.tensor([[3.0, -2.0]]))


def test_pursuit_is_least_squares_over_what_it_chose():
    draw = torch.Generator().manual_seed(0)
    points, target = torch.randn(30, 9, generator=draw), torch.randn(1, 9, generator=draw)
    places, weights = pursue(target, points, 4)
    expected = torch.linalg.lstsq(points[places[0]].T, target.T).solution.T
    assert torch.allclose(weights, expected, atol=1e-5)


def test_a_repeated_atom_does_no_harm():
    points = torch.tensor([[1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    places, weights = pursue(torch.tensor([[4.0, 1.0]]), points, 3)
    assert torch.allclose(mixed(points, places, weights), torch.tensor([[4.0, 0.0]]))


values = st.integers(1, 90).flatmap(
    lambda width: st.lists(
        st.lists(st.floats(-1, 1, width=32), min_size=width, max_size=width), min_size=1, max_size=4
    )
)


@given(values, st.integers(1, 9))
@settings(deadline=None)
def test_largest_is_topk(table, number):
    table = torch.tensor(table)
    number = min(number, table.shape[1])
    top, places = largest(table, number)
    assert torch.equal(top, table.topk(number, dim=1).values)
    assert torch.equal(table.gather(1, places), top)
    assert all(len(set(row)) == number for row in places.tolist())


@given(values, st.sampled_from([1.5, 2.0]), st.integers(1, 5))
@settings(deadline=None)
def test_entmax_is_a_distribution_that_keeps_order(table, alpha, start):
    table = torch.tensor(table)
    weights, places = entmax(table, alpha, start)
    assert torch.allclose(weights.sum(1), torch.ones(len(table)), atol=1e-4)
    assert bool((weights >= 0).all())
    assert bool((weights.diff(dim=1) <= 1e-6).all())
    whole, everywhere = entmax(table, alpha, table.shape[1])
    dense = torch.zeros_like(table).scatter(1, places, weights)
    expected = torch.zeros_like(table).scatter(1, everywhere, whole)
    assert torch.allclose(dense.sort(1).values, expected.sort(1).values, atol=1e-5)
