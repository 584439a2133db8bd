"""The PaLM decoder against its formula, and against decoders of transformers that it equals."""

import pytest
import torch
from torch.nn import functional as F
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    CohereForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PhiConfig,
    PhiForCausalLM,
)

from glotlift.models.loading import find_model, load_model
from glotlift.models.palm import PalmConfig, PalmForCausalLM
from glotlift.objectives.bits import document_bits
from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.choice import objective_for
from glotlift.runs.errors import GlotliftError
from tiny import tokenizer

SMALL = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
SERIAL = {"parallel": False, "num_key_value_heads": 4, "norm": "rms", "scaled_logits": False}
GELU = {"gated": False, "hidden_act": "gelu", "attention_bias": True, "mlp_bias": True}
SWITCHES = {
    "palm": {},
    "grouped": {"num_key_value_heads": 2},
    "multi-head": {"num_key_value_heads": 4},
    "serial": {"parallel": False},
    "gelu": GELU,
    "serial gelu, unscaled, untied": {
        "parallel": False,
        "scaled_logits": False,
        "tie_word_embeddings": False,
        **GELU,
    },
}
IDS = torch.tensor([[3, 7, 11, 40, 2, 9], [9, 9, 5, 4, 2, 30]])


def made(**switches):
    torch.manual_seed(0)
    model = PalmForCausalLM(PalmConfig(**{**SMALL, **switches})).eval()
    for parameter in model.parameters():  # norms and biases too, so that each of them matters
        if parameter.ndim == 1:
            parameter.data.add_(torch.randn_like(parameter) * 0.3)
    return model


def by_formula(model, ids):
    """Compute logits [batch, tokens, V] head by head and position by position."""
    config, weights = model.config, dict(model.state_dict())
    heads, width = config.num_attention_heads, config.head_dim

    def times(states, name):
        bias = weights.get(f"{name}.bias", 0.0)
        return states @ weights[f"{name}.weight"].T + bias

    def normed(states, name):
        centred = states - states.mean(-1, keepdim=True)
        spread = (centred.square().mean(-1, keepdim=True) + config.rms_norm_eps).sqrt()
        return centred / spread * weights[f"{name}.weight"]

    def turned(head):  # [batch, tokens, width]; angles are in float32, as Llama's
        half = width // 2
        speeds = 1.0 / 10000.0 ** (torch.arange(0, width, 2).float() / width)
        angles = torch.arange(head.shape[1]).float()[:, None] * speeds
        cos, sin = angles.cos().double(), angles.sin().double()
        first, second = head[..., :half], head[..., half:]
        return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)

    def attended(states, name):
        queries, keys, values = (times(states, f"{name}.{part}_proj") for part in "qkv")
        found = []
        for head in range(heads):
            shared = head * config.num_key_value_heads // heads
            query = turned(queries[..., head * width : (head + 1) * width])
            key = turned(keys[..., shared * width : (shared + 1) * width])
            value = values[..., shared * width : (shared + 1) * width]
            rows = []
            for at in range(states.shape[1]):
                scores = (query[:, at : at + 1] * key[:, : at + 1]).sum(-1) / width**0.5
                shares = scores.exp() / scores.exp().sum(-1, keepdim=True)
                rows.append((shares[..., None] * value[:, : at + 1]).sum(1))
            found.append(torch.stack(rows, 1))
        return times(torch.cat(found, -1), f"{name}.o_proj")

    def mlp(states, name):
        up = times(states, f"{name}.up_proj")
        if not config.gated:
            return times(0.5 * up * (1 + torch.erf(up / 2**0.5)), f"{name}.down_proj")
        gate = times(states, f"{name}.gate_proj")
        return times(gate / (1 + (-gate).exp()) * up, f"{name}.down_proj")

    states = weights["model.embed_tokens.weight"][ids]
    for layer in range(config.num_hidden_layers):
        name = f"model.layers.{layer}"
        seen = normed(states, f"{name}.input_layernorm")
        if config.parallel:
            states = states + attended(seen, f"{name}.self_attn") + mlp(seen, f"{name}.mlp")
        else:
            states = states + attended(seen, f"{name}.self_attn")
            states = states + mlp(normed(states, f"{name}.post_attention_layernorm"), f"{name}.mlp")
    last = "model.norm.norm" if config.scaled_logits else "model.norm"
    logits = normed(states, last) @ weights["lm_head.weight"].T
    return logits * (config.hidden_size**-0.5 if config.scaled_logits else 1.0)


@pytest.mark.parametrize("switches", SWITCHES.values(), ids=SWITCHES)
def test_logits_are_those_of_the_formula(switches):
    model = made(**switches).double()
    with torch.no_grad():
        torch.testing.assert_close(
            model(IDS).logits, by_formula(model, IDS), rtol=1e-10, atol=1e-10
        )


def test_every_switch_changes_the_logits():
    """Otherwise the formula above could be met by a model that ignores them."""
    found = [made(**switches)(IDS).logits for switches in SWITCHES.values()]
    for number, logits in enumerate(found):
        assert not any(torch.allclose(logits, other, atol=1e-3) for other in found[:number])


def test_serial_with_all_heads_is_llama():
    ours = made(**SERIAL, tie_word_embeddings=False)
    theirs = LlamaForCausalLM(LlamaConfig(**SMALL, tie_word_embeddings=False)).eval()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    torch.testing.assert_close(ours(IDS).logits, theirs(IDS).logits, rtol=0, atol=0)


def test_the_published_block_is_coheres_with_rotary_dimensions_in_another_order():
    ours = made()
    theirs = CohereForCausalLM(
        CohereConfig(
            **SMALL, num_key_value_heads=1, logit_scale=32**-0.5, layer_norm_eps=1e-6,
            rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        )
    ).eval()  # fmt: skip
    weights = ours.state_dict()
    weights["model.norm.weight"] = weights.pop("model.norm.norm.weight")
    halves = torch.arange(8).view(2, 4).T.flatten()  # ours: (0..3, 4..7); theirs: (0, 4), (1, 5)
    for name in weights:
        if "q_proj" in name or "k_proj" in name:
            weights[name] = weights[name].view(-1, 8, 32)[:, halves].reshape(-1, 32)
    theirs.load_state_dict(weights, strict=True)
    torch.testing.assert_close(ours(IDS).logits, theirs(IDS).logits, rtol=1e-5, atol=1e-5)


def test_parallel_gelu_with_biases_is_phi():
    ours = made(**GELU, scaled_logits=False, tie_word_embeddings=False)
    shape = {**SMALL, "num_key_value_heads": 1, "hidden_act": "gelu", "layer_norm_eps": 1e-6}
    rope = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0}
    theirs = PhiForCausalLM(PhiConfig(**shape, rope_parameters=rope)).eval()
    names = {
        "o_proj": "dense",
        "up_proj": "fc1",
        "down_proj": "fc2",
        "model.norm": "model.final_layernorm",
    }
    weights = theirs.state_dict()
    for name, value in ours.state_dict().items():
        for mine, yours in names.items():
            name = name.replace(mine, yours)
        weights[name] = value
    for name in weights:
        if "layernorm.bias" in name or name == "lm_head.bias":
            weights[name] = torch.zeros_like(weights[name])
    theirs.load_state_dict(weights, strict=True)
    torch.testing.assert_close(ours(IDS).logits, theirs(IDS).logits, rtol=1e-5, atol=1e-5)


def cache_bytes(model):
    cache = model(IDS, use_cache=True).past_key_values
    return sum(
        held.numel() * held.element_size()
        for layer in cache.layers
        for held in (layer.keys, layer.values)
    )


def test_the_cache_of_shared_heads_is_smaller_by_the_number_of_heads():
    sizes = {count: cache_bytes(made(num_key_value_heads=count)) for count in (1, 2, 4)}
    layers, batch, tokens, width, both, single = 2, 2, 6, 8, 2, 4
    assert sizes[4] == layers * batch * tokens * 4 * width * both * single
    assert sizes[1] * 4 == sizes[2] * 2 == sizes[4]


def test_decoding_with_the_cache_is_decoding_without():
    model = made()
    kept, anew = (
        model.generate(IDS, max_new_tokens=8, do_sample=False, use_cache=cached, eos_token_id=None)
        for cached in (True, False)
    )
    assert torch.equal(kept, anew)
    assert kept.shape == (2, 14)


@pytest.mark.parametrize("switches", [{}, SERIAL])
def test_saved_and_loaded_it_is_the_same(tmp_path, switches):
    model = made(**switches)
    model.save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    for loaded in (
        AutoModelForCausalLM.from_pretrained(tmp_path),
        load_model(find_model(tmp_path)),
    ):
        assert isinstance(loaded, PalmForCausalLM)
        assert torch.equal(loaded.eval()(IDS).logits, model(IDS).logits)
    assert loaded.config.parallel == switches.get("parallel", True)


def test_recomputed_activations_leave_gradients_as_they_are():
    model = made().train()
    found = []
    for recompute in (False, True):
        if recompute:
            model.gradient_checkpointing_enable()
        model.zero_grad()
        model(IDS, labels=IDS, use_cache=False).loss.backward()
        found.append([parameter.grad.clone() for parameter in model.parameters()])
    for first, second in zip(*found, strict=True):
        torch.testing.assert_close(first, second)


def test_documents_that_share_a_block_stay_apart():
    model = made(vocab_size=len(tokenizer()))
    objective = objective_for(model, tokenizer())
    assert isinstance(objective, CausalLanguageModelling)
    assert objective.packs(model)
    first, second = [0, 40, 50, 60, 2], [0, 70, 80, 2]
    apart = [objective.loss(model, objective.collate([[text]], [0]))[0] for text in (first, second)]
    together, _ = objective.loss(model, objective.collate([[first, second]], [0]))
    torch.testing.assert_close(together, apart[0] + apart[1])
    bits, lengths = document_bits(model, tokenizer(), ["ni kan", "no"])
    assert (bits > 0).all()
    assert lengths.tolist() == [6, 2]


def test_it_begins_with_logits_of_unit_variance():
    torch.manual_seed(0)
    config = PalmConfig(**{**SMALL, "vocab_size": 4000, "hidden_size": 256})
    with torch.no_grad():
        logits = PalmForCausalLM(config)(IDS).logits
    assert float(logits.std()) == pytest.approx(1.0, abs=0.05)


def test_the_scale_is_not_a_constant_of_the_loss():
    """The loss is computed together with the output layer; it must see the scaled logits."""
    model = made()
    objective = CausalLanguageModelling(tokenizer())
    batch = objective.collate([[[0, 40, 41, 42, 2]]], [0])
    _, logs = objective.loss(model, batch)
    logits = model(batch["input_ids"]).logits[batch["labels"] >= 0]
    labels = batch["labels"][batch["labels"] >= 0]
    torch.testing.assert_close(logs["each"], F.cross_entropy(logits, labels, reduction="none"))


@pytest.mark.parametrize(
    ("code", "settings"),
    [("GL-MODEL-070", {"num_key_value_heads": 3}), ("GL-MODEL-071", {"norm": "batch"})],
)
def test_what_does_not_fit_together_is_refused(code, settings):
    with pytest.raises(GlotliftError, match=code):
        PalmConfig(**{**SMALL, **settings})
