import json

import pytest

from glotlift import world
from glotlift.evaluation.tasks.asking import score_answers
from glotlift.evaluation.tasks.sources import task_source
from glotlift.evaluation.tasks.talk import said_intents
from glotlift.evaluation.tasks.wording import labels_of, wordings


@pytest.mark.parametrize("code", ["eng_Latn", "hin_Deva", "swh_Latn"])
def test_a_dialogue_has_two_replies_of_which_one_agrees_with_it(code):
    rows = task_source("world:dialogue").rows(code, 20)
    assert len(rows) == 20
    assert 4 <= sum(rows["answer"]) <= 16
    for row in rows:
        assert len(set(row["options"])) == 2
        assert row["prompt"].endswith("\nB:")
        assert row["prompt"].startswith("A: ")
        said = row["prompt"].replace("A: ", "").replace("B: ", "")
        right, wrong = row["options"][row["answer"]], row["options"][1 - row["answer"]]
        assert right in said or wrong not in said


def test_replies_are_those_of_the_world():
    (row,) = task_source("world:dialogue").rows("eng_Latn", 1)
    given = world.tasks.persona_consistency("eng_Latn", 2)
    right = next(one for one in given if one["consistent"])
    assert row["options"][row["answer"]] == right["messages"][-1]["content"]


def test_a_request_is_written_with_its_intents_and_slots():
    row = {
        "intents": ["remind", "ask_where"],
        "slots": [{"name": "time", "words": "noon"}, {"name": "object", "words": "the box"},
                  {"name": "time", "words": "night"}],
    }  # fmt: skip
    assert said_intents(row) == "intent: remind, ask_where; time: noon, night; object: the box"
    scores = score_answers(
        "intents", "eng_Latn",
        [said_intents(row), "intent: remind", "intent: play; time: noon", ""], [row] * 4,
    )  # fmt: skip
    assert scores.tolist() == pytest.approx([1, 2 / 6, 2 / 7, 0])


def test_intents_to_choose_from_stand_in_the_prompt():
    rows = task_source("world:intents").rows("eng_Latn", 40)
    intents = labels_of(rows)
    (wording, *_) = wordings("intents", "eng_Latn", labels=intents)
    asked = wording.ask(rows[0]).prompt
    assert ", ".join(intents) in asked
    for row in rows:
        assert all(slot["words"] in row["text"] for slot in row["slots"])


def test_published_layouts_of_requests(tmp_path):
    tagged = {
        "text": "wake me at six",
        "intent": "alarm/set",
        "tokens": ["wake", "me", "at", "six"],
        "slots": ["O", "O", "B-datetime", "I-datetime"],
    }
    (tmp_path / "xsid").mkdir()
    (tmp_path / "xsid" / "en.test.jsonl").write_text(json.dumps(tagged))
    (row,) = task_source(f"xsid:{tmp_path / 'xsid'}").rows("eng_Latn", 5)
    assert said_intents(row) == "intent: alarm/set; datetime: at six"
    text = "Wákà mi ní mẹ́fà"
    spans = [{"start_byte": len("Wákà mi "), "limit_byte": len(text), "label": "TIME"}]
    (tmp_path / "injongo").mkdir()
    (tmp_path / "injongo" / "yor_Latn.test.jsonl").write_text(
        json.dumps({"id": "1", "text": text, "intent": "alarm", "spans": spans})
    )
    (row,) = task_source(f"injongo:{tmp_path / 'injongo'}").rows("yor_Latn", 5)
    assert said_intents(row) == "intent: alarm; TIME: ní mẹ́fà"
