import dataclasses

import numpy as np
import pytest

from glotlift.evaluation.power import Needed, half_width, needed
from glotlift.evaluation.statistics import Interval, paired_difference

BASE = Interval(0.1, -0.1, 0.3, seeds=3, rows=100, confidence=0.95, p_value=0.2)


def test_half_width_is_that_of_the_interval() -> None:
    rng = np.random.default_rng(0)
    difference = (
        rng.standard_normal((5, 1)) + rng.standard_normal(300) + rng.standard_normal((5, 300))
    )
    interval = paired_difference(difference, 0.0)
    expected = (interval.high - interval.low) / 2
    assert half_width(interval, 5, 300) == pytest.approx(expected, rel=0.08)


def test_rows_of_one_seed_follow_the_square() -> None:
    one = dataclasses.replace(BASE, seeds=1, row_variance=1.0)
    answer = needed(one, 0.1)
    assert answer == Needed(None, 385)  # (1.96 / 0.1)^2 rounded up


def test_the_answer_is_enough_and_least() -> None:
    interval = dataclasses.replace(BASE, seed_variance=0.04, row_variance=0.2, noise_variance=0.5)
    answer = needed(interval, 0.12)
    assert answer.seeds is not None
    assert (
        half_width(interval, answer.seeds, 100)
        < 0.12
        <= half_width(interval, answer.seeds - 1, 100)
    )


def test_rows_cannot_help_where_seeds_differ() -> None:
    interval = dataclasses.replace(BASE, seed_variance=1.0)
    assert needed(interval, 0.5).rows is None
    assert needed(interval, 0.5).seeds == 18  # t(17) sqrt(1/18) = 0.497


def test_seeds_cannot_help_where_rows_differ() -> None:
    answer = needed(dataclasses.replace(BASE, row_variance=1.0), 0.1)
    assert answer.seeds is None
    assert answer.rows == 385


def test_both_where_neither_alone_can() -> None:
    interval = dataclasses.replace(BASE, seed_variance=1.0, row_variance=10.0)
    answer = needed(interval, 0.5)
    assert answer.together
    assert answer.seeds is not None
    assert answer.rows is not None
    assert half_width(interval, answer.seeds, answer.rows) < 0.5
    assert " with " in str(answer)


def test_no_distance_is_out_of_reach() -> None:
    assert needed(BASE, 0.0) == Needed(None, None)
    assert str(Needed(None, None)) == "no number of seeds or rows in reach"


def test_words() -> None:
    assert str(Needed(9, 4000)) == "about 9 seeds or about 4,000 rows"
    assert str(Needed(9, None)) == "about 9 seeds"
