from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.world.tasks.reader import read, sentences

from glotlift.evaluation.shortcuts import shortcut_accuracies
from glotlift.world import LANGUAGES
from glotlift.world.concepts import SPLITS
from glotlift.world.tasks.problems import ANSWERS, arithmetic

_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _number(scene):
    return _NUMBERS.index(scene.said["quantity"]) + 2


def _solve(code, text):
    """Return the answer, read off the text, and whose what is asked for."""
    *story, question = sentences(text)
    asked = read(code, question, "how_many").said
    whose = asked["person"], asked["thing"]
    had = None
    for sentence in story:
        told = read(code, sentence, "owning", "event_count")
        if told.pattern == "owning" and (told.said["person"], told.said["thing"]) == whose:
            assert had is None
            had = _number(told)
        elif (told.said.get("agent"), told.said.get("patient")) == whose:
            had += {"buy": 1, "sell": -1}[told.said["action"]] * _number(told)
            assert 2 <= had <= 10
    return had, whose


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_reader_of_the_text_alone_finds_every_answer(code):
    for split in SPLITS:
        for row in arithmetic(code, 18, split=split, seed=1):
            answer, whose = _solve(code, row["text"])
            assert answer == row["answer"], row
            said = read(code, row["answer_text"], "owning")
            assert (said.said["person"], said.said["thing"]) == whose
            assert _number(said) == answer
            assert 3 <= len(sentences(row["text"])) <= 4


@given(seed=st.integers(0, 10**6), block=st.integers(0, 10**5), code=st.sampled_from(LANGUAGES))
@settings(deadline=None, max_examples=25)
def test_steps_are_right_and_answers_balanced(seed, block, code):
    rows = arithmetic(code, 9, seed=seed, start=9 * block)
    assert Counter(rows["answer"]) == Counter(ANSWERS)
    for steps, answer in zip(rows["steps"], rows["answer"], strict=True):
        before = None
        for line in steps.split("\n"):
            left, sign, right, equals, result = line.split(" ")
            assert equals == "="
            assert sign in "+-"
            value = int(left) + (int(right) if sign == "+" else -int(right))
            assert value == int(result)
            assert 2 <= value <= 10
            assert before in (None, int(left))
            before = value
        assert before == answer


@pytest.mark.parametrize("code", ["deu_Latn"])
def test_trivial_features_stay_at_chance(code):
    train, test = arithmetic(code, 2700, split="train"), arithmetic(code, 1800)
    found = shortcut_accuracies(train, test, reads=("text",), answer="answer")
    assert max(found.values()) < 1 / 9 + 0.03, found


def test_no_single_number_gives_the_answer_away():
    rows = arithmetic("eng_Latn", 1800)
    told = [
        [_NUMBERS.index(word) for word in text.replace(".", "").split() if word in _NUMBERS]
        for text in rows["text"]
    ]
    features = {"least": min, "largest": max, "first": lambda n: n[0], "last": lambda n: n[-1]}
    for name, feature in features.items():
        known = Counter(zip(map(feature, told), rows["answer"], strict=True))
        best = sum(max(known[value, answer] for answer in ANSWERS) for value in range(9))
        assert best / len(rows) < 0.21, name


def test_no_question_is_in_two_splits():
    asked = {
        split: {sentences(text)[-1] for text in arithmetic("eng_Latn", 900, split=split)["text"]}
        for split in SPLITS
    }
    assert not asked["train"] & (asked["test"] | asked["validation"])
    assert not asked["test"] & asked["validation"]


def test_rows_are_addressable_and_the_same_in_every_language():
    whole = arithmetic("swh_Latn", 30, seed=2)
    assert arithmetic("swh_Latn", 5, seed=2, start=11).to_list() == whole.to_list()[11:16]
    for column in ("id", "answer", "steps"):
        assert whole[column] == arithmetic("arb_Arab", 30, seed=2)[column]
    assert whole["id"][3] == "world/arithmetic/2/test/3"
