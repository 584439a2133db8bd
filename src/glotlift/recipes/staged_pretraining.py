"""Continued pretraining in stages: what a share of replayed text keeps, and what it costs.

The arms of several recipes start from one model, read the same new text, and differ in how much
text of what the model knows is mixed in, and when.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from datasets import Dataset

from glotlift.evidence.design import Measurement, Setting
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.recipes.starting_point import Rows, Start, held_out_rows, repeated, starting_point
from glotlift.recipes.token_shares import REPLAY, train
from glotlift.runs.machine import peak_memory

Unit = Literal["tokens", "new tokens"]


@dataclass(frozen=True)
class Phase:
    """One stage of an arm.

    `part` is its weight in the arm's tokens, `replay` the share of replayed text in its tokens, and
    `rate` its peak learning rate as a multiple of the setting's.
    """

    part: float
    replay: float
    rate: float


def continue_pretraining(
    setting: Setting,
    seed: int,
    folder: Path,
    *,
    phases: tuple[Phase, ...],
    unit: Unit,
) -> Measurement:
    """Carry the setting's model through the phases; score the change in bits per byte.

    The budget, ``values["tokens"]`` in `unit`, is parted among the phases: either all tokens, or
    those of the new languages, to which replay is then added. A score is bits per byte after minus
    before, weighed by bytes: below 0 is a gain, above 0 is forgetting.
    """
    values = setting.values
    start = starting_point(json.dumps(dict(values), sort_keys=True))
    started = time.monotonic()
    model, tokenizer = load_model(find_model(str(start.folder))), load_tokenizer(start.folder)
    seen: Counter[str] = Counter()
    for number, (phase, amount) in enumerate(amounts(phases, values["tokens"], unit)):
        trained = train(
            model,
            tokenizer,
            *mixed(start, phase.replay),
            amount=amount,
            unit=unit,
            rate=values["learning_rate"] * phase.rate,
            seed=len(phases) * seed + number,
            folder=folder / f"stage-{number + 1}",
        )
        model = trained.model
        seen.update(trained.plan.tokens)
    new = sum(seen[name] for name in start.new)
    cost = {
        "seconds": time.monotonic() - started,
        "tokens": seen.total(),
        "new tokens": new,
        "replay share of tokens": 1 - new / seen.total(),
        "peak_memory_bytes": peak_memory(),
        "held-out documents met in training": repeated({**start.kept, **start.new}),
    }
    budget = seen.total() if unit == "tokens" else new
    return changes(
        start.before, held_out_rows(model, tokenizer, start.kept, start.new), budget, cost
    )


def amounts(phases: tuple[Phase, ...], tokens: int, unit: Unit) -> list[tuple[Phase, int]]:
    """Part the budget among the phases, in proportion to what they read of its unit."""
    parts = [phase.part * (1 if unit == "tokens" else 1 - phase.replay) for phase in phases]
    return [
        (phase, round(tokens * part / sum(parts)))
        for phase, part in zip(phases, parts, strict=True)
    ]


def mixed(start: Start, replay: float) -> tuple[dict[str, Dataset], dict[str, float]]:
    """Return training rows and shares of tokens, uniform among the replayed and among the new."""
    shares = {name: (1 - replay) / len(start.new) for name in start.new}
    rows = {name: start.new[name]["train"] for name in start.new}
    if replay:
        shares |= {f"{REPLAY}{name}": replay / len(start.kept) for name in start.kept}
        rows |= {f"{REPLAY}{name}": parts["train"] for name, parts in start.kept.items()}
    return rows, shares


def changes(
    before: Mapping[str, Rows], after: Mapping[str, Rows], budget: float, cost: dict[str, float]
) -> Measurement:
    """Return the change of every row, and the bits per byte before and after as costs."""
    for when, groups in (("before", before), ("after", after)):
        for group, rows in groups.items():
            cost[f"bits per byte {when}, {group}"] = float(rows.bits.sum() / rows.bytes.sum())
    return Measurement(
        budget,
        {group: (rows.bits - before[group].bits) / rows.bytes for group, rows in after.items()},
        {group: rows.ids for group, rows in after.items()},
        {group: rows.bytes for group, rows in after.items()},
        cost,
    )
