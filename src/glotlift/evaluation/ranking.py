"""Rankings: nDCG, reciprocal rank, average precision and recall of each query."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]


class RankingScores(NamedTuple):
    """Scores of each query, [queries] each, between 0 and 1."""

    ndcg: Floats
    reciprocal_rank: Floats
    average_precision: Floats
    recall: Floats


def ranking_scores(scores: Floats, relevance: Floats, k: int = 10) -> RankingScores:
    """Score rankings cut after `k` documents; `scores` and `relevance` are [queries, documents].

    Gains are the grades themselves, discounted by log2 of the rank plus one (Järvelin & Kekäläinen
    2002; trec_eval's ndcg_cut). Any grade above 0 is relevant for the other three. Among equal
    scores the earlier document stands first. A query with nothing relevant scores 0.

    Raises GL-EVALUATION-051 for shapes that do not match, scores that are not numbers, or negative
    grades.
    """
    scores, relevance = np.asarray(scores, np.float64), np.asarray(relevance, np.float64)
    if (
        scores.ndim != 2
        or scores.shape != relevance.shape
        or np.isnan(scores).any()
        or not (relevance >= 0).all()
        or k < 1
    ):
        raise GlotliftError(
            "GL-EVALUATION-051",
            f"scores {scores.shape} and grades {relevance.shape} do not make rankings",
            fix="give a number and a grade of 0 or more for each query and document",
        )
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    gained = np.take_along_axis(relevance, order, axis=1)
    discounts = 1 / np.log2(np.arange(2, gained.shape[1] + 2))
    ideal = (-np.sort(-relevance, axis=1)[:, :k]) @ discounts
    hits = gained > 0
    ranks = np.arange(1, hits.shape[1] + 1)
    relevant = (relevance > 0).sum(1)
    precision = hits.cumsum(1) / ranks
    return RankingScores(
        ndcg=quotient(gained @ discounts, ideal),
        reciprocal_rank=np.max(hits / ranks, axis=1, initial=0.0),
        average_precision=quotient((precision * hits).sum(1), relevant),
        recall=quotient(hits.sum(1), relevant),
    )


def quotient(part: Floats, whole: Floats) -> Floats:
    """Return their quotient, 0 where the whole is nothing."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
