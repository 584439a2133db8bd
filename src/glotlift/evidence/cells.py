"""One arm under one seed: run once, checked, and kept whole on disk."""

from __future__ import annotations

import gc
import json
import math
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glotlift.evidence.design import Arm, Measurement, Recipe, Setting
from glotlift.evidence.fingerprint import fingerprint
from glotlift.evidence.workers import Workers
from glotlift.runs.atomic import write_json
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Cells = dict[tuple[str, int], Measurement]

TOLERANCE = 0.01  # of the budget, between arms


def run_cells(
    recipe: Recipe,
    wanted: Sequence[tuple[Arm, int]],
    setting: Setting,
    folder: Path,
    workers: Workers | None,
) -> Iterator[tuple[Measurement, float]]:
    """Yield the measurement and the seconds of each arm under its seed, in order.

    `workers` run them side by side, which takes arms whose functions can be imported. Raises
    GL-EVIDENCE-016 where one of them is killed.
    """
    tasks = [(recipe, arm, setting, seed, folder / f"{arm.name}-{seed}") for arm, seed in wanted]
    if workers is None:
        yield from starmap(run_cell, tasks)
        return
    futures = workers.submit(run_cell, tasks, [seed for _, seed in wanted])
    try:
        for future in futures:
            yield future.result()
    except BrokenProcessPool:
        raise GlotliftError(
            "GL-EVIDENCE-016",
            "a process that ran an arm was killed",
            place=f"recipe {recipe.name}",
            fix="run again, with fewer workers if memory was short; what is done is kept",
        ) from None
    finally:
        for future in futures:
            future.cancel()


def set_aside() -> None:
    """Keep what is in memory now, libraries above all, out of later searches for garbage.

    A trainer searches for it whenever it starts or ends, half a second each time otherwise.
    """
    gc.collect()
    gc.freeze()


def run_cell(
    recipe: Recipe, arm: Arm, setting: Setting, seed: int, cell: Path
) -> tuple[Measurement, float]:
    """Return a cell's measurement and the seconds it took, from disk if it is there and valid."""
    identity = {
        "recipe": recipe.name,
        "part": recipe.part,
        "budget_unit": recipe.budget_unit,
        "arm": arm.name,
        "run": fingerprint(arm.run),
        "setting": setting.name,
        "values": setting.values,
        "seed": seed,
    }
    key = hash_json(identity)
    named, measured, work = cell / "cell.json", cell / "measurement.json", cell / "work"
    if load_json(named).get("key") != key:
        shutil.rmtree(cell, ignore_errors=True)
        write_json(named, {"key": key, **identity})
    stored = load_json(measured)
    if not stored:
        work.mkdir(parents=True, exist_ok=True)
        set_aside()
        started = time.monotonic()
        measurement = arm.run(setting, seed, work)
        check_measurement(recipe, arm, measurement)
        stored = store(measurement, time.monotonic() - started)
        write_json(measured, stored, indent=None)
    return load(stored), float(stored["seconds"])


def check_measurement(recipe: Recipe, arm: Arm, measurement: Measurement) -> None:
    """Refuse a measurement that lacks a metric or whose scores cannot be judged."""
    missing = [name for name in recipe.metrics if name not in measurement.scores]
    if missing:
        raise GlotliftError(
            "GL-EVIDENCE-007",
            f"the metric {missing[0]!r} was not measured",
            place=f"arm {arm.name}",
            fix="return it in Measurement.scores or take it out of the recipe",
        )
    weights = measurement.weights or {}
    for name in recipe.metrics:
        scores, rows = np.asarray(measurement.scores[name]), measurement.rows.get(name, ())
        shape = (len(rows),)
        unlike = scores.shape != shape or np.shape(weights.get(name, scores)) != shape
        if unlike or not scores.size or not np.isfinite(scores).all():
            raise GlotliftError(
                "GL-EVIDENCE-008",
                f"scores of shape {scores.shape} for {len(rows)} rows, or not all finite",
                place=f"arm {arm.name}, metric {name}",
                fix="give one finite score (and weight) per row id",
            )
    if not math.isfinite(measurement.budget) or measurement.budget < 0:
        raise GlotliftError(
            "GL-EVIDENCE-015",
            f"a budget of {measurement.budget} {recipe.budget_unit} cannot be compared",
            place=f"arm {arm.name}",
            fix="return what was spent",
        )


def compare_cells(
    recipe: Recipe, cells: Cells, name: str, seed: int, measurement: Measurement
) -> None:
    """Refuse a cell that spent another budget or met other rows than those before it."""
    for (other, other_seed), earlier in cells.items():
        place = f"arms {other} and {name}, seeds {other_seed} and {seed}"
        most = max(earlier.budget, measurement.budget)
        if other_seed == seed and abs(earlier.budget - measurement.budget) > TOLERANCE * most:
            raise GlotliftError(
                "GL-EVIDENCE-009",
                f"budgets of {earlier.budget:g} and {measurement.budget:g} {recipe.budget_unit} "
                f"are over {TOLERANCE:.0%} apart",
                place=place,
                fix="give the arms equal budgets",
            )
        for metric in recipe.metrics:
            if list(earlier.rows[metric]) != list(measurement.rows[metric]):
                raise GlotliftError(
                    "GL-EVIDENCE-010",
                    f"{metric!r} was measured on other rows",
                    place=place,
                    fix="measure all arms and seeds on the same rows, in the same order",
                )
            if not np.array_equal(weights_of(earlier, metric), weights_of(measurement, metric)):
                raise GlotliftError(
                    "GL-EVIDENCE-011",
                    f"{metric!r} weighs its rows differently",
                    place=place,
                    fix="weigh a row by what all arms share, such as its bytes",
                )


def weights_of(measurement: Measurement, metric: str) -> NDArray[np.float64]:
    """Return a metric's weights [rows], ones where it has none."""
    weights = (measurement.weights or {}).get(metric)
    return np.ones(len(measurement.rows[metric])) if weights is None else np.asarray(weights)


def store(measurement: Measurement, seconds: float) -> dict[str, Any]:
    """Return a measurement as JSON, every score exact."""
    return {
        "budget": float(measurement.budget),
        "scores": {
            name: np.asarray(values).tolist() for name, values in measurement.scores.items()
        },
        "rows": {name: list(ids) for name, ids in measurement.rows.items()},
        "weights": {
            name: np.asarray(values).tolist()
            for name, values in (measurement.weights or {}).items()
        },
        "cost": {name: float(value) for name, value in measurement.cost.items()},
        "seconds": seconds,
    }


def load(stored: Mapping[str, Any]) -> Measurement:
    """Return what `store` wrote."""
    return Measurement(
        budget=stored["budget"],
        scores={name: np.array(values, np.float64) for name, values in stored["scores"].items()},
        rows=stored["rows"],
        weights={name: np.array(values, np.float64) for name, values in stored["weights"].items()},
        cost=stored["cost"],
    )


def load_json(path: Path) -> dict[str, Any]:
    """Return a JSON object, or an empty one where there is none."""
    value = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return value if isinstance(value, dict) else {}
