"""MEXA's scores beside its official code, on the same sentence vectors, in one process.

    python benchmarks/mexa.py SOURCE [--layers 33 --sentences 100 --width 4096 --languages 2]

SOURCE is a checkout of cisnlp/Mexa. Its ``compute_distance`` runs as it is, but that it is handed
the vectors instead of reading them from files. The two take turns; times are of scoring alone.
Writes benchmarks/results/mexa.json.
"""

import argparse
import importlib.util
import json
import time
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from glotlift.probing.mexa import mexa
from glotlift.runs.machine import describe, versions

RESULTS = Path(__file__).parent / "results" / "mexa.json"
NOISE = (1.0, 10.0, 20.0, 40.0, 80.0)  # beside a pivot's own, so that scores fall from 1 to about 0


def official(source: Path) -> ModuleType:
    """Return the official module, its files replaced by what `vectors` holds."""
    spec = importlib.util.spec_from_file_location("compute_mexa", source / "compute_mexa.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.embedding_path = ""
    module.open = lambda *_: nullcontext()
    return module


def rows(vectors: np.ndarray) -> dict[int, list[dict[str, np.ndarray]]]:
    """Return vectors [layers, sentences, width] as the official code keeps them."""
    return {
        number: [{"embd_weighted": row} for row in layer] for number, layer in enumerate(vectors)
    }


def main() -> None:
    """Compare scores and seconds, print and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("--layers", type=int, default=33)
    parser.add_argument("--sentences", type=int, default=100)
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--languages", type=int, default=5)
    chosen = parser.parse_args()
    module = official(chosen.source)
    rng = np.random.default_rng(0)
    shape = (chosen.layers, chosen.sentences, chosen.width)
    pivot = rng.standard_normal(shape, dtype=np.float32)
    module.pivot_embd = rows(pivot)
    ratios, furthest, scores = [], 0.0, []
    for number in range(chosen.languages):
        noise = NOISE[number % len(NOISE)] * np.linspace(0.5, 2, chosen.layers)[:, None, None]
        other = pivot + (noise * rng.standard_normal(shape, dtype=np.float32)).astype(np.float32)
        held = rows(other)
        module.pickle = SimpleNamespace(load=lambda _, held=held: held)
        started = time.perf_counter()
        theirs = module.compute_distance("other", num_sents=chosen.sentences)
        between = time.perf_counter()
        ours = mexa(pivot, other)
        ratios.append((between - started) / (time.perf_counter() - between))
        furthest = max(furthest, float(np.abs(ours - list(theirs.values())).max()))
        scores.append(float(ours.mean()))
    result = {
        "official code": "cisnlp/Mexa, compute_mexa.py",
        "shape": list(shape),
        "scores": scores,
        "largest difference": furthest,
        "times as fast": {"median": float(np.median(ratios)), "min": min(ratios)},
        "passed": furthest <= 1e-6 and float(np.median(ratios)) >= 40,
        "machine": describe(),
        "versions": versions(),
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in result.items() if k not in ("machine", "versions")}))


if __name__ == "__main__":
    main()
