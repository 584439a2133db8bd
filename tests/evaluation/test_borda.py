import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from glotlift.evaluation.borda import borda_points, borda_ranks

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "mteb.json").read_text())


def test_points_by_hand():
    scores = [[0.9, 5.0], [0.5, 5.0], [0.1, np.nan]]
    assert borda_points(scores).tolist() == [[2, 1.5], [1, 1.5], [0, 0]]
    assert borda_ranks(scores).tolist() == [1, 2, 3]


def test_equal_totals_share_the_best_rank():
    assert borda_ranks([[1, 0], [0, 1], [-1, -1]]).tolist() == [1, 1, 3]


def test_ranks_are_those_of_the_benchmarks_own_table():
    scores = np.array(FIXTURE["scores"]).round(2)
    assert len(np.unique(scores[:, 0])) < len(scores)  # there are ties to get wrong
    assert borda_ranks(scores).tolist() == FIXTURE["borda_of_scores_rounded_to_2_digits"]


@given(arrays(float, (5, 4), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0])))
def test_a_task_gives_away_as_many_points_whatever_the_ties(scores):
    points = borda_points(scores)
    assert points.sum(0) == pytest.approx([5 * 4 / 2] * 4)
    assert np.array_equal(points, borda_points(scores * 7 - 1))
