import numpy as np
import pytest

from glotlift.evidence import Setting
from glotlift.recipes import llm_judges as recipe
from glotlift.recipes.judged_texts import Judged, features

TOY = Setting(
    "world", recipe.WORLD | {"languages": ["eng_Latn", "hin_Deva", "tur_Latn"], "items": 60}
)


def test_every_arm_runs_on_the_same_items(tmp_path):
    (one,) = recipe.RECIPES
    found = {arm.name: arm.run(TOY, 0, tmp_path) for arm in one.arms}
    assert {m.budget for m in found.values()} == {60}
    for name, measurement in found.items():
        assert measurement.rows[recipe.MISSED] == TOY.values["languages"]
        leans, missed = measurement.scores[recipe.LEANS], measurement.scores[recipe.MISSED]
        assert np.allclose(np.abs(leans), missed), name


def test_items_with_labels_are_not_judged_again_and_groups_stay_together():
    for judged, labelled, others in recipe.deal(TOY, 3).values():
        assert len(labelled) == 30
        assert not set(labelled) & set(others)
        assert len(labelled) + len(others) == len(judged.people)
    first, second = (recipe.deal(TOY, seed)["hin_Deva"][1].tolist() for seed in (3, 4))
    assert first != second


def test_a_judge_that_is_off_by_one_is_put_right():
    rng = np.random.default_rng(0)
    people = rng.integers(1, 5, 200).astype(float)
    judged = Judged(people, people + 1, [str(n) for n in range(200)])
    known = {"eng_Latn": (judged, np.arange(30), np.arange(30, 200))}
    truth = people[30:].mean()
    assert recipe.judge_alone(known, "eng_Latn")[0] == pytest.approx(truth + 1)
    assert recipe.corrected(known, "eng_Latn")[0] == pytest.approx(truth)
    assert recipe.mapped(known, "eng_Latn", pooled=False)[0] == pytest.approx(truth)


def test_what_a_metric_sees_of_a_text():
    tables = {"a": {"references": ["the red fox runs", "nothing"]}}
    same, again, empty = features(
        [{"id": "a", "output": text} for text in ("the red fox runs", "the the the the", "")],
        tables,
    )
    assert same[0] == 100
    assert same[1] == 0
    assert same[2] == 0
    assert again[2] > 0.5
    assert empty.tolist()[2:] == [0, 0]
