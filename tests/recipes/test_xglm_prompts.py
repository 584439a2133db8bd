import json

import numpy as np
import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.taught_decoders import SHARES, asked_in, texts
from glotlift.recipes.xglm import RECIPES
from glotlift.recipes.xglm_prompts import (
    BITS,
    ENGLISH,
    EXAMPLES,
    LOCAL,
    MAJORITY,
    NONE,
    TAUGHT,
    THREE,
    TRANSLATION,
    UNTAUGHT,
    WORLD,
    WRONG,
    drawn,
)

TOY = WORLD | {
    "text": "world:{}?rows=30&sentences=1",
    "pairs": [20],
    "languages": ["spa_Latn", "hin_Deva"],
    "taught": ["spa_Latn"],
    "task_rows": {"train": 20, "test": 6},
    "times": 1,
    "asked": 4,
    "pieces": 900,
    "steps": 4,
}
LABELLED = TOY | {"task": "world:sentiment"}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    folder = tmp_path_factory.mktemp("xglm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(folder / "cache"))
        yield {
            recipe.part: run_recipe(recipe, Setting("world", TOY), folder / recipe.part, seeds=[0])
            for recipe in (EXAMPLES, TRANSLATION)
        }


def test_they_are_parts_of_xglm():
    assert RECIPES[1:] == (EXAMPLES, TRANSLATION)
    for setting in EXAMPLES.settings:
        assert json.loads(json.dumps(setting.values)) == setting.values
        assert set(setting.values["taught"]) < set(setting.values["languages"])


def test_solved_rows_are_read_in_languages_that_know_the_task_alone():
    sources = texts(TOY, seed=0)
    assert set(sources) == {
        *("text:eng_Latn", "text:spa_Latn", "text:hin_Deva"),
        *("pairs:spa_Latn", "pairs:hin_Deva"),
        *("tasks:eng_Latn", "tasks:spa_Latn"),
    }
    assert sum(SHARES.values()) == pytest.approx(1.0)
    pairs = sources["pairs:hin_Deva"]["text"][0].split("\n")
    assert len(pairs) == 4
    assert all(" = " in line for line in pairs)
    solved = sources["tasks:spa_Latn"]["text"][0].split("\n\n")
    assert len(solved) == 4
    assert all(part.endswith(".") for part in solved)  # as options of the world end


def test_wrong_examples_are_the_same_with_another_label():
    for values, answer in ((TOY, "answer"), (LABELLED, "label")):
        right = drawn(values, "spa_Latn", 3, seed=3)
        wrong = drawn(values, "spa_Latn", 3, seed=3, wrong=True)
        assert [row["id"] for row in right] == [row["id"] for row in wrong]
        assert all(a[answer] != b[answer] for a, b in zip(right, wrong, strict=True))
    assert drawn(TOY, "spa_Latn", 3, seed=4) != right


def test_instructions_are_in_english_or_in_the_language():
    english, local = (asked_in(LABELLED, "spa_Latn", way) for way in ("english", "target"))
    assert len(english) == len(local) == len(TOY["formulations"])
    assert english[0].words["positive"] == "positive"
    assert local[0].words["positive"] == "positivo"


def test_every_arm_asks_as_many_questions(evidence):
    arms = {arm["name"]: arm for arm in evidence["examples"]["arms"]}
    assert {one["budget_spent"]["0"] for one in arms.values()} == {2 * 6}
    assert evidence["examples"]["rows"][TAUGHT]["count"] == 6
    assert evidence["examples"]["rows"][UNTAUGHT]["count"] == 6
    assert 0 < arms[MAJORITY]["metrics"][TAUGHT]["mean"] < 1


def test_what_stands_before_a_sentence_changes_its_bits(evidence):
    arms = {arm["name"]: arm["metrics"][BITS]["mean"] for arm in evidence["translation"]["arms"]}
    assert len(set(arms.values())) == len(arms)
    assert all(0 < bits < 20 for bits in arms.values())


def test_arms_differ_in_what_stands_before_the_question():
    told = {arm.name: arm.run for arm in EXAMPLES.arms if arm.name != MAJORITY}
    assert told[NONE].keywords == {"examples": 0}
    assert told[THREE].keywords == {"examples": 3}
    for name, key in ((ENGLISH, "english"), (WRONG, "wrong"), (LOCAL, "instructions")):
        assert set(told[name].keywords) == {"examples", key}
        assert told[name].keywords["examples"] == 3
    assert np.isfinite([claim.margin for claim in EXAMPLES.claims]).all()
