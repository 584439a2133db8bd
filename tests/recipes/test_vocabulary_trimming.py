import json

import numpy as np
import pytest
from datasets import Dataset, DatasetDict

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.topics import Topics
from glotlift.recipes.trimmed_classifiers import (
    ACCURACY,
    AGREEMENT,
    CHANGE,
    COVERED,
    OTHERS,
    Trimming,
    edit_for,
    material,
    measures,
)
from glotlift.recipes.vocabulary_trimming import (
    CHANCE,
    EVERYONE,
    FIFTIETH,
    RECIPES,
    USED,
    WHOLE,
)

AFTER, BEFORE = RECIPES
CODES = ("tur_Latn", "eng_Latn", "hin_Deva")
TOY = dict(AFTER.setting("world").values) | {
    "text": {code: f"world:{code}" for code in CODES},
    "mined": ["world:tur_Latn?rows=30&start=60"],
    "rows": 40,
    "languages": ["tur_Latn", "eng_Latn"],
    "topic_rows": {"train": 32, "test": 20},
    "pieces": 900,
    "steps": 3,
    "epochs": 1,
}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def evidence(cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trimming")
    return run_recipe(AFTER, Setting("world", TOY), folder, seeds=[0])


@pytest.fixture(scope="module")
def arms(evidence):
    return {arm["name"]: arm for arm in evidence["arms"]}


def test_arms_differ_in_the_trimming_alone():
    for recipe in RECIPES:
        assert all(set(arm.run.keywords) == {"trimming"} for arm in recipe.arms)
    assert not any(arm.run.keywords["trimming"].before for arm in AFTER.arms)


def test_the_whole_model_agrees_with_itself(arms):
    metrics = {name: found["mean"] for name, found in arms[WHOLE]["metrics"].items()}
    assert (metrics[AGREEMENT], metrics[CHANGE]) == (1, 0)


def test_covered_text_keeps_its_logits_whatever_is_dropped(arms):
    for arm in arms.values():
        assert arm["metrics"][COVERED]["mean"] < 1e-4
        assert arm["cost"]["covered sentences that changed"] == 0


def test_a_control_is_as_large_as_what_it_stands_against(arms):
    cost = {name: arm["cost"] for name, arm in arms.items()}
    assert cost[USED]["pieces"] == cost[CHANCE]["pieces"] == cost[EVERYONE]["pieces"]
    assert cost[FIFTIETH]["pieces"] <= 0.02 * cost[WHOLE]["pieces"] + 1
    spared = cost[WHOLE]["pieces"] - cost[USED]["pieces"]
    assert cost[WHOLE]["parameters"] - cost[USED]["parameters"] == 64 * spared
    assert cost[WHOLE]["megabytes"] > cost[USED]["megabytes"]


def test_nothing_tested_stands_in_the_text_of_the_trim(arms):
    assert all(arm["cost"]["test sentences in the text of the trim"] == 0 for arm in arms.values())
    assert {arm["budget_spent"]["0"] for arm in arms.values()} == {64.0}


def test_fine_tuning_may_come_after_the_trim(cache, tmp_path):
    values = TOY | {"languages": ["tur_Latn"]}
    found = run_recipe(BEFORE, Setting("world", values), tmp_path, seeds=[0])
    pieces = {arm["name"]: arm["cost"]["pieces"] for arm in found["arms"]}
    assert pieces["used pieces, after"] == pieces["used pieces, before"]
    assert pieces["as many as used by chance, before"] == pieces["used pieces, before"]


def test_only_chance_heeds_the_seed(cache):
    values = json.dumps(TOY, sort_keys=True)

    def kept(by, seed):
        return edit_for(Trimming(by), values, seed).old_to_new.tolist()

    assert kept("use", 0) == kept("use", 1)
    assert kept("chance", 0) != kept("chance", 1)
    tokenizer = material(values).tokenizer
    special = set(tokenizer.all_special_ids)
    assert all(
        edit_for(Trimming("chance"), values, 0).old_to_new[number] >= 0 for number in special
    )


def test_measures_compare_row_by_row():
    labels = [0, 1, 1]
    rows = DatasetDict(test=Dataset.from_dict({"label": labels}))
    topics = Topics({"a": rows, "b": rows, "c": rows}, ("x", "y"))
    whole = {code: np.array([[2.0, 0], [0, 2], [2, 0]]) for code in "abc"}
    found = whole | {"a": np.array([[2.0, 0], [3, 2], [2, 0]]), "b": whole["b"][::-1]}
    scores = measures(found, whole, topics, "a", np.array([True, False, True]))
    assert scores[ACCURACY].tolist() == [1, 0, 0]
    assert scores[AGREEMENT].tolist() == [1, 0, 1]
    assert scores[CHANGE].tolist() == [0, 3, 0]
    assert scores[COVERED].tolist() == [0, 0, 0]
    assert scores[OTHERS].tolist() == [1, 1, 0]
