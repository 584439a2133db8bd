"""Rise of peak memory over forward and backward of the loss, against the plain cross-entropy.

    python benchmarks/loss_memory.py [--tokens 8192] [--width 256] [--pieces 128000]

Each side runs in a process of its own, so that the peak is its own. Prints one JSON object.
"""

import argparse
import json
import subprocess
import sys

import torch
from torch.nn import functional

from glotlift.objectives import chunked_cross_entropy
from glotlift.runs import machine


def rise(side: str, tokens: int, width: int, pieces: int) -> dict[str, float]:
    """Return the rise of peak memory in bytes, and the loss, of one side."""
    torch.manual_seed(0)
    hidden = torch.randn(tokens, width, requires_grad=True)
    weight = torch.nn.Parameter(torch.randn(pieces, width) / width**0.5)
    labels = torch.randint(pieces, (tokens,))
    chunked_cross_entropy(hidden[:2], weight, None, labels[:2])[0].backward()
    hidden.grad = weight.grad = None
    before = machine.peak_memory()
    if side == "chunked":
        loss, _ = chunked_cross_entropy(hidden, weight, None, labels)
    else:
        loss = functional.cross_entropy(hidden @ weight.T, labels, reduction="sum")
    loss.backward()
    gradient = float(weight.grad.double().norm())
    return {
        "rise_bytes": machine.peak_memory() - before,
        "loss": loss.item(),
        "gradient_norm": gradient,
    }


def main() -> None:
    """Measure both sides and print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=8192)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--pieces", type=int, default=128_000)
    parser.add_argument("--side", choices=("chunked", "plain"))
    options = parser.parse_args()
    shape = (options.tokens, options.width, options.pieces)
    if options.side:
        print(json.dumps(rise(options.side, *shape)))
        return
    sides = {}
    for side in ("chunked", "plain"):
        command = [sys.executable, __file__, "--side", side]
        for name, value in zip(("--tokens", "--width", "--pieces"), shape, strict=True):
            command += [name, str(value)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        sides[side] = json.loads(done.stdout)
    ratio = sides["chunked"]["rise_bytes"] / sides["plain"]["rise_bytes"]
    print(
        json.dumps(
            {**sides, "ratio": round(ratio, 4), "target": 0.25, "passed": ratio <= 0.25}, indent=1
        )
    )


if __name__ == "__main__":
    main()
