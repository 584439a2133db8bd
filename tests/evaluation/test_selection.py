import json
from pathlib import Path

import numpy as np
import pytest

from glotlift.evaluation.borda import borda_points
from glotlift.evaluation.correlation import kendall
from glotlift.evaluation.selection import (
    TaskFacts,
    agreeing_tasks,
    foretold_scores,
    may_go,
    predictability,
    random_tasks,
    reduce_tasks,
    stratified_tasks,
)
from glotlift.runs.errors import GlotliftError

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "mteb.json").read_text())
SCORES = np.array(FIXTURE["scores"])
FACTS = [TaskFacts(*pair) for pair in zip(FIXTURE["tasks"], FIXTURE["types"], strict=True)]


def test_scores_are_foretold_by_least_squares_of_least_norm():
    scores = np.random.default_rng(0).random((7, 9))
    told = foretold_scores(scores)
    for model in range(7):
        for task in range(9):
            inputs = np.delete(np.delete(scores, model, 0), task, 1)
            outputs = np.delete(scores[:, task], model)
            asked = np.delete(scores[model], task) - inputs.mean(0)
            solved, *_ = np.linalg.lstsq(inputs - inputs.mean(0), outputs - outputs.mean())
            assert told[model, task] == pytest.approx(outputs.mean() + asked @ solved, abs=1e-9)


def test_with_more_models_than_tasks_a_linear_task_is_foretold_exactly():
    scores = np.random.default_rng(1).random((30, 4))
    scores[:, 3] = 0.2 + scores[:, :3] @ [0.5, -1.0, 2.0]
    found = predictability(scores)
    assert found.spearman[3] == pytest.approx(1)
    assert found.error[3] == pytest.approx(0, abs=1e-12)


def test_a_task_like_no_other_is_not_foretold():
    random = np.random.default_rng(2)
    scores = random.random((40, 1)) * [0.5, 1.0, 2.0, 0.0] + random.normal(0, 0.01, (40, 4))
    found = predictability(scores)
    assert (found.spearman[:3] > 0.95).all()
    assert abs(found.spearman[3]) < 0.5
    assert found.error[3] > 0.8


@pytest.mark.parametrize("outcome", FIXTURE["outcomes"], ids=lambda o: str(o["least"]))
def test_tasks_go_in_the_order_in_which_the_official_code_removes_them(outcome):
    found = reduce_tasks(SCORES, FACTS, least=outcome["least"], most_error=outcome["most_error"])
    assert [removal.name for removal in found.removed] == outcome["removed"]
    assert np.allclose([removal[1:] for removal in found.removed], outcome["predictability"],
                       atol=1e-5)  # fmt: skip
    names = {FACTS[place].name for place in found.kept}
    assert names == set(FIXTURE["tasks"]) - set(outcome["removed"])


def test_the_last_of_a_type_a_language_or_what_is_to_be_kept_does_not_go():
    tasks = [
        TaskFacts("a", "STS", frozenset({"deu"})),
        TaskFacts("b", "STS", frozenset({"deu", "hin"})),
        TaskFacts("c", "Retrieval", frozenset({"deu"})),
    ]
    allowed = [may_go(tasks, [0, 1, 2], place) for place in range(3)]
    assert allowed == [True, False, False]
    assert not may_go(tasks, [0, 1, 2], 0, {"a"})
    assert not may_go(tasks, [0, 2], 0)


def test_reduction_stops_at_its_size_and_keeps_every_type():
    found = reduce_tasks(SCORES, FACTS, size=9, least=-1, most_error=np.inf, keep={"ArguAna"})
    assert len(found.kept) == 9
    assert {FACTS[place].type for place in found.kept} == set(FIXTURE["types"])
    assert "ArguAna" in {FACTS[place].name for place in found.kept}
    least = reduce_tasks(SCORES, FACTS, least=-1, most_error=np.inf)
    assert len(least.kept) == len(set(FIXTURE["types"]))


def test_agreeing_tasks_rank_the_models_as_all_do_and_better_than_chance():
    whole = borda_points(SCORES).sum(1)

    def agreement(places):
        return float(kendall(borda_points(SCORES)[:, places].sum(1), whole))

    chosen = agreeing_tasks(SCORES, FACTS, 8)
    assert len(chosen) == 8
    assert {FACTS[place].type for place in chosen} == set(FIXTURE["types"])
    by_chance = [agreement(random_tasks(len(FACTS), 8, seed)) for seed in range(200)]
    assert agreement(chosen) >= np.quantile(by_chance, 0.95)


def test_random_tasks_are_of_equal_chance():
    drawn = np.bincount(
        [place for seed in range(2000) for place in random_tasks(10, 3, seed)], minlength=10
    )
    assert drawn.sum() == 6000
    assert np.abs(drawn / 2000 - 0.3).max() < 0.05


def test_stratified_tasks_have_every_type_in_its_share():
    types = ["a"] * 20 + ["b"] * 10 + ["c"]
    for seed in range(20):
        chosen = [types[place] for place in stratified_tasks(types, 16, seed)]
        assert len(chosen) == 16
        assert abs(chosen.count("a") - 2 * chosen.count("b")) <= 2
        assert chosen.count("c") == 1
        assert len({types[place] for place in stratified_tasks(types, 3, seed)}) == 3
    assert stratified_tasks(types, 16, 0) != stratified_tasks(types, 16, 1)


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        (np.ones(3), "GL-EVALUATION-090"),
        (np.ones((2, 5)), "GL-EVALUATION-090"),
        (np.full((4, 5), np.nan), "GL-EVALUATION-090"),
        (np.ones((4, 5)), "GL-EVALUATION-091"),
    ],
)
def test_what_is_no_matrix_of_scores_is_refused(scores, code):
    with pytest.raises(GlotliftError) as error:
        predictability(scores)
    assert error.value.code == code


def test_every_task_needs_its_facts():
    with pytest.raises(GlotliftError) as error:
        reduce_tasks(SCORES, FACTS[1:])
    assert error.value.code == "GL-EVALUATION-090"
