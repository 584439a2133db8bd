"""What vectors of texts are worth: nearest neighbours, rankings, similarities and class means.

Every score is one of rows, so that it takes part in paired comparisons and their intervals. Vectors
are compared by their cosine. The measures are those of MTEB (Muennighoff et al. 2023,
arXiv:2210.07316, section 3.2), but for classes, where means stand for a regression on few rows.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glotlift.evaluation.correlation import spearman_rows
from glotlift.evaluation.ranking import ranking_scores
from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]


def unit_vectors(vectors: ArrayLike) -> Floats:
    """Return vectors [n, width] at length 1; one of nothing stays nothing."""
    found = np.asarray(vectors, np.float64)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True).clip(1e-12))


def cosines(one: ArrayLike, other: ArrayLike) -> Floats:
    """Return the cosine of each of n vectors with each of m, [n, m]."""
    return unit_vectors(one) @ unit_vectors(other).T


def retrieval_scores(queries: ArrayLike, documents: ArrayLike, grades: ArrayLike) -> Floats:
    """Return nDCG@10 of each query's ranking of the documents by cosine, [queries].

    `grades` are [queries, documents]. Raises GL-EVALUATION-051 where they do not pair.
    """
    return ranking_scores(cosines(queries, documents), np.asarray(grades, np.float64)).ndcg


def bitext_scores(one: ArrayLike, other: ArrayLike) -> Floats:
    """Return 1 for each vector whose nearest one on the other side is its own row's, else 0, [n].

    Raises GL-EVALUATION-093 where the sides do not pair.
    """
    paired(one, other)
    alike = cosines(one, other)
    return np.asarray(alike.argmax(1) == np.arange(len(alike)), np.float64)


def pair_cosines(one: ArrayLike, other: ArrayLike) -> Floats:
    """Return the cosine of each row's two vectors, [n]; raises GL-EVALUATION-093."""
    paired(one, other)
    return np.asarray((unit_vectors(one) * unit_vectors(other)).sum(1))


def similarity_scores(one: ArrayLike, other: ArrayLike, degrees: Sequence[float]) -> Floats:
    """Return rows whose mean is Spearman's correlation of a row's cosine with its degree, [n].

    A row is the correlation plus its influence on it, so it may lie outside of -1 to 1. Raises
    GL-EVALUATION-093 where the sides do not pair.
    """
    return spearman_rows(pair_cosines(one, other), degrees)


def class_mean_scores(
    taught: ArrayLike, labels: Sequence[int], asked: ArrayLike, right: Sequence[int]
) -> Floats:
    """Return 1 for each vector that is nearest to the mean of its class's vectors, else 0, [n].

    `labels` are those of the vectors that are taught; prototypes as of Snell, Swersky and Zemel
    2017 (arXiv:1703.05175), by cosine.
    """
    units, own = unit_vectors(taught), np.asarray(labels)
    classes = np.unique(own)
    means = np.stack([units[own == label].mean(0) for label in classes])
    found = classes[cosines(asked, means).argmax(1)]
    return np.asarray(found == np.asarray(right), np.float64)


def paired(one: ArrayLike, other: ArrayLike) -> None:
    """Raise GL-EVALUATION-093 unless both sides have as many vectors, and as long."""
    shapes = np.shape(one), np.shape(other)
    if shapes[0] != shapes[1] or len(shapes[0]) != 2:
        raise GlotliftError(
            "GL-EVALUATION-093",
            f"vectors {shapes[0]} and {shapes[1]} do not pair row by row",
            fix="give [n, width] on both sides, of one model",
        )
