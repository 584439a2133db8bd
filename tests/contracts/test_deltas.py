"""What every delta promises: only what it names moves, and a plain model comes back."""

import copy
from functools import cache

import pytest
import torch
import transformers
from transformers.pytorch_utils import Conv1D

from glotlift.models.adapters import Bottleneck, Invertible
from glotlift.models.chosen import Experts, Neurons, Parts
from glotlift.models.deltas import AllWeights, LowRank, NewRows, Together, movable
from glotlift.models.moe import MoeT5Config, MoeT5ForConditionalGeneration
from tiny import COMMON, GROUPED, T5_SHAPE, model_of, tokenizer

ROWS = (5, 300)
KINDS = ("llama", "llama untied", "gpt2", "bert", "xlm-r", "modernbert", "t5", "mt5", "bart")
SEQ2SEQ = ("t5", "mt5", "bart", "moe-t5")
# A projection of each family, what else its neurons are made of (weight, dimension), and biases.
NEURONS = {
    "llama": (
        "model.layers.1.mlp.up_proj",
        {"up_proj.weight": 0, "gate_proj.weight": 0, "down_proj.weight": 1},
    ),
    "gpt2": (
        "transformer.h.1.mlp.c_fc",
        {"c_fc.weight": 1, "c_fc.bias": 0, "c_proj.weight": 0},
    ),
    "bert": ("bert.encoder.layer.1.attention.self.key", {"key.weight": 0, "key.bias": 0}),
    "xlm-r": (
        "roberta.encoder.layer.1.intermediate.dense",
        {"intermediate.dense.weight": 0, "intermediate.dense.bias": 0, "output.dense.weight": 1},
    ),
    "modernbert": ("model.layers.1.attn.Wqkv", {"Wqkv.weight": 0}),
    "t5": (
        "decoder.block.1.layer.2.DenseReluDense.wi",
        {"wi.weight": 0, "wo.weight": 1},
    ),
    "mt5": (
        "encoder.block.1.layer.1.DenseReluDense.wi_1",
        {"wi_0.weight": 0, "wi_1.weight": 0, "wo.weight": 1},
    ),
    "bart": (
        "model.encoder.layers.1.fc1",
        {"fc1.weight": 0, "fc1.bias": 0, "fc2.weight": 1},
    ),
}
NEURONS["llama untied"] = NEURONS["llama"]
CHOSEN = [3, 17]
DELTAS = {
    "all": lambda kind: AllWeights(),
    "rows": lambda kind: NewRows(ROWS),
    "low rank": lambda kind: LowRank(rank=2),
    "rows and low rank": lambda kind: Together((NewRows(ROWS), LowRank(rank=2))),
    "adapter": lambda kind: Bottleneck(),
    "adapters after both": lambda kind: Bottleneck(placement="double_seq_bn"),
    "invertible": lambda kind: Together((Bottleneck(), Invertible())),
    "neurons": lambda kind: Neurons({NEURONS[kind][0]: CHOSEN}),
    "parts": lambda kind: Parts(("*1.*",)),
}
OPTIMIZERS = {
    "adamw": lambda ps: torch.optim.AdamW(ps, lr=0.02, weight_decay=0.3),
    "sgd": lambda ps: torch.optim.SGD(ps, lr=0.02, momentum=0.9, weight_decay=0.1),
    "adafactor": lambda ps: torch.optim.Adafactor(ps, lr=0.02, weight_decay=0.3),
}


@cache
def mixture(kind):
    """Return a tiny mixture of experts: transformers' own, or ours."""
    if kind == "moe-t5":
        return MoeT5ForConditionalGeneration(
            MoeT5Config(**T5_SHAPE, **COMMON, vocab_size=len(tokenizer()), num_experts=4,
                        num_experts_per_tok=2, decoder_start_token_id=1, dropout_rate=0.0)
        )  # fmt: skip
    settings = {**COMMON, **GROUPED, "vocab_size": len(tokenizer()), "num_experts_per_tok": 2}
    if kind == "mixtral":
        return transformers.MixtralForCausalLM(
            transformers.MixtralConfig(**settings, num_local_experts=4)
        )
    return transformers.Qwen2MoeForCausalLM(
        transformers.Qwen2MoeConfig(
            **settings, num_experts=4, moe_intermediate_size=16, shared_expert_intermediate_size=16
        )
    )


def inputs_of(kind):
    ids = torch.tensor([[5, 300, 8, 9, 40, 41], [7, 300, 5, 12, 90, 14]])
    return {"input_ids": ids} | ({"decoder_input_ids": ids.flip(1)} if kind in SEQ2SEQ else {})


def train(model, kind, optimizer, steps=2):
    chosen = OPTIMIZERS[optimizer]([p for _, p in movable(model)])
    for step in range(steps):
        logits = model(**inputs_of(kind)).logits
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.arange(12) + step).backward()
        chosen.step()
        chosen.zero_grad()


def may_move(name, kind, plain):
    """Return, for each weight of a plain model, where this delta lets it move (True: there)."""
    free = {key: torch.zeros_like(value, dtype=torch.bool) for key, value in plain.items()}
    for key, where in free.items():
        if name == "all" or (name == "parts" and "1." in key):
            where.fill_(True)
        if "rows" in name and where.shape[0] == len(tokenizer()):
            where[list(ROWS)] = True
        if "low rank" in name and key in linear_weights(kind):
            where.fill_(True)
        if name == "neurons":
            writer, parts = NEURONS[kind]
            layer = writer[: writer.index("1.") + 2]
            for part, dim in parts.items():
                elsewhere = "att" in key and "att" not in writer
                if key.startswith(layer) and key.endswith(f".{part}") and not elsewhere:
                    where.index_fill_(dim, torch.tensor(CHOSEN), True)
    return free


@cache
def linear_weights(kind):
    model = model_of(kind)
    head = model.get_output_embeddings()
    return {
        f"{name}.weight"
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear | Conv1D) and module is not head
    }


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DELTAS)
def test_nothing_but_the_delta_moves_under_decay_and_momentum(name, kind, optimizer):
    delta, model = DELTAS[name](kind), model_of(kind)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    applied = delta.apply(model)
    inner = {key: value.detach().clone() for key, value in movable(applied)}
    train(applied, kind, optimizer)
    moved = [key for key, value in movable(applied) if not torch.equal(value, inner[key])]
    assert moved
    after = delta.remove(applied).state_dict()
    assert list(after) == list(before)
    free = may_move(name, kind, before)
    for key, value in after.items():
        assert torch.equal(value[~free[key]], before[key][~free[key]]), key
    if "adapter" not in name and name != "invertible":
        assert any(not torch.equal(after[key], before[key]) for key in after)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("numbers", [None, (1, 3)])
@pytest.mark.parametrize("kind", ["mixtral", "qwen2 moe", "moe-t5"])
def test_only_chosen_experts_move(kind, numbers, optimizer):
    delta, model = Experts(numbers), copy.deepcopy(mixture(kind))
    before = {key: value.clone() for key, value in model.state_dict().items()}
    applied = delta.apply(model)
    train(applied, kind, optimizer)
    after = delta.remove(applied).state_dict()
    assert list(after) == list(before)
    moved = {key for key, value in after.items() if not torch.equal(value, before[key])}
    assert moved == {key for key in after if ".experts." in key}
    for key in moved:
        for number in range(4):
            same = torch.equal(after[key][number], before[key][number])
            assert same == (numbers is not None and number not in numbers), (key, number)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DELTAS)
def test_applied_and_removed_at_once_nothing_has_changed(name, kind):
    delta, model = DELTAS[name](kind), model_of(kind)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    ties = {(n, id(p)) for n, p in model.named_parameters(remove_duplicate=False)}
    plain = delta.remove(delta.apply(model))
    after = plain.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], before[key]) for key in before)
    assert type(plain) is type(model_of(kind))
    assert len({id(p) for p in plain.parameters()}) == len({number for _, number in ties})
    assert all(parameter.requires_grad for parameter in plain.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in plain.modules())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DELTAS)
def test_something_moves_and_gradients_reach_all_of_it(name, kind):
    model = DELTAS[name](kind).apply(model_of(kind))
    chosen = dict(movable(model))
    model(**inputs_of(kind)).logits.square().sum().backward()
    assert chosen
    assert all(p.grad is not None for n, p in chosen.items() if "pooler" not in n)
    assert all(p.grad is None for p in model.parameters() if not p.requires_grad)


@pytest.mark.parametrize("name", DELTAS)
def test_a_delta_is_a_value(name):
    delta = DELTAS[name]("llama")
    assert delta == type(delta)(
        **{field: getattr(delta, field) for field in delta.__dataclass_fields__}
    )
    with pytest.raises(AttributeError):
        delta.anything = 1
