"""Intents and their slots, safe and unsafe requests: balanced, disjoint, read from the text."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.runs.errors import GlotliftError
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import LANGUAGES, grammar
from glotlift.world.tasks.requests import INTENTS, intents, safety

ROWS = 60


def _says(language: str, concept: str) -> set[str]:
    """Every word of every form that the language file has for a concept."""
    spoken = grammar(language)
    words = spoken.synonyms.get(concept, (concept,))
    cells = [cell for word in words for cell in spoken.forms[word].values()]
    return {spoken.lowered(part) for cell in cells for part in spoken.token.findall(cell)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_slots_are_said_where_they_are_marked(language: str) -> None:
    spoken = grammar(language)
    for row in intents(language, ROWS, split="train"):
        for slot in row["slots"]:
            said = row["text"][slot["start"] : slot["end"]]
            heard = spoken.token.findall(said) if spoken.spaced else [said]
            known = _says(language, slot["value"])
            if spoken.spaced:
                assert {spoken.lowered(word) for word in heard} <= known, (row["text"], slot)
            else:
                assert set(said) <= set("".join(known)), (row["text"], slot)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tags_mark_the_slots(language: str) -> None:
    for row in intents(language, ROWS):
        place, found = 0, []
        for token, tag in zip(row["tokens"], row["tags"], strict=True):
            start = row["text"].index(token, place)
            place = start + len(token)
            if tag.startswith("B-"):
                found.append([tag[2:], start, place])
            elif tag.startswith("I-"):
                assert found[-1][0] == tag[2:]
                found[-1][2] = place
        assert found == [[slot["name"], slot["start"], slot["end"]] for slot in row["slots"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_are_the_same_in_every_language(language: str) -> None:
    for make, answers in ((intents, ("intents",)), (safety, ("label", "category"))):
        there, here = make("eng_Latn", 20), make(language, 20)
        assert here["id"] == there["id"]
        assert all(here[name] == there[name] for name in answers)
    for there, here in zip(intents("eng_Latn", 20), intents(language, 20), strict=True):
        values = [
            {(s["intent"], s["name"], s["value"]) for s in row["slots"]} for row in (there, here)
        ]
        assert values[0] == values[1]


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=5)
def test_intents_are_balanced(seed: int) -> None:
    rows = intents("eng_Latn", 300, seed=seed)
    sizes = Counter(map(len, rows["intents"]))
    named = Counter(name for found in rows["intents"] for name in found)
    assert set(sizes) == {1, 2, 3}
    assert max(sizes.values()) < 100 + 30
    assert set(named) == set(INTENTS)
    assert max(named.values()) < 2.5 * min(named.values())
    assert all(len(set(found)) == len(found) for found in rows["intents"])


def test_no_wish_is_in_two_splits() -> None:
    wishes: dict[str, set[tuple[str, ...]]] = {split: set() for split in SPLITS}
    for split in SPLITS:
        for row in intents("eng_Latn", 800, split=split):
            for place, name in enumerate(row["intents"]):
                said = [
                    s["value"] for s in row["slots"] if s["intent"] == place and s["name"] != "time"
                ]
                wishes[split].add((name, *sorted(said)))
    assert not any(one & other for one, other in combinations(wishes.values(), 2))


@pytest.mark.parametrize("task", [intents, safety])
def test_rows_are_addressable(task: object) -> None:
    whole = task("deu_Latn", 12, seed=4)  # type: ignore[operator]
    part = task("deu_Latn", 4, seed=4, start=5)  # type: ignore[operator]
    assert part.to_list() == whole.to_list()[5:9]


@pytest.mark.parametrize("language", LANGUAGES)
def test_unsafe_requests_name_their_harm_and_are_refused(language: str) -> None:
    refusals = set()
    for row in safety(language, ROWS, split="train"):
        named = [
            harm
            for harm in inventory().of("harms")
            if any(
                grammar(language).written(cell) in row["prompt"]
                for form, cell in grammar(language).forms[harm].items()
                if form != "class"
            )
        ]
        assert (row["category"] in named) == (row["label"] == "unsafe")
        assert (row["category"] == "none") == (row["label"] == "safe")
        refusals.add((row["label"], row["response"]))
    assert len({response for label, response in refusals if label == "unsafe"}) == 1
    assert len({response for label, response in refusals if label == "safe"}) > ROWS / 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_neither_beginning_nor_length_tells_what_is_safe(language: str) -> None:
    rows = safety(language, 800, split="train")
    labels = [label == "safe" for label in rows["label"]]
    assert all(one != other for one, other in zip(labels[::2], labels[1::2], strict=True))
    assert 340 < sum(labels[::2]) * 2 < 460
    firsts = [prompt[:4] for prompt in rows["prompt"]]
    assert firsts[::2] == firsts[1::2]
    lengths = list(map(len, rows["prompt"]))
    best = max(
        abs(
            sum((length <= cut) == label for length, label in zip(lengths, labels, strict=True))
            / 800
            - 0.5
        )
        for cut in set(lengths)
    )
    assert best < 0.07


def test_no_request_is_in_two_splits() -> None:
    prompts = [set(safety("eng_Latn", 800, split=split)["prompt"]) for split in SPLITS]
    asked = [
        {prompt.split("how to ")[1] for prompt in found if "how to" in prompt} for found in prompts
    ]
    for seen in (prompts, asked):
        assert not any(one & other for one, other in combinations(seen, 2))


def test_errors_are_coded() -> None:
    with pytest.raises(GlotliftError, match="GL-WORLD-001"):
        intents("xxx_Latn", 1)
    with pytest.raises(GlotliftError, match="GL-WORLD-002"):
        safety("eng_Latn", 1, split="dev")
