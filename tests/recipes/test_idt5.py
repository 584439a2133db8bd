"""A T5 cut to one language: what is kept, what stays equal, and what claims say."""

import json

import numpy as np
import pytest
import torch

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.hidden_spans import SENTINELS, sentinel
from glotlift.recipes.idt5 import (
    ACCURACY,
    BITS,
    DRIFT,
    IN_THE_WORLD,
    RECIPES,
    SAME,
    labelled,
    most_frequent,
)
from glotlift.recipes.small_seq2seq import load
from glotlift.recipes.vocabulary_cuts import (
    CUT,
    OTHER,
    RANDOM,
    SEEN,
    TIED,
    WHOLE,
    drift,
    edit_for,
    edited,
    idt5_edit,
    pairs,
    shared,
)
from glotlift.vocabulary.trimming import count_pieces

TOY = IN_THE_WORLD | {
    "text": "world:{}?rows=40&sentences=2",
    "more": [],
    "held_out": 6,
    "pieces": 600,
    "keep": {"first": 300, "pivot": 20, "language": 60},
    "width": 32,
    "layers": 1,
    "pretraining": 160,
    "topic_rows": {"train": 24, "test": 12},
    "fine_tuning": 64,
    "seconds": 0.3,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield shared(json.dumps(TOY, sort_keys=True), 0)
    patch.undo()


@pytest.fixture(scope="module")
def evidence(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("idt5")
    setting = Setting("world", TOY)
    return [run_recipe(recipe, setting, folder / recipe.part, seeds=[0]) for recipe in RECIPES[:2]]


def test_arms_differ_in_the_cut_alone():
    for recipe in RECIPES:
        keywords = [arm.run.keywords for arm in recipe.arms]
        assert [words["cut"] for words in keywords] == [arm.name for arm in recipe.arms]
        assert len({json.dumps(words | {"cut": ""}) for words in keywords}) == 1


def test_the_cut_keeps_the_first_the_frequent_and_the_sentinels_in_order(made):
    tokenizer = load(made.folder)[1]
    own, pivot = made.train["ind_Latn"], made.train["eng_Latn"]
    edit = idt5_edit(tokenizer, own, pivot, TOY["keep"])
    kept = set(np.flatnonzero(edit.old_to_new >= 0).tolist())
    best = set(np.argsort(-count_pieces(tokenizer, own), kind="stable")[:60].tolist())
    assert set(range(300)) | best <= kept
    assert edit.new_size < len(tokenizer)
    cut = edit.tokenizer(tokenizer)
    ids = cut.convert_tokens_to_ids([sentinel(number) for number in range(SENTINELS)])
    assert ids == list(range(len(cut) - 1, len(cut) - 1 - SENTINELS, -1))


def test_controls_keep_as_many_pieces(made):
    size = edit_for(CUT, made, TOY, 0).new_size
    assert edit_for(RANDOM, made, TOY, 0).new_size == size
    assert 0.9 * size < edit_for(OTHER, made, TOY, 0).new_size <= size
    assert not edit_for(WHOLE, made, TOY, 0).dropped
    assert edit_for(RANDOM, made, TOY, 0).dropped != edit_for(RANDOM, made, TOY, 1).dropped


def test_a_cut_keeps_rows_and_what_is_shared(made):
    whole = load(made.folder)[0]
    (model, _), edit = edited(CUT, made, TOY, 0)
    kept = torch.from_numpy(np.flatnonzero(edit.old_to_new >= 0))
    assert torch.equal(model.shared.weight, whole.shared.weight[kept])
    assert torch.equal(model.lm_head.weight, whole.lm_head.weight[kept])
    assert model.encoder.embed_tokens.weight is model.shared.weight
    assert model.lm_head.weight is not model.shared.weight
    (wrong, _), _ = edited(TIED, made, TOY, 0)
    assert wrong.lm_head.weight is wrong.shared.weight


def test_a_changed_logit_is_seen(made):
    (model, tokenizer), edit = edited(WHOLE, made, TOY, 0)
    asked = pairs(tokenizer, made.asked)
    assert drift(model, tokenizer, asked, made, edit).max() == 0
    with torch.no_grad():
        model.lm_head.weight[7] += 1
    assert drift(model, tokenizer, asked, made, edit).min() > 0


def test_what_is_kept_is_scored_as_before(evidence):
    arms = {arm["name"]: arm["metrics"] for arm in evidence[0]["arms"]}
    assert arms[WHOLE][SAME]["mean"] == 1
    assert arms[SEEN][DRIFT]["mean"] < 1e-4
    assert arms[TIED][DRIFT]["mean"] > 1e-3
    assert arms[RANDOM][BITS]["mean"] > arms[SEEN][BITS]["mean"]


def test_costs_tell_sizes_and_segmentation(evidence):
    costs = {arm["name"]: arm["cost"] for arm in evidence[0]["arms"]}
    pieces = costs[CUT]["pieces"]
    assert costs[CUT]["parameters over pieces"] == 2 * 32 * pieces
    assert costs[TIED]["parameters over pieces"] == 32 * pieces
    assert costs[CUT]["parameters"] < costs[WHOLE]["parameters"]
    assert costs[WHOLE]["held-out text: changed_fraction"] == 0
    assert costs[RANDOM]["held-out text: changed_fraction"] > 0
    for arm in evidence[1]["arms"]:
        assert arm["budget_spent"]["0"] == 64
        assert arm["cost"]["test texts in training"] == 0
        assert 0 <= arm["metrics"][ACCURACY]["mean"] <= 1


def test_topics_are_written_as_words(made):
    rows = made.topics.rows["ind_Latn"]
    named = {split: labelled(part, made.topics.classes) for split, part in rows.items()}
    assert all("." not in word for part in named.values() for _, word in part)
    assert 0 < most_frequent(named) < 1
