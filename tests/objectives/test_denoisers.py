"""Denoisers: what is read and written, who sees whom, and which models are refused."""

from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from datasets import Dataset

from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.denoisers import (
    DENOISERS,
    MIXTURES,
    MixtureOfDenoisers,
    SpanCorruption,
    Spans,
    denoisers_of,
    sentinels_of,
)
from glotlift.objectives.layouts import (
    Example,
    PrefixLayout,
    as_mask,
    layout_for,
    prefix_attention,
)
from glotlift.objectives.named import objective_named
from glotlift.objectives.packing import columns
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import add_denoising_tokens, apply_edit, random_rows
from tiny import MASKED, TEXTS, model_of
from tiny import tokenizer as plain_tokenizer

TAKEN = ("llama", "qwen2", "gpt2", "gptj", "cohere", "granite")
REFUSED = {
    "bloom": "GL-OBJECTIVE-042", "recurrent gemma": "GL-OBJECTIVE-042",
    "mistral": "GL-OBJECTIVE-044", "gemma2": "GL-OBJECTIVE-044", "gemma3": "GL-OBJECTIVE-044",
    **dict.fromkeys(MASKED, "GL-OBJECTIVE-041"),
}  # fmt: skip
SENTINELS = 12
READ, WRITTEN = np.arange(20, 28), np.arange(40, 46)


@cache
def edit():
    return add_denoising_tokens(plain_tokenizer(), sentinels=SENTINELS)


@cache
def tokenizer():
    return edit().tokenizer(plain_tokenizer())


def model(kind):
    return apply_edit(model_of(kind), edit(), random_rows)


def pieces(objective, longest=30):
    flat, offsets = columns(objective.prepare(Dataset.from_dict({"text": TEXTS})))
    return [flat[a:b][:longest] for a, b in pairwise(offsets)]


def states(decoder, layout, example):
    batch = layout.lay_out([[example]])
    with torch.no_grad():
        return decoder(
            input_ids=batch["input_ids"],
            position_ids=batch["position_ids"],
            attention_mask=as_mask(prefix_attention(batch["segments"], batch["read"]), decoder),
            output_hidden_states=True,
        ).hidden_states[-1][0]


def changed(ids, place):
    ids = ids.copy()
    ids[place] += 1
    return ids


def test_every_token_is_added_once_and_spare_rows_are_used():
    known = tokenizer().get_vocab()
    assert {"[NLU]", "[NLG]", "[S2S]", "<extra_id_0>", "<extra_id_11>"} <= set(known)
    assert len(sentinels_of(tokenizer())) == SENTINELS
    more = add_denoising_tokens(tokenizer(), sentinels=SENTINELS + 1)
    assert more.added == ("<extra_id_12>",)
    padded = apply_edit(model_of("llama"), edit(), random_rows, padded=64)
    rows = padded.get_input_embeddings().weight.shape
    again = apply_edit(padded, more, random_rows)
    assert again.get_input_embeddings().weight.shape == rows


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_what_is_read_is_seen_from_both_sides_and_what_is_written_from_one(kind, attention):
    decoder = model(kind)
    decoder.set_attn_implementation(attention)
    layout = layout_for(decoder, tokenizer())
    example = Example(READ, WRITTEN)
    before = states(decoder, layout, example)
    turn = 1 + len(READ)
    later = states(decoder, layout, example._replace(source=changed(READ, -1)))
    assert (before[0] - later[0]).abs().max() > 1e-3  # the start token has seen the last one read
    written = states(decoder, layout, example._replace(target=changed(WRITTEN, -1)))
    last = turn + len(WRITTEN) - 1
    assert torch.equal(before[:last], written[:last])
    assert not torch.equal(before[last], written[last])
    # And against a mask built element by element.
    batch = layout.lay_out([[example]])
    mask = prefix_attention(batch["segments"], batch["read"])[0, 0]
    for query in range(last):
        for key in range(last):
            assert mask[query, key] == (key <= query or key < turn)


@pytest.mark.parametrize("kind", TAKEN)
def test_examples_of_one_block_do_not_see_each_other(kind):
    decoder = model(kind)
    objective = MixtureOfDenoisers.for_model(decoder, tokenizer(), causal=0.2)
    rng = np.random.default_rng(0)
    made = [objective.example(piece, rng) for piece in pieces(objective, 20)[:3]]
    together = objective.loss(decoder, objective.layout.lay_out([made]))[0]
    alone = [objective.loss(decoder, objective.layout.lay_out([[one]]))[0] for one in made]
    assert together.item() == pytest.approx(sum(alone).item(), rel=1e-5)


def test_nothing_read_is_causal_language_modelling():
    decoder = model("llama")
    objective = MixtureOfDenoisers.for_model(decoder, tokenizer(), mixture={"causal": 1.0})
    causal = CausalLanguageModelling(tokenizer())
    ours = [[piece] for piece in pieces(objective, None)[:3]]
    theirs = [[piece] for piece in pieces(causal, None)[:3]]
    for block, other in zip(ours, theirs, strict=True):
        one = objective.loss(decoder, objective.collate([block], [0]))
        two = causal.loss(decoder, causal.collate([other], [0]))
        assert torch.allclose(one[1]["each"], two[1]["each"], atol=1e-5)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "t5", "mt5", "bart"])
@pytest.mark.parametrize("name", ["spans", "ul2"])
def test_labels_are_on_what_is_written_alone(kind, name):
    writer = model(kind)
    objective = objective_named(name, writer, tokenizer())
    made = []
    for seed, piece in enumerate(pieces(objective)):
        made.append(objective.example(piece, np.random.default_rng(seed)))
    batch = objective.layout.lay_out([[one] for one in made])
    end = tokenizer().eos_token_id
    for row, one in enumerate(made):
        labels = batch["labels"][row]
        expected = [*one.target.tolist(), *([end] if one.whole else [])]
        assert labels[labels != IGNORED].tolist() == expected
    total, logs = objective.loss(writer, batch)
    assert total.item() == pytest.approx(logs["each"].sum().item(), rel=1e-5)


@pytest.mark.parametrize("name", DENOISERS)
def test_what_is_read_and_written_gives_the_text(name):
    decoder = model("llama")
    objective = MixtureOfDenoisers.for_model(decoder, tokenizer(), mixture={name: 1.0})
    sentinels = set(objective.sentinels.tolist())
    mode = DENOISERS[name].mode
    for seed, piece in enumerate(pieces(objective, 40)):
        made = objective.example(piece, np.random.default_rng(seed))
        source, target = made.source.tolist(), made.target.tolist()
        if mode:
            assert source[0] == tokenizer().convert_tokens_to_ids(mode)
            source = source[1:]
        spans, last = {}, None
        for number in target:
            if number in sentinels:
                spans[last := number] = []
            elif last is not None:
                spans[last].append(number)
        back = [x for number in source for x in spans.get(number, [number])]
        text = back if sentinels & set(target) else source + target
        body = piece[:-1] if piece[-1] == tokenizer().eos_token_id else piece
        assert text == body.tolist()


def test_denoisers_come_as_often_as_their_shares():
    decoder = model("llama")
    objective = MixtureOfDenoisers.for_model(decoder, tokenizer(), mixture="ul2r")
    piece = np.arange(10, 70, dtype=np.int32)
    modes = tokenizer().convert_tokens_to_ids(["[S2S]", "[NLU]", "[NLG]"])
    seen = Counter(
        objective.example(piece, np.random.default_rng(seed)).source[0] for seed in range(4000)
    )
    shares = [seen[mode] / 4000 for mode in modes]
    assert shares == pytest.approx([0.5, 0.25, 0.25], abs=0.03)


def test_the_same_seed_draws_the_same_denoiser_and_spans_and_another_does_not():
    objective = MixtureOfDenoisers.for_model(model("llama"), tokenizer())
    blocks = [pieces(objective, 20)[:3]]
    one, same, other = (objective.collate(blocks, [seed]) for seed in (5, 5, 6))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["labels"], other["labels"][:, : one["labels"].shape[1]])


def test_attention_from_left_to_right_is_a_control_with_the_same_labels():
    decoder = model("llama")
    made = [
        MixtureOfDenoisers.for_model(decoder, tokenizer(), attention=attention)
        for attention in ("prefix", "causal")
    ]
    batch = made[0].collate([pieces(made[0])[:1]], [3])
    losses = [objective.loss(decoder, batch)[0].item() for objective in made]
    assert losses[0] != pytest.approx(losses[1], rel=1e-3)
    read = torch.zeros_like(batch["read"])
    assert torch.equal(
        prefix_attention(batch["segments"][:, :4], read[:, :4])[0, 0],
        torch.ones(4, 4, dtype=torch.bool).tril(),
    )


def test_empty_blocks_and_lone_tokens_cost_nothing():
    for kind in ("llama", "t5"):
        writer = model(kind)
        for name in ("spans", "ul2"):
            objective = objective_named(name, writer, tokenizer())
            end = np.array([tokenizer().eos_token_id], dtype=np.int32)
            total, _ = objective.loss(writer, objective.collate([[], [end]], [1, 2]))
            assert total.item() == 0
    spans = SpanCorruption.for_model(model("llama"), tokenizer())
    lone = spans.example(np.array([40], dtype=np.int32), np.random.default_rng(0))
    assert (lone.source.tolist(), lone.target.tolist(), lone.whole) == ([40], [], False)


@pytest.mark.parametrize(("kind", "code"), REFUSED.items())
def test_models_that_cannot_read_so_are_refused(kind, code):
    with pytest.raises(GlotliftError) as refusal:
        objective_named("ul2", model_of(kind), tokenizer())
    assert refusal.value.code == code


def test_kernels_without_masks_are_refused():
    decoder = model("llama")
    decoder.config._attn_implementation = "flash_attention_2"
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-043"):
        PrefixLayout(decoder, tokenizer())


def test_tokenizers_without_the_tokens_are_refused():
    for name in ("spans", "ul2"):
        with pytest.raises(GlotliftError, match="GL-OBJECTIVE-040"):
            objective_named(name, model_of("llama"), plain_tokenizer())


@pytest.mark.parametrize("mixture", ["ul3", {}, {"Q": 1.0}])
def test_unknown_mixtures_are_refused(mixture):
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-045"):
        denoisers_of(mixture, 0.0)
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-046"):
        Spans(1.0, 3)


def test_shares_of_a_mixture_leave_room_for_the_causal_one():
    for name in MIXTURES:
        shares = denoisers_of(name, 0.25)
        assert sum(shares.values()) == pytest.approx(1)
        assert shares[DENOISERS["causal"]] == 0.25


def test_blocks_that_outgrow_the_model_are_refused():
    objective = MixtureOfDenoisers.for_model(model("llama"), tokenizer(), mixture={"X half": 1})
    piece = np.full(94, 40, dtype=np.int32)
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-047"):
        objective.collate([[piece]], [0])
