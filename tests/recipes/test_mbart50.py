"""New language codes: what changes before training, what is read after, and what claims say."""

import json

import numpy as np
import pytest
import torch

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes import mbart50, small_mbart
from glotlift.recipes.mbart50 import (
    ALONE,
    BOTH,
    CHANGE,
    IN_THE_WORLD,
    LOGITS,
    MEAN,
    NEW,
    NONE,
    OLD,
    OLD_ALONE,
    RANDOM,
    RECIPES,
    RELATED,
    STATES,
    UNRELATED,
    extended,
)  # fmt: skip
from glotlift.recipes.small_mbart import directions, parallel, shared
from glotlift.recipes.small_seq2seq import load
from glotlift.vocabulary.language_codes import language_codes

TOY = IN_THE_WORLD | {
    "old": ["deu_Latn", "spa_Latn"],
    "new": {"cat_Latn": {"related": "spa_Latn", "distant": "deu_Latn"}},
    "rows": 60, "held_out": 6, "pieces": 420, "width": 32, "layers": 1,
    "pretraining": 4000, "tokens": 4500, "few_tokens": 1200,
}  # fmt: skip


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
    setting = Setting("world", TOY)
    folder = tmp_path_factory.mktemp("mbart50")
    yield [run_recipe(recipe, setting, folder / recipe.part, seeds=[0]) for recipe in RECIPES]
    patch.undo()


def made():
    return shared(json.dumps(TOY, sort_keys=True), 0)


def test_the_settings_are_json_and_name_old_relations():
    for setting in RECIPES[0].settings:
        assert json.loads(json.dumps(setting.values)) == setting.values
        for near in setting.values["new"].values():
            assert set(near.values()) <= set(setting.values["old"])


def test_arms_differ_in_one_keyword():
    differing = []
    for recipe in RECIPES:
        keywords = [arm.run.keywords for arm in recipe.arms]
        differing.append(
            {name for name in keywords[0] if len({str(words[name]) for words in keywords}) > 1}
        )
    assert differing == [{"rows"}, {"read"}, {"rows"}]


def test_no_row_is_in_both_splits():
    train, test = parallel(TOY, ["eng_Latn", "spa_Latn"])
    assert {len(texts) for texts in train.values()} == {60}
    assert not set(train["spa_Latn"]) & set(test["spa_Latn"])


def test_real_lines_are_split_by_number(monkeypatch, tmp_path):
    import gzip

    for code in ("eng_Latn", "deu_Latn"):
        with gzip.open(tmp_path / f"{code}.txt.gz", "wt") as lines:
            lines.writelines(f"{code} {number}\n" for number in range(20))
    monkeypatch.setenv("GLOTLIFT_DATA", str(tmp_path))
    values = {"text": "$GLOTLIFT_DATA/{}.txt.gz", "rows": 10, "held_out": 4}
    train, test = parallel(values, ["eng_Latn", "deu_Latn"])
    assert train["deu_Latn"] == [f"deu_Latn {number}" for number in range(10)]
    assert test["eng_Latn"] == [f"eng_Latn {number}" for number in range(10, 14)]


def test_adding_codes_changes_no_state(evidence):
    arms = {arm["name"]: arm["metrics"] for arm in evidence[0]["arms"]}
    for name in (RANDOM, MEAN, RELATED, UNRELATED):
        assert arms[name][STATES]["mean"] == 0
        assert arms[name][LOGITS]["mean"] < 1e-4
        assert arms[name][OLD]["mean"] > arms[NONE][OLD]["mean"]


def test_rows_begin_as_they_are_named(evidence):
    model, tokenizer = load(made().folder)
    codes, old = language_codes(tokenizer), model.get_input_embeddings().weight
    rows = {}
    for name in (RANDOM, MEAN, RELATED, UNRELATED):
        wider, more = extended(made(), TOY, name, 0)
        rows[name] = wider.get_input_embeddings().weight[more.convert_tokens_to_ids("cat_Latn")]
        assert torch.equal(wider.get_input_embeddings().weight[: len(old)], old)
    assert torch.equal(rows[RELATED], old[codes["spa_Latn"]])
    assert torch.equal(rows[UNRELATED], old[codes["deu_Latn"]])
    assert torch.allclose(rows[MEAN], old[list(codes.values())].mean(0), atol=1e-6)
    assert not torch.allclose(rows[RANDOM], rows[MEAN], atol=1e-2)


def test_a_text_begins_with_its_code_and_the_decoder_with_the_end(evidence):
    model, tokenizer = extended(made(), TOY, MEAN, 0)
    found = directions(tokenizer, made().train, "eng_Latn", ["cat_Latn"])
    codes = language_codes(tokenizer)
    source, target = found["eng_Latn>cat_Latn"][0]
    assert (source[0], target[0]) == (codes["eng_Latn"], codes["cat_Latn"])
    assert source[-1] == target[-1] == tokenizer.eos_token_id
    assert model.config.decoder_start_token_id == tokenizer.eos_token_id
    assert tokenizer.decode(target[1:-1]).strip() == made().train["cat_Latn"][0]


def test_equal_tokens_are_written_and_no_test_text_read(evidence):
    amounts = TOY["tokens"], TOY["few_tokens"]
    for recipe, amount in zip(evidence[1:], amounts, strict=True):
        for arm in recipe["arms"]:
            assert arm["budget_spent"]["0"] == pytest.approx(amount, rel=0.02)
            assert arm["cost"]["test texts in training"] == 0


def test_what_is_read_decides_what_is_learnt(evidence):
    arms = {arm["name"]: arm["metrics"] for arm in evidence[1]["arms"]}
    assert arms[ALONE][NEW]["mean"] < arms[OLD_ALONE][NEW]["mean"]
    assert arms[OLD_ALONE][CHANGE]["mean"] < arms[ALONE][CHANGE]["mean"]
    assert arms[BOTH][CHANGE]["mean"] < arms[ALONE][CHANGE]["mean"]


def test_bits_are_of_the_group_that_is_asked(evidence):
    state = load(made().folder)
    old = small_mbart.bits_of(state, made().test, TOY, OLD)
    assert old.tolist() == pytest.approx(made().before.tolist())
    assert small_mbart.bytes_of(made(), TOY, OLD).sum() == sum(
        len(made().test[code][row].encode())
        for row in range(6)
        for code in ("deu_Latn", "spa_Latn", "eng_Latn", "eng_Latn")
    )
    assert np.isfinite(old).all()
    assert mbart50.NEW in mbart50.TRAINED
