"""Rows: the same on every call, addressable, shared ids, splits that share nothing."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.world.combinations import fact_base, split_of, topic_of
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import grammar, read_row
from glotlift.world.scenes import Scene, document, scene

ENDINGS = ".!?;।。！？؟"
GOLDEN = Path(__file__).parent / "golden"
seeds = st.integers(min_value=0, max_value=2**40)
splits = st.sampled_from(SPLITS)


def test_rows_are_the_same_on_every_call_and_addressable():
    whole = world.parallel(world.LANGUAGES, 20, seed=3)
    assert world.parallel(world.LANGUAGES, 20, seed=3).to_list() == whole.to_list()
    tail = world.parallel(world.LANGUAGES, 15, seed=3, start=5)
    assert tail.to_list() == whole.to_list()[5 * len(world.LANGUAGES) :]
    documents = world.documents("tur_Latn", 12, seed=3)
    assert world.documents("tur_Latn", 7, seed=3, start=5).to_list() == documents.to_list()[5:]


def test_another_seed_or_split_gives_other_rows():
    texts = {tuple(world.parallel(("eng_Latn",), 20, seed=s)["text"]) for s in range(5)}
    texts.add(tuple(world.parallel(("eng_Latn",), 20, split="test")["text"]))
    assert len(texts) == 6


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_golden_sentences(code):
    said = world.parallel((code,), 20, seed=20)["text"]
    assert "\n".join(said) + "\n" == (GOLDEN / f"{code}.txt").read_text(encoding="utf-8")


def test_columns_and_shared_ids():
    rows = world.parallel(("eng_Latn", "hin_Deva"), 6, seed=1, split="test")
    assert rows.column_names == ["id", "language", "text", "source", "license"]
    assert rows["id"][:3] == ["world/1/test/0", "world/1/test/0", "world/1/test/1"]
    assert rows["language"][:2] == ["eng_Latn", "hin_Deva"]
    assert set(rows["source"]) == {"world"}
    assert set(rows["license"]) == {"CC0-1.0"}
    ids = {code: world.documents(code, 4)["id"] for code in world.LANGUAGES}
    assert all(found == ids["eng_Latn"] for found in ids.values())


@settings(deadline=None, max_examples=40)
@given(seeds, splits, st.integers(0, 10**6))
def test_a_scene_lies_in_the_split_of_its_combination(seed, split, row):
    drawn = scene(seed, split, row)
    pattern = inventory().patterns[drawn.pattern]
    assert split in pattern.splits
    if not pattern.fact:
        key = inventory().frames[pattern.frame].key
        assert split_of(*(drawn.said[slot] for slot in key)) == split


def test_no_text_and_no_combination_is_in_two_splits():
    texts, triples = {}, {}
    for split in SPLITS:
        rows = world.parallel(("rus_Cyrl",), 3000, split=split)
        documents = world.documents("rus_Cyrl", 300, split=split, seed=5)["text"]
        texts[split] = set(rows["text"])
        texts[split] |= {
            s.strip() for text in documents for s in re.split(r"(?<=[.!?])", text) if s
        }
        scenes = [scene(0, split, row) for row in range(3000)]
        triples[split] = {
            (s.said["agent"], s.said["action"], s.said["patient"])
            for s in scenes
            if {"agent", "action", "patient"} <= set(s.said)
        }
        assert len(triples[split]) > 200
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not texts[one] & texts[other]
        assert not triples[one] & triples[other]


def test_patterns_kept_from_training_are_met_in_the_other_splits_only():
    seen = {split: {scene(0, split, row).pattern for row in range(1500)} for split in SPLITS}
    assert seen["test"] - seen["train"] == {
        "deed_unable",
        "event_time_place",
        "past_place",
        "smaller",
    }
    facts = {name for name, pattern in inventory().patterns.items() if pattern.fact}
    assert seen["train"] - seen["test"] == facts


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_most_sentences_differ_and_no_two_scenes_are_said_alike(code):
    spoken = grammar(code)
    said = {}
    count = 10_000 if code == "hin_Deva" else 3_000
    for row in range(count):
        drawn = scene(0, "train", row)
        said.setdefault(spoken.say(drawn), set()).add((drawn.pattern, *sorted(drawn.said.items())))
    assert len(said) > 0.6 * count
    assert not [text for text, scenes in said.items() if len(scenes) > 1]


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_every_concept_can_be_said_in_every_pattern_that_takes_it(code):
    spoken, met = grammar(code), set()
    for split in SPLITS:
        for row in range(4_000):
            drawn = scene(1, split, row)
            text = spoken.say(drawn)
            assert "{" not in text
            assert "  " not in text
            assert not text.lstrip("¿¡")[0].islower()
            assert text[-1] in ENDINGS
            met |= set(drawn.said.values())
    told_by_tasks = {c for kind in ("topics", "units", "harms") for c in inventory().of(kind)}
    assert not set(inventory().concepts) - met - told_by_tasks
    assert set(spoken.patterns) == set(inventory().patterns)


@settings(deadline=None, max_examples=40)
@given(seeds, splits, st.integers(0, 10**5), st.integers(1, 12))
def test_a_document_has_one_protagonist_and_one_topic(seed, split, row, sentences):
    scenes = document(seed, split, row, sentences)
    assert len(scenes) == sentences
    agents = {s.said.get("agent") or s.said.get("person") for s in scenes} - {None}
    assert len(agents) <= 1
    told = [s for s in scenes if not inventory().patterns[s.pattern].fact]
    assert len({topic_of(inventory().patterns[s.pattern].topic, s.said) for s in told}) <= 1


def test_training_documents_state_the_facts_often_and_only_truly():
    stated = {}
    for row in range(2000):
        for drawn in document(0, "train", row, 6):
            if inventory().patterns[drawn.pattern].fact:
                fact = (drawn.said["person"], drawn.pattern, drawn.said["value"])
                stated[fact] = stated.get(fact, 0) + 1
    true = {
        (person, pattern, said["value"])
        for person, facts in fact_base().items()
        for pattern, said in facts.items()
    }
    assert set(stated) == true
    assert min(stated.values()) >= 3


def test_documents_hold_as_many_sentences_as_asked_in_each_language():
    for code in world.LANGUAGES:
        for text in world.documents(code, 5, sentences=4)["text"]:
            assert len(re.findall(f"[{ENDINGS}]", text)) == 4


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("GL-WORLD-001", lambda: world.parallel(("eng_Latn", "xxx_Latn"), 1)),
        ("GL-WORLD-001", lambda: world.documents("xxx_Latn", 1)),
        ("GL-WORLD-002", lambda: world.documents("eng_Latn", 1, split="dev")),
        ("GL-WORLD-002", lambda: world.tasks.facts("eng_Latn", 1, split="dev")),
        ("GL-WORLD-003", lambda: world.alignment("world/0/train", "eng_Latn", "deu_Latn")),
        ("GL-WORLD-010", lambda: world.documents("eng_Latn", 1, sentences=0)),
        ("GL-WORLD-011", lambda: world.tasks.topic("eng_Latn", 1, options=40)),
        ("GL-WORLD-007", lambda: world.parallel(("eng_Latn",), -1)),
    ],
)
def test_wrong_calls_are_refused_by_code(code, call):
    with pytest.raises(GlotliftError) as refusal:
        call()
    assert refusal.value.code == code


def test_an_unknown_language_is_answered_with_the_known_ones():
    with pytest.raises(GlotliftError, match="hin_Deva"):
        world.parallel(("xxx_Latn",), 1)


@pytest.mark.parametrize(
    ("code", "line"),
    [("GL-WORLD-006", "f | Katze | Katzen | Katz"), ("GL-WORLD-009", False)],
)
def test_a_mistake_in_a_language_file_is_named_with_its_line(code, line):
    with pytest.raises(GlotliftError, match=r"deu_Latn\.yaml") as refusal:
        read_row("deu_Latn", "cat", ["class", "nom", "pl"], line)
    assert refusal.value.code == code
    assert "'cat'" in str(refusal.value)


def test_a_missing_form_or_pattern_is_named():
    spoken = grammar("deu_Latn")
    with pytest.raises(GlotliftError, match="'cat' has no form 'ablative'") as refusal:
        spoken.form("cat", "ablative", None)
    assert refusal.value.code == "GL-WORLD-004"
    with pytest.raises(GlotliftError, match="'nonsense'") as refusal:
        spoken.say(Scene("nonsense", {}))
    assert refusal.value.code == "GL-WORLD-005"
