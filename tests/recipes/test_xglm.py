import json

import numpy as np
import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.small_decoders import Scored
from glotlift.recipes.xglm import ALL, FLAT, HIGH, LOW, MIDDLE, NATURAL, RECIPES, measures, tiers

(RECIPE,) = (recipe for recipe in RECIPES if recipe.part == "sampling")
TOY = dict(RECIPE.setting("world").values) | {
    "documents": {"eng_Latn": 90, "deu_Latn": 24, "hin_Deva": 8},
    "held_out": 4,
    "pieces": 500,
    "tokens": 9_000,
}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    folder = tmp_path_factory.mktemp("xglm")
    return run_recipe(RECIPE, Setting("world", TOY), folder, seeds=[0])


def test_the_settings_are_json_and_have_three_tiers():
    for setting in RECIPE.settings:
        assert json.loads(json.dumps(setting.values)) == setting.values
        assert len(set(setting.values["documents"].values())) == 3


def test_a_tier_has_a_fifth_of_the_one_above():
    assert tiers(100, ("a", "b"), ("c",), ("d",)) == {"a": 100, "b": 100, "c": 20, "d": 4}


def test_arms_differ_in_the_policy_alone():
    assert all(set(arm.run.keywords) == {"policy"} for arm in RECIPE.arms)
    sizes = {"eng_Latn": 900, "hin_Deva": 100}
    shares = [arm.run.keywords["policy"](sizes)["hin_Deva"] for arm in RECIPE.arms]
    assert shares == pytest.approx([0.1, 0.177, 0.341], abs=1e-3)


def test_languages_count_alike_within_their_tier():
    scored = {
        code: Scored(["0", "1"], np.array([bits, 3 * bits]), np.array([10.0, 10.0]))
        for code, bits in {"a": 10.0, "b": 20.0, "c": 30.0, "d": 40.0}.items()
    }
    found = measures(scored, {"a": 25, "b": 25, "c": 5, "d": 1})
    assert found[HIGH].tolist() == pytest.approx([1.5, 4.5])
    assert found[MIDDLE].tolist() == pytest.approx([3, 9])
    assert found[LOW].tolist() == pytest.approx([4, 12])
    assert found[ALL].tolist() == pytest.approx([2.5, 7.5])


def test_flat_sampling_reads_weak_text_oftener_at_equal_tokens(evidence):
    spent = {arm["name"]: arm["budget_spent"]["0"] for arm in evidence["arms"]}
    assert set(spent.values()) == {9_000}
    epochs = {arm["name"]: arm["cost"]["epochs: hin_Deva"] for arm in evidence["arms"]}
    assert epochs[FLAT] > 1.1 * epochs[NATURAL]
    assert all(arm["cost"]["test documents in training"] == 0 for arm in evidence["arms"])
