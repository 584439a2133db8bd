"""Pairs, sentinels, budgets and scores of the small encoder-decoders."""

from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.recipes.hidden_spans import (
    SENTINELS,
    sentinel,
    sentinel_tokenizer,
    untrained_mt5,
    with_spans_hidden,
)
from glotlift.recipes.small_seq2seq import (
    cached,
    encode,
    in_turn,
    learn,
    load,
    states_and_logits,
    write,
    written_bits,
)

TEXTS = [f"the {a} has {b} small boats and a {c}" for a in ("cat", "girl", "sun")
         for b in ("two", "ten") for c in ("house", "garden", "tree")]  # fmt: skip
SHAPE = {"width": 32, "layers": 1}


@pytest.fixture(scope="module")
def state():
    tokenizer = sentinel_tokenizer(TEXTS, 340)
    torch.manual_seed(0)
    return untrained_mt5(SHAPE, tokenizer).eval(), tokenizer


@pytest.fixture(scope="module")
def pairs(state):
    return [tuple(encode(state[1], part) for part in with_spans_hidden(text, 0)) for text in TEXTS]


@given(
    st.lists(st.sampled_from(["a", "b", "ab", "c."]), min_size=3, max_size=80), st.integers(0, 9)
)
@settings(deadline=None, max_examples=50)
def test_hidden_spans_put_back_give_the_text(words, seed):
    text = " ".join(words)
    read, written = with_spans_hidden(text, seed, words=100)
    spans = written.split()
    for number in range(SENTINELS):
        if sentinel(number + 1) not in spans:
            break
        span = spans[spans.index(sentinel(number)) + 1 : spans.index(sentinel(number + 1))]
        assert span
        read = read.replace(sentinel(number), " ".join(span), 1)
    assert read == text


def test_the_first_sentinel_is_the_last_id(state):
    tokenizer = state[1]
    ids = tokenizer.convert_tokens_to_ids([sentinel(number) for number in range(SENTINELS)])
    assert ids == list(range(len(tokenizer) - 1, len(tokenizer) - 1 - SENTINELS, -1))


@pytest.mark.parametrize("tied", [True, False])
def test_a_head_stays_as_it_was_when_saved_and_loaded(state, tied, monkeypatch, tmp_path):
    monkeypatch.setenv("GLOTLIFT_CACHE", str(tmp_path))
    tokenizer = state[1]
    made = untrained_mt5(SHAPE, tokenizer, tied=tied)
    folder = cached(["head", tied], lambda: (made, tokenizer))
    model, again = load(folder)
    assert (model.lm_head.weight is model.shared.weight) == tied
    assert torch.equal(model.lm_head.weight, made.lm_head.weight)
    assert model.encoder.embed_tokens.weight is model.decoder.embed_tokens.weight
    assert again.get_vocab() == tokenizer.get_vocab()
    assert cached(["head", tied], lambda: pytest.fail("made twice")) == folder


def test_groups_are_read_in_turn_and_whole():
    groups = {"a": [([1], [k]) for k in range(3)], "b": [([2], [k]) for k in range(5)]}
    drawn = list(islice(in_turn(groups, 0), 30))
    assert [source for source, _ in drawn] == [[1], [2]] * 15
    assert sorted(target[0] for source, target in drawn[:6] if source == [1]) == [0, 1, 2]
    assert drawn == list(islice(in_turn(groups, 0), 30))


@pytest.mark.parametrize(
    ("unit", "amount"), [("pairs", 70), ("tokens written", 500), ("processor seconds", 0.3)]
)
def test_budgets_are_kept(state, pairs, unit, amount):
    model = untrained_mt5(SHAPE, state[1])
    stream = in_turn({"all": pairs}, 0)
    spent = learn(model, state[1], stream, amount=amount, unit=unit, rate=0.01, seed=0)
    longest = max(len(target) for _, target in pairs)
    over = {"pairs": 0, "tokens written": longest, "processor seconds": 0.2}[unit]
    assert amount <= spent.of(unit) <= amount + over


def test_training_learns_and_repeats(state, pairs):
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        model = untrained_mt5(SHAPE, state[1])
        stream = in_turn({"all": pairs}, 0)
        learn(model, state[1], stream, amount=640, unit="pairs", rate=0.03, seed=0)
        found.append(written_bits(model, state[1], pairs))
    assert found[0].tolist() == found[1].tolist()
    assert found[0].mean() < 0.8 * written_bits(state[0], state[1], pairs).mean()


def test_bits_are_those_of_the_logits(state, pairs):
    model, tokenizer = state
    bits = written_bits(model, tokenizer, pairs)
    later = written_bits(model, tokenizer, pairs, given=1)
    for row in (0, 7):
        logs = states_and_logits(model, tokenizer, [pairs[row]])[1][0].log_softmax(-1)
        each = -logs[range(len(pairs[row][1])), list(pairs[row][1])] / np.log(2)
        assert bits[row] == pytest.approx(float(each.sum()), rel=1e-4)
        assert later[row] == pytest.approx(float(each[1:].sum()), rel=1e-4)


def test_padding_changes_no_logit(state, pairs):
    model, tokenizer = state
    together = states_and_logits(model, tokenizer, pairs)[1]
    for row in (0, 5):
        alone = states_and_logits(model, tokenizer, [pairs[row]])[1][0]
        assert torch.allclose(together[row, : len(alone)], alone, atol=1e-5)
        assert not together[row, len(alone) :].any()


def test_what_is_written_is_the_most_probable(state, pairs):
    model, tokenizer = state
    sources = [source for source, _ in pairs]
    for begin in ((), (5,)):
        written = write(model, tokenizer, sources, longest=4, begin=begin)
        logits = states_and_logits(model, tokenizer, [(sources[3], [*begin, *written[3]])])[1][0]
        assert logits.argmax(-1).tolist()[len(begin) :] == written[3]
