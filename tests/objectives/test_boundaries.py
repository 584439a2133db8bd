"""Documents that share a block are predicted as if each stood alone."""

import numpy as np
import pytest
import torch
from datasets import Dataset

from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.masked import MaskedLanguageModelling
from glotlift.objectives.packing import columns
from tiny import CAUSAL, MASKED, TEXTS, model_of, tokenizer

PACKING = ("llama", "llama untied", "qwen2", "mistral", "gpt2", "gptj", "gemma2", "gemma3",
           "cohere", "granite")  # fmt: skip


def documents(objective):
    flat, offsets = columns(objective.prepare(Dataset.from_dict({"text": TEXTS[:5]})))
    return [flat[offsets[i] : offsets[i + 1]][:30] for i in range(5)]


def losses(model, objective, batch):
    with torch.no_grad():
        total, logs = objective.loss(model, batch)
    assert total.item() == pytest.approx(logs["each"].sum().item(), rel=1e-5)
    return logs["each"].numpy()


@pytest.mark.parametrize("kind", PACKING)
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_causal_documents_do_not_see_each_other(kind, attention):
    model, objective = model_of(kind), CausalLanguageModelling(tokenizer())
    if attention == "eager":
        model.set_attn_implementation("eager")
    assert objective.packs(model)
    pieces = documents(objective)
    together = losses(model, objective, objective.collate([pieces[:3], pieces[3:]], [0, 0]))
    apart = [losses(model, objective, objective.collate([[piece]], [0])) for piece in pieces]
    np.testing.assert_allclose(together, np.concatenate(apart), atol=2e-4)


@pytest.mark.parametrize("kind", [*CAUSAL, "bert", "xlm-r"])
def test_the_objective_is_blind_to_neighbours_wherever_it_packs(kind):
    """The definition itself: other neighbours, same losses. A model that leaks must not pack."""
    model = model_of(kind)
    maker = MaskedLanguageModelling if kind in MASKED else CausalLanguageModelling
    objective = maker(tokenizer())
    if not objective.packs(model):
        assert kind in ("bloom", "recurrent gemma")
        return
    one, other = documents(objective)[:2]
    tail = one[:12]
    found = []
    for neighbour in (one, other):
        batch = objective.collate([[neighbour, tail]], [0])
        labels = torch.full_like(batch["labels"], IGNORED)
        at = len(neighbour)
        labels[0, at : at + 11] = torch.from_numpy(tail[1:].astype(np.int64))
        if kind in MASKED:
            batch["input_ids"][0, at : at + 12] = torch.from_numpy(tail.astype(np.int64))
        found.append(losses(model, objective, {**batch, "labels": labels}))
    np.testing.assert_allclose(found[0], found[1], atol=2e-4)


def test_a_sliding_window_is_kept_inside_a_packed_document():
    model, objective = model_of("mistral"), CausalLanguageModelling(tokenizer())
    wide = model_of("mistral")
    wide.config.sliding_window = 96
    piece = documents(objective)[0]
    batch = objective.collate([[piece]], [0])
    assert len(piece) > 20
    assert not np.allclose(
        losses(model, objective, batch), losses(wide, objective, batch), atol=1e-3
    )


@pytest.mark.parametrize("kind", ["bloom", "recurrent gemma"])
def test_a_model_that_cannot_keep_documents_apart_gets_one_a_block(kind):
    model, objective = model_of(kind), CausalLanguageModelling(tokenizer())
    assert not objective.packs(model)
    piece = documents(objective)[0]
    batch = objective.collate([[piece], [piece[:6]]], [0, 0])
    ids = torch.from_numpy(piece.astype(np.int64))[None]
    expected = model(input_ids=ids, labels=ids).loss.item()
    assert losses(model, objective, batch)[: len(piece) - 1].mean() == pytest.approx(
        expected, rel=1e-4
    )


@pytest.mark.parametrize("kind", MASKED)
def test_masked_documents_are_predicted_as_the_model_alone_predicts_them(kind):
    """Against the model's own forward pass on each document, with nothing of ours in it."""
    model, objective = model_of(kind), MaskedLanguageModelling(tokenizer())
    pieces = documents(objective)
    blocks = [pieces[:3], pieces[3:]] if objective.packs(model) else [[piece] for piece in pieces]
    assert objective.packs(model) == (kind in ("bert", "xlm-r"))
    batch = objective.collate(blocks, range(len(blocks)))
    found = losses(model, objective, batch)
    expected = []
    for row, block in enumerate(blocks):
        at = 0
        for piece in block:
            span = slice(at, at + len(piece))
            ids, labels = batch["input_ids"][row, span], batch["labels"][row, span]
            with torch.no_grad():
                logits = model(
                    input_ids=ids[None], attention_mask=torch.ones_like(ids)[None]
                ).logits[0]
            chosen = labels != IGNORED
            expected.append(
                torch.nn.functional.cross_entropy(logits[chosen], labels[chosen], reduction="none")
            )
            at += len(piece)
    np.testing.assert_allclose(found, torch.cat(expected).numpy(), atol=2e-4)


@pytest.mark.parametrize("kind", MASKED)
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_an_empty_block_does_no_harm(kind, attention):
    model, objective = model_of(kind), MaskedLanguageModelling(tokenizer(), mask_fraction=0.5)
    if attention == "eager":
        model.set_attn_implementation("eager")
    piece = documents(objective)[0]
    total, _ = objective.loss(model, objective.collate([[piece], []], [0, 1]))
    alone, _ = objective.loss(model, objective.collate([[piece]], [0]))
    total.backward()
    assert total.item() == pytest.approx(alone.item(), rel=1e-4)
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
