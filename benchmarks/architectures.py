"""Speed of layers of experts, and of a parallel block against a serial one.

    python benchmarks/architectures.py [--tokens 1024] [--width 256] [--rounds 7] [--output FILE]

Experts: forward and backward of one layer (eight experts, one or two a token), against a loop over
tokens and experts written out, against transformers' own layers of the same shape (Switch for one
expert a token, Mixtral for two), and against one dense network of an expert's shape. Blocks: a
training step of a PaLM decoder, parallel and serial, at equal parameters; and writing with one key
and value head or all. Sides take turns, so that what else the machine does falls on all of them;
times are medians.
"""

import argparse
import copy
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from transformers import MixtralConfig, SwitchTransformersConfig
from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock
from transformers.models.switch_transformers.modeling_switch_transformers import (
    SwitchTransformersSparseMLP,
)
from transformers.models.t5.modeling_t5 import T5DenseGatedActDense

from glotlift.models.experts import ExpertLayer
from glotlift.models.moe import MoeT5Config
from glotlift.models.palm import PalmConfig, PalmForCausalLM
from glotlift.runs.machine import describe

COUNT = 8
Sides = dict[str, Callable[[], Any]]


def timed(sides: Sides, rounds: int) -> dict[str, float]:
    """Return the median seconds of each side; they take turns, after one round that warms up."""
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, run in sides.items():
            began = time.perf_counter()
            run()
            if number:
                spent[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in spent.items()}


def there_and_back(layer: Any, states: torch.Tensor) -> Callable[[], None]:
    """Return forward and backward of a layer."""

    def run() -> None:
        states.grad = None
        layer(states).square().sum().backward()

    return run


def by_loop(layer: ExpertLayer, states: torch.Tensor) -> torch.Tensor:
    """Compute a layer of experts token by token."""
    rows = []
    experts, up = layer.experts, layer.experts.gate_up_proj
    for token in states.flatten(0, 1):
        gates = functional.linear(token, layer.router.weight).softmax(-1)
        weights, chosen = gates.topk(layer.router.choices)
        weights = weights / weights.sum() if layer.router.choices > 1 else weights
        rows.append(
            sum(
                weight
                * functional.linear(
                    experts._apply_gate(functional.linear(token, up[expert])),
                    experts.down_proj[expert],
                )
                for weight, expert in zip(weights, chosen.tolist(), strict=True)
            )
        )
    return torch.stack(rows).view(states.shape)


def experts(tokens: int, width: int, choices: int, rounds: int) -> dict[str, float]:
    """Time layers of experts of one shape."""
    torch.manual_seed(0)
    states = torch.randn(8, tokens // 8, width, requires_grad=True)
    shape: dict[str, Any] = {"d_model": width, "d_ff": 2 * width, "num_experts": COUNT}
    config = MoeT5Config(
        **shape, feed_forward_proj="gated-silu", num_experts_per_tok=choices, dropout_rate=0.0
    )
    sides: Sides = {}
    for way in ("eager", "grouped_mm"):
        mine = copy.deepcopy(config)
        mine._experts_implementation = way
        layer = initialised(ExpertLayer(mine)).eval()
        sides[f"glotlift, {way}"] = there_and_back(layer, states)
        sides["loop over tokens"] = there_and_back(lambda x, layer=layer: by_loop(layer, x), states)
    sides["dense"] = there_and_back(initialised(T5DenseGatedActDense(config)), states)
    if choices == 1:
        switch = SwitchTransformersConfig(
            **shape, expert_capacity=tokens, dropout_rate=0.0, feed_forward_proj="gated-silu"
        )
        theirs = initialised(SwitchTransformersSparseMLP(switch)).eval()
        sides["transformers, Switch (no gate in its experts)"] = there_and_back(theirs, states)
    else:
        mixtral = MixtralConfig(
            hidden_size=width, intermediate_size=2 * width, num_local_experts=COUNT
        )
        for way in ("eager", "grouped_mm"):
            yours = copy.deepcopy(mixtral)
            yours._experts_implementation = way
            theirs = initialised(MixtralSparseMoeBlock(yours)).eval()
            sides[f"transformers, Mixtral, {way}"] = there_and_back(theirs, states)
    return timed(sides, rounds)


def initialised(layer: Any) -> Any:
    """Return a layer with small random weights."""
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, std=0.05)
    return layer


def blocks(tokens: int, width: int, rounds: int) -> dict[str, float]:
    """Time a training step of decoders that differ in one switch of their blocks."""
    ids = torch.randint(1000, (8, tokens // 8))
    sides: Sides = {}
    for name, switches in {"parallel": {}, "serial": {"parallel": False}}.items():
        model = decoder(width, switches).train()

        def step(model: PalmForCausalLM = model) -> None:
            model.zero_grad()
            model(ids, labels=ids, use_cache=False).loss.backward()

        sides[name] = step
    return timed(sides, rounds)


def decoder(width: int, switches: dict[str, Any]) -> PalmForCausalLM:
    """Return a decoder of four blocks."""
    shape = {"hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": 4}
    return PalmForCausalLM(PalmConfig(**shape, num_attention_heads=8, vocab_size=1000, **switches))


@torch.no_grad()
def writing(width: int, rounds: int) -> dict[str, float]:
    """Time 64 tokens written after 256, by 8 rows at once, from the cache."""
    ids = torch.randint(1000, (8, 256))
    sides: Sides = {}
    for name, heads in {"one key and value head": 1, "eight": 8}.items():
        model = decoder(width, {"num_key_value_heads": heads}).eval()
        sides[name] = lambda model=model: model.generate(
            ids, max_new_tokens=64, do_sample=False, eos_token_id=None
        )
    return timed(sides, rounds)


def main() -> None:
    """Time everything and write or print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = {
        "tokens": options.tokens,
        "width": options.width,
        "rounds": options.rounds,
        "experts, one a token": experts(options.tokens, options.width, 1, options.rounds),
        "experts, two a token": experts(options.tokens, options.width, 2, options.rounds),
        "training step of four blocks": blocks(options.tokens, options.width, options.rounds),
        "64 tokens written": writing(options.width, max(1, options.rounds // 2)),
        "machine": describe(),
    }
    text = json.dumps(found, indent=1, ensure_ascii=False)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
