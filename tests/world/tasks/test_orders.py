"""Instructions: every gold answer is counted again with other means; wrong answers are refused."""

import re
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.runs.errors import GlotliftError
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import LANGUAGES, grammar
from glotlift.world.tasks.fulfilment import KINDS, fulfils, words
from glotlift.world.tasks.orders import instructions

_MARKS = ".!?।。！？؟"


def _constraint(kind: str, count: int = 0, concept: str = "") -> dict[str, object]:
    return {"kind": kind, "count": count, "concept": concept}


@pytest.mark.parametrize("language", LANGUAGES)
def test_responses_do_what_the_prompt_says(language: str) -> None:
    kinds = set()
    for row in instructions(language, 50, seed=3):
        text, spaced = row["response"], grammar(language).spaced
        assert all(fulfils(text, row["constraints"], language))
        for constraint in row["constraints"]:
            kinds.add(constraint["kind"])
            plain = text.rstrip(_MARKS).lower()
            match constraint["kind"]:
                case "words" if spaced:
                    assert len(text.split()) == constraint["count"], row
                case "sentences":
                    parts = re.split(f"[{_MARKS}]", text)
                    assert len([part for part in parts if part.strip()]) == constraint["count"]
                case "with" | "ending" as kind:
                    quoted = re.search("[“„«](.+?)[”“»]", row["prompt"])
                    assert quoted
                    word = quoted[1].lower()
                    assert plain.endswith(word) if kind == "ending" else word in plain, row
                case "no_comma":
                    assert not re.search("[,،，、]", text)
    assert kinds == set(KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_instructions_are_the_same_in_every_language(language: str) -> None:
    here, there = instructions(language, 10), instructions("eng_Latn", 10)
    assert here["id"] == there["id"]
    assert here["constraints"] == there["constraints"]


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=5)
def test_instructions_do_not_contradict_each_other(seed: int) -> None:
    for row in instructions("eng_Latn", 40, seed=seed, split="train"):
        kinds = [one["kind"] for one in row["constraints"]]
        topics = {
            inventory().concepts[one["concept"]].topic
            for one in row["constraints"]
            if one["concept"]
        }
        assert 1 <= len(kinds) <= 3
        assert len(set(kinds)) == len(kinds)
        assert len(topics) <= 1
        assert not {"words", "sentences"} <= set(kinds)


def test_no_set_of_instructions_is_in_two_splits() -> None:
    seen = [
        {
            frozenset(tuple(one.values()) for one in asked)
            for asked in instructions("eng_Latn", 150, split=split)["constraints"]
        }
        for split in SPLITS
    ]
    assert not any(one & other for one, other in combinations(seen, 2))


def test_rows_are_addressable() -> None:
    whole = instructions("tur_Latn", 12, seed=4).to_list()
    assert instructions("tur_Latn", 4, seed=4, start=5).to_list() == whole[5:9]


@pytest.mark.parametrize(
    ("text", "constraint", "right"),
    [
        ("Anna eats bread.", _constraint("words", 3), True),
        ("Anna eats the bread.", _constraint("words", 3), False),
        ("Anna eats. Bread is good!", _constraint("sentences", 2), True),
        ("Anna eats, bread is good", _constraint("sentences", 2), False),
        ("Soup and bread.", _constraint("about", concept="food"), True),
        ("The apples are on the table.", _constraint("about", concept="food"), True),
        ("The table and the chair and the soup.", _constraint("about", concept="food"), False),
        ("The man sees the woman.", _constraint("about", concept="food"), False),
        ("She has a hat.", _constraint("with", concept="hat"), True),
        ("What is that?", _constraint("with", concept="hat"), False),
        ("She has a HAT!", _constraint("ending", concept="hat"), True),
        ("A hat she has.", _constraint("ending", concept="hat"), False),
        ("One, two.", _constraint("no_comma"), False),
        ("一，二。", _constraint("no_comma"), False),
        ("واحد، اثنان", _constraint("no_comma"), False),
        ("One and two.", _constraint("no_comma"), True),
        ("", _constraint("words", 0), True),
    ],
)
def test_texts_are_judged(text: str, constraint: dict[str, object], right: bool) -> None:
    assert fulfils(text, [constraint], "eng_Latn") == [right]


def test_words_are_found_where_none_are_parted() -> None:
    assert words("昨天农民买了胡萝卜。", "zho_Hans") == ["昨天", "农民", "买", "了", "胡萝卜"]
    assert fulfils("胡萝卜很便宜。", [_constraint("words", 3)], "zho_Hans") == [True]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_more_is_a_word_too_many(language: str) -> None:
    for row in instructions(language, 30, seed=9):
        counts = [one for one in row["constraints"] if one["kind"] in ("words", "sentences")]
        more = f"{row['response']} {row['response']}"
        assert not any(fulfils(more + ".", counts, language))


def test_unknown_constraints_are_refused() -> None:
    with pytest.raises(GlotliftError, match="GL-WORLD-046"):
        fulfils("Hello.", [_constraint("rhyme")], "eng_Latn")
