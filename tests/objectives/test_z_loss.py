"""Penalties beside the cross-entropy: on the softmax normaliser, and on unevenly used experts."""

import pytest
import torch
from torch.nn import functional
from transformers import MixtralConfig, MixtralForCausalLM

from glotlift.objectives import cross_entropy
from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.cross_entropy import chunked_cross_entropy, language_model_loss
from glotlift.objectives.named import objective_named
from tiny import GROUPED, model_of, tokenizer

WEIGHT = 0.03


def leaves_and_labels(positions=23, vocabulary=11, width=5):
    generator = torch.Generator().manual_seed(0)
    shapes = [(positions, width), (vocabulary, width), (vocabulary,)]
    leaves = [torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in shapes]
    labels = torch.randint(vocabulary, (positions,), generator=generator)
    return [leaf.requires_grad_() for leaf in leaves], labels


def by_formula(leaves, labels, weight):
    logits = functional.linear(*leaves)
    normaliser = logits.exp().sum(-1).log()
    chosen = logits.gather(1, labels[:, None])[:, 0]
    return (normaliser - chosen).sum() + weight * (normaliser**2).sum()


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_value_and_gradients_are_those_of_the_formula(monkeypatch, rows):
    monkeypatch.setattr(cross_entropy, "BLOCK_ELEMENTS", rows * 11)
    leaves, labels = leaves_and_labels()
    total, each = chunked_cross_entropy(*leaves, labels, WEIGHT)
    expected = by_formula(leaves, labels, WEIGHT)
    torch.testing.assert_close(total, expected, rtol=1e-12, atol=1e-12)
    plain = functional.cross_entropy(functional.linear(*leaves), labels, reduction="none")
    torch.testing.assert_close(each, plain.detach(), rtol=1e-12, atol=1e-12)
    found = torch.autograd.grad(0.37 * total, leaves)
    wanted = torch.autograd.grad(0.37 * expected, leaves)
    for mine, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-12)


def test_gradients_are_finite_differences():
    leaves, labels = leaves_and_labels(6, 5, 3)
    total, _ = chunked_cross_entropy(*leaves, labels, WEIGHT)
    for leaf, slope in zip(leaves, torch.autograd.grad(total, leaves), strict=True):
        for place in range(leaf.numel()):
            step = torch.zeros(leaf.numel(), dtype=leaf.dtype)
            step[place] = 1e-6
            ends = [
                chunked_cross_entropy(
                    *(
                        other + sign * step.view_as(leaf) if other is leaf else other
                        for other in leaves
                    ),
                    labels,
                    WEIGHT,
                )[0]
                for sign in (1, -1)
            ]
            assert float((ends[0] - ends[1]).detach()) / 2e-6 == pytest.approx(
                float(slope.view(-1)[place]), abs=1e-7
            )


def test_without_it_nothing_changes():
    leaves, labels = leaves_and_labels()
    without, with_none = (chunked_cross_entropy(*leaves, labels, *more) for more in ((), (0.0,)))
    assert all(torch.equal(a, b) for a, b in zip(without, with_none, strict=True))
    with_some = chunked_cross_entropy(*leaves, labels, WEIGHT)[0]
    assert not torch.equal(without[0], with_some)


@pytest.mark.parametrize("kind", ["llama", "gemma2"])
def test_of_a_model_it_is_that_of_its_full_logits(kind):
    """Gemma 2 caps its logits, so they are computed in full."""
    model = model_of(kind)
    objective = objective_named("causal", model, tokenizer(), z_loss=WEIGHT)
    assert isinstance(objective, CausalLanguageModelling)
    ids = tokenizer()("the river waits")["input_ids"]
    batch = objective.collate([[[0, *ids, 2]], [[0, *ids[:3], 2]]], [0, 0])
    total, _ = objective.loss(model, batch)
    logits = model(batch["input_ids"], position_ids=batch["position_ids"]).logits
    chosen = batch["labels"] >= 0
    logs = logits[chosen].logsumexp(-1)
    entropies = functional.cross_entropy(logits[chosen], batch["labels"][chosen], reduction="sum")
    torch.testing.assert_close(total, entropies + WEIGHT * logs.square().sum())
    assert total > entropies + 0.1


def test_uneven_experts_add_what_the_model_says_to_the_loss_of_each_label():
    torch.manual_seed(0)
    shape = GROUPED | {"num_local_experts": 4, "num_experts_per_tok": 2, "vocab_size": 320}
    config = MixtralConfig(**shape, output_router_logits=True, router_aux_loss_coef=0.2)
    model = MixtralForCausalLM(config)
    ids = torch.randint(320, (3, 9))
    total, each = language_model_loss(model, {"input_ids": ids}, ids)
    uneven = model(ids).aux_loss
    torch.testing.assert_close(total, each.sum() + 0.2 * ids.numel() * uneven)
    total.backward()
    assert model.model.layers[0].mlp.gate.weight.grad.abs().sum() > 0
    config.output_router_logits = False
    total, each = language_model_loss(model, {"input_ids": ids}, ids)
    torch.testing.assert_close(total, each.sum())
