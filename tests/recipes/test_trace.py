import gzip
import json

import numpy as np
import pytest
from datasets import Dataset

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.continual_tuning import BACKWARD, LEARNT, OVERALL, TEXT, majority_right
from glotlift.recipes.task_sequences import (
    OTHERS,
    PLAIN,
    REASONS,
    answered_rows,
    conversations,
    right,
    told,
)
from glotlift.recipes.trace import ALONE, REASONED, RECIPES, REPLAYED, TOGETHER, WORLD
from glotlift.synthesis.rationales import final_answer

(RECIPE,) = RECIPES
TASKS = {name: WORLD["tasks"][name] | {"rows": 12} for name in ("topics", "problems")}
TOY = WORLD | {
    "pieces": 400,
    "steps": 2,
    "text": {"eng_Latn": "world:eng_Latn?rows=8&sentences=1"},
    "text_rows": 8,
    "documents": 2,
    "skills": {name: spec | {"rows": 8} for name, spec in WORLD["skills"].items()},
    "tasks": TASKS,
    "kept_rows": 4,
    "asked": 3,
    "task_tokens": 600,
    "blocks": 2,
}


@pytest.fixture(scope="module")
def arms(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        folder = tmp_path_factory.mktemp("trace")
        evidence = run_recipe(RECIPE, Setting("world", TOY), folder, seeds=[0])
        yield {arm["name"]: arm for arm in evidence["arms"]}


@pytest.mark.slow
def test_arms_read_equal_tokens_and_other_rows(arms):
    assert {arm["budget_spent"]["0"] for arm in arms.values()} == {1200}
    read = {name: arm["cost"]["rows read"] for name, arm in arms.items()}
    assert read[REASONED] < read[ALONE]  # longer answers, so fewer of them
    assert {arm["cost"]["test rows in training"] for arm in arms.values()} == {0}
    bits = {arm["metrics"][TEXT]["mean"] for arm in arms.values()}
    assert len(bits) == len(arms)


@pytest.mark.slow
def test_what_is_reached_is_what_was_learnt_and_its_change(arms):
    for arm in arms.values():
        means = {name: found["mean"] for name, found in arm["metrics"].items()}
        learnt = np.mean([arm["cost"][f"{name}: when learnt"] for name in TASKS])
        changes = np.mean([arm["cost"][f"{name}: change"] for name in TASKS])
        assert means[OVERALL] == pytest.approx(learnt + means[BACKWARD])
        assert means[BACKWARD] == pytest.approx(changes)
        assert means[LEARNT] <= learnt
    assert {REPLAYED, TOGETHER} < {*arms}


def test_an_answer_is_the_same_however_it_is_said():
    rows = answered_rows("problems", TASKS["problems"], 3)["train"]
    said = {how: conversations(rows, how) for how in (PLAIN, REASONS, OTHERS)}
    for found in said.values():
        responses = [turns[1]["content"] for turns in found["messages"]]
        assert [final_answer(text) for text in responses] == rows["answer"]
    reasons = [turns[1]["content"] for turns in said[REASONS]["messages"]]
    assert [text.rsplit("\n", 1)[0] for text in reasons] == rows["reason"]
    others = [turns[1]["content"].rsplit("\n", 1)[0] for turns in said[OTHERS]["messages"]]
    assert sorted(others) == sorted(rows["reason"])
    assert others != list(rows["reason"])
    (turns,) = told(Dataset.from_list([{"id": "a", "text": "one"}]))["messages"]
    assert turns == [{"role": "assistant", "content": "one"}]


@pytest.mark.parametrize("name", [*WORLD["skills"], *WORLD["tasks"]])
def test_the_right_answers_of_every_task_are_right_and_others_are_not(name):
    spec = (WORLD["skills"] | WORLD["tasks"])[name]
    rows = answered_rows(name, spec | {"rows": 30}, 12)["test"]
    assert len(rows) == 12
    assert all(prompt.startswith(f"{name}: ") for prompt in rows["prompt"])
    assert right(rows, rows["answer"], spec).mean() == 1
    assert right(rows, ["?"] * len(rows), spec).mean() < 0.7


def test_wishes_are_single_and_of_several_kinds():
    rows = answered_rows("wishes", WORLD["tasks"]["wishes"], 20)
    assert len({*rows["test"]["answer"]}) > 4
    assert majority_right(rows).mean() < 0.5


def test_real_rows_are_parted_and_those_without_a_label_left_out(tmp_path):
    path = tmp_path / "all.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for number in range(60):
            row = {"id": f"{number}", "text": f"text {number}", "target": "ab"[number % 2]}
            file.write(json.dumps(row | ({"target": None} if number < 9 else {})) + "\n")
    spec = {"train": str(path), "test": str(path), "label": "target", "language": "eng_Latn"}
    found = answered_rows("targets", spec | {"rows": 100, "characters": 4}, 100)
    ids = [{*rows["id"]} for rows in found.values()]
    assert not ids[0] & ids[1]
    assert len(ids[0] | ids[1]) == 51
    assert {*found["train"]["prompt"]} == {"targets: text"}
    assert {*found["train"]["answer"]} == {"a", "b"}
