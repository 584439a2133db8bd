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
from typing import Any, Literal

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.evidence.design import Measurement, Metric, Setting
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.recipes.one_stage import BLOCKS
from glotlift.recipes.starting_point import (
    NEW,
    SOURCE,
    Rows,
    Start,
    held_out_rows,
    repeated,
    starting_point,
)
from glotlift.recipes.token_shares import REPLAY, train
from glotlift.runs.machine import peak_memory

Unit = Literal["tokens", "new tokens"]
BITS, CHANGE_IN = "bits per byte", "change in "
CHANGE = Metric(BITS, higher_is_better=False)
CHANGE_IN_SOURCE, CHANGE_IN_NEW = f"{CHANGE_IN}{SOURCE}", f"{CHANGE_IN}{NEW}"


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
    blocks: int = BLOCKS,
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
    model, seen, steps = pretrain_in_phases(
        start, model, tokenizer, values, phases, unit, seed, folder, blocks
    )
    new = sum(seen[name] for name in start.new)
    cost = {
        "seconds": time.monotonic() - started,
        "steps": steps,
        "tokens": seen.total(),
        "new tokens": new,
        "replay share": 1 - new / seen.total(),
        "peak_memory_bytes": peak_memory(),
        "test documents in training": repeated({**start.kept, **start.new}),
    }
    budget = seen.total() if unit == "tokens" else new
    return changes(
        start.before, held_out_rows(model, tokenizer, start.kept, start.new), budget, cost
    )


def pretrain_in_phases(
    start: Start,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    values: Mapping[str, Any],
    phases: tuple[Phase, ...],
    unit: Unit,
    seed: int,
    folder: Path,
    blocks: int = BLOCKS,
) -> tuple[PreTrainedModel, Counter[str], int]:
    """Return the model after the phases, the tokens that it read by source, and its steps."""
    seen: Counter[str] = Counter()
    steps = 0
    for number, (phase, amount) in enumerate(amounts(phases, values["tokens"], unit)):
        trained = train(
            model,
            tokenizer,
            start.rows,
            start.features,
            shares_of(start, phase.replay),
            amount=amount,
            unit=unit,
            rate=values["learning_rate"] * phase.rate,
            seed=len(phases) * seed + number,
            blocks=blocks,
            folder=folder / f"stage-{number + 1}",
        )
        model = trained.model
        seen.update(trained.plan.tokens)
        steps += trained.steps
    return model, seen, steps


def amounts(phases: tuple[Phase, ...], tokens: int, unit: Unit) -> list[tuple[Phase, int]]:
    """Part the budget among the phases, in proportion to what they read of its unit."""
    parts = [phase.part * (1 if unit == "tokens" else 1 - phase.replay) for phase in phases]
    return [
        (phase, round(tokens * part / sum(parts)))
        for phase, part in zip(phases, parts, strict=True)
    ]


def shares_of(start: Start, replay: float) -> dict[str, float]:
    """Return shares of tokens, uniform among what is replayed and among what is new."""
    shares: dict[str, float] = {}
    if replay < 1:
        shares |= {name: (1 - replay) / len(start.new) for name in start.new}
    if replay:
        shares |= {f"{REPLAY}{name}": replay / len(start.kept) for name in start.kept}
    return shares


def changes(
    before: Mapping[str, Rows], after: Mapping[str, Rows], budget: float, cost: dict[str, float]
) -> Measurement:
    """Return the change of every row, and the bits per byte before and after as costs."""
    for when, groups in (("before", before), ("after", after)):
        for group, rows in groups.items():
            cost[f"bits/byte {when}: {group}"] = float(rows.bits.sum() / rows.bytes.sum())
    named = {f"{CHANGE_IN}{group}": (before[group], rows) for group, rows in after.items()}
    return Measurement(
        budget,
        {name: (new.bits - old.bits) / new.bytes for name, (old, new) in named.items()},
        {name: new.ids for name, (_, new) in named.items()},
        {name: new.bytes for name, (_, new) in named.items()},
        cost,
    )
