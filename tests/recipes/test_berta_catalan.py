import json

import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.berta_catalan import CEILING, CLEAN, MAIN, RAW, RECIPES, UNIQUE, versions

from .made_up import write_mono

RECIPE, _ = RECIPES
TOY = dict(RECIPE.setting("world").values) | {
    "documents": {"cat_Latn": 60, "spa_Latn": 10},
    "held_out": 10,
    "pieces": 400,
    "bytes": 12_000,
}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    folder = tmp_path_factory.mktemp("berta")
    return run_recipe(RECIPE, Setting("world", TOY), folder, seeds=[0])


def test_arms_differ_in_the_version_alone():
    assert [arm.run.keywords for arm in RECIPE.arms] == [
        {"version": name} for name in (RAW, MAIN, UNIQUE, CLEAN, CEILING)
    ]
    assert len({arm.run.func for arm in RECIPE.arms}) == 1


def test_arms_read_equal_bytes_and_know_no_test_document(evidence):
    for arm in evidence["arms"]:
        assert arm["budget_spent"]["0"] == pytest.approx(12_000, rel=0.01)
        assert arm["cost"]["test documents in training"] == 0


def test_each_step_leaves_less_text(evidence):
    left = {arm["name"]: arm["cost"]["bytes of text there are"] for arm in evidence["arms"]}
    assert left[RAW] > left[MAIN] > left[UNIQUE] > left[CLEAN]
    assert left[RAW] > left[CEILING]


def test_duplicates_alone_leave_other_languages_and_people_as_they_are():
    texts = versions(json.dumps(TOY, sort_keys=True), 0).texts
    kept, cleaned = ("\n".join(texts[name]["text"]) for name in (UNIQUE, CLEAN))
    assert kept.count(" está ") > 3
    assert cleaned.count(" está ") <= 1
    assert "<PHONE>" not in kept
    assert "<PHONE>" in cleaned


def test_the_real_setting_runs_on_files(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOTLIFT_DATA", str(tmp_path))
    write_mono(tmp_path, ["cat_Latn", "spa_Latn"], 60)
    values = TOY | {
        "text": "$GLOTLIFT_DATA/mono/{}.jsonl",
        "documents": {"cat_Latn": 40, "spa_Latn": 5},
        "held_out": 3,
        "bytes": 4_000,
    }
    by_arm = {arm.name: arm for arm in RECIPE.arms}
    for name in (RAW, CLEAN):
        (tmp_path / name).mkdir()
        measured = by_arm[name].run(Setting("real", values), 0, tmp_path / name)
        assert measured.budget == pytest.approx(4_000, rel=0.01)
        assert measured.cost["test documents in training"] == 0
