import numpy as np
import pytest

from glotlift.evaluation.negatives import pooled_corpus, pooling_turns, random_corpus
from glotlift.runs.errors import GlotliftError

RUNS = [[[9, 8, 7, 6, 5, 4.0]], [[1, 9, 2, 3, 8, 0.0]]]
GRADES = [[0, 0, 0, 0, 0, 2.0]]


def test_runs_give_documents_by_turns():
    # First 0, 1, 2 ...; second 1, 4, 3, ...: document 1 is given by the second's first turn.
    assert pooling_turns(RUNS, GRADES).tolist() == [[0, 1, 4, 5, 3, -1]]


def one_by_one(runs, grades, per_query):
    """Take documents as the official script does, query by query."""
    found = set()
    for query, row in enumerate(grades):
        taken = [place for place, grade in enumerate(row) if grade > 0]
        lists = [sorted(range(len(row)), key=lambda d, r=run: (-r[query][d], d)) for run in runs]
        while len(taken) < per_query and any(lists):
            for ranked in lists:
                if ranked and (document := ranked.pop(0)) not in taken:
                    taken.append(document)
        found |= set(taken)
    return sorted(found)


@pytest.mark.parametrize("per_query", [1, 2, 3, 7, 40, 99])
def test_the_pool_is_that_of_taking_documents_one_by_one(per_query):
    random = np.random.default_rng(per_query)
    runs = random.integers(0, 30, (3, 8, 40)).astype(float)  # with ties
    grades = (random.random((8, 40)) < 0.05).astype(float)
    assert pooled_corpus(runs, grades, per_query).tolist() == one_by_one(runs, grades, per_query)


def test_nothing_relevant_is_lost_and_the_hardest_are_kept():
    random = np.random.default_rng(0)
    runs, grades = random.random((2, 5, 60)), (random.random((5, 60)) < 0.03).astype(float)
    assert grades.sum(1).max() < 8
    kept = pooled_corpus(runs, grades, 8)
    assert grades[:, kept].sum() == grades.sum()
    assert set(runs[0].argmax(1)) <= set(kept)
    assert len(pooled_corpus(runs, grades, 60)) == 60


def test_a_pool_of_a_size_takes_the_earliest_turns():
    kept = pooled_corpus(RUNS, GRADES, 6, most=3)
    assert kept.tolist() == [0, 1, 5]


def test_random_documents_are_as_many_and_hold_what_is_relevant():
    grades = np.zeros((3, 50))
    grades[0, 7] = grades[2, 31] = 1
    drawn = [random_corpus(grades, 10, seed).tolist() for seed in range(300)]
    assert all(len(set(kept)) == 10 and {7, 31} <= set(kept) for kept in drawn)
    counts = np.bincount(np.concatenate(drawn), minlength=50)
    assert np.abs(np.delete(counts, [7, 31]) / 300 - 8 / 48).max() < 0.09


@pytest.mark.parametrize("runs", [[], [np.ones((1, 5))]])
def test_runs_that_do_not_pair_are_refused(runs):
    with pytest.raises(GlotliftError) as error:
        pooled_corpus(runs, GRADES)
    assert error.value.code == "GL-EVALUATION-092"
