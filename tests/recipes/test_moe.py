"""The recipe of the mixtures of experts: what its arms differ in, and a toy run of each."""

import numpy as np
import pytest

from glotlift.evidence.design import Setting
from glotlift.recipes.moe import DENSE, EXPERTS, RECIPES, SHAPES, WIDE, WORLD, shape_of, shared
from glotlift.recipes.small_mixtures import untrained

TOY = Setting(
    "toy",
    WORLD
    | {
        "rows": 12,
        "held_out": 4,
        "pieces": 400,
        "width": 16,
        "pairs": 32,
        "before": 16,
        "after": 16,
    }
    | {"others": ["deu_Latn", "spa_Latn"]},
)
ARMS = [(recipe, arm) for recipe in RECIPES for arm in recipe.arms]


def size(name):
    model = untrained(TOY.values, shared(TOY).tokenizer, 0, shape_of(name, 16))
    return model.num_parameters()


def test_the_wide_model_has_the_weights_of_the_experts_and_the_dense_one_far_fewer():
    gates = 2 * 8 * 16
    assert size(WIDE) == size(EXPERTS) - gates
    assert size(DENSE) == size(EXPERTS) - gates - 7 * 2 * 3 * 16 * 32


def test_arms_of_one_part_differ_in_one_setting():
    for name, shape in SHAPES.items():
        changed = {key for key in shape.keys() | SHAPES[EXPERTS].keys() if key != "num_experts"}
        assert len(changed) <= 1, name


@pytest.mark.parametrize(("recipe", "arm"), ARMS, ids=[f"{r.part}-{a.name}" for r, a in ARMS])
def test_a_toy_run_of_each_arm_goes_through(tmp_path, recipe, arm):
    found = arm.run(TOY, 0, tmp_path)
    assert set(found.scores) == set(recipe.metrics)
    assert found.budget in (16, 32)
    for name, scores in found.scores.items():
        assert len(scores) == len(found.rows[name])
        assert np.isfinite(scores).all()
