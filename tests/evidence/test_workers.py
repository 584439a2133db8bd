import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.evidence.workers import deal


@pytest.mark.parametrize(
    ("seeds", "number", "places"),
    [
        ([0, 0, 1, 1, 2, 2], 2, [0, 0, 1, 1, 0, 1]),
        ([7, 8, 7, 8], 2, [0, 1, 0, 1]),
        ([3, 3, 3], 2, [0, 1, 0]),
        ([0, 1, 2, 3], 4, [0, 1, 2, 3]),
        ([], 2, []),
    ],
)
def test_a_seed_goes_to_one_process_as_long_as_seeds_come_out_even(seeds, number, places):
    assert deal(seeds, number) == places


@given(st.integers(0, 9), st.integers(1, 5), st.integers(1, 5))
def test_no_process_has_over_one_task_more(seeds, arms, number):
    places = deal([seed for seed in range(seeds) for _ in range(arms)], number)
    loads = [places.count(place) for place in range(number)]
    assert len(places) == seeds * arms
    assert max(loads) - min(loads) <= 1
