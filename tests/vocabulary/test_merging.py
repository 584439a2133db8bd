from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.vocabulary.merging import SHIFT, Chains, continue_merges

LETTERS = "abcd"
words_and_weights = st.lists(
    st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(1, 5)),
    min_size=1,
    max_size=8,
)


def chains_of(words):
    return Chains([np.asarray(word, dtype=np.int32) for word, _ in words], [w for _, w in words])


def merge_word(word, left, right, whole):
    merged, place = [], 0
    while place < len(word):
        if word[place : place + 2] == [left, right]:
            merged.append(whole)
            place += 2
        else:
            merged.append(word[place])
            place += 1
    return merged


def plain_merges(words, number, least):
    """The textbook algorithm: count every pair afresh before each merge."""
    words = [(list(word), weight) for word, weight in words]
    names, known, merges = dict(enumerate(LETTERS)), set(LETTERS), []
    while len(merges) < number:
        counts = Counter()
        for word, weight in words:
            for pair in pairwise(word):
                counts[pair] += weight
        fit = [
            (-count, pair)
            for pair, count in counts.items()
            if count >= least and names[pair[0]] + names[pair[1]] not in known
        ]
        if not fit:
            break
        _, (left, right) = min(fit)
        whole = len(names)
        names[whole] = names[left] + names[right]
        known.add(names[whole])
        merges.append((left, right, names[whole]))
        words = [(merge_word(word, left, right, whole), weight) for word, weight in words]
    return merges


def overcount_free(words):
    """Counts of adjacent pairs, overlaps included, as the textbook counts them."""
    counts = Counter()
    for word, weight in words:
        for left, right in pairwise(word):
            counts[(left << SHIFT) | right] += weight
    return counts


@settings(deadline=None, max_examples=200)
@given(words_and_weights, st.integers(1, 12), st.integers(1, 4))
def test_incremental_merges_equal_the_textbook(words, number, least):
    merges = continue_merges(
        chains_of(words),
        dict(enumerate(LETTERS)),
        number=number,
        first_id=len(LETTERS),
        join=str.__add__,
        refused=lambda left, right: False,
        least=least,
    )
    found = [(merge.left, merge.right, merge.piece) for merge in merges]
    assert found == plain_merges(words, number, least)


@settings(deadline=None, max_examples=100)
@given(words_and_weights)
def test_counts_start_as_the_number_of_adjacent_pairs(words):
    assert chains_of(words).counts == dict(overcount_free(words))


def test_a_refused_pair_is_passed_over():
    merges = continue_merges(
        chains_of([([0, 1, 2], 5)]),
        dict(enumerate(LETTERS)),
        number=5,
        first_id=4,
        join=str.__add__,
        refused=lambda left, right: left + right == "ab",
    )
    assert [merge.piece for merge in merges] == ["bc", "abc"]


def test_no_words_give_no_merges():
    assert not chains_of([]).counts
