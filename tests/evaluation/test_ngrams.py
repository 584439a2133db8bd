import numpy as np
import pytest
from scipy.optimize import minimize

from glotlift.evaluation.ngrams import (
    fit_classifier,
    fit_regression,
    learn_weights,
    pair_features,
    text_features,
    word_features,
)
from glotlift.runs.errors import GlotliftError

ROWS = [["a", "a", "b"], ["b", "c"], ["c", "c", "d"], ["a", "d"]]


def test_ngrams_stay_inside_words_and_know_their_edges():
    found = text_features("Ab c")
    assert found == ["a", "b", " a", "ab", "b ", " ab", "ab ", " ab ", "c", " c", "c ", " c "]


def test_pairs_tell_what_is_common():
    found = pair_features("ab", "ab c")
    assert {"both:ab", "second:c"} <= set(found)
    assert not [name for name in found if name.startswith("first:")]
    assert "alike:10" in pair_features("ab", "ab")
    assert "alike:0" in pair_features("ab", "cd")


def test_words_know_their_neighbours():
    found = word_features(["the", "house", "burns"], 1)
    assert {"word:house", "before:the", "after:burns", "after:bur..."} <= set(found)
    assert "before:<" in word_features(["the"], 0)


def test_weights_are_smoothed_tf_idf_of_length_one():
    weights = learn_weights(ROWS)
    found = weights.vectors([["a", "a", "b", "unknown"]]).to_dense().numpy()[0]
    idf = {"a": np.log(5 / 3) + 1, "b": np.log(5 / 3) + 1}
    expected = np.array([2 * idf["a"], idf["b"], 0, 0])
    assert found == pytest.approx(expected / np.linalg.norm(expected))
    assert weights.vectors([["unknown"], []]).to_dense().abs().sum() == 0


def test_the_classifier_is_where_scipy_finds_the_least_loss():
    labels = ["x", "y", "z", "x"]
    model = fit_classifier(ROWS, labels, strength=2.0)
    x = model.weights.vectors(ROWS).to_dense().numpy()
    y = np.array(["xyz".index(label) for label in labels])

    def loss(flat):
        matrix, bias = flat[:12].reshape(4, 3), flat[12:]
        scores = x @ matrix + bias
        log = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        return -2.0 * log[np.arange(4), y].sum() + (matrix**2).sum() / 2

    best = minimize(loss, np.zeros(15), method="BFGS", options={"gtol": 1e-8})
    assert model.matrix.numpy() == pytest.approx(best.x[:12].reshape(4, 3), abs=1e-4)
    assert model.labels(ROWS) == labels
    assert model.parameters == 4 * 3 + 3 + 4


def test_the_regression_is_ridge_in_closed_form():
    numbers = [0.0, 1.0, 0.5, 0.2]
    model = fit_regression(ROWS, numbers, strength=4.0)
    x, y = model.weights.vectors(ROWS).to_dense().numpy(), np.array(numbers)
    expected = np.linalg.solve(x.T @ x + np.eye(4) / 4, x.T @ (y - y.mean()))
    assert model.matrix.numpy()[:, 0] == pytest.approx(expected)
    assert model.scores(ROWS)[:, 0] == pytest.approx(x @ expected + y.mean())


def test_it_learns_what_endings_say_of_unseen_words():
    def sentences(stems):
        return [[f"{stem}ando", f"{stem}oso"] for stem in stems]

    def features(rows):
        return [word_features(words, place) for words in rows for place in (0, 1)]

    train, test = sentences(["cant", "mir", "pas", "llor"]), sentences(["brill", "habl"])
    model = fit_classifier(features(train), ["VERB", "ADJ"] * 4)
    assert model.labels(features(test)) == ["VERB", "ADJ"] * 2


def test_what_teaches_nothing_is_refused():
    with pytest.raises(GlotliftError, match="GL-EVALUATION-115"):
        fit_classifier(ROWS, ["x"] * 4)
    with pytest.raises(GlotliftError, match="GL-EVALUATION-115"):
        fit_regression(ROWS, [1.0])
