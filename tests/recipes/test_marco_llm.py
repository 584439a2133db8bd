import json

import numpy as np
import pytest

from glotlift.evidence import Measurement, Setting, render_report, run_recipe
from glotlift.evidence.arms import judge_claim
from glotlift.evidence.cells import load, load_json
from glotlift.recipes.instruction_tuning import conversations, done
from glotlift.recipes.marco_llm import AVERAGE, NONE, ONE, RECIPES, REPLAY, TOKENS, TWO
from glotlift.recipes.staged_pretraining import CHANGE_IN_SOURCE
from glotlift.recipes.starting_point import locate
from glotlift.runs.errors import GlotliftError

AT_EQUAL_TOKENS, AT_EQUAL_TARGET, TUNED = RECIPES
REPLAYED = (AT_EQUAL_TOKENS, AT_EQUAL_TARGET)


@pytest.fixture(scope="module")
def run(toy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("marco")
    return folder, run_recipe(AT_EQUAL_TOKENS, toy(AT_EQUAL_TOKENS), folder, seeds=[0, 1])


def cost(evidence, name):
    return {arm["name"]: arm["cost"][name] for arm in evidence["arms"]}


def test_the_average_mixture_reads_as_much_replay_as_the_two_stages():
    assert pytest.approx((160 * 0.49 + 140 * 0.43) / 300) == AVERAGE


@pytest.mark.parametrize("recipe", REPLAYED, ids=lambda recipe: recipe.part)
def test_arms_differ_in_replay_and_in_nothing_else_that_they_declare(recipe):
    phases = {arm.name: arm.run.keywords["phases"] for arm in recipe.arms}
    plans = {tuple((phase.part, phase.rate) for phase in each) for each in phases.values()}
    assert plans == {((TOKENS[0], 1.0), (TOKENS[1], 0.6))}
    assert tuple(phase.replay for phase in phases[TWO]) == REPLAY
    assert all(phase.replay == 0 for phase in phases[NONE])


def test_arms_spend_the_same_tokens_and_replay_what_they_declare(run):
    _, evidence = run
    assert all(
        spent == pytest.approx(4_000, rel=0.01) for spent in cost(evidence, "tokens").values()
    )
    replayed = cost(evidence, "replay share")
    assert replayed[NONE] == 0
    assert replayed[ONE] == pytest.approx(AVERAGE, abs=0.05)
    assert replayed[TWO] == pytest.approx(AVERAGE, abs=0.05)


def test_every_claim_is_judged_and_shown(run, tmp_path):
    _, evidence = run
    assert [claim["id"] for claim in evidence["claims"]] == [c.id for c in AT_EQUAL_TOKENS.claims]
    assert {claim["verdict"] for claim in evidence["claims"]} <= {
        "CONFIRMED",
        "NOT SEPARABLE",
        "CONTRADICTED",
    }
    assert cost(evidence, "test documents in training")[NONE] == 0
    page = render_report(evidence, tmp_path / "page.html").read_text()
    assert "two mixtures" in page


def test_training_on_new_text_alone_forgets(run):
    _, evidence = run
    change = {arm["name"]: arm["metrics"][CHANGE_IN_SOURCE]["mean"] for arm in evidence["arms"]}
    assert change[NONE] > change[TWO]


def test_the_same_seed_gives_the_same_scores(run, toy, tmp_path):
    folder, _ = run
    arm = AT_EQUAL_TOKENS.arms[2]
    again = arm.run(toy(AT_EQUAL_TOKENS), 1, tmp_path)
    first = load(load_json(folder / "cells" / f"{arm.name}-1" / "measurement.json"))
    assert again.scores[CHANGE_IN_SOURCE].tolist() == first.scores[CHANGE_IN_SOURCE].tolist()


def cells(claim, difference):
    """Return five seeds of made-up cells in which the claim's arms are this far apart."""
    ids = [str(row) for row in range(40)]
    noise = np.random.default_rng(0).normal(0, 1e-3, (2, 5, 40))
    return {
        (name, seed): Measurement(1.0, {claim.metric: noise[at, seed] + level}, {claim.metric: ids})
        for at, (name, level) in enumerate([(claim.arm, difference), (claim.versus, 0.0)])
        for seed in range(5)
    }


@pytest.mark.parametrize("claim", [claim for recipe in RECIPES for claim in recipe.claims])
def test_every_claim_can_be_confirmed_and_contradicted(claim):
    held, broken = {
        "less": (-claim.margin - 0.1, -claim.margin + 0.1),
        "greater": (claim.margin + 0.1, claim.margin - 0.1),
        "within": (0.0, 2 * claim.margin),
    }[claim.kind]
    assert judge_claim(claim, range(5), cells(claim, held))["verdict"] == "CONFIRMED"
    assert judge_claim(claim, range(5), cells(claim, broken))["verdict"] == "CONTRADICTED"


@pytest.mark.parametrize("at", [0, 1])
def test_swapped_arms_contradict_that_replay_forgets_less(at):
    claim = AT_EQUAL_TOKENS.claims[at]
    fair = cells(claim, -1.0)
    other = {claim.arm: claim.versus, claim.versus: claim.arm}
    swapped = {(other[name], seed): cell for (name, seed), cell in fair.items()}
    assert judge_claim(claim, range(5), fair)["verdict"] == "CONFIRMED"
    assert judge_claim(claim, range(5), swapped)["verdict"] == "CONTRADICTED"


def test_at_equal_target_replay_comes_on_top(toy, tmp_path):
    evidence = run_recipe(AT_EQUAL_TARGET, toy(AT_EQUAL_TARGET), tmp_path, seeds=[0])
    spent = cost(evidence, "new tokens")
    assert all(tokens == pytest.approx(4_000, rel=0.01) for tokens in spent.values())
    assert cost(evidence, "tokens")[TWO] > 1.6 * spent[TWO]
    steps = cost(evidence, "steps")
    assert steps["new only, more steps"] >= 1.8 * steps[NONE]


def test_real_text_is_asked_for_by_name(monkeypatch, tmp_path):
    monkeypatch.delenv("GLOTLIFT_DATA", raising=False)
    with pytest.raises(GlotliftError, match="GL-RECIPE-002"):
        run_recipe(AT_EQUAL_TOKENS, "real", tmp_path, seeds=[0])
    monkeypatch.setenv("GLOTLIFT_DATA", str(tmp_path))
    assert locate("$GLOTLIFT_DATA/mono/x.txt") == str(tmp_path / "mono" / "x.txt")
    assert locate("texts/x.txt") == "texts/x.txt"


def test_a_model_and_text_of_ones_own_may_be_named(toy, tmp_path):
    values = toy(AT_EQUAL_TOKENS, model="no/such/folder").values
    with pytest.raises(GlotliftError, match="GL-MODEL-001"):
        AT_EQUAL_TOKENS.arms[0].run(Setting("own", values), 0, tmp_path)


def test_what_is_tuned_differs_in_what_it_read_before_alone():
    phases = [arm.run.keywords["phases"] for arm in TUNED.arms]
    assert phases[0] == ()
    assert [phase.replay for phase in phases[1]] == [1.0, 1.0]
    assert [phase.replay for phase in phases[2]] == list(REPLAY)
    assert [(p.part, p.rate) for p in phases[1]] == [(p.part, p.rate) for p in phases[2]]


def test_tuning_spends_the_same_and_is_asked_in_new_and_source_languages(toy, tmp_path):
    own = {"answered": ["eng_Latn", "tur_Latn"], "asked": 5, "tuning_rows": 20}
    setting = toy(TUNED, tuning_tokens=1500, **own)
    evidence = run_recipe(TUNED, setting, tmp_path, seeds=[0])
    spent = {arm["name"]: arm["budget_spent"]["0"] for arm in evidence["arms"]}
    assert set(spent.values()) == {1500}
    read = cost(evidence, "pretraining tokens")
    assert read.pop(TUNED.arms[0].name) == 0
    assert all(tokens == pytest.approx(4_000, rel=0.01) for tokens in read.values())
    for arm in evidence["arms"]:
        assert arm["metrics"].keys() == TUNED.metrics.keys()


@pytest.mark.parametrize("task", ["world", "topics"])
def test_what_is_asked_is_answered_by_the_right_answer_and_not_by_another(task, tmp_path):
    values = {"answers": "world", "asked": 12, "tuning_rows": 12, "characters": 40}
    if task == "topics":
        (tmp_path / "eng_Latn").mkdir()
        rows = [{"id": n, "text": f"text {n} " * 9, "label": f"topic {n}"} for n in range(12)]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / "eng_Latn" / "test.jsonl").write_text(lines)
        values["answers"] = str(tmp_path)
    rows = conversations(values, "eng_Latn", "test", 0)
    assert len(rows) == 12
    right = [done(row, row["response"]) for row in rows]
    others = [done(row, other) for row, other in zip(rows, rows["response"][1:], strict=False)]
    assert right == [1.0] * 12
    assert np.mean(others) < 0.8
