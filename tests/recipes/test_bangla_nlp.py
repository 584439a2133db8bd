import json

import numpy as np
import pytest
from datasets import Dataset

from glotlift.evidence import Setting
from glotlift.recipes import bangla_nlp as recipe
from glotlift.recipes.nine_models import best_options, by_majority, by_ngrams, judge, scores_of
from glotlift.recipes.nine_tasks import (
    CAUSES,
    ENTITIES,
    INTENTS,
    LIKENESS,
    MARKS,
    POS,
    TASKS,
    Task,
    nine_tasks,
    punctuated,
    text_of,
)

TOY = recipe.IN_THE_WORLD | {
    "text": "world:{}?rows=20&sentences=3",
    "documents": {"hin_Deva": 20, "spa_Latn": 10},
    "held_out": 2,
    "task_rows": {"train": 10, "test": 8},
    "pieces": 400,
    "bytes": 2_000,
    "epochs": 1,
}


@pytest.fixture(scope="module")
def tasks():
    return nine_tasks(TOY, {"train": ["एक, दो तीन।"] * 3, "test": ["चार पाँच।"]})


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    (one,) = recipe.RECIPES
    folder = tmp_path_factory.mktemp("bangla")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield {arm.name: arm.run(Setting("world", TOY), 0, folder / arm.name) for arm in one.arms}


@pytest.mark.slow
def test_every_arm_is_tuned_on_the_same_rows_and_asked_the_same(found):
    assert len({m.budget for m in found.values()}) == 1
    for metric in recipe.METRICS:
        assert len({tuple(m.rows[metric]) for m in found.values()}) == 1
        assert all(np.isfinite(m.scores[metric]).all() for m in found.values())
    for measurement in found.values():
        mean = np.average(measurement.scores[recipe.ALL], weights=measurement.weights[recipe.ALL])
        tasks = [
            np.average(measurement.scores[task], weights=measurement.weights.get(task))
            for task in TASKS
        ]
        assert mean == pytest.approx(np.mean(tasks))


@pytest.mark.slow
def test_costs_stand_beside_scores(found):
    costs = {name: measurement.cost for name, measurement in found.items()}
    assert costs[recipe.ONE]["bytes of text read"] == TOY["bytes"]
    assert costs[recipe.SCRATCH]["bytes of text read"] == 0
    assert costs[recipe.ONE]["parameters"] == costs[recipe.SCRATCH]["parameters"] > 0
    assert costs[recipe.MAJORITY]["parameters"] == 0
    for task in TASKS:
        assert 0 <= costs[recipe.NGRAMS][f"near copies, {task}"] <= 1


def test_there_are_nine_tasks_of_one_language_in_both_settings():
    for setting in recipe.RECIPES[0].settings:
        assert tuple(setting.values["tasks"]) == TASKS
        assert len(TASKS) == 9
        assert json.loads(json.dumps(setting.values)) == setting.values


def test_linear_models_and_the_majority_answer_every_task(tasks):
    for task in tasks.values():
        for learn in (by_ngrams, by_majority):
            found = judge(task, learn)
            assert found.scores.shape == (len(task.test),)
            assert found.seconds_to_tune >= 0
        assert all(text_of(task, task.test))


def test_the_majority_reaches_what_it_is_told_to(tasks):
    intents = tasks[INTENTS]
    often = max(set(intents.train["label"]), key=list(intents.train["label"]).count)
    scores = judge(intents, by_majority).scores
    assert scores.mean() == np.mean(np.array(intents.test["label"]) == often)
    assert judge(tasks[LIKENESS], by_majority).scores.tolist() == [0.0] * 8


def test_right_answers_score_one(tasks):
    for name, column in ((POS, "tags"), (ENTITIES, "tags"), (INTENTS, "label"), (CAUSES, "answer"),
                         (LIKENESS, "likeness")):  # fmt: skip
        right = list(tasks[name].test[column])
        assert scores_of(tasks[name], right).mean() == pytest.approx(1)


def test_punctuation_becomes_tags_of_the_words_before_it():
    rows = punctuated(["Well, this is it. Or not"], 5)
    assert rows["tokens"] == [["Well", "this", "is", "it", "Or", "not"]]
    assert rows["tags"] == [["B-,", "O", "O", "B-.", "O", "O"]]
    task = Task(MARKS, rows, rows)
    assert scores_of(task, [["B-,", "O", "O", "O", "O", "O"]]).mean() == pytest.approx(2 / 3)


def test_the_option_of_the_highest_degree_is_taken():
    rows = Dataset.from_dict({"options": [["a", "b"], ["c", "d", "e"]]})
    assert best_options(rows, [0.1, 0.9, 0.3, 0.2, 0.1]) == [1, 0]


def test_real_indonesian_has_nine_tasks(glotlift_data):
    texts = {"train": ["Satu, dua tiga empat."] * 3, "test": ["Lima enam, tujuh."]}
    found = nine_tasks(recipe.REAL, texts)
    assert all(len(task.train) == 100 for name, task in found.items() if name != MARKS)
    assert not set(found[POS].train["id"]) & set(found[POS].test["id"])
