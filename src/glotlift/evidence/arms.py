"""Run the arms of a recipe over its seeds, and judge its claims.

Each arm under each seed is a cell. A finished cell is written whole and never run again while arm,
setting and seed stay what they were, so a killed grid continues where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glotlift.evaluation.statistics import paired_difference
from glotlift.evidence.cells import TOLERANCE, compare_cells, run_cells, weights_of
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting, check_seeds
from glotlift.evidence.scores import pack
from glotlift.evidence.verdicts import Claim, judge
from glotlift.evidence.workers import Workers
from glotlift.runs.atomic import write_json
from glotlift.runs.hashing import hash_json
from glotlift.runs.machine import describe, versions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Cells = dict[tuple[str, int], Measurement]

__all__ = ["Arm", "Measurement", "Metric", "Recipe", "Setting", "run_recipe"]

SEEDS_OF_TRAINED, SEEDS_LEAST = 5, 3


def run_recipe(
    recipe: Recipe,
    setting: Setting | str,
    folder: Path,
    *,
    seeds: Sequence[int] | None = None,
    progress: Callable[[str], None] | None = None,
    command: str = "",
    workers: Workers | None = None,
) -> dict[str, Any]:
    """Run every arm under every seed that `folder` does not hold yet; return the evidence.

    The evidence is also written to ``folder/evidence.json``, with every row's scores. Seeds are
    the outer loop, so unlike arms are refused after the first seed. `workers` run cells side by
    side.

    Raises GL-EVIDENCE-007 (a metric is missing), -008 (scores that are not finite or do not match
    their rows), -009 (budgets over 1 % apart), -010 (arms met different rows) or -011 (weights
    differ), and -005 or -006 for seeds or a setting that do not fit.
    """
    setting = recipe.setting(setting) if isinstance(setting, str) else setting
    seeds = recipe.seeds if seeds is None else tuple(seeds)
    check_seeds(seeds, recipe.name)
    cells: Cells = {}
    seconds = 0.0
    wanted = [(arm, seed) for seed in seeds for arm in recipe.arms]
    done = run_cells(recipe, wanted, setting, folder / "cells", workers)
    for (arm, seed), (measurement, spent) in zip(wanted, done, strict=True):
        compare_cells(recipe, cells, arm.name, seed, measurement)
        cells[arm.name, seed] = measurement
        seconds += spent
        if progress:
            progress(f"{arm.name}, seed {seed}: {spent:.1f} s")
    evidence = describe_evidence(recipe, setting, seeds, cells, seconds, command)
    write_json(folder / "evidence.json", evidence)
    return evidence


def describe_evidence(
    recipe: Recipe,
    setting: Setting,
    seeds: Sequence[int],
    cells: Cells,
    seconds: float,
    command: str,
) -> dict[str, Any]:
    """Return the evidence of a finished grid."""
    spent = [cells[arm.name, seed].budget for arm in recipe.arms for seed in seeds]
    return {
        "schema": 1,
        "kind": "recipe",
        "recipe": recipe.name,
        "part": recipe.part,
        "setting": setting.name,
        "values": dict(setting.values),
        "question": recipe.question,
        "difference": recipe.difference,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "budget": {
            "unit": recipe.budget_unit,
            "value": float(np.mean(spent)),
            "tolerance": TOLERANCE,
        },
        "seeds": list(seeds),
        "arms": [describe_arm(recipe, arm, seeds, cells) for arm in recipe.arms],
        "metrics": {
            name: {"unit": metric.unit, "higher_is_better": metric.higher_is_better}
            for name, metric in recipe.metrics.items()
        },
        "claims": [judge_claim(claim, seeds, cells) for claim in recipe.claims],
        "rows": {metric: pack_rows(recipe, metric, seeds, cells) for metric in recipe.metrics},
        "notes": notes_on(recipe, seeds),
        "machine": describe(),
        "versions": versions(),
        "seconds": seconds,
        "command": command,
    }


def describe_arm(recipe: Recipe, arm: Arm, seeds: Sequence[int], cells: Cells) -> dict[str, Any]:
    """Return an arm's budgets, mean costs, and metrics by seed."""
    own = [cells[arm.name, seed] for seed in seeds]
    costs = sorted({name for measurement in own for name in measurement.cost})
    metrics = {}
    for metric in recipe.metrics:
        by_seed = [float(np.average(m.scores[metric], weights=weights_of(m, metric))) for m in own]
        metrics[metric] = {"mean": float(np.mean(by_seed)), "by_seed": by_seed}
    return {
        "name": arm.name,
        "description": arm.description,
        "budget_spent": {str(seed): m.budget for seed, m in zip(seeds, own, strict=True)},
        "cost": {
            name: float(np.mean([m.cost[name] for m in own if name in m.cost])) for name in costs
        },
        "metrics": metrics,
    }


def stack(name: str, metric: str, seeds: Sequence[int], cells: Cells) -> NDArray[np.float64]:
    """Return an arm's scores of a metric, [seeds, rows]."""
    return np.stack([cells[name, seed].scores[metric] for seed in seeds])


def judge_claim(claim: Claim, seeds: Sequence[int], cells: Cells) -> dict[str, Any]:
    """Return a claim with its interval and verdict, as evidence files carry them."""
    first = cells[claim.arm, seeds[0]]
    versus: NDArray[np.float64] | float = (
        stack(claim.versus, claim.metric, seeds, cells)
        if isinstance(claim.versus, str)
        else float(claim.versus)
    )
    interval = paired_difference(
        stack(claim.arm, claim.metric, seeds, cells),
        versus,
        weights=weights_of(first, claim.metric),
    )
    return judge(claim, interval).row()


def pack_rows(recipe: Recipe, metric: str, seeds: Sequence[int], cells: Cells) -> dict[str, Any]:
    """Return a metric's scores of every arm, seed and row, compressed, and what names the rows."""
    first = cells[recipe.arms[0].name, seeds[0]]
    weights = (first.weights or {}).get(metric)
    return {
        "count": len(first.rows[metric]),
        "ids_hash": hash_json(list(first.rows[metric])),
        "kept": "every seed, float32",
        "weights": None if weights is None else pack(weights),
        "arms": {arm.name: pack(stack(arm.name, metric, seeds, cells)) for arm in recipe.arms},
    }


def notes_on(recipe: Recipe, seeds: Sequence[int]) -> list[str]:
    """Say where the evidence is thinner than it should be."""
    if len(seeds) == 1:
        return ["one seed: intervals are over rows only"]
    if not any(arm.trained for arm in recipe.arms) or len(seeds) >= SEEDS_OF_TRAINED:
        return []
    thin = f"{len(seeds)} seeds where a verdict on a trained arm asks for {SEEDS_OF_TRAINED}"
    if len(seeds) < SEEDS_LEAST:
        thin += f", and any verdict for {SEEDS_LEAST}"
    return [thin]
