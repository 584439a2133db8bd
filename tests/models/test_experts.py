"""Layers of experts against a loop over tokens, closed forms, and transformers' own layers."""

import math

import pytest
import torch
from torch.nn import functional as F
from transformers import MixtralConfig, T5Config, T5ForConditionalGeneration
from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock
from transformers.models.switch_transformers.modeling_switch_transformers import (
    load_balancing_loss_func,
)

from glotlift.models.experts import ExpertLayer, Routing, capacity, within_capacity
from glotlift.models.moe import MoeT5Config, MoeT5ForConditionalGeneration, watched

EVEN = {"evaluation_capacity_factor": 1.0, "token_selection": "position", "min_capacity": 1}
SHAPE = {
    "vocab_size": 60,
    "d_model": 16,
    "d_kv": 4,
    "d_ff": 24,
    "num_layers": 2,
    "num_heads": 4,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "decoder_start_token_id": 0,
    "feed_forward_proj": "gated-gelu",
    "dropout_rate": 0.0,
    "num_experts": 4,
}


def layer_of(way="eager", dtype=torch.float64, **settings):
    config = MoeT5Config(**{**SHAPE, **settings})
    config._experts_implementation = way
    torch.manual_seed(0)
    layer = ExpertLayer(config)
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, std=0.4)
    return layer.to(dtype).eval()


def states_and_seen(batch=3, length=11, dtype=torch.float64):
    torch.manual_seed(1)
    seen = torch.ones(batch, length, dtype=torch.bool)
    seen[1, 7:] = False
    seen[2, 3:] = False
    return torch.randn(batch, length, 16, dtype=dtype), seen


def by_loop(layer, states, seen, choices, room):
    """Compute the outputs token by token, position by position, counting who is full."""
    up = layer.experts.gate_up_proj if layer.experts.has_gate else layer.experts.up_proj
    outputs = torch.zeros_like(states)
    batch, length, _ = states.shape
    places = [(row, at) for at in range(length) for row in range(batch) if seen[row, at]]
    filled = [0] * len(up)
    kept = {place: [] for place in places}
    for choice in range(choices):
        for place in places:
            scores = states[place] @ layer.router.weight.T
            gates = scores.exp() / scores.exp().sum()
            expert = sorted(range(len(up)), key=lambda number: -float(gates[number]))[choice]
            filled[expert] += 1
            if filled[expert] <= room:
                kept[place].append((expert, gates[expert]))
    for place, found in kept.items():
        total = sum(gate for _, gate in found) if choices > 1 else 1.0
        for expert, gate in found:
            inner = up[expert] @ states[place]
            if layer.experts.has_gate:
                first, second = inner.chunk(2)
                inner = F.gelu(first, approximate="tanh") * second
            else:
                inner = inner.relu()
            outputs[place] += gate / total * (layer.experts.down_proj[expert] @ inner)
    return outputs, sum(map(len, kept.values()))


@pytest.mark.parametrize("choices", [1, 2])
@pytest.mark.parametrize("factor", [None, 1.0, 0.5])
@pytest.mark.parametrize("activation", ["gated-gelu", "relu"])
def test_outputs_are_those_of_a_loop_over_tokens(choices, factor, activation):
    settings = EVEN | {"evaluation_capacity_factor": factor, "num_experts_per_tok": choices}
    layer = layer_of(feed_forward_proj=activation, **settings)
    states, seen = states_and_seen()
    layer.seen = seen
    room = capacity(int(seen.sum()), 4, choices, factor, 1)
    with torch.no_grad():
        expected, computed = by_loop(layer, states, seen, choices, room)
        torch.testing.assert_close(layer(states), expected, rtol=1e-10, atol=1e-10)
    asked = int(seen.sum()) * choices
    assert computed == asked if factor is None else 0 < computed < asked
    assert not expected[~seen].any()


@pytest.mark.parametrize("activation", ["gated-gelu", "relu"])
def test_products_in_one_call_are_those_of_one_expert_after_the_other(activation):
    states, _ = states_and_seen(dtype=torch.float32)
    found = []
    for way in ("eager", "grouped_mm"):
        layer = layer_of(way, torch.float32, feed_forward_proj=activation, num_experts_per_tok=2)
        outputs = layer(states)
        outputs.square().sum().backward()
        found.append((outputs.detach(), *(weight.grad for weight in layer.parameters())))
    for eager, grouped in zip(*found, strict=True):
        torch.testing.assert_close(eager, grouped, rtol=1e-5, atol=1e-4)


def test_gradients_are_finite_differences():
    layer = layer_of(**EVEN)
    states, seen = (given[1:, :5] for given in states_and_seen())
    layer.seen = seen
    names = [name for name, _ in layer.named_parameters()]

    def outputs(inputs, *weights):
        named = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(layer, named, (inputs,))

    leaves = [states.clone(), *(weight.detach() for weight in layer.parameters())]
    assert torch.autograd.gradcheck(
        outputs, [leaf.requires_grad_() for leaf in leaves], fast_mode=True
    )


def test_two_choices_without_a_limit_are_mixtral():
    shape = {"hidden_size": 16, "intermediate_size": 24, "num_local_experts": 4}
    theirs = MixtralSparseMoeBlock(MixtralConfig(**shape, experts_implementation="eager"))
    theirs.experts.config._experts_implementation = "eager"
    ours = layer_of(feed_forward_proj="gated-silu", num_experts_per_tok=2)
    theirs.load_state_dict(
        {name.replace("router", "gate"): value for name, value in ours.state_dict().items()}
    )
    states, _ = states_and_seen()
    torch.testing.assert_close(ours.float()(states.float()), theirs.eval()(states.float()))


def test_one_expert_is_t5():
    """The gate of a single expert is 1, so the model is the plain one."""
    torch.manual_seed(0)
    ours = MoeT5ForConditionalGeneration(MoeT5Config(**{**SHAPE, "num_experts": 1})).eval()
    plain = {name: value for name, value in SHAPE.items() if name != "num_experts"}
    theirs = T5ForConditionalGeneration(T5Config(**plain)).eval()
    weights = {}
    for name, value in ours.state_dict().items():
        layer = name.partition(".experts.")[0]
        if name.endswith("gate_up_proj"):
            weights[f"{layer}.wi_0.weight"], weights[f"{layer}.wi_1.weight"] = value[0].chunk(2)
        elif name.endswith("down_proj"):
            weights[f"{layer}.wo.weight"] = value[0]
        elif "router" not in name:
            weights[name] = value
    theirs.load_state_dict(weights, strict=True)
    torch.manual_seed(1)
    ids, written = torch.randint(2, 60, (3, 9)), torch.randint(2, 60, (3, 6))
    mask = torch.ones_like(ids)
    mask[1, 4:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask, "decoder_input_ids": written}
    torch.testing.assert_close(ours(**inputs).logits, theirs(**inputs).logits)


@pytest.mark.parametrize("experts", [2, 5])
def test_balance_is_switchs_and_1_where_use_is_even(experts):
    torch.manual_seed(0)
    probabilities = torch.randn(40, experts).softmax(-1)
    chosen = probabilities.argmax(-1, keepdim=True)
    made = Routing(torch.arange(40), probabilities, chosen, probabilities, chosen > -1)
    theirs = load_balancing_loss_func(probabilities[None, None], chosen[None, :, 0])
    torch.testing.assert_close(made.balance, theirs)
    even = torch.full((experts * 3, experts), 1 / experts)
    turns = torch.arange(experts).repeat(3)[:, None]
    assert float(Routing(turns, even, turns, even, turns > -1).balance) == pytest.approx(1.0)
    one = F.one_hot(torch.zeros(6, dtype=torch.long), experts).float()
    first = torch.zeros(6, 1, dtype=torch.long)
    assert float(Routing(first, one, first, one, first > -1).balance) == pytest.approx(experts)


def test_capacity_is_the_even_share_rounded_up():
    assert capacity(100, 8, 1, 1.0, 4) == 13
    assert capacity(100, 8, 2, 1.25, 4) == math.ceil(31.25)
    assert capacity(10, 8, 1, 1.0, 4) == 4
    assert capacity(10, 8, 1, None, 4) == 10


def test_first_choices_come_before_second_ones():
    chosen = torch.tensor([[0, 1], [0, 1], [1, 0], [1, 0]])
    kept = within_capacity(chosen, torch.arange(4), 2, 3)
    assert kept.tolist() == [[True, True], [True, False], [True, True], [True, False]]
    backwards = within_capacity(chosen, torch.tensor([3, 2, 1, 0]), 2, 3)
    assert backwards.tolist() == [[True, False], [True, True], [True, False], [True, True]]


def dropped_by_position(selection, steps=300):
    """Return the share of dropped tokens in each quarter of a sequence."""
    layer = layer_of(dtype=torch.float32, token_selection=selection).train()
    torch.manual_seed(2)
    lost = torch.zeros(4)
    with torch.no_grad(), watched(layer) as routings:
        for _ in range(steps):
            layer(torch.randn(4, 16, 16))
    for routing in routings:
        lost += torch.bincount(
            routing.positions // 4, weights=~routing.kept[:, 0], minlength=4
        ).float()
    return lost / (steps * 16)


def test_by_position_late_tokens_are_dropped_and_by_chance_all_alike():
    by_position, by_chance = map(dropped_by_position, ("position", "random"))
    assert by_position[0] < 0.02
    assert by_position.tolist() == sorted(by_position.tolist())
    assert by_position[3] > 2 * by_position.mean()
    assert float(by_position.mean()) == pytest.approx(float(by_chance.mean()), abs=0.02)
    assert float(by_chance.min()) == pytest.approx(float(by_chance.max()), abs=0.03)


def test_out_of_training_no_token_depends_on_those_beside_it():
    layer = layer_of()
    states, _ = states_and_seen()
    alone = torch.cat([layer(states[row : row + 1]) for row in range(3)])
    torch.testing.assert_close(layer(states), alone)
    layer.train()
    layer.router.jitter = 0.0
    assert (layer(states) == 0).all(-1).any()  # in training some are dropped


def test_the_gate_learns_from_the_loss_alone():
    layer = layer_of()
    states, _ = states_and_seen()
    layer(states).square().sum().backward()
    assert layer.router.weight.grad.abs().sum() > 0
