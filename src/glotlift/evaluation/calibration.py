"""Calibration: whether a model is right as often as it says."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]


class Bin(NamedTuple):
    """Answers of like confidence: how many, how sure on average, and the share that is right."""

    rows: int
    confidence: float
    accuracy: float


class Calibration(NamedTuple):
    """`error` is the expected calibration error, `brier` [n] the Brier score of each row."""

    error: float
    brier: Floats
    bins: list[Bin]


def measure_calibration(
    probabilities: Floats, answers: NDArray[np.int64], bins: int = 10
) -> Calibration:
    """Compare what a model says, [n, classes], with the right classes [n].

    The expected calibration error (Guo et al. 2017, arXiv:1706.04599, equation 3) is the mean over
    answers of the distance between confidence and accuracy in bins of equal width, closed above.
    The Brier score of a row is the squared distance of its probabilities from the truth, summed
    over classes (Brier 1950), between 0 and 2.

    Raises GL-EVALUATION-052 for probabilities that do not sum to 1 or answers out of range.
    """
    said, right = np.asarray(probabilities, np.float64), np.asarray(answers, np.int64)
    if (
        said.ndim != 2
        or right.shape != said.shape[:1]
        or not right.size
        or not ((right >= 0) & (right < said.shape[1])).all()
        or not np.allclose(said.sum(1), 1, atol=1e-6)
        or (said < 0).any()
    ):
        raise GlotliftError(
            "GL-EVALUATION-052",
            f"probabilities {said.shape} do not fit {right.shape} answers",
            fix="give probabilities that sum to 1 and the number of the right class for each row",
        )
    confidence, correct = said.max(1), said.argmax(1) == right
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    found = [
        Bin(int(chosen.sum()), float(confidence[chosen].mean()), float(correct[chosen].mean()))
        if (chosen := place == number).any()
        else Bin(0, 0.0, 0.0)
        for number in range(bins)
    ]
    error = sum(b.rows * abs(b.confidence - b.accuracy) for b in found) / len(right)
    truth = np.eye(said.shape[1])[right]
    return Calibration(float(error), ((said - truth) ** 2).sum(1), found)
