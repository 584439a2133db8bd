import json

import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.maft import (
    BEFORE,
    CHANCE,
    RECIPES,
    SCRIPTS,
    USED,
    WHOLE,
    edit_for,
    material,
)
from glotlift.vocabulary import kept_pieces

RECIPE, _ = RECIPES
TOY = dict(RECIPE.setting("world").values) | {
    "known": dict.fromkeys(("eng_Latn", "hin_Deva", "rus_Cyrl"), 20),
    "kept": dict.fromkeys(("swh_Latn", "tur_Latn"), 20),
    "languages": ["swh_Latn", "tur_Latn"],
    "held_out": 3,
    "topic_rows": {"train": 16, "test": 10},
    "pieces": 700,
    "steps": 3,
    "bytes": 4_000,
    "epochs": 1,
}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def arms(cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("maft")
    evidence = run_recipe(RECIPE, Setting("world", TOY), folder, seeds=[0])
    return {arm["name"]: arm for arm in evidence["arms"]}


def test_arms_differ_in_what_is_kept_alone():
    assert all(set(arm.run.keywords) == {"kept"} for arm in RECIPE.arms)


def test_kept_languages_are_new_and_written_in_kept_scripts():
    for setting in RECIPE.settings:
        values = setting.values
        assert not set(values["kept"]) & set(values["known"])
        assert {code.split("_")[1] for code in values["kept"]} <= set(values["scripts"])
        assert set(values["languages"]) == set(values["kept"])


def test_scripts_keep_digits_and_marks_and_drop_letters_of_others(cache):
    shared = material(json.dumps(TOY, sort_keys=True))

    def kept(arm):
        return set(kept_pieces(shared.tokenizer, edit_for(arm, TOY, shared, 0)))

    whole, scripts = kept(WHOLE), kept(SCRIPTS)
    gone = "".join(whole - scripts)
    assert any("а" <= letter <= "я" for letter in gone)
    assert not any(letter.isascii() and letter.isalnum() for letter in gone)
    assert {".", ","} <= {piece.strip("▁") for piece in scripts}
    assert len(kept(CHANCE)) == len(scripts) > len(kept(USED))
    assert kept(CHANCE) != scripts


def test_arms_read_equal_bytes_of_text_they_are_not_tested_on(arms):
    for arm in arms.values():
        assert arm["budget_spent"]["0"] == pytest.approx(4_000, rel=0.01)
        assert arm["cost"]["test documents in training"] == 0


def test_text_in_a_kept_script_segments_as_before(arms):
    for name in (SCRIPTS, USED):
        assert arms[name]["cost"]["covered documents that changed"] == 0
    assert arms[SCRIPTS]["cost"]["covered documents"] == 1
    assert arms[SCRIPTS]["cost"]["tokens"] == arms[WHOLE]["cost"]["tokens"]


def test_a_smaller_vocabulary_makes_a_smaller_model(arms):
    parameters = [arms[name]["cost"]["parameters"] for name in (WHOLE, SCRIPTS, USED)]
    assert parameters == sorted(parameters, reverse=True)


def test_fewer_rivals_never_cost_bits_before_training(arms):
    assert arms[SCRIPTS]["metrics"][BEFORE]["mean"] <= arms[WHOLE]["metrics"][BEFORE]["mean"]
