"""Typed pairs of words: balanced, right by an independent list, no word alone tells the answer."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import grammar
from glotlift.world.tasks.words import RELATIONS, word_pairs

_OPPOSITES = (
    "good/bad beautiful/ugly new/old expensive/cheap big/small white/black happy/sad "
    "open/close buy/sell laugh/cry hide/find summer/winter morning/evening"
)
_OPPOSITE = {frozenset(pair.split("/")) for pair in _OPPOSITES.split()}


@settings(deadline=None, max_examples=15)
@given(st.sampled_from(world.LANGUAGES), st.sampled_from(SPLITS), st.integers(0, 999))
def test_every_relation_is_asked_as_often_with_yes_as_with_no(code, split, seed):
    rows = word_pairs(code, 32, split=split, seed=seed)
    asked = Counter(zip(rows["relation"], rows["label"], strict=True))
    assert asked == {(relation, label): 4 for relation in RELATIONS for label in ("yes", "no")}
    assert all(row["first"] and row["second"] for row in rows)
    for row in rows:
        assert row["first"] != row["second"]


def _holds(relation, first, second):
    world_ = inventory()
    one, other = world_.concepts[first], world_.concepts[second]
    match relation:
        case "antonym":
            return frozenset((first, second)) in _OPPOSITE
        case "synonym":
            return first == second
        case "hypernym":
            return second in (one.topic, one.category)
        case _:
            kinds = [(c.category, c.topic if c.category == "things" else "") for c in (one, other)]
            return kinds[0] == kinds[1]


@pytest.mark.parametrize("split", SPLITS)
def test_answers_are_right(split):
    for row in word_pairs("eng_Latn", 400, split=split):
        assert _holds(row["relation"], *row["concepts"]) == (row["label"] == "yes"), row


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_rows_are_addressable_and_share_ids_and_answers_over_languages(code):
    whole, other = word_pairs(code, 16, seed=1), word_pairs("eng_Latn", 16, seed=1)
    assert word_pairs(code, 5, seed=1, start=11).to_list() == whole.to_list()[11:]
    for row, twin in zip(whole, other, strict=True):
        for field in ("id", "relation", "label"):
            assert row[field] == twin[field]
        if row["relation"] != "synonym":
            assert row["concepts"] == twin["concepts"]


@pytest.mark.parametrize("field", ["first", "second"])
def test_neither_word_tells_the_answer(field):
    rows = word_pairs("spa_Latn", 4000, split="validation").to_list()
    train, test = rows[:2400], rows[2400:]
    known = {}
    for row in train:
        known.setdefault((row["relation"], row[field]), Counter())[row["label"]] += 1
    hits = sum(
        known[row["relation"], row[field]].most_common(1)[0][0] == row["label"] for row in test
    )
    assert abs(hits / len(test) - 0.5) < 0.05


def test_no_pair_and_no_first_word_is_in_two_splits():
    asked = [word_pairs("eng_Latn", 400, split=split).to_list() for split in SPLITS]
    for relation in RELATIONS:
        words = [{row["first"] for row in rows if row["relation"] == relation} for rows in asked]
        assert not words[0] & words[1]
        assert not words[0] & words[2]
        assert not words[1] & words[2]


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_synonyms_are_the_second_words_of_the_language(code):
    spoken = grammar(code)
    rows = [row for row in word_pairs(code, 64) if row["relation"] == "synonym"]
    assert {concept for row in rows for concept in row["concepts"]} <= {*spoken.synonyms}
