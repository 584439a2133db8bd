"""Do vocabulary edits keep what they promise? Round trips, trims, extensions, initialisers.

    python benchmarks/vocabulary.py --check [--strings 100000] [--seed 0]
        [--parts round-trips,trims,extensions,initialisers] [--families gpt2,bert]

The round trips send random Unicode strings through ten small tokenizers, each of the family of a
published model, before and after every edit; `vocabulary_roundtrips.py` states what must hold. The
trims compare thirteen architectures with their trimmed selves, the extensions are the 24 cases of
tied or not, padded or not, biased or not over three kinds of model, and the initialisers stand
beside their published definitions and what the official code made of the same input.

Prints one JSON object with every figure, and a line that sums it up last. With ``--check`` the exit
status is 1 where any part falls short.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("RAYON_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import transformers
from vocabulary_initialisers import initialisers
from vocabulary_models import extensions, trims
from vocabulary_roundtrips import round_trips


def summary(found: dict[str, Any]) -> str:
    """Return one line about every part that ran."""
    says: dict[str, Callable[[dict[str, Any]], str]] = {
        "round-trips": lambda one: (
            f"{one['strings']} strings x {len(one['families'])} families, {one['edits']} edits"
        ),
        "trims": lambda one: (
            f"{len(one['models'])} trimmed models of {one['architectures']} architectures,"
            f" logits within {one['largest_logits_difference']:.1e}"
        ),
        "extensions": lambda one: f"{one['cases']} extended models",
        "initialisers": lambda one: (
            f"{len(one['definitions'])} initialisers within {one['largest_difference']:.1e}"
        ),
    }
    parts = [f"{says[name](one)}: {one['failures']} failures" for name, one in found.items()]
    passed = all(one["failures"] == 0 for one in found.values())
    return f"{'PASSED' if passed else 'FAILED'}: " + "; ".join(parts)


def main() -> None:
    """Run the parts, print the figures and the summary, and say by the status whether all hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 where a part falls short")
    parser.add_argument("--strings", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", default="round-trips,trims,extensions,initialisers")
    parser.add_argument("--families", default="", help="of the round trips; all if not given")
    options = parser.parse_args()
    families = [name for name in options.families.split(",") if name]
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    runs: dict[str, Callable[[], dict[str, Any]]] = {
        "round-trips": lambda: round_trips(options.strings, options.seed, families),
        "trims": trims,
        "extensions": extensions,
        "initialisers": initialisers,
    }
    names = options.parts.split(",")
    if not set(names) <= set(runs):
        parser.error(f"parts are {', '.join(runs)}")
    found = {}
    for name in names:
        start = time.perf_counter(), time.process_time()
        figures = runs[name]()
        figures["seconds"] = round(time.perf_counter() - start[0], 1)
        figures["processor_seconds"] = round(time.process_time() - start[1], 1)
        found[name] = figures
    print(json.dumps(found, indent=1))
    print(summary(found), flush=True)
    failed = any(one["failures"] for one in found.values())
    sys.exit(1 if options.check and failed else 0)


if __name__ == "__main__":
    main()
