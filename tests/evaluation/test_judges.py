import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from glotlift.evaluation.judges import (
    agreement,
    alpha,
    bias,
    calibration_map,
    people_mean,
    true_share,
    trusted,
)
from glotlift.runs.errors import GlotliftError

FIXTURES = json.loads((Path(__file__).parent / "fixtures" / "judges.json").read_text())


def test_kappa_and_alpha_are_those_of_their_libraries():
    for row in FIXTURES["ratings"]:
        found = agreement(row["judge"], row["people"])
        assert found.kappa == pytest.approx(row["kappa"], abs=1e-9)
        assert found.alpha == pytest.approx(row["alpha"], abs=1e-9)
    for row in FIXTURES["panels"]:
        ratings = np.array(row["ratings"], dtype=float)
        assert alpha(ratings) == pytest.approx(row["alpha"], abs=1e-9)


def test_the_interval_is_that_of_its_library():
    for row in FIXTURES["means"]:
        found = people_mean(row["judge"], row["labelled"], row["people"])
        assert found.mean == pytest.approx(row["mean"], abs=1e-9)
        # Ours divides by n - 1, the library by n, of 40 labels.
        assert 1 < (found.high - found.low) / (row["high"] - row["low"]) < np.sqrt(40 / 39)


@given(st.integers(0, 2**32 - 1), st.integers(3, 60))
def test_the_map_is_the_isotonic_regression(seed, count):
    rng = np.random.default_rng(seed)
    judge = rng.permutation(count) * 1.0
    people = judge * 0.1 + rng.standard_normal(count)
    order = np.argsort(judge)
    found = calibration_map(judge, people)
    assert found.values == pytest.approx(isotonic_regression(people[order]).x)
    assert found(judge).mean() == pytest.approx(people.mean())


def test_a_constant_judge_agrees_often_and_says_nothing():
    people = [2] * 95 + [0] * 5
    found = agreement([2] * 100, people)
    assert found.equal == 0.95
    assert found.kappa == 0
    assert found.alpha < 0.05
    assert not trusted([2] * 100, people, least=0.4, most_bias=0.2)


def test_a_good_judge_is_trusted_and_a_kind_one_is_not():
    rng = np.random.default_rng(0)
    people = rng.integers(0, 3, 300).astype(float)
    good = np.where(rng.random(300) < 0.1, rng.integers(0, 3, 300), people)
    assert trusted(good, people, least=0.6, most_bias=0.15)
    assert not trusted(np.minimum(people + 1, 2), people, least=0.0, most_bias=0.15)
    assert bias(np.minimum(people + 1, 2), people).low > 0.4


def test_intervals_of_the_mean_cover():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        truth = rng.normal(3, 1, 1060)
        judge = truth + 0.7 + rng.normal(0, 0.5, 1060)
        found = people_mean(judge[60:], judge[:60], truth[:60])
        hits += found.low <= 3 <= found.high
    assert 0.91 <= hits / 400 <= 0.98


def test_precision_would_mislead_where_the_class_is_rare():
    sensitivity, specificity, share = 0.7, 0.95, 0.1
    found = share * sensitivity + (1 - share) * (1 - specificity)
    assert true_share(found, sensitivity, specificity) == pytest.approx(share)
    there = 0.35 * sensitivity / (0.35 * sensitivity + 0.65 * (1 - specificity))
    assert found * there / sensitivity > 1.4 * share


def test_refusals():
    for call, code in (
        (lambda: agreement([1], [1, 2]), "GL-EVALUATION-040"),
        (lambda: bias([np.nan, 1], [1, 1]), "GL-EVALUATION-040"),
        (lambda: people_mean([1, 2], [1], [1]), "GL-EVALUATION-041"),
        (lambda: true_share(0.5, 0.4, 0.5), "GL-EVALUATION-042"),
    ):
        with pytest.raises(GlotliftError) as error:
            call()
        assert error.value.code == code
