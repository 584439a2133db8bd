import json

import pytest

from glotlift.evidence import run_recipe
from glotlift.recipes import paired_encoders, romanised_text
from glotlift.recipes.paired_encoders import TRANSLITERATED, material, shuffled, two_by_two
from glotlift.recipes.translico import ALONE, COSINE, DOT, JOINED, MASKED, RECIPES, SHUFFLED

from .paired import romanised, toy

(RECIPE,) = RECIPES
TOY = toy(RECIPE)


@pytest.fixture(scope="module", autouse=True)
def quick_romaniser(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        for module in (paired_encoders, romanised_text):
            patch.setattr(module, "cached_romaniser", lambda: romanised)
        yield


@pytest.fixture(scope="module")
def arms(quick_romaniser, tmp_path_factory):
    evidence = run_recipe(RECIPE, TOY, tmp_path_factory.mktemp("translico"), seeds=[0])
    return {arm["name"]: arm for arm in evidence["arms"]}


def test_arms_differ_from_the_contrast_of_cosines_in_one_thing():
    settings = {arm.name: arm.run.keywords for arm in RECIPE.arms}
    cosine = settings[COSINE]
    assert settings[SHUFFLED] == cosine | {"shuffle": True}
    assert settings[ALONE] == cosine | {"masked_weight": 0.0}
    assert settings[DOT] == cosine | {"similarity": "dot", "temperature": 1.0}
    assert settings[MASKED] == {"objective": "tcm", "weight": 0.0}
    assert settings[JOINED]["objective"] == "tlm"


def test_every_arm_goes_through_and_says_what_was_before(arms):
    before = {
        tuple(value for name, value in arm["cost"].items() if name.startswith("before: "))
        for arm in arms.values()
    }
    assert len(before) == 1
    assert all(arm["budget_spent"]["0"] == 2 for arm in arms.values())
    spent = {arm["cost"]["tokens"] for name, arm in arms.items() if name != SHUFFLED}
    assert len(spent) <= 2  # reading both in one sequence spares a start token a pair


def test_shuffled_pairs_are_the_same_texts_and_none_is_with_its_source():
    pairs = material(json.dumps(dict(TOY.values), sort_keys=True))[f"{TRANSLITERATED} rus_Cyrl"]
    mixed = shuffled(pairs)
    assert sorted(mixed["text"]) == sorted(pairs["text"])
    assert mixed["source_text"] == pairs["source_text"]
    assert not any(a == b for a, b in zip(mixed["text"], pairs["text"], strict=True))


def test_single_texts_are_two_sentences():
    assert two_by_two(["a", "b", "c"]) == ["a b", "c"]
