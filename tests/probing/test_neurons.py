"""Neurons: importance against really silencing each one, sets by language, silence that ends."""

import numpy as np
import pytest
import torch

from glotlift.objectives.bits import document_bits
from glotlift.probing.neurons import (
    deactivated,
    deactivation_matrix,
    important_neurons,
    language_neurons,
    neuron_count,
    neuron_importance,
    neuron_overlap,
    random_neurons,
)
from glotlift.runs.errors import GlotliftError
from tiny import TEXTS, model_of, tokenizer

PARTS = ("mlp.up_proj", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
TEXT = TEXTS[0]


def fed(model, layer, part, ids):
    """Return what a projection's neurons feed: layer output, attention output or probabilities."""
    kept = {}
    block = model.model.layers[layer]
    watched = {"mlp.up_proj": block.mlp, "self_attn.v_proj": block.self_attn}
    with torch.no_grad():
        if part not in watched:
            return model(input_ids=ids, output_attentions=True).attentions[layer]
        hook = watched[part].register_forward_hook(lambda _, __, out: kept.update(out=out))
        model(input_ids=ids)
        hook.remove()
    return kept["out"][0] if isinstance(kept["out"], tuple) else kept["out"]


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_importance_is_how_much_silencing_the_neuron_changes_what_it_feeds(kind, layer):
    model = model_of(kind)
    model.set_attn_implementation("eager")
    found = neuron_importance(model, tokenizer(), [TEXT], longest=9)
    ids = torch.tensor([[0, *tokenizer()(TEXT, add_special_tokens=False)["input_ids"][:9]]])
    for part in PARTS:
        name = f"model.layers.{layer}.{part}"
        plain = fed(model, layer, part, ids)
        measured = []
        for neuron in range(found[name].shape[1]):
            with deactivated(model, {name: [neuron]}):
                measured.append(float((fed(model, layer, part, ids) - plain).norm()))
        assert max(measured) > 1e-3
        torch.testing.assert_close(
            found[name][0],
            torch.tensor(measured),
            rtol=2e-3,
            atol=2e-5,
        )


def test_silence_ends_and_leaves_every_bit():
    model = model_of("qwen2")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    chosen = {"model.layers.0.mlp.up_proj": [1, 4], "model.layers.1.self_attn.k_proj": [0]}
    silenced = deactivated(model, chosen)
    with pytest.raises(GlotliftError, match="GL-MODEL-042"), deactivated(model, {"strange": [0]}):
        pass
    silenced.__enter__()
    assert (model.model.layers[1].self_attn.k_proj.weight[0] == 0).all()
    assert model.model.layers[1].self_attn.k_proj.bias[0] == 0
    assert (model.model.layers[0].mlp.down_proj.weight[:, [1, 4]] == 0).all()
    silenced.__exit__(None, None, None)
    after = model.state_dict()
    assert all(torch.equal(value, before[name]) for name, value in after.items())


def test_a_languages_neurons_are_important_in_all_its_texts_and_to_no_other_language():
    one = torch.tensor([[9.0, 8, 1, 7, 0], [8, 9, 7, 1, 0]])
    other = torch.tensor([[9.0, 1, 8, 0, 7], [9, 1, 8, 0, 7]])
    assert important_neurons({"a": one}, 3) == {"a": [0, 1]}
    assert important_neurons({"a": one}, 3, share=0.5) == {"a": [0, 1, 2, 3]}
    assert important_neurons({"a": other}, 2) == {"a": [0, 2]}
    own = language_neurons({"x": {"a": one}, "y": {"a": other}}, 3)
    assert own == {"x": {"a": [1]}, "y": {"a": [2, 4]}}
    assert neuron_overlap(own["x"], own["y"]) == 0
    assert neuron_overlap({"a": [0, 1]}, {"a": [1, 2], "b": [1]}) == 0.25


def test_random_neurons_are_as_many_and_none_of_those_left_out():
    model = model_of("llama")
    like = {"model.layers.0.mlp.up_proj": list(range(20)), "model.layers.1.self_attn.k_proj": [3]}
    found = [random_neurons(model, like, seed, without=[like]) for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]
    assert neuron_count(found[0]) == 21
    assert all(not set(found[0][name]) & set(like[name]) for name in like)
    with pytest.raises(GlotliftError, match="GL-PROBING-002"):
        random_neurons(model, {"model.layers.0.mlp.up_proj": list(range(30))}, 0, without=[like])


def test_the_matrix_holds_the_change_of_every_document():
    model = model_of("llama")
    chosen = {"some": {"model.layers.0.mlp.up_proj": list(range(24))}, "none": {}}
    texts = {"x": TEXTS[:3], "y": TEXTS[5:]}
    found = deactivation_matrix(model, tokenizer(), chosen, texts)
    assert all((values == 0).all() for values in found["none"].values())
    bits, lengths = document_bits(model, tokenizer(), texts["x"])
    model.model.layers[0].mlp.down_proj.weight.data[:, :24] = 0
    silent, _ = document_bits(model, tokenizer(), texts["x"])
    np.testing.assert_allclose(found["some"]["x"], (silent - bits) / lengths, rtol=1e-6)


def test_models_whose_neurons_are_not_known_are_refused():
    with pytest.raises(GlotliftError, match="GL-PROBING-001"):
        neuron_importance(model_of("bert"), tokenizer(), [TEXT])
    with pytest.raises(GlotliftError, match="GL-PROBING-001"):
        neuron_importance(model_of("mistral"), tokenizer(), [TEXT])
