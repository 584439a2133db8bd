"""Pairs of words by type: what they are said to be, they are."""

from collections import Counter

import pytest

from glotlift.probing.pair_types import relations, typed_pairs
from glotlift.probing.spelling import spelling_similarity
from glotlift.probing.word_pairs import COGNATE, FALSE_COGNATE, NON_COGNATE, TYPES, UNRELATED
from glotlift.runs.errors import GlotliftError
from glotlift.world.tasks import cognates
from glotlift.world.tasks.senses import entries


def lexicon(**words: str) -> dict[str, frozenset[str]]:
    return {word: frozenset(meanings.split()) for word, meanings in words.items()}


LEXICONS = {
    "eng": lexicon(hand="hand", dog="dog", gift="present", sing="sing", singer="singer", tree="t"),
    "deu": lexicon(Hand="hand", Hund="dog", Gift="poison", singen="sing", singer="singer", Ei="e"),
    "xxx": lexicon(zzzz="hand"),
}


def test_each_type_is_found() -> None:
    rows = typed_pairs(LEXICONS, [("eng", "deu"), ("eng", "xxx")], most=5)
    assert Counter(rows["type"]) == dict.fromkeys(TYPES, 1)
    by_type = {row["type"]: (row["source_word"], row["word"]) for row in rows}
    assert by_type[COGNATE] in {("hand", "Hand"), ("singer", "singer")}
    assert by_type[FALSE_COGNATE] in {("gift", "Gift"), ("hand", "Hund")}
    assert set(rows["source_language"]) == {"eng"}
    assert set(rows["language"]) == {"deu"}


def test_meanings_of_words_alike_in_two_languages_are_related() -> None:
    related = relations(LEXICONS)
    assert related("sing", "singer")
    assert not related("hand", "dog")


def test_none_of_all_types() -> None:
    with pytest.raises(GlotliftError, match="GL-PROBING-083"):
        typed_pairs(LEXICONS, [("eng", "xxx")])


def test_pairs_of_the_world_are_as_marked_by_hand() -> None:
    """What spelling calls a cognate somebody has marked as one, but for accidents."""
    known = {}
    for code in ("eng_Latn", "deu_Latn"):
        words: dict[str, set[str]] = {}
        for entry in entries(code):
            words.setdefault(entry.word, set()).add(entry.concept)
        known[code] = {word: frozenset(meant) for word, meant in words.items()}
    rows = typed_pairs(known, [("eng_Latn", "deu_Latn")], most=100)
    assert len(set(Counter(rows["type"]).values())) == 1
    similar = spelling_similarity(rows["source_word"], rows["word"])
    for row, alike in zip(rows, similar, strict=True):
        shared = known["eng_Latn"][row["source_word"]] & known["deu_Latn"][row["word"]]
        assert bool(shared) == (row["type"] in (COGNATE, NON_COGNATE))
        assert alike >= 0.75 if row["type"] in (COGNATE, FALSE_COGNATE) else alike <= 0.35
    marked = {
        (row["source_word"], row["word"]): row["label"]
        for split in ("train", "validation", "test")
        for row in cognates("eng_Latn", "deu_Latn", split=split)
    }
    labels = [
        marked[row["source_word"], row["word"]]
        for row in rows
        if row["type"] == COGNATE and (row["source_word"], row["word"]) in marked
    ]
    assert len(labels) > 5
    assert labels.count("unrelated") == 0
    assert all(
        marked.get((row["source_word"], row["word"]), "false friend") == "false friend"
        for row in rows
        if row["type"] in (FALSE_COGNATE, UNRELATED)
    )
    assert NON_COGNATE in rows["type"]
