"""Tasks: balanced positions, different options, right answers, splits that share no question."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.world.concepts import SPLITS
from glotlift.world.grammar import grammar
from glotlift.world.scenes import Scene, scene
from glotlift.world.tasks.choices import _cloze

OPTION_TASKS = {"topic": 4, "cause": 2, "facts": 4}
option_tasks = st.sampled_from(sorted(OPTION_TASKS))


@settings(deadline=None, max_examples=15)
@given(option_tasks, st.sampled_from(world.LANGUAGES), st.sampled_from(SPLITS), st.integers(0, 999))
def test_options_differ_and_positions_are_balanced(task, code, split, seed):
    rows = getattr(world.tasks, task)(code, 24, split=split, seed=seed)
    count = OPTION_TASKS[task]
    assert all(len(set(options)) == count for options in rows["options"])
    assert Counter(rows["answer"]) == dict.fromkeys(range(count), 24 // count)
    assert all(prompt and not prompt.endswith(" ") for prompt in rows["prompt"])
    assert all(option[-1] in ".।。" for options in rows["options"] for option in options)


@pytest.mark.parametrize("task", sorted(OPTION_TASKS))
def test_rows_are_addressable_and_share_ids_and_answers_over_languages(task):
    ask = getattr(world.tasks, task)
    whole = ask("hin_Deva", 12, seed=1)
    assert ask("hin_Deva", 7, seed=1, start=5).to_list() == whole.to_list()[5:]
    other = ask("eng_Latn", 12, seed=1)
    assert other["id"] == whole["id"]
    assert other["answer"] == whole["answer"]


@pytest.mark.parametrize("task", sorted(OPTION_TASKS))
def test_no_question_is_in_two_splits(task):
    asked = {
        split: {_right(row) for row in getattr(world.tasks, task)("spa_Latn", 600, split=split)}
        for split in SPLITS
    }
    assert not asked["train"] & asked["validation"]
    assert not asked["train"] & asked["test"]
    assert not asked["validation"] & asked["test"]


def _right(row):
    return f"{row['prompt']} {row['options'][row['answer']]}"


def test_right_causes_are_sentences_that_training_could_hold_and_wrong_ones_are_not():
    said = set()
    spoken = grammar("eng_Latn")
    for row in range(30_000):
        drawn = scene(0, "test", row)
        if drawn.pattern.startswith("cause"):
            said.add(spoken.say(drawn))
    rows = list(world.tasks.cause("eng_Latn", 300))
    assert sum(_right(row) in said for row in rows) > 280
    for row in rows:
        wrong = f"{row['prompt']} {row['options'][1 - row['answer']]}"
        assert wrong not in said


def test_options_alone_do_not_tell_the_cause():
    """A reader who sees the options only and knows how often each is right is near chance."""
    rows = world.tasks.cause("tur_Latn", 3000)
    right = Counter(row["options"][row["answer"]] for row in rows)
    shown = Counter(option for options in rows["options"] for option in options)
    rate = {option: right[option] / shown[option] for option in shown}
    fresh = world.tasks.cause("tur_Latn", 2000, seed=1)
    guesses = [max((0, 1), key=lambda i: rate.get(row["options"][i], 0.5)) for row in fresh]
    hits = sum(g == row["answer"] for g, row in zip(guesses, fresh, strict=True))
    assert abs(hits / 2000 - 0.5) < 0.04


def test_facts_are_answered_by_the_training_documents():
    texts = " ".join(world.documents("tur_Latn", 2500)["text"])
    rows = world.tasks.facts("tur_Latn", 100)
    for row in rows:
        assert _right(row) in texts
        for place, option in enumerate(row["options"]):
            assert place == row["answer"] or f"{row['prompt']} {option}" not in texts
    assert len(set(rows["prompt"])) > 25


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_every_fact_pattern_can_be_cut_before_its_answer(code):
    rows = world.tasks.facts(code, 300, split="train")
    assert len({row["id"] for row in rows}) == 300
    assert len({_right(row) for row in rows}) > 75


def test_translation_rows_are_those_of_parallel():
    rows = world.tasks.translation("rus_Cyrl", "spa_Latn", 10, split="test", seed=2)
    pairs = world.parallel(("rus_Cyrl", "spa_Latn"), 10, split="test", seed=2)
    assert rows["source_text"] == pairs["text"][::2]
    assert rows["text"] == pairs["text"][1::2]
    assert rows["id"] == pairs["id"][::2]
    assert set(rows["language"]) == {"spa_Latn"}


def test_a_prompt_that_gives_the_answer_away_is_refused():
    spoken = grammar("eng_Latn")
    leaking = type(spoken)(
        spoken.code,
        spoken.forms,
        {"favourite_colour": "{value} is the favourite colour of {person.sg}."},
        spoken.function_words,
        spoken.capitals,
        {},
    )
    drawn = Scene("favourite_colour", {"person": "anna", "value": "red"})
    with pytest.raises(GlotliftError) as refusal:
        _cloze(leaking, drawn, "value", ("red", "blue"))
    assert refusal.value.code == "GL-WORLD-008"


def test_topics_have_enough_questions_each():
    rows = world.tasks.topic("deu_Latn", 1000)
    right = Counter(row["options"][row["answer"]] for row in rows)
    assert len(right) == 10
    assert min(right.values()) > 60
