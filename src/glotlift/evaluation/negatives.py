"""A smaller corpus for retrieval that stays hard: what several systems rank high is kept.

Enevoldsen et al. 2025, "MMTEB: Massive Multilingual Text Embedding Benchmark" (arXiv:2502.13595),
section 2.3.2. Scores over a smaller corpus are higher than over the whole one; compare models under
one corpus, never a score under one with a score under the other.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glotlift.runs.errors import GlotliftError

Places = NDArray[np.int64]


def pooling_turns(runs: Sequence[ArrayLike], relevance: ArrayLike) -> Places:
    """Return when each document is taken for each query, [queries, documents].

    `runs` are scores [queries, documents] each, of several systems. They give a document by turns,
    best first: the second run's third document has turn ``2 * len(runs) + 1``. A document has the
    turn of the run that gives it first, whatever is relevant (a grade above 0) has -1. Among equal
    scores the earlier document comes first.

    Raises GL-EVALUATION-092 where there is no run, or shapes differ.
    """
    grades = np.asarray(relevance, np.float64)
    scores = [np.asarray(run, np.float64) for run in runs]
    if not scores or grades.ndim != 2 or any(run.shape != grades.shape for run in scores):
        raise GlotliftError(
            "GL-EVALUATION-092",
            f"runs {[run.shape for run in scores]} and grades {grades.shape} do not pair",
            fix="give one run or more, each with a score for every query and document",
        )
    orders = [np.argsort(-run, axis=1, kind="stable") for run in scores]
    turns = [np.argsort(order, axis=1) * len(runs) + n for n, order in enumerate(orders)]
    return np.asarray(np.where(grades > 0, -1, np.minimum.reduce(turns)), np.int64)


def pooled_corpus(
    runs: Sequence[ArrayLike],
    relevance: ArrayLike,
    per_query: int = 250,
    *,
    most: int | None = None,
) -> Places:
    """Return the places of the documents to keep, in order.

    Of each query they are the relevant ones and those that the runs give by turns (`pooling_turns`)
    until there are `per_query`; the last round of turns is finished. The corpus is what any query
    has. With `most`, those taken at the earliest turns of any query, and so many. Grades of the
    documents that are left are ``relevance[:, kept]``: nothing relevant is lost, unless `most` is
    below the number of relevant documents. Raises what `pooling_turns` raises.
    """
    turns = pooling_turns(runs, relevance)
    last = np.sort(turns, axis=1)[:, min(per_query, turns.shape[1]) - 1]
    stop = (last // len(runs) + 1) * len(runs)
    earliest = np.where(turns < stop[:, None], turns, turns.size).min(0)
    taken = np.flatnonzero(earliest < turns.size)
    by_turn = taken[np.argsort(earliest[taken], kind="stable")]
    return np.asarray(np.sort(by_turn[:most]), np.int64)


def random_corpus(relevance: ArrayLike, size: int, seed: int) -> Places:
    """Return the places of all relevant documents and of others drawn by the seed, `size` in all.

    The control of `pooled_corpus`: as many documents, none of them chosen for being hard.
    """
    relevant = np.any(np.asarray(relevance, np.float64) > 0, axis=0)
    drawn = np.random.default_rng([seed, size]).permutation(len(relevant))
    order = drawn[np.argsort(~relevant[drawn], kind="stable")]
    return np.asarray(np.sort(order[:size]), np.int64)
