import numpy as np
import pytest

from glotlift.probing.linear import fit_labels, fit_probe
from glotlift.runs.errors import GlotliftError


def test_it_reads_what_is_linear_and_not_what_is_not():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 6)) * [1, 100, 1, 1, 1, 1] + 5
    there = (x[:, 1] > 5).astype(int)
    hidden = ((x[:, 0] > 5) ^ (x[:, 2] > 5)).astype(int)
    for labels, low, high in ((there, 0.97, 1), (hidden, 0.35, 0.65)):
        probe = fit_probe(x[:200], labels[:200].tolist())
        assert low <= (probe.classes(x[200:]) == labels[200:]).mean() <= high


def test_it_is_the_minimum_of_its_loss():
    rng = np.random.default_rng(1)
    x, labels = rng.standard_normal((60, 3)), rng.integers(3, size=60)
    probe = fit_probe(x, labels.tolist())

    def loss(weights, bias):
        scores = (x - probe.mean) / probe.spread @ weights.T + bias
        logs = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        return -logs[np.arange(60), labels].mean() + 1e-3 * (weights**2).sum()

    least = loss(probe.weights, probe.bias)
    for _ in range(20):
        moved = probe.weights + 0.01 * rng.standard_normal(probe.weights.shape)
        assert loss(moved, probe.bias + 0.01 * rng.standard_normal(3)) > least


def test_refusals():
    for vectors, labels in ((np.ones((3, 2)), [0, 1]), (np.ones((2, 2)), [0, 0]), (np.ones(2), [])):
        with pytest.raises(GlotliftError) as error:
            fit_probe(vectors, labels)
        assert error.value.code == "GL-PROBING-055"


def test_it_is_the_logistic_regression_of_scikit_learn():
    rng = np.random.default_rng(7)
    centres = rng.standard_normal((3, 4))
    labels = rng.integers(3, size=90)
    x = np.round(centres[labels] + 1.5 * rng.standard_normal((90, 4)), 3)
    probe = fit_probe(x, labels.tolist())
    # scikit-learn 1.9.1's LogisticRegression(C=1 / (2 * 90 * 1e-3), tol=1e-10) of the same
    # standardised vectors; its weights are free up to what all classes have in common.
    theirs = [
        [0.128501, 0.223373, -0.160979, -0.88283],
        [0.243166, -0.282963, -0.177054, 0.779076],
        [-0.371666, 0.05959, 0.338033, 0.103754],
    ]
    assert probe.weights == pytest.approx(np.array(theirs), abs=2e-3)
    scores = probe.scores(x[:2])
    assert scores - scores.mean(1, keepdims=True) == pytest.approx(
        np.array([[0.019698, -0.793225, 0.773527], [1.287951, -1.023497, -0.264454]]), abs=5e-3
    )


def test_labels_are_each_a_regression_of_their_own():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((80, 3))
    labels = (x @ rng.standard_normal((3, 2)) + 0.5 * rng.standard_normal((80, 2)) > 0).astype(
        float
    )
    both = fit_labels(x, labels, decay=0.1)
    for column in range(2):
        alone = fit_labels(x, labels[:, [column]], decay=0.1)
        assert both.scores(x)[:, column] == pytest.approx(alone.scores(x)[:, 0], abs=1e-3)
    two = fit_probe(x, labels[:, 0].astype(int).tolist(), decay=0.1)
    # A softmax of two classes spends half the squared weights on the same difference.
    one = fit_labels(x, labels[:, [0]], decay=0.05)
    difference = two.scores(x)[:, 1] - two.scores(x)[:, 0]
    assert one.scores(x)[:, 0] == pytest.approx(difference, abs=1e-3)


def test_labels_that_do_not_pair_are_refused():
    for vectors, labels in ((np.ones((3, 2)), np.ones((2, 1))), (np.ones((2, 2)), np.ones((2, 0)))):
        with pytest.raises(GlotliftError) as error:
            fit_labels(vectors, labels)
        assert error.value.code == "GL-PROBING-056"
