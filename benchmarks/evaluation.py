"""Is what measures models right, and fast?

    python benchmarks/evaluation.py --check [--sections parity,coverage] [--peer FOLDER]
        [--questions 100] [--repeats 3] [--simulations 1000]
        [--output benchmarks/results/evaluation.json]

Sections:

- parity: metrics are those of their reference libraries to 1e-9 (`evaluation_measures.py`).
- coverage: 95 % intervals hold the truth in 93 to 98 % of simulations, at 3, 5 and 10 seeds.
- faults: a server with twenty faults of each kind costs no finished answer.
- listing: `glotlift tasks list` takes less than half a second.
- shared-prefixes: scores with every shared beginning read once are those of each text alone, within
  1e-4 nats and with the same choices, over ten shapes of model (`evaluation_shapes.py`).
- speed: option scoring beside lm-eval's `hf` backend, in one process (`evaluation_speed.py`);
  skipped without ``--peer``.

Prints one JSON object with every figure, and a line that sums it up last. With ``--check`` the exit
status is 1 where any section falls short. ``--output`` writes the sections that ran into a file,
beside those that stand there.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import transformers
from evaluation_measures import coverage, faults, listing, parity
from evaluation_shapes import shapes
from evaluation_speed import speed

from glotlift.runs import atomic, machine

Section = Callable[[argparse.Namespace], dict[str, Any]]
# A section returns its figures with the number of `failures` among them, and says them in a line.
SECTIONS: dict[str, tuple[Section, Callable[[dict[str, Any]], str]]] = {
    "parity": (
        lambda options: parity(),
        lambda one: (
            f"{len(one['metrics'])} metrics within"
            f" {max(m['largest_difference'] for m in one['metrics'].values()):.0e}"
        ),
    ),
    "coverage": (
        lambda options: coverage(options.simulations),
        lambda one: f"{one['least']:.3f} to {one['most']:.3f}",
    ),
    "faults": (lambda options: faults(), lambda one: f"{one['cases']} cases"),
    "listing": (lambda options: listing(), lambda one: f"{one['least']} s"),
    "shared-prefixes": (
        lambda options: shapes(),
        lambda one: (
            f"{len(one['shapes'])} shapes ({one['shared']} share), scores within"
            f" {one['largest_difference']:.1e}"
        ),
    ),
    "speed": (
        lambda options: speed(options.peer, options.questions, options.repeats),
        lambda one: one.get("skipped") or f"{one['times_as_fast']} times as fast as lm-eval",
    ),
}


def summary(found: dict[str, Any]) -> str:
    """Return one line about every section that ran."""
    parts = [
        f"{name}: {SECTIONS[name][1](one)}, {one['failures']} failures"
        for name, one in found.items()
    ]
    passed = all(one["failures"] == 0 for one in found.values())
    return f"{'PASSED' if passed else 'FAILED'}: " + "; ".join(parts)


def main() -> None:
    """Run the sections, print the figures and the summary, and say by the status if all hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 if one falls short")
    parser.add_argument("--sections", default=",".join(SECTIONS))
    parser.add_argument("--peer", type=Path, help="folder with lm-eval, for speed")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    names = options.sections.split(",")
    if not set(names) <= set(SECTIONS):
        parser.error(f"sections are {', '.join(SECTIONS)}")
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    found = {}
    for name in names:
        began = time.process_time()
        found[name] = SECTIONS[name][0](options)
        found[name]["processor_seconds"] = round(time.process_time() - began, 1)
    print(json.dumps(found, indent=1))
    if options.output:
        kept = json.loads(options.output.read_text()) if options.output.exists() else {}
        about = {"machine": machine.describe(), "versions": machine.versions()}
        atomic.write_json(options.output, kept | found | about)
    print(summary(found), flush=True)
    failed = any(one["failures"] for one in found.values())
    sys.exit(1 if options.check and failed else 0)


if __name__ == "__main__":
    main()
