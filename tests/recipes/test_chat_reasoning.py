import gzip
import json
from collections import Counter

import numpy as np
import pytest

from glotlift.evaluation.reasoning import CATEGORIES
from glotlift.evidence.design import Setting
from glotlift.recipes import chat_reasoning as recipe
from glotlift.recipes import reasoning_lessons as read

TOY = recipe.WORLD | {
    "text": "world:{}?rows=20&sentences=3",
    "documents": 20,
    "languages": ["eng_Latn", "spa_Latn"],
    "lessons": 8,
    "pieces": 900,
    "steps": 2,
    "tokens": 2000,
    "asked": 4,
}
TOLD = json.dumps(TOY, sort_keys=True)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.getbasetemp() / "chat-reasoning"))


def test_arms_are_taught_as_many_items_in_their_languages():
    english, every, wrong = (
        read.lessons(TOY, kind, 1) for kind in (read.ENGLISH, read.EVERY, read.WRONG)
    )
    kinds = Counter(id.split("/")[1] for id in english["id"])
    assert kinds == dict.fromkeys(CATEGORIES, 8)
    assert sorted(english["id"]) == sorted(every["id"])
    assert all(prompt.startswith("Question: ") for prompt in english["prompt"])
    assert sum(prompt.startswith("Pregunta: ") for prompt in every["prompt"]) == len(every) / 2
    answered = dict(zip(english["prompt"], english["response"], strict=True))
    given = zip(wrong["prompt"], wrong["response"], strict=True)
    assert 0.2 < np.mean([answered[prompt] == response for prompt, response in given]) < 0.8
    assert read.lessons(TOY, read.ENGLISH, 2)["id"] != english["id"]


def test_no_lesson_is_asked():
    taught = set(read.lessons(TOY, read.EVERY, 0)["id"])
    for category in CATEGORIES:
        for code in TOY["languages"]:
            asked = read.asked_rows(TOLD, category, code)
            assert len(asked) == 4
            assert not taught & set(asked["id"])


def test_every_arm_runs(tmp_path):
    setting = Setting("world", TOY)
    found = {
        arm.name: arm.run(setting, 0, tmp_path / arm.name.replace(" ", "-"))
        for arm in recipe.REASONING.arms
    }
    assert len({measurement.budget for measurement in found.values()}) == 1
    for measurement in found.values():
        scores = measurement.scores
        assert set(scores) == set(recipe.REASONING.metrics)
        assert all(len(scores[name]) == len(measurement.rows[name]) == 4 for name in scores)
        mean = np.mean([scores[category] for category in CATEGORIES], axis=0)
        assert scores[recipe.MEAN] == pytest.approx(mean)
        assert scores[recipe.LOST] == pytest.approx(mean - scores[recipe.OTHERS])
        assert set(np.unique(scores["deductive"])) <= {-1.0, 1.0}


@pytest.fixture
def published(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_DATA", str(tmp_path))
    lines = {
        "mgsm/eng_Latn.jsonl.gz": [
            {"id": n, "question": f"{n} + 1?", "answer": str(n + 1)} for n in range(8)
        ],
        "xwinograd/eng_Latn.jsonl.gz": [
            {
                "tokens": ["A", "saw", "B", ",", "and", "she", "waved", "."],
                "pronoun_span": [5, 6],
                "candidates": ["A", "B"],
                "label": 1,
            }
        ],
    }
    for name, rows in lines.items():
        path = tmp_path / name
        path.parent.mkdir()
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(row)}\n" for row in rows)


def test_published_problems_have_numbers_of_other_problems(published):
    rows = read.problems("mgsm:$GLOTLIFT_DATA/mgsm", "eng_Latn", 8)
    assert Counter(rows["answer"]) == dict.fromkeys(range(4), 2)
    shown = Counter(option for row in rows for option in row["options"])
    assert shown == {str(number): 4 for number in range(1, 9)}
    for number, row in enumerate(rows):
        assert row["options"][row["answer"]] == str(number + 1)
        assert len(set(row["options"])) == 4


def test_a_published_pronoun_is_replaced_by_either_candidate(published):
    (row,) = read.pronouns("xwinograd:$GLOTLIFT_DATA/xwinograd", "eng_Latn", 5)
    assert row["prompt"] == "A saw B , and"
    assert row["options"] == ["A waved .", "B waved ."]
    assert row["answer"] == 1
