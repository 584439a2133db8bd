import json
import os

import numpy as np
import pytest

from glotlift.evaluation.selection import TaskFacts
from glotlift.evidence import Setting
from glotlift.recipes import mmteb as recipe
from glotlift.recipes.embedding_tasks import embedding_tasks
from glotlift.recipes.graded_encoders import ranked

TOY = recipe.WORLD | {
    "text": "world:{}?rows=20&sentences=2",
    "languages": ["deu_Latn", "spa_Latn"],
    "rows": 24,
    "pairs": 70,
    "topic_rows": {"train": 24, "test": 24},
    "retrieval": {"queries": 6, "documents": 12},
    "pieces": 700,
    "steps": [1, 2],
    "tuning_steps": [1, 2],
    "sizes": [6, 8],
    "per_query": [2, 4],
}
KEY = recipe.key_of(Setting("world", TOY))


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield Setting("world", TOY)
        ranked.cache_clear()


@pytest.mark.slow
def test_encoders_are_ranked_by_a_whole_table(toy):
    table = ranked(KEY, 0)
    assert table.scores.shape == (14, 12)
    assert np.isfinite(table.scores).all()
    assert len(set(table.types)) == 6
    assert set(recipe.POOLING) <= set(table.models)
    corpus = embedding_tasks(KEY).corpora["deu_Latn"]
    assert table.runs["deu_Latn"].shape == (14, *corpus.grades.shape)
    assert (corpus.grades.max(1) == 2).all()
    assert len(corpus.foreign) == len(corpus.queries) == 6
    place = table.models.index("letters in 1024")
    wide, narrow = (table.scores[n].mean() for n in (place, place - 3))
    assert wide > narrow


@pytest.mark.parametrize("number", range(2))
def test_every_arm_runs_at_the_same_budget(toy, tmp_path, number):
    one = recipe.RECIPES[number]
    found = {arm.name: arm.run(toy, 0, tmp_path) for arm in one.arms}
    budgets = [measurement.budget for measurement in found.values()]
    assert len(set(budgets)) == 1
    for measurement in found.values():
        assert measurement.scores.keys() == one.metrics.keys()
        for name, scores in measurement.scores.items():
            assert len(scores) == len(measurement.rows[name])
            assert np.isfinite(scores).all()
            assert np.abs(scores).max() <= 1


def test_all_tasks_rank_as_all_tasks_do(toy, tmp_path):
    whole = Setting("world", TOY | {"sizes": [12, 12]})
    for arm in recipe.SELECTION.arms:
        scores = arm.run(whole, 0, tmp_path).scores[recipe.FEWEST]
        assert set(scores) <= {0.0, 1.0}  # 0 for models whose counts are equal
    deep = Setting("world", TOY | {"per_query": [48, 48]})
    for arm in recipe.NEGATIVES.arms:
        found = arm.run(deep, 0, tmp_path).scores
        assert set(found[recipe.SHALLOW]) <= {0.0, 1.0}
        assert not found[recipe.RAISED].any()


def test_tasks_are_chosen_without_the_models_that_they_are_judged_on(toy, tmp_path):
    seen = []

    def spy(scores, facts, sizes, draw):
        seen.append(len(scores))
        return [list(range(size)) for size in sizes]

    recipe.select(toy, 0, tmp_path, choose=spy)
    assert max(seen) < 14
    assert min(seen) >= 6


def test_a_task_that_tells_nothing_goes_first():
    scores = np.random.default_rng(0).random((8, 9))
    scores[:, 4] = 0.5
    facts = [TaskFacts(str(n), "ab"[n % 2]) for n in range(9)]
    few, more = recipe.by_predictability(scores, facts, [4, 8], 0)
    assert 4 not in more
    assert set(few) < set(more)
    assert (len(few), len(more)) == (4, 8)


def test_real_tasks_pair():
    if not os.environ.get("GLOTLIFT_DATA"):
        pytest.skip("GLOTLIFT_DATA is not set")
    values = recipe.REAL | {"languages": ["hin_Deva"], "asked": ["hin_Deva"]}
    tasks = embedding_tasks(json.dumps(values, sort_keys=True))
    assert {name.split()[0] for name in tasks.labelled | tasks.bitexts} == {"topic", "bitext"}
    corpus = tasks.corpora["hin_Deva"]
    assert (corpus.grades.sum(1) == 1).all()
    assert len(corpus.documents) == corpus.grades.shape[1]
    assert not set(tasks.pivot) & set(tasks.bitexts["bitext news hin_Deva"][0])
