"""A training step, and the memory it takes, of each delta against the step that moves everything.

    python benchmarks/deltas.py [--width 256] [--layers 6] [--rounds 5]

Step times are taken in turn, one step of each delta a round, so that all meet the same machine;
a ratio is the median over rounds. Peak memory is that of a process of its own, less what the same
process took with the model loaded. Writes benchmarks/results/deltas.json.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import peft  # noqa: F401 - loaded in every process, so that it counts in no side's memory
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from glotlift.models.adapters import Bottleneck, Invertible
from glotlift.models.chosen import Neurons
from glotlift.models.deltas import AllWeights, LowRank, Together, movable
from glotlift.runs import machine
from glotlift.runs.protocols import Delta

RESULTS = Path(__file__).parent / "results" / "deltas.json"
PIECES, BLOCKS, BLOCK = 8000, 4, 128
SHARE = 0.01  # of each layer's neurons


def model_of(width: int, layers: int) -> Any:
    """Return an untrained decoder."""
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=PIECES,
            hidden_size=width,
            intermediate_size=8 * round(width / 3),
            num_hidden_layers=layers,
            num_attention_heads=width // 32,
            tie_word_embeddings=True,
        )
    )


def deltas(width: int, layers: int) -> dict[str, Delta]:
    """Return what is compared, by name."""
    drawn = np.random.default_rng(0)
    inner = 8 * round(width / 3)
    chosen = {
        f"model.layers.{layer}.mlp.up_proj": drawn.permutation(inner)[
            : max(1, round(SHARE * inner))
        ].tolist()
        for layer in range(layers)
    }
    return {
        "all": AllWeights(),
        "lora": LowRank(rank=8, alpha=16),
        "adapter": Bottleneck(),
        "adapter and invertible": Together((Bottleneck(), Invertible())),
        "neurons": Neurons(chosen),
    }


class Side:
    """One delta on a model of its own, ready to take steps."""

    def __init__(self, delta: Delta, width: int, layers: int) -> None:
        self.model = delta.apply(model_of(width, layers)).train()
        self.chosen = [parameter for _, parameter in movable(self.model)]
        self.optimizer = torch.optim.AdamW(self.chosen, lr=1e-3)
        self.ids = torch.randint(PIECES, (BLOCKS, BLOCK), generator=torch.Generator())

    def step(self) -> float:
        """Take one step and return its seconds."""
        began = time.perf_counter()
        self.model(input_ids=self.ids, labels=self.ids).loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return time.perf_counter() - began


def peak(name: str, width: int, layers: int) -> int:
    """Return by how many bytes the peak of steps of a delta stands over the loaded model.

    The peak so far, which is that of loading libraries, is forgotten first (Linux).
    """
    side = Side(deltas(width, layers)[name], width, layers)
    before = machine.memory_in_use()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    for _ in range(2):
        side.step()
    told = Path("/proc/self/status").read_text(encoding="ascii")
    (high,) = (line.split()[1] for line in told.splitlines() if line.startswith("VmHWM"))
    return 1024 * int(high) - before


def main() -> None:
    """Measure all deltas and write their ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peak")
    options = parser.parse_args()
    shape = (options.width, options.layers)
    if options.peak:
        print(peak(options.peak, *shape))
        return
    sides = {name: Side(delta, *shape) for name, delta in deltas(*shape).items()}
    for side in sides.values():
        side.step()
    rounds = [{name: side.step() for name, side in sides.items()} for _ in range(options.rounds)]
    found = {}
    total = model_of(*shape).num_parameters()
    for name, side in sides.items():
        moving = sum(parameter.numel() for parameter in side.chosen)
        command = [sys.executable, __file__, "--peak", name]
        command += ["--width", str(options.width), "--layers", str(options.layers)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[name] = {
            "weights that move": moving,
            "share of the weights": round(moving / total, 5),
            "seconds a step": round(statistics.median(one[name] for one in rounds), 4),
            "time against all": round(
                statistics.median(one[name] / one["all"] for one in rounds), 3
            ),
            "peak over the loaded model, bytes": int(done.stdout),
            "gradients and AdamW's state, bytes": 12 * moving,
        }
    whole = found["all"]["peak over the loaded model, bytes"]
    for measures in found.values():
        measures["memory against all"] = round(
            measures["peak over the loaded model, bytes"] / whole, 3
        )
    told = {
        "model": {"width": options.width, "layers": options.layers, "parameters": total},
        "tokens a step": BLOCKS * BLOCK,
        "rounds": options.rounds,
        "deltas": found,
        "machine": machine.describe(),
        "versions": machine.versions(),
    }
    RESULTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
