import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from glotlift.evaluation.continual import (
    ability_change,
    backward_transfer,
    forgetting,
    forward_transfer,
    learnt_performance,
    overall_performance,
    task_changes,
)
from glotlift.runs.errors import GlotliftError

SCORES = np.array(
    [
        [0.10, 0.30, 0.25, 0.05],
        [0.81, 0.28, 0.31, 0.05],
        [0.62, 0.90, 0.40, 0.11],
        [0.33, 0.71, 0.77, 0.02],
        [0.40, 0.52, 0.70, 0.95],
    ]
)
# What the function confusion_matrix of facebookresearch/GradientEpisodicMemory, metrics/metrics.py
# at 1919989, says of SCORES, the first row logged before a step of the first task is made.
OFFICIAL = {"final": 0.6425, "backward": -0.215, "forward": 0.025}
SEQUENCES = st.integers(1, 5).flatmap(
    lambda tasks: arrays(np.float64, (tasks + 1, tasks, 3), elements=st.floats(0, 1, width=32))
)


def test_figures_are_those_of_the_official_code():
    assert overall_performance(SCORES) == pytest.approx(OFFICIAL["final"])
    assert backward_transfer(SCORES) == pytest.approx(OFFICIAL["backward"])
    assert forward_transfer(SCORES) == pytest.approx(OFFICIAL["forward"])


def test_forgetting_is_the_fall_from_the_best_earlier_score():
    # Task 1 was best after itself (0.81), task 2 too (0.90), task 3 too (0.77); the last is out.
    falls = [0.81 - 0.40, 0.90 - 0.52, 0.77 - 0.70]
    assert forgetting(SCORES) == pytest.approx(np.mean(falls))
    late = SCORES.copy()
    late[3, 0] = 0.95  # better two stages later than when it was learnt
    assert forgetting(late) == pytest.approx(np.mean([0.95 - 0.40, *falls[1:]]))
    assert backward_transfer(late) == backward_transfer(SCORES)


def test_an_earlier_stage_is_a_part_of_the_array():
    # After two tasks: their mean, and the change of the first, parted by two.
    assert overall_performance(SCORES[:3, :2]) == pytest.approx((0.62 + 0.90) / 2)
    assert backward_transfer(SCORES[:3, :2]) == pytest.approx((0.62 - 0.81) / 2)


def test_what_never_changes_is_not_forgotten_and_was_learnt_at_once():
    scores = np.full((4, 3), 0.5)
    assert task_changes(scores).tolist() == [0, 0, 0]
    assert backward_transfer(scores) == forward_transfer(scores) == forgetting(scores) == 0
    assert learnt_performance(scores) == 0.5


@given(SEQUENCES)
def test_rows_are_kept_and_their_mean_is_the_figure_of_means(scores):
    for figure in (overall_performance, backward_transfer, forward_transfer, learnt_performance):
        assert figure(scores).shape == (3,)
        assert figure(scores).mean() == pytest.approx(figure(scores.mean(axis=2)), abs=1e-9)


@given(SEQUENCES)
def test_what_is_reached_is_what_was_learnt_and_what_it_changed_by(scores):
    total = learnt_performance(scores) + backward_transfer(scores)
    assert overall_performance(scores) == pytest.approx(total, abs=1e-9)


@given(SEQUENCES, st.floats(-1, 1), st.floats(0.1, 2))
def test_changes_scale_with_scores_and_do_not_see_their_level(scores, level, scale):
    moved = level + scale * scores
    for figure in (backward_transfer, forward_transfer):
        assert figure(moved) == pytest.approx(scale * figure(scores), abs=1e-9)


def test_abilities_change_by_the_mean_over_probes():
    before, after = np.array([[0.5, 1.0], [0.2, 0.2]]), np.array([[0.0, 1.0], [0.4, 0.0]])
    assert ability_change(before, after).tolist() == pytest.approx([-0.15, -0.1])
    assert ability_change([0.288, 0.5], [0.02, 0.5]) == pytest.approx(-0.134)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: overall_performance(SCORES[1:]), "GL-EVALUATION-085"),
        (lambda: backward_transfer([0.5, 0.4]), "GL-EVALUATION-085"),
        (lambda: forgetting(SCORES[:2, :1]), "GL-EVALUATION-085"),
        (lambda: forgetting(np.zeros((3, 2, 5))), "GL-EVALUATION-085"),
        (lambda: overall_performance([[0.1], [np.nan]]), "GL-EVALUATION-086"),
        (lambda: ability_change([0.1, np.inf], [0.1, 0.2]), "GL-EVALUATION-086"),
        (lambda: ability_change([0.1, 0.2], [0.1]), "GL-EVALUATION-087"),
        (lambda: ability_change([], []), "GL-EVALUATION-087"),
    ],
)
def test_what_cannot_be_scored_is_refused(call, code):
    with pytest.raises(GlotliftError) as refusal:
        call()
    assert refusal.value.code == code
