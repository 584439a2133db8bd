"""Dialogues: answers compared with the facts and with what was said, read from the text alone."""

import re
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.world.combinations import fact_base, fact_split
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import LANGUAGES, grammar
from glotlift.world.tasks.talk import ACTS, dialogues, persona_consistency

_RELATIONS = {
    inventory().patterns[name].says[1]: name for name in ("home", "job", "pet", "favourite_food")
}


def _values_said(language: str, text: str, relation: str) -> set[str]:
    """Which of the values that a relation may have are said, in any form, longest first."""
    spoken, world = grammar(language), inventory()
    forms = {
        spoken.written(cell): concept.name
        for concept in world.domain(world.frames[world.patterns[relation].frame].slots["value"])
        for form, cell in spoken.forms[concept.name].items()
        if form != "class" and cell not in spoken.function_words
    }
    edge = r"\b" if spoken.spaced else ""
    found = set()
    for heard in (text, spoken.lowered(text[0]) + text[1:]):
        for cell in sorted(forms, key=len, reverse=True):
            if re.search(edge + re.escape(cell), heard):
                found.add(forms[cell])
                heard = heard.replace(cell, " ")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_speakers_take_turns(language: str) -> None:
    counts = set()
    for row in dialogues(language, 60):
        roles = [message["role"] for message in row["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        counts.add(len(roles) // 2)
        said: list[str] = [""] * len(roles)
        for act in row["acts"]:
            assert act["act"] in ACTS
            said[act["message"]] += act["text"].replace(" ", "")
        assert said == [message["content"].replace(" ", "") for message in row["messages"]]
    assert counts == {2, 3, 4, 5}


@pytest.mark.parametrize("language", LANGUAGES)
def test_personas_tell_facts_and_answers_are_right(language: str) -> None:
    answers = 0
    for row in dialogues(language, 60, split="train"):
        told: dict[str, list[str]] = {}
        for act in row["acts"]:
            if act["act"] in ("tell", "answer") and act["fact"][1] in _RELATIONS:
                person, relation, value = act["fact"]
                assert fact_base()[person][_RELATIONS[relation]]["value"] == value
                assert value in _values_said(language, act["text"], _RELATIONS[relation])
                answers += act["act"] == "answer"
            elif act["act"] == "answer" and act["fact"][1].startswith("is "):
                assert told.setdefault(act["fact"][0], act["fact"]) == act["fact"]
        assert all(fact[0] == row["persona"] for fact in row["facts"])
        assert row["facts"][0][1] == "is called"
    assert answers > 15


@pytest.mark.parametrize("language", LANGUAGES)
def test_consistency_is_read_from_the_text(language: str) -> None:
    kinds = set()
    for row in persona_consistency(language, 80, split="train"):
        final = row["acts"][-1]
        if row["kind"] == "place":
            earlier = {act["text"] for act in row["acts"][:-1]}
            assert (final["text"] in earlier) == row["consistent"]
        else:
            person, relation, value = final["fact"]
            name = _RELATIONS[relation]
            true = fact_base()[person][name]["value"]
            assert (true in _values_said(language, final["text"], name)) == row["consistent"]
            assert (true == value) == row["consistent"]
        kinds.add((row["kind"], row["consistent"]))
    assert len(kinds) == 4


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=5)
def test_right_and_wrong_answers_are_counterparts(seed: int) -> None:
    rows = persona_consistency("eng_Latn", 80, seed=seed).to_list()
    longer = 0
    for one, other in zip(rows[::2], rows[1::2], strict=True):
        assert one["messages"][:-1] == other["messages"][:-1]
        assert one["messages"][-1] != other["messages"][-1]
        assert one["consistent"] != other["consistent"]
        assert one["kind"] == other["kind"]
        right, wrong = (one, other) if one["consistent"] else (other, one)
        lengths = [len(row["messages"][-1]["content"]) for row in (right, wrong)]
        longer += (lengths[0] > lengths[1]) - (lengths[0] < lengths[1])
    assert sum(row["kind"] == "place" for row in rows) == 40
    assert abs(longer) < 28  # 4.5 standard deviations of 40 coin tosses


def test_what_one_split_asks_no_other_does() -> None:
    asked = []
    for split in SPLITS:
        found = set()
        for row in dialogues("eng_Latn", 300, split=split):
            acts = row["acts"]
            for act, answer in zip(acts, [*acts[1:], None], strict=True):
                if act["act"] != "ask":
                    continue
                if act["fact"][1] in _RELATIONS:
                    assert fact_split(act["fact"][0], _RELATIONS[act["fact"][1]]) == split
                    found.add(act["text"])
                else:
                    found.add(answer["text"])
        asked.append(found)
    assert not any(one & other for one, other in combinations(asked, 2))


@pytest.mark.parametrize("language", LANGUAGES)
def test_dialogues_are_the_same_in_every_language(language: str) -> None:
    for make, answers in (
        (dialogues, ("persona", "facts")),
        (persona_consistency, ("consistent",)),
    ):
        here, there = make(language, 10), make("eng_Latn", 10)
        assert here["id"] == there["id"]
        assert all(here[name] == there[name] for name in answers)
        facts = [[act["fact"] for act in acts] for acts in here["acts"]]
        assert facts == [[act["fact"] for act in acts] for acts in there["acts"]]


@pytest.mark.parametrize("make", [dialogues, persona_consistency])
def test_rows_are_addressable(make: object) -> None:
    whole = make("hin_Deva", 12, seed=4).to_list()  # type: ignore[operator]
    assert make("hin_Deva", 4, seed=4, start=5).to_list() == whole[5:9]  # type: ignore[operator]
