from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.world.tasks.reader import is_said, read, sentences

from glotlift.evaluation.shortcuts import shortcut_accuracies
from glotlift.runs.errors import GlotliftError
from glotlift.world import LANGUAGES
from glotlift.world.asking import plain
from glotlift.world.concepts import SPLITS
from glotlift.world.scenes import Scene
from glotlift.world.tasks.comprehension import KINDS, _span, question_answering, reading

_EVENTS = ("event", "event_time", "event_place")
_TOLD = {
    "ask_what": (_EVENTS, ("agent", "action"), "patient"),
    "ask_who": (_EVENTS, ("action", "patient"), "agent"),
    "ask_where": (("location",), ("thing",), "place"),
    "ask_where_deed": (("deed_place",), ("agent", "action"), "place"),
    **{
        f"ask_{name}": ((name,), ("person",), "value")
        for name in ("home", "job", "pet", "favourite_food", "favourite_colour")
    },
}


def _answers(code, row):
    """Return each sentence that answers the question and the concept with which it does."""
    patterns, given_slots, slot = _TOLD[row["kind"]]
    asked = read(code, row["question"], row["kind"]).said
    found = []
    for sentence in sentences(row["context"]):
        if is_said(code, sentence, *patterns):
            told = read(code, sentence, *patterns).said
            if all(told[name] == asked[name] for name in given_slots):
                found.append((sentence, told[slot]))
    return found


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_reader_of_the_text_alone_finds_one_answer_which_is_the_gold_one(code):
    for split in SPLITS:
        for row in question_answering(code, 9, split=split, seed=4):
            ((sentence, concept),) = _answers(code, row)
            (text,), (start,) = row["answers"]["text"], row["answers"]["answer_start"]
            assert row["context"][start : start + len(text)] == text
            place = row["context"].index(sentence)
            assert place <= start < place + len(sentence)
            cells = plain(code).forms[concept].values()
            forms = [plain(code).written(cell).lower() for cell in cells]
            assert any(text.lower() in form for form in forms), (text, concept)


@pytest.mark.parametrize("code", LANGUAGES)
def test_options_are_four_stretches_of_the_text_and_the_answer_is_that_of_the_question(code):
    asked = question_answering(code, 18, seed=2)
    for row, other in zip(reading(code, 18, seed=2), asked, strict=True):
        assert len(set(row["options"])) == 4
        assert all(option in other["context"] for option in row["options"])
        assert [row["options"][row["answer"]]] == other["answers"]["text"]
        assert row["prompt"] == plain(code).join((other["context"], other["question"]))


@given(seed=st.integers(0, 10**6), block=st.integers(0, 10**4), code=st.sampled_from(LANGUAGES))
@settings(deadline=None, max_examples=10)
def test_kinds_and_positions_are_balanced(seed, block, code):
    rows = reading(code, 36, seed=seed, start=36 * block)
    assert Counter(rows["kind"]) == Counter(dict.fromkeys(KINDS, 4))
    assert Counter(rows["answer"]) == Counter(dict.fromkeys(range(4), 9))


def test_the_asked_statement_is_at_any_place_of_the_text():
    places = Counter()
    for row in question_answering("eng_Latn", 360):
        told = sentences(row["context"])
        statements = [text for text in told if is_said("eng_Latn", text, *_TOLD[row["kind"]][0])]
        ((sentence, _),) = _answers("eng_Latn", row)
        places[statements.index(sentence)] += 1
        assert len(statements) == 4
    assert all(abs(count - 90) < 32 for count in places.values()), places


@pytest.mark.parametrize("code", ["tur_Latn"])
def test_trivial_features_stay_near_chance(code):
    train, test = reading(code, 900, split="train"), reading(code, 600)
    found = shortcut_accuracies(train, test, reads=("prompt", "options"), answer="answer")
    assert max(found.values()) < 0.25 + 0.05, found


def test_no_statement_is_in_two_splits():
    told = {
        split: {
            text
            for row in question_answering("eng_Latn", 180, split=split)
            for text in sentences(row["context"])
            if is_said("eng_Latn", text, *_TOLD[row["kind"]][0])
        }
        for split in SPLITS
    }
    assert not told["train"] & (told["test"] | told["validation"])
    assert not told["test"] & told["validation"]


def test_rows_are_addressable_and_the_same_in_every_language():
    whole = reading("rus_Cyrl", 30, seed=2)
    assert reading("rus_Cyrl", 5, seed=2, start=11).to_list() == whole.to_list()[11:16]
    for column in ("id", "answer", "kind"):
        assert whole[column] == reading("cat_Latn", 30, seed=2)[column]
    rows = question_answering("ell_Grek", 9, seed=2)
    assert rows.to_list()[4:6] == question_answering("ell_Grek", 2, seed=2, start=4).to_list()
    assert rows["id"][3] == "world/question_answering/2/test/3"


def test_an_answer_without_words_of_its_own_is_an_error():
    spoken = plain("eng_Latn")
    mute = replace(spoken, function_words={**spoken.function_words, "park": "ADV"}, compiled={})
    told = Scene("deed_place", {"action": "sing", "agent": "anna", "place": "park"})
    assert _span(spoken, told, "place") == ("park", 18)
    with pytest.raises(GlotliftError, match="GL-WORLD-040"):
        _span(mute, told, "place")
