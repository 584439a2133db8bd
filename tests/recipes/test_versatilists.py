import json

import numpy as np
import pytest

from glotlift.evaluation.transfer import TransferGrid
from glotlift.evidence import Setting
from glotlift.recipes import versatilists as recipe
from glotlift.recipes.transfer_grids import EVEN, PAIRS, Grid, grid, labelled, shares, text

CODES = ["eng_Latn", "deu_Latn", "hin_Deva"]
ROWS = {"train": 9, "validation": 4, "test": 5}
TOY = recipe.IN_THE_WORLD | {
    "text": "world:{}?rows=6",
    "sentences": 6,
    "languages": dict.fromkeys(recipe.TASKS, CODES),
    "rows": dict.fromkeys(recipe.TASKS, ROWS),
    "pieces": 400,
    "steps": 2,
    "epochs": 1,
}
KEY = json.dumps(TOY, sort_keys=True)


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("versatilists")
    return {
        arm.name: arm.run(Setting("world", TOY), 0, folder)
        for one in recipe.RECIPES
        for arm in one.arms
    }


@pytest.mark.slow
def test_every_arm_meets_the_same_rows_of_every_target_but_english(found):
    for one in recipe.RECIPES:
        cells = [found[arm.name] for arm in one.arms]
        assert len({cell.budget for cell in cells}) == 1
        for metric in one.metrics:
            assert len({tuple(cell.rows[metric]) for cell in cells}) == 1
            assert all(np.isfinite(cell.scores[metric]).all() for cell in cells)
    rows = found[recipe.MIXED].rows[recipe.TOPICS]
    assert [row.split()[0] for row in rows[::5]] == CODES[1:]


@pytest.mark.slow
def test_arms_read_the_grid(found):
    one = grid(KEY, 0, recipe.TOPICS)
    german = slice(0, 5)
    for arm, reach in (
        (recipe.FROM_ENGLISH, recipe.from_english),
        (recipe.OWN, recipe.from_itself),
        (recipe.NEAREST, recipe.from_nearest),
    ):
        reached = found[arm].scores[recipe.TOPICS][german]
        assert np.array_equal(reached, reach(one, "deu_Latn"))
    chance = one.test.scores[0, [0, 2], 1].mean(0)
    assert found[EVEN].scores[recipe.TOPICS][german] == pytest.approx(chance)


def made_up(seed=0):
    """Return a grid of scores drawn by chance."""
    codes, rng = tuple(CODES), np.random.default_rng(seed)
    shape = (1, len(codes), len(codes), 8)
    grids = [TransferGrid(codes, codes, rng.random(shape)) for _ in range(2)]
    return Grid(recipe.TOPICS, KEY, 0, *grids)


def test_sources_are_chosen_by_validation_rows_and_never_the_target_itself():
    for seed in range(20):
        one = made_up(seed)
        test, validation = one.test.scores[0], one.validation.means()[0]
        for target, code in enumerate(CODES):
            others = [place for place in range(len(CODES)) if place != target]
            best = max(others, key=lambda source, t=target: validation[source, t])
            assert np.array_equal(recipe.best_on_validation(one, code), test[best, target])
            elsewhere = max(
                others,
                key=lambda source, there=others: np.mean(
                    [validation[source, place] for place in there if place != source]
                ),
            )
            assert np.array_equal(recipe.best_elsewhere(one, code), test[elsewhere, target])
            assert recipe.by_chance(one, code) == pytest.approx(test[others, target].mean(0))
            assert np.array_equal(recipe.from_english(one, code), test[0, target])


def test_translations_stand_in_all_languages_alike_and_shares_sum_to_one():
    sources = text(KEY).sources
    assert set(sources) == {*CODES, PAIRS}
    assert len(sources[PAIRS]) == TOY["sentences"]
    for english in (None, 0.8):
        found = shares(CODES, english)
        assert sum(found.values()) == pytest.approx(1)
        assert found[PAIRS] == pytest.approx(1 / 2)
    assert shares(CODES, 0.8)["eng_Latn"] == pytest.approx(0.8 / 2)


def test_rows_of_all_languages_are_translations_and_splits_are_apart():
    for task in recipe.TASKS:
        rows = labelled(KEY, task)
        assert len({tuple(splits["train"]["id"]) for splits in rows.values()}) == 1
        assert not set(rows["eng_Latn"]["train"]["id"]) & set(rows["eng_Latn"]["test"]["id"])
    labels = [splits["test"]["label"] for splits in labelled(KEY, recipe.TOPICS).values()]
    assert all(one == labels[0] for one in labels)


def test_real_rows_are_parted(glotlift_data):
    values = json.dumps(recipe.REAL, sort_keys=True)
    spans = labelled(values, recipe.SPANS)["tur_Latn"]
    assert {split: len(rows) for split, rows in spans.items()} == recipe.REAL["rows"][recipe.SPANS]
    assert not set(spans["train"]["id"]) & set(spans["validation"]["id"])
    topics = labelled(values, recipe.TOPICS)
    assert topics["eng_Latn"]["validation"]["label"] == topics["zho_Hans"]["validation"]["label"]
