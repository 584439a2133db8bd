"""How alike words are spelt, against another implementation of the edit distance and its axioms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.lib_ter import BeamEditDistance

from glotlift.probing.spelling import (
    all_spelling_similarities,
    n_gram_similarity,
    spelling_similarity,
)
from glotlift.runs.errors import GlotliftError

words = st.text(alphabet="abcñß", max_size=7)


def test_known_words() -> None:
    found = spelling_similarity(
        ["kitten", "Gift", "", "", "rot"], ["sitting", "gift", "", "ab", "t"]
    )
    assert found.tolist() == pytest.approx([1 - 3 / 7, 1, 1, 0, 1 / 3])


@given(st.lists(st.tuples(words, words), min_size=1, max_size=6))
def test_distance_is_that_of_sacrebleu(pairs: list[tuple[str, str]]) -> None:
    firsts, seconds = zip(*pairs, strict=True)
    found = spelling_similarity(firsts, seconds)
    for similar, one, other in zip(found, firsts, seconds, strict=True):
        a, b = one.casefold(), other.casefold()
        distance, _ = BeamEditDistance(list(b))(list(a))
        assert similar == pytest.approx(1 - distance / max(len(a), len(b), 1))


@given(words, words)
def test_symmetric_and_one_for_the_same_word(one: str, other: str) -> None:
    for measure in (spelling_similarity, n_gram_similarity):
        there, back, own = measure([one, other, one + "a"], [other, one, one + "a"])
        assert there == pytest.approx(back)
        assert own == pytest.approx(1)
        assert 0 <= there <= 1


def test_all_pairs_are_the_pairs() -> None:
    firsts, seconds = ["home", "casa", "a"], ["homes", "cosa"]
    table = all_spelling_similarities(firsts, seconds)
    assert table.shape == (3, 2)
    for row, first in enumerate(firsts):
        assert table[row].tolist() == spelling_similarity([first] * 2, seconds).tolist()


def test_n_grams_of_two_words() -> None:
    # With their ends ab has (ab, a, b) and ac (ac, a, c) as bigrams: one of three is shared.
    assert n_gram_similarity(["ab"], ["ac"], orders=[2])[0] == pytest.approx(1 / 3)
    assert np.allclose(n_gram_similarity(["ab"], ["xy"], orders=[2, 3]), 0)


def test_lists_that_do_not_pair() -> None:
    for measure in (spelling_similarity, n_gram_similarity):
        with pytest.raises(GlotliftError, match="2 words do not pair with 1"):
            measure(["a", "b"], ["a"])
