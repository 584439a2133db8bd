"""Ratings: a method that looks for bias finds what was put in; errors are where they are said."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.runs.errors import GlotliftError
from glotlift.world.concepts import SPLITS
from glotlift.world.grammar import LANGUAGES, grammar
from glotlift.world.tasks.judging import comparisons, raters, ratings
from glotlift.world.tasks.planting import KINDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_are_planted_where_they_are_said(language: str) -> None:
    spoken, kinds = grammar(language), Counter()
    for row in ratings(language, 60, panel=1, split="train"):
        assert row["quality"] == 5 - len(row["errors"])
        assert len({error["sentence"] for error in row["errors"]}) == len(row["errors"])
        for error in row["errors"]:
            assert error["wrong"] in row["text"]
            right, wrong = (
                Counter(map(spoken.lowered, spoken.token.findall(error[side])))
                for side in ("right", "wrong")
            )
            kinds[error["kind"]] += 1
            assert error["right"] != error["wrong"]
            if error["kind"] == "wrong_order" and spoken.spaced:
                assert right == wrong
            elif error["kind"] == "dropped_word":
                assert len(error["wrong"]) < len(error["right"])
                if spoken.spaced:
                    assert (right - wrong).total() == 1
                    assert not wrong - right
            elif error["kind"] == "repeated_word" and spoken.spaced:
                assert (wrong - right).total() == 1
                assert set(wrong) == set(right)
            elif error["kind"] == "untranslated_word" and spoken.spaced:
                assert (wrong - right).total() >= 1
    assert set(kinds) == set(KINDS)


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=4)
def test_quality_is_balanced_and_apart_from_padding(seed: int) -> None:
    rows = ratings("eng_Latn", 200, seed=seed, panel=1)
    assert set(Counter(rows["quality"]).values()) == {40}
    assert abs(np.corrcoef(rows["quality"], rows["padding"])[0, 1]) < 0.3
    pairs = comparisons("eng_Latn", 40, seed=seed, panel=1)
    assert Counter(pairs["better"]) == {"first": 20, "second": 20}
    for row in pairs:
        assert (row["first_quality"] > row["second_quality"]) == (row["better"] == "first")


def test_biases_can_be_found_again() -> None:
    members = raters(3, seed=1)
    rows = ratings("eng_Latn", 1500, panel=3, seed=1, split="train").to_list()
    pairs = comparisons("eng_Latn", 1500, panel=3, seed=1, split="train").to_list()
    for rater in members:
        own = [row for row in rows if row["rater"] == rater.name]
        design = [[row["quality"], row["padding"] - 1.5, 1] for row in own]
        found, *_ = np.linalg.lstsq(np.array(design), [row["score"] for row in own], rcond=None)
        level = rater.language_bias["eng_Latn"] - rater.severity
        assert found == pytest.approx([1, rater.length_bias, level], abs=0.15)
        own = [row for row in pairs if row["rater"] == rater.name]
        position = np.mean([row["score"] for row in own])  # the same two in either order
        assert position == pytest.approx(rater.position_bias, abs=0.12)
    scores = np.array([row["score"] for row in rows])
    assert [row["rating"] for row in rows] == np.clip(np.floor(scores + 0.5), 1, 5).tolist()


def test_language_bias_is_found_from_the_same_items() -> None:
    one, other = (ratings(code, 60, panel=3, split="train") for code in ("deu_Latn", "rus_Cyrl"))
    assert one["id"] == other["id"]
    for left, right in zip(one, other, strict=True):
        shift = left["language_bias"] - right["language_bias"]
        assert left["score"] - right["score"] == pytest.approx(shift)


@pytest.mark.parametrize("language", LANGUAGES)
def test_items_are_the_same_in_every_language(language: str) -> None:
    here, there = ratings(language, 10, panel=2), ratings("eng_Latn", 10, panel=2)
    for name in ("id", "quality", "padding", "rater"):
        assert here[name] == there[name]
    for one, other in zip(here["errors"], there["errors"], strict=True):
        assert [error["kind"] for error in one] == [error["kind"] for error in other]
    here, there = comparisons(language, 10, panel=2), comparisons("eng_Latn", 10, panel=2)
    for name in ("id", "better", "preferred", "score"):
        assert here[name] == there[name]


def test_no_sentence_is_in_two_splits() -> None:
    seen = []
    for split in SPLITS:
        texts = ratings("spa_Latn", 150, panel=1, split=split)["source_text"]
        seen.append({sentence for text in texts for sentence in text.split(". ")})
    assert not any(one & other for one, other in combinations(seen, 2))


@pytest.mark.parametrize("make", [ratings, comparisons])
def test_rows_are_addressable(make: object) -> None:
    whole = make("ell_Grek", 20, seed=4).to_list()  # type: ignore[operator]
    assert make("ell_Grek", 6, seed=4, start=5).to_list() == whole[5:11]  # type: ignore[operator]


def test_errors_are_coded() -> None:
    assert raters(9)[:3] == raters(3)
    with pytest.raises(GlotliftError, match="GL-WORLD-047"):
        ratings("deu_Latn", 1, source="deu_Latn")
    with pytest.raises(GlotliftError, match="GL-WORLD-048"):
        raters(0)
