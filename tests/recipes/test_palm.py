"""The recipe of the PaLM block: what its arms differ in, and a toy run of each."""

import json

import numpy as np
import pytest

from glotlift.evidence.design import Setting
from glotlift.recipes.palm import (
    MULTI,
    PALM,
    PLAIN,
    RECIPES,
    SERIAL,
    SHALLOW,
    WORLD,
    parted,
    switches,
)
from glotlift.recipes.small_palms import material, parameters, repeated_among, untrained

TOY = Setting(
    "toy",
    WORLD
    | {"text": {"eng_Latn": "world:eng_Latn?rows=60&sentences=6"}, "documents": 4}
    | {"pieces": 400, "width": 32, "tokens": 3000}
    | {"memory": {"language": "eng_Latn", "characters": 200, "documents": 2, "rows": 50}}
    | {"tokens": 2048},
)
ARMS = [
    (recipe, arm)
    for recipe in RECIPES
    for arm in recipe.arms
    if recipe.part != "memorisation" or arm.name in ("never", "8 times")
]


def shared():
    return material(json.dumps(dict(TOY.values), sort_keys=True))


def test_arms_have_equal_parameters():
    counts = {
        name: parameters(untrained({"width": 64}, shared().tokenizer, switches(name, 64)))
        for name in (PALM, SERIAL, MULTI, PLAIN, SHALLOW)
    }
    assert counts[MULTI] == counts[PLAIN] == counts[PALM]
    assert counts[SERIAL] == counts[PALM] + 2 * 64  # a norm more in each block
    assert counts[SHALLOW] < 0.6 * counts[PALM]


def test_documents_are_read_as_often_as_told_among_others_read_once():
    known, others = parted(shared(), TOY.values["memory"])
    text = list(repeated_among(known, others, 8, 50)["text"])
    assert len(text) == 50
    assert [text.count(each) for each in known["text"]] == [8, 8]
    assert max(text.count(each) for each in others["text"]) == 1
    never = set(repeated_among(known, others, 0, 50)["text"])
    assert not never & set(known["text"])


@pytest.mark.parametrize(("recipe", "arm"), ARMS, ids=[f"{r.part}-{a.name}" for r, a in ARMS])
def test_a_toy_run_of_each_arm_goes_through(tmp_path, recipe, arm):
    found = arm.run(TOY, 0, tmp_path / "work")
    assert set(found.scores) == set(recipe.metrics)
    assert found.budget == (50 if recipe.part == "memorisation" else 2048)
    for name, scores in found.scores.items():
        assert len(scores) == len(found.rows[name])
        assert np.isfinite(scores).all()
