import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.language_adapters import BITS, GAIN, KEPT, TOPICS
from glotlift.recipes.small_models import (
    BOTTLENECK,
    FULL,
    INVERTIBLE,
    KINDS,
    LORA,
    READING,
    RECIPES,
    STACKED,
)

TOY = dict(KINDS.setting("world").values) | {
    "known": {"eng_Latn": "world:eng_Latn?rows=30&sentences=2"},
    "target": {"swh_Latn": "world:swh_Latn?rows=30&sentences=2"},
    "seen": 10,
    "documents": 3,
    "pieces": 600,
    "steps": 3,
    "stage_steps": 4,
    "topic_rows": {"train": 16, "test": 10},
    "epochs": 1,
}


@pytest.fixture(scope="module", autouse=True)
def evidence(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small-models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(folder / "cache"))
        yield {
            recipe.part: {
                arm["name"]: arm
                for arm in run_recipe(recipe, Setting("world", TOY), folder, seeds=[0])["arms"]
            }
            for recipe in RECIPES
        }


def test_arms_differ_in_what_moves_or_in_what_is_read():
    moves = [arm.run.keywords["reading"] for arm in KINDS.arms]
    assert all(len(stages) == 1 and stages[0][1:] == ("text", 1.0) for stages in moves)
    reads = [arm.run.keywords["reading"] for arm in READING.arms]
    assert all(kind == BOTTLENECK for stages in reads for kind, _, _ in stages)
    assert all(sum(part for _, _, part in stages) == 1.0 for stages in moves + reads)


def test_all_arms_take_equally_many_steps(evidence):
    spent = {arm["budget_spent"]["0"] for part in evidence.values() for arm in part.values()}
    assert spent == {4}


def test_adapters_are_of_about_one_size_and_leave_no_trace(evidence):
    weights = {name: arm["cost"]["weights that move"] for name, arm in evidence["kinds"].items()}
    assert weights[INVERTIBLE] == pytest.approx(weights[BOTTLENECK], rel=0.05)
    assert weights[LORA] == pytest.approx(weights[BOTTLENECK], rel=0.05)
    assert weights[FULL] > 10 * weights[BOTTLENECK]
    for part in evidence.values():
        for name, arm in part.items():
            kept = arm["metrics"][KEPT]["mean"]
            assert (kept == pytest.approx(0, abs=1e-6)) == (name not in (FULL, LORA)), name


def test_every_arm_is_measured_with_what_it_learnt(evidence):
    for part in evidence.values():
        for arm in part.values():
            assert arm["metrics"][BITS]["mean"] != 0
            assert arm["metrics"][GAIN]["mean"] * arm["metrics"][BITS]["mean"] < 0
            assert 0 <= arm["metrics"][TOPICS]["mean"] <= 1
            assert arm["cost"]["test documents in training"] == 0
    both = evidence["reading"][STACKED]["cost"]["weights that move"]
    assert both == 2 * evidence["reading"]["text"]["cost"]["weights that move"]
