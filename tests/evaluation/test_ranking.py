import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.evaluation.ranking import ranking_scores
from glotlift.runs.errors import GlotliftError


def test_a_perfect_and_a_turned_ranking():
    grades = np.array([[3.0, 2, 0, 0], [3, 2, 0, 0]])
    scores = np.array([[4.0, 3, 2, 1], [1, 2, 3, 4]])
    found = ranking_scores(scores, grades, k=2)
    assert found.ndcg.tolist() == [1, 0]
    assert found.reciprocal_rank.tolist() == [1, 0]
    assert found.recall.tolist() == [1, 0]
    assert ranking_scores(scores, grades, k=4).reciprocal_rank.tolist() == [1, pytest.approx(1 / 3)]


def test_nothing_relevant_scores_nothing():
    found = ranking_scores(np.ones((1, 3)), np.zeros((1, 3)))
    assert [score[0] for score in found] == [0, 0, 0, 0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_better_places_never_score_less(seed, k):
    rng = np.random.default_rng(seed)
    grades = rng.integers(0, 4, (1, 10)).astype(float)
    scores = rng.permutation(10)[None].astype(float)
    best = int(grades[0].argmax())
    raised = scores.copy()
    raised[0, best] = 100
    before, after = ranking_scores(scores, grades, k), ranking_scores(raised, grades, k)
    assert all(b <= a + 1e-12 for b, a in zip(before[:2], after[:2], strict=True))


@pytest.mark.parametrize(
    ("scores", "grades"),
    [
        (np.ones(3), np.ones(3)),
        (np.ones((1, 3)), np.ones((1, 2))),
        (np.full((1, 2), np.nan), np.ones((1, 2))),
        (np.ones((1, 2)), -np.ones((1, 2))),
    ],
)
def test_refusals(scores, grades):
    with pytest.raises(GlotliftError) as error:
        ranking_scores(scores, grades)
    assert error.value.code == "GL-EVALUATION-051"
