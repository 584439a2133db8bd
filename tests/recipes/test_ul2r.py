"""UL2R: what arms differ in, what they spend, and what they are asked."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes import small_denoisers
from glotlift.recipes.small_denoisers import (
    AHEAD,
    BOTH,
    CONTINUED,
    FILLED,
    GAP,
    TEXT,
    asked,
    bits_of,
    bytes_of,
    gap_start,
    with_tokens,
)
from glotlift.recipes.ul2r import CAUSAL, PREFIX, RECIPES, UL2R, WORLD

RECIPE = RECIPES[0]
TOY = WORLD | {
    "steps": 12,
    "kept": {code: f"world:{code}?rows=60&sentences=2" for code in ("eng_Latn", "spa_Latn")},
    "documents": 4,
    "sentinels": 12,
    "tokens": 3_000,
}


TRIED = (CAUSAL, UL2R, PREFIX)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
    small_denoisers.shared.cache_clear()
    tried = replace(RECIPE, arms=tuple(a for a in RECIPE.arms if a.name in TRIED), claims=())
    yield run_recipe(tried, Setting("world", TOY), tmp_path_factory.mktemp("ul2r"), seeds=[0])
    patch.undo()


def made():
    return small_denoisers.shared(json.dumps(TOY, sort_keys=True))


def test_arms_differ_in_what_is_read_on_alone():
    keywords = [arm.run.keywords for arm in RECIPE.arms]
    assert all(set(words) <= {"mixture", "causal", "attention"} for words in keywords)
    assert len({json.dumps(words, sort_keys=True) for words in keywords}) == len(RECIPE.arms)
    for setting in RECIPE.settings:
        assert json.loads(json.dumps(setting.values)) == setting.values


def test_all_arms_compute_the_same_number_of_tokens_and_read_no_test_text(evidence):
    spent = {arm["name"]: arm["budget_spent"]["0"] for arm in evidence["arms"]}
    for name, tokens in spent.items():
        assert tokens == pytest.approx(TOY["tokens"], rel=0.01), name
    costs = {arm["name"]: arm["cost"] for arm in evidence["arms"]}
    assert costs[UL2R]["tokens of text"] < costs[CAUSAL]["tokens of text"]
    assert all(cost["test documents in training"] == 0 for cost in costs.values())


def test_arms_are_asked_as_they_have_learnt(evidence):
    means = {
        arm["name"]: {name: found["mean"] for name, found in arm["metrics"].items()}
        for arm in evidence["arms"]
    }
    assert means[CAUSAL][FILLED] != means[CAUSAL][BOTH]
    assert means[PREFIX][FILLED] != means[PREFIX][BOTH]
    assert means[UL2R][FILLED] == means[UL2R][BOTH]
    assert set(means[UL2R]) == {BOTH, FILLED, AHEAD, CONTINUED, TEXT}


def test_bits_of_a_gap_and_of_the_rest_make_up_a_document(evidence):
    """From left to right, the bits of a text's parts sum to those of the whole."""
    from glotlift.objectives.bits import document_bits, ids_of
    from glotlift.objectives.denoisers import MixtureOfDenoisers
    from glotlift.objectives.layouts import Example

    model, tokenizer = with_tokens(made().folder, 12, 0)
    objective = MixtureOfDenoisers.for_model(model, tokenizer, mixture={"causal": 1.0})
    texts = list(made().sources["eng_Latn"]["test"]["text"])[:4]
    ids = ids_of(tokenizer, texts)
    examples = [Example(row[:0], row, whole=False) for row in ids]
    halves = [len(row) // 2 for row in ids]
    first = bits_of(model, objective, examples, [0] * 4, [r[:h] for r, h in zip(ids, halves)])  # noqa: B905
    second = bits_of(model, objective, examples, halves, [r[h:] for r, h in zip(ids, halves)])  # noqa: B905
    whole, lengths = document_bits(model, tokenizer, texts)
    assert first + second == pytest.approx(whole, rel=1e-4)
    assert bytes_of(tokenizer, ids).tolist() == lengths.tolist()
    found = asked((model, tokenizer), objective, made().sources["eng_Latn"]["test"])
    assert found[TEXT][0][:4] == pytest.approx(whole, rel=1e-4)


def test_features_are_those_of_the_objective(evidence):
    from glotlift.objectives.denoisers import MixtureOfDenoisers

    model, tokenizer = with_tokens(made().folder, 12, 0)
    objective = MixtureOfDenoisers.for_model(model, tokenizer)
    for name, parts in made().sources.items():
        ours, theirs = made().features[name], objective.prepare(parts["train"])
        assert ours["input_ids"] == theirs["input_ids"]


def test_gaps_have_text_on_both_sides_and_stay_where_they_are():
    for length in (GAP + 2, 20, 90):
        for seed in range(30):
            at = gap_start(length, seed)
            assert 1 <= at < length - GAP
            assert at == gap_start(length, seed)
    assert len({gap_start(90, seed) for seed in range(30)}) > 10
    assert np.isfinite(gap_start(2, 0))
