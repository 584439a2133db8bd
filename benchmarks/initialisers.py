"""Initialisers beside the official code, on the same input: seconds, ratio, largest difference.

    python benchmarks/initialisers.py [--old 20000] [--new 20000] [--space 300] [--width 768]
        [--repeats 3] [--threads 2] [--ofa FOLDER] [--mergekit FOLDER]

WECHSEL and FOCUS are compared where ``wechsel`` and ``deepfocus`` can be imported, OFA and matching
pursuit where their checkouts (cisnlp/ofa, arcee-ai/mergekit) are named. Runs of the two alternate.
Prints one JSON object; the medians count.
"""

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import logging
import statistics
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from glotlift.vocabulary.matching_pursuit import pursue
from glotlift.vocabulary.neighbours import mixed, nearest_rows, sparse_rows

TARGETS = {"wechsel": 3.0, "ofa": 3.0, "focus": 8.0}


@dataclass(frozen=True)
class Input:
    """Source rows [n, d] and vectors in one space: sources [n, e], new pieces [m, e]."""

    rows: NDArray[np.float32]
    old: NDArray[np.float32]
    new: NDArray[np.float32]


def drawn(old: int, new: int, space: int, width: int, seed: int = 0) -> Input:
    """Draw vectors with a few hundred themes, so that pieces have near neighbours."""
    draw = np.random.default_rng(seed)
    themes = draw.normal(size=(max(4, min(500, old // 10)), space))

    def vectors(number: int) -> NDArray[np.float32]:
        around = themes[draw.integers(len(themes), size=number)]
        return (around + draw.normal(size=(number, space))).astype(np.float32)

    rows = draw.normal(scale=0.05, size=(old, width)).astype(np.float32)
    return Input(rows, vectors(old), vectors(new))


class Names:
    """A tokenizer as the official loops use one: names, ids and no special tokens."""

    def __init__(self, prefix: str, size: int) -> None:
        self.names = [f"{prefix}{number}" for number in range(size)]
        self.vocab = {name: number for number, name in enumerate(self.names)}
        self.special_tokens_map: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.names)

    def convert_ids_to_tokens(self, ids: Any) -> Any:
        """Return the name of an id, or those of several."""
        return self.names[ids] if np.ndim(ids) == 0 else [self.names[number] for number in ids]


def load_file(path: Path, name: str, package: str | None = None) -> ModuleType:
    """Import one file of a checkout, without what else its package imports."""
    if package:
        parent = types.ModuleType(package)
        parent.__path__ = [str(path.parent)]
        sys.modules[package] = parent
        name = f"{package}.{name}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def official_wechsel(module: ModuleType, given: Input) -> Callable[[], NDArray[Any]]:
    """Return the loop of WECHSEL as its `apply` calls it, vectors of length one in float64."""
    old, new = (rows.astype(np.float64) for rows in (given.old, given.new))
    old /= np.linalg.norm(old, axis=1, keepdims=True) + 1e-8
    new /= np.linalg.norm(new, axis=1, keepdims=True) + 1e-8
    names = Names("s", len(old)), Names("t", len(new))
    return lambda: module.create_target_embeddings(
        old, new, *names, given.rows.copy(), verbose=False
    )[0]


def official_ofa(module: ModuleType, given: Input) -> Callable[[], NDArray[Any]]:
    """Return the loop of OFA with nothing that overlaps."""
    old, new = given.old.astype(np.float64), given.new.astype(np.float64)
    names = Names("s", len(old)), Names("t", len(new))
    return lambda: module.create_target_embeddings(
        old, new, *names, given.rows.copy(), None, {}, {}
    )[0]


def official_focus(module: ModuleType, given: Input) -> Callable[[], NDArray[Any]]:
    """Return the loop of FOCUS over given overlapping and new tokens."""
    overlap = {
        str(place): SimpleNamespace(auxiliary_embedding=vector, source_embedding=row)
        for place, (vector, row) in enumerate(
            zip(given.old, torch.from_numpy(given.rows), strict=True)
        )
    }
    added = {
        str(place): SimpleNamespace(auxiliary_embedding=vector, target=SimpleNamespace(id=place))
        for place, vector in enumerate(given.new)
    }
    empty = torch.zeros(len(given.new), given.rows.shape[1])
    run = module.focus_additional_token_initialization
    return lambda: run(overlap, added, empty.clone(), device="cpu").numpy()


def official_pursuit(module: ModuleType, given: Input) -> Callable[[], NDArray[Any]]:
    """Return tokensurgeon's batched pursuit, a batch of 1,024 at a time, and its combination."""
    points, rows = torch.from_numpy(given.old), torch.from_numpy(given.rows)

    def run() -> NDArray[Any]:
        parts = []
        for targets in torch.from_numpy(given.new).split(1024):
            places, weights = module.batch_omp(targets, points, 8)
            parts.append(torch.bmm(weights.unsqueeze(1), rows[places]).squeeze(1))
        return torch.cat(parts).numpy()

    return run


def ours(method: str, given: Input) -> NDArray[Any]:
    """Return [m, d] by our code."""
    rows, old, new = map(torch.from_numpy, (given.rows, given.old, given.new))
    if method == "focus":
        return sparse_rows(rows, old, new).numpy()
    if method == "matching pursuit":
        return mixed(rows, *pursue(new, old, 8)).numpy()
    return nearest_rows(rows, old, new).numpy()


def peers(options: argparse.Namespace) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """Yield method, version and loop of each official code that is at hand."""
    for method, package, name, build in (
        ("wechsel", "wechsel", "wechsel", official_wechsel),
        ("focus", "deepfocus", "deepfocus.focus", official_focus),
    ):
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            print(f"{method} is left out: {error}", file=sys.stderr)
            continue
        version = f"{package} {importlib.metadata.version(package)}"
        yield method, version, lambda given, m=module, b=build: b(m, given)
    if options.ofa:
        ofa = load_file(options.ofa / "ofa/utils.py", "ofa_utils")
        yield "ofa", "cisnlp/ofa", lambda given: official_ofa(ofa, given)
    if options.mergekit:
        folder = options.mergekit / "mergekit/tokensurgeon"
        load_file(folder / "rope_helpers.py", "rope_helpers", "tokensurgeon")
        omp = load_file(folder / "omp.py", "omp", "tokensurgeon")
        yield "matching pursuit", "arcee-ai/mergekit", lambda given: official_pursuit(omp, given)


def timed(run: Callable[[], NDArray[Any]]) -> tuple[tuple[float, float], NDArray[Any]]:
    """Return the seconds that a call took by the clock and of processors, and its value."""
    start = time.perf_counter(), time.process_time()
    value = run()
    return (time.perf_counter() - start[0], time.process_time() - start[1]), value


def compare(method: str, run: Callable[[], NDArray[Any]], given: Input, repeats: int) -> Any:
    """Run both by turns and return their seconds, the ratio and the largest difference."""
    theirs, mine, gap = [], [], 0.0
    ours(method, Input(given.rows[:2000], given.old[:2000], given.new[:100]))
    for _ in range(repeats):
        seconds, expected = timed(run)
        theirs.append(seconds)
        seconds, found = timed(lambda: ours(method, given))
        mine.append(seconds)
        gap = max(gap, float(np.abs(found - expected).max()))
    clock, work = (
        [statistics.median(one[kind] for one in runs) for runs in (theirs, mine)] for kind in (0, 1)
    )
    return {
        "official_seconds": round(clock[0], 3),
        "seconds": round(clock[1], 3),
        "ratio": round(clock[0] / clock[1], 2),
        "fastest_ratio": round(min(theirs)[0] / min(mine)[0], 2),
        "processor_ratio": round(work[0] / work[1], 2),
        "target": TARGETS.get(method),
        "difference": gap,
    }


def main() -> None:
    """Compare every official code that is at hand and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("old", 20_000), ("new", 20_000), ("space", 300), ("width", 768)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ofa", type=Path)
    parser.add_argument("--mergekit", type=Path)
    parser.add_argument("--only")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    answer, sys.stdout = sys.stdout, sys.stderr  # the official code prints
    torch.set_num_threads(options.threads)
    given = drawn(options.old, options.new, options.space, options.width)
    sizes = {name: getattr(options, name) for name in ("old", "new", "space", "width", "threads")}
    methods = {}
    for method, version, build in peers(options):
        if options.only in (None, method):
            build(drawn(100, 40, 16, 16))()  # what is compiled at first use is compiled now
            found = compare(method, build(given), given, options.repeats)
            methods[method] = {"official": version, **found}
    passed = all(
        found["difference"] <= 1e-5 and found["ratio"] >= (found["target"] or 0)
        for found in methods.values()
    )
    print(json.dumps({"sizes": sizes, "methods": methods, "passed": passed}, indent=1), file=answer)


if __name__ == "__main__":
    main()
