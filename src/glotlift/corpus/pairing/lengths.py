"""How well lengths agree: the model of Gale and Church (1993), as a likelihood ratio.

A translation's length in characters is normal around `ratio` times the source's, with a variance
that grows with the length. Moore (2002) sets it against the length any sentence has in the text, so
that a deletion costs its prior alone, however long the sentence is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
VARIANCE = 6.8  # Gale and Church (1993), section 3: characters squared per character
OUTLIER = np.log(0.001)  # a translation may be far longer or shorter; so much is that worth
ROOT = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class LengthModel:
    """Target characters per source character, and the variance of that per character."""

    ratio: float = 1.0
    variance: float = VARIANCE

    def deviations(self, source: Array, target: Array) -> Array:
        """Return how many standard deviations each target is longer than expected, [n]."""
        expected = self.ratio * source
        spread = np.sqrt(self.variance * (expected + target) / 2 + 1)
        return np.asarray((target - expected) / spread)

    def gain(self, source: Array, target: Array, usual: tuple[float, float]) -> Array:
        """Return the log likelihood ratio (nats) of lengths as a translation's against chance.

        `source` and `target` are lengths in characters that broadcast; `usual` is the mean and the
        standard deviation of the logarithm of the target's lengths.
        """
        expected = self.ratio * source
        spread = self.variance * (expected + target) / 2 + 1
        matched = -0.5 * (target - expected) ** 2 / spread - 0.5 * np.log(spread) - ROOT
        mean, deviation = usual
        logarithm = np.log(target)
        chance = -logarithm - np.log(deviation) - ROOT
        chance = chance - 0.5 * ((logarithm - mean) / deviation) ** 2
        gain: Array = np.logaddexp(matched - chance, OUTLIER)
        return gain


def measure_lengths(sentences: Sequence[str]) -> Array:
    """Return characters without spaces at the ends, at least 1, [n]."""
    return np.fromiter((max(len(s.strip()), 1) for s in sentences), np.float64, len(sentences))


def usual_lengths(lengths: Array) -> tuple[float, float]:
    """Return mean and standard deviation (at least 0.3) of the logarithm of lengths."""
    if not len(lengths):
        return 0.0, 1.0
    logarithm = np.log(lengths)
    return float(logarithm.mean()), max(float(logarithm.std()), 0.3)


def fit_lengths(source: Array, target: Array) -> LengthModel:
    """Learn ratio and variance from paired lengths [n], robustly; needs about twenty pairs.

    The median of the ratios, and the median absolute deviation of the normal variable, so that
    wrong pairs among the right ones hardly matter.
    """
    if len(source) < 20:
        total = float(target.sum() / source.sum()) if len(source) else 1.0
        return LengthModel(float(np.clip(total, 0.2, 5.0)))
    order = np.argsort(target / source)
    weights = np.cumsum(source[order])
    middle = order[np.searchsorted(weights, weights[-1] / 2)]
    ratio = float(target[middle] / source[middle])
    deviations = np.abs(target - ratio * source) / np.sqrt((ratio * source + target) / 2)
    spread = 1.4826 * float(np.median(deviations))
    return LengthModel(ratio, float(np.clip(spread**2, 0.5, 40.0)))
