"""Chosen neurons and experts: which weights they are, and what is refused."""

import json

import pytest
import torch

from glotlift.models.chosen import Experts, Neurons, Parts, neuron_slices
from glotlift.models.deltas import movable
from glotlift.runs.errors import GlotliftError
from tiny import model_of

LAYER = "model.layers.0"


def test_a_feed_forward_neuron_is_all_that_its_number_touches():
    """With a chosen neuron's slices at zero, the layer answers as if it were not there."""
    model = model_of("llama")
    mlp, states = model.model.layers[0].mlp, torch.randn(3, 32)
    inner = mlp.act_fn(mlp.gate_proj(states)) * mlp.up_proj(states)
    inner[:, [2, 5]] = 0
    expected = mlp.down_proj(inner)
    slices = list(neuron_slices(model, {f"{LAYER}.mlp.up_proj": [5, 2]}))
    assert len(slices) == 3
    for module, weight, dim, ids in slices:
        getattr(module, weight).data.index_fill_(dim, ids, 0)
    torch.testing.assert_close(mlp(states), expected)


def test_neurons_are_read_from_a_file_and_counted_once(tmp_path):
    chosen = {f"{LAYER}.mlp.up_proj": [1, 4], f"{LAYER}.self_attn.q_proj": [0]}
    path = tmp_path / "neurons.json"
    path.write_text(json.dumps(chosen))
    model = Neurons(str(path)).apply(model_of("llama"))
    assert sum(p.numel() for _, p in movable(model)) == 2 * 3 * 32 + 32


@pytest.mark.parametrize(
    ("code", "delta"),
    [
        ("GL-MODEL-042", Neurons({f"{LAYER}.mlp.sideways": [1]})),
        ("GL-MODEL-042", Neurons({f"{LAYER}.mlp.up_proj": [48]})),
        ("GL-MODEL-042", Neurons({f"{LAYER}.mlp.up_proj": [-1]})),
        ("GL-MODEL-043", Experts()),
        ("GL-MODEL-044", Parts(("classifier.*",))),
    ],
)
def test_refusals(code, delta):
    with pytest.raises(GlotliftError, match=code):
        delta.apply(model_of("llama"))
