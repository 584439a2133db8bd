"""The probe of word pairs, on answers whose indices are known in closed form."""

from collections import Counter

import numpy as np
import pytest
from datasets import Dataset

from glotlift.probing.word_pairs import (
    BIAS,
    COGNATE,
    FALSE_COGNATE,
    NON_COGNATE,
    SAME,
    SPELLING,
    TYPES,
    UNRELATED,
    PairDecisions,
    contrast_rows,
    decide_pairs,
    same_threshold,
    with_unrelated,
)
from glotlift.runs.errors import GlotliftError

KINDS = [kind for kind in TYPES for _ in range(12)]
ALIKE = np.array([kind in (COGNATE, FALSE_COGNATE) for kind in KINDS], float)
MEANT = np.array([kind in SAME for kind in KINDS], float)


def accuracies(found: PairDecisions) -> dict[str, float]:
    return {kind: interval.estimate for kind, interval in found.by_type().items()}


def test_who_spells_has_index_one() -> None:
    noise = np.random.default_rng(0).uniform(0, 0.2, len(KINDS))
    found = decide_pairs(ALIKE + noise, KINDS)
    assert accuracies(found) == {COGNATE: 1, NON_COGNATE: 0, FALSE_COGNATE: 0, UNRELATED: 1}
    assert found.shortcut_index().estimate == 1
    assert found.meaning_index().estimate == 0
    assert found.bias().estimate == 1


def test_who_understands_has_index_zero() -> None:
    noise = np.random.default_rng(0).uniform(0, 0.2, len(KINDS))
    found = decide_pairs(MEANT + noise, KINDS)
    assert set(accuracies(found).values()) == {1}
    assert found.shortcut_index().estimate == found.bias().estimate == 0
    assert found.meaning_index().estimate == 1


def test_without_unrelated_pairs_a_speller_still_fails_at_false_cognates() -> None:
    kinds = KINDS[:36]
    found = accuracies(decide_pairs(ALIKE[:36], kinds))
    assert found == {COGNATE: 1, NON_COGNATE: 0, FALSE_COGNATE: 0}


@pytest.mark.parametrize("answer", [True, False])
def test_who_always_says_the_same_is_explained_by_nothing(answer: bool) -> None:
    found = PairDecisions(tuple(KINDS), np.full(len(KINDS), answer))
    assert found.shortcut_index().estimate == found.meaning_index().estimate == 0
    assert found.bias().estimate == (1 if answer else -1)


def test_index_of_a_mixture_is_the_mixture() -> None:
    """Of who spells in a third of the pairs of each type and understands the rest."""
    spells = np.arange(len(KINDS)) % 3 == 0
    found = PairDecisions(tuple(KINDS), np.where(spells, ALIKE, MEANT) > 0)
    assert found.shortcut_index().estimate == pytest.approx(1 / 3)
    assert found.meaning_index().estimate == pytest.approx(2 / 3)


def test_chance_is_within_the_intervals() -> None:
    found = decide_pairs(np.random.default_rng(3).normal(size=len(KINDS)), KINDS)
    for interval in (found.shortcut_index(), found.meaning_index(), found.bias()):
        assert interval.low < 0 < interval.high


def test_threshold_counts_types_alike() -> None:
    """Thirty cognates weigh as much as two false ones."""
    kinds = [COGNATE] * 30 + [NON_COGNATE] * 3 + [FALSE_COGNATE] * 2 + [UNRELATED] * 2
    scores = np.r_[np.full(30, 0.9), np.full(3, 0.2), np.full(2, 0.8), np.full(2, 0.1)]
    assert same_threshold(scores, kinds) == pytest.approx(0.5)
    assert same_threshold(np.ones(37), kinds) == -np.inf


def test_decisions_do_not_depend_on_scale_and_come_from_other_parts() -> None:
    scores = np.random.default_rng(1).normal(size=len(KINDS))
    one, other = (
        decide_pairs(scores, KINDS, seed=4),
        decide_pairs(np.exp(scores) * 7, KINDS, seed=4),
    )
    # Thresholds lie halfway, so a pair at the edge may change; no more than one a fold does.
    assert (one.same != other.same).sum() <= 3
    changed = scores.copy()
    changed[0] = 100
    assert decide_pairs(changed, KINDS, seed=4).same[0]


def test_rows_of_a_contrast_have_its_mean() -> None:
    values = np.random.default_rng(2).normal(size=len(KINDS))
    means = {kind: values[np.array(KINDS) == kind].mean() for kind in TYPES}
    for weights in (BIAS, SPELLING):
        rows = contrast_rows(values, KINDS, weights)
        wanted = sum(weight * means[kind] for kind, weight in weights.items())
        assert rows.mean() == pytest.approx(wanted)


def test_influence_gives_the_variance_of_a_difference() -> None:
    """Over drawn samples, the rows' own variance foretells that of the index."""
    generator = np.random.default_rng(5)
    values = generator.uniform(size=(2000, len(KINDS))) < 0.3 + 0.3 * ALIKE
    rows = [contrast_rows(one, KINDS, SPELLING) for one in values]
    foretold = np.mean([row.var() / len(row) for row in rows])
    assert np.var([row.mean() for row in rows]) == pytest.approx(foretold, rel=0.15)


def test_what_cannot_be_read() -> None:
    with pytest.raises(GlotliftError, match="GL-PROBING-080"):
        decide_pairs([0.1], KINDS)
    with pytest.raises(GlotliftError, match="'homograph'"):
        decide_pairs([0.1], ["homograph"])
    with pytest.raises(GlotliftError, match="GL-PROBING-081"):
        decide_pairs(np.zeros(2), [COGNATE, UNRELATED])
    with pytest.raises(GlotliftError, match="'non-cognate'"):
        PairDecisions((COGNATE,), np.array([True])).shortcut_index()


def test_unrelated_pairs_are_of_words_of_other_pairs() -> None:
    row = {"source_language": "eng", "language": "spa", "type": NON_COGNATE}
    rows = Dataset.from_list(
        [row | {"id": str(n), "source_word": f"e{n}", "word": f"s{n}"} for n in range(5)]
        + [row | {"id": "c", "source_word": "c", "word": "c", "type": COGNATE}]
    )
    found = with_unrelated(rows)
    assert Counter(found["type"]) == {NON_COGNATE: 5, COGNATE: 1, UNRELATED: 5}
    made = [one for one in found if one["type"] == UNRELATED]
    assert {one["source_word"][0] for one in made} == {"e"}
    assert all(one["source_word"][1:] != one["word"][1:] for one in made)
    with pytest.raises(GlotliftError, match="GL-PROBING-081"):
        with_unrelated(rows.select([0]))
