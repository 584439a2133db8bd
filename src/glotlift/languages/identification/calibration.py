"""From n-gram evidence to a language with a confidence that can be believed, or to "und"."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.languages.identification.features import ORDERS

Floats = NDArray[np.float64]
Evidence = NDArray[np.float32]
STEPS = 150
RATE = 0.1
FALSE_REJECTION = 0.02
PRIOR = np.log(0.95 / 0.05)  # of a text being in a language that was learnt
BINS = 10
LEFT_OUT = -30.0  # evidence that takes a language out of the choice
STRENGTH = 1e-3


@dataclass(frozen=True)
class Calibration:
    """Weights of the orders by text length, biases of the languages, and what is rejected.

    `weights` [orders] and `slopes` [orders] make an order's weight, exp(w + v log n) for n letters;
    `bias` is [languages]; `typical` [orders, languages] the mean evidence for a language on its own
    held-out texts; `known` the weights of a logistic regression that tells a text of the language
    from one of a language never seen; `threshold` the least probability that is accepted.
    """

    weights: Floats
    slopes: Floats
    bias: Floats
    typical: Floats
    known: Floats
    threshold: float

    def probabilities(self, means: Evidence, counts: NDArray[np.int64]) -> Floats:
        """Return [n, languages] the probability of each language, were there no others."""
        length = log_length(counts)
        scale = np.exp(self.weights + self.slopes * length[:, None])
        return softmax(weigh(scale, means) + self.bias)

    def decide(
        self, means: Evidence, counts: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], Floats, NDArray[np.bool_]]:
        """Return [n] the best language, [n] the confidence in it, [n] whether it is accepted."""
        chances = self.probabilities(means, counts)
        best = chances.argmax(1)
        evidence = self.oddness(means, counts, best) @ self.known
        confidence = chances.max(1) * logistic(evidence + PRIOR)
        return best, confidence, logistic(evidence) >= self.threshold

    def oddness(
        self, means: Evidence, counts: NDArray[np.int64], best: NDArray[np.int64]
    ) -> Floats:
        """Return [n, features] how unlike the language's own texts the evidence for it is."""
        own = np.take_along_axis(means, best[:, None, None], axis=2)[:, :, 0]
        typical: Floats = self.typical[:, best].T
        return features(own - typical, log_length(counts))

    def to_json(self) -> dict[str, Any]:
        """Return lists and numbers that `from_json` reads."""
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Calibration":
        """Return what `to_json` wrote."""
        arrays = {n: np.asarray(v) for n, v in values.items() if n != "threshold"}
        return cls(**arrays, threshold=float(values["threshold"]))


def calibrate(means: Evidence, counts: NDArray[np.int64], truth: NDArray[np.int64]) -> Calibration:
    """Fit a calibration on evidence [n, orders, languages] of held-out texts.

    `truth` [n] is the index of each text's language. Texts of languages never seen are made by
    taking the text's own language out of the evidence: the others then compete for it.
    """
    weights, slopes, bias = fit_weights(means, log_length(counts), truth)
    languages = means.shape[2]
    typical = np.zeros((ORDERS, languages))
    for index in range(languages):
        typical[:, index] = means[truth == index][:, :, index].mean(0)
    found = Calibration(weights, slopes, bias, typical, np.zeros(2 * ORDERS + 2), 0.0)
    right = found.oddness(means, counts, truth)
    without = means.copy()
    np.put_along_axis(without, truth[:, None, None], np.float32(LEFT_OUT), axis=2)
    chances = found.probabilities(without, counts)
    chances[np.arange(len(truth)), truth] = -1.0
    rival = found.oddness(means, counts, chances.argmax(1))
    known = fit_known(right, rival)
    threshold = float(np.quantile(logistic(right @ known), FALSE_REJECTION))
    return Calibration(weights, slopes, bias, typical, known, min(threshold, 0.5))


def fit_weights(
    means: Evidence, length: Floats, truth: NDArray[np.int64]
) -> tuple[Floats, Floats, Floats]:
    """Fit the multinomial regression by Adam (Kingma and Ba 2015) on all texts at once."""
    theta = np.concatenate([np.full(ORDERS, 1.0), np.zeros(ORDERS), np.zeros(means.shape[2])])
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    rows = np.arange(len(truth))
    for step in range(1, STEPS + 1):
        weights, slopes, bias = np.split(theta, [ORDERS, 2 * ORDERS])
        scale = np.exp(weights + slopes * length[:, None])
        error = softmax(weigh(scale, means) + bias)
        error[rows, truth] -= 1
        by_order = (means @ error.astype(np.float32)[:, :, None])[:, :, 0] * scale
        slope = (by_order * length[:, None]).mean(0)
        gradient = np.concatenate([by_order.mean(0), slope, error.mean(0) + STRENGTH * bias])
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        rate = RATE * (1 - step / (STEPS + 1))
        fresh = np.sqrt(second / (1 - 0.99**step)) + 1e-8
        theta = theta - rate * first / (1 - 0.9**step) / fresh
    weights, slopes, bias = np.split(theta, [ORDERS, 2 * ORDERS])
    return weights, slopes, bias


def weigh(scale: Floats, means: Evidence) -> Floats:
    """Return [n, languages] the evidence of all orders, each times its weight [n, orders]."""
    total: Floats = (scale.astype(np.float32)[:, None] @ means)[:, 0].astype(np.float64)
    return total


def fit_known(right: Floats, rival: Floats) -> Floats:
    """Fit the logistic regression of own texts [n, f] against others' [n, f], by Newton's steps."""
    inputs = np.concatenate([right, rival])
    target = np.concatenate([np.ones(len(right)), np.zeros(len(rival))])
    weights = np.zeros(inputs.shape[1])
    ridge = np.eye(len(weights)) * STRENGTH * len(target)
    for _ in range(20):
        chance = logistic(inputs @ weights)
        gradient = inputs.T @ (chance - target) + ridge @ weights
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + ridge
        weights = weights - np.linalg.solve(curvature, gradient)
    return weights


def features(difference: Floats, length: Floats) -> Floats:
    """Return [n, 2 orders + 2]: differences from the typical, the same by length, length, 1."""
    by_length = difference * length[:, None]
    return np.concatenate([difference, by_length, length[:, None], np.ones((len(length), 1))], 1)


def log_length(counts: NDArray[np.int64]) -> Floats:
    """Return [n] the logarithm of each text's letters, 0 at 64 of them."""
    logarithm: Floats = np.log(np.maximum(counts[:, 0], 1) / 64)
    return logarithm


def softmax(scores: Floats) -> Floats:
    """Return the softmax of each row."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    share: Floats = powers / powers.sum(1, keepdims=True)
    return share


def logistic(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x))."""
    chance: Floats = 1 / (1 + np.exp(-np.clip(x, -40, 40)))
    return chance


def expected_calibration_error(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """Return the mean gap between confidence and accuracy over ten equal bins (Naeini 2015)."""
    if not len(confidence):
        return 0.0
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))
