"""One training stage as the recipes run it: blocks of 128 tokens, and no checkpoint left behind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import Mixture
from glotlift.models.deltas import AllWeights
from glotlift.objectives.choice import objective_for
from glotlift.runs.protocols import Delta, Objective
from glotlift.training.schedule import Budget
from glotlift.training.schooling import BLOCK
from glotlift.training.stages import (
    Event,
    Stage,
    Trained,
    TrainingSettings,
    discard_checkpoints,
    run_stage,
)

BLOCKS = 8
NEVER = 10**6


def train_stage(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    features: Mapping[str, Dataset],
    mixture: Mixture,
    budget: Budget,
    *,
    rate: float,
    seed: int,
    folder: Path,
    blocks: int = BLOCKS,
    log_every: int = 10,
    event: Event | None = None,
    objective: Objective | None = None,
    delta: Delta | None = None,
    **settings: Any,
) -> Trained:
    """Train on `features`, mixed as their rows are, for a budget; `folder` is emptied.

    A step reads `blocks` blocks. `event` is called every `log_every` steps, as `run_stage` does.
    The `objective` made the features (by default the model's own), `delta` says what may move (by
    default all), and `settings` are further ones of `TrainingSettings`.
    """
    chosen = TrainingSettings(
        learning_rate=rate,
        blocks_per_step=blocks,
        micro_blocks=blocks,
        log_every=log_every,
        **{"block": BLOCK, "save_every": NEVER, "evaluate_every": NEVER, **settings},
    )
    stage = Stage(
        folder.name,
        features,
        mixture,
        budget,
        delta=delta or AllWeights(),
        settings=chosen,
        seed=seed,
        objective=objective,
    )
    trained = run_stage(model, tokenizer, stage, folder, event=event)
    discard_checkpoints(folder)
    return trained


def prepared(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, rows: Mapping[str, Dataset]
) -> dict[str, Dataset]:
    """Return the features of every source, as the model's own objective wants them."""
    objective = objective_for(model, tokenizer)
    return {name: objective.prepare(dataset) for name, dataset in rows.items()}
