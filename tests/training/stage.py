"""A small stage: two sources of world text, a tiny model, few steps."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from datasets import Dataset

from glotlift import world
from glotlift.corpus import Mixture, hand
from glotlift.models.deltas import AllWeights
from glotlift.objectives.choice import objective_for
from glotlift.training.schedule import Budget
from glotlift.training.stages import Stage, TrainingSettings, run_stage
from tiny import model_of, tokenizer

SHARES = {"hin_Deva": 0.75, "replay:eng_Latn": 0.25}
STEPS = 8


@cache
def rows() -> dict[str, Dataset]:
    return {
        "hin_Deva": world.documents("hin_Deva", 80, sentences=2),
        "replay:eng_Latn": world.documents("eng_Latn", 80, sentences=2),
    }


@cache
def validation() -> dict[str, list[str]]:
    return {
        code: list(world.documents(code, 3, split="validation", sentences=1)["text"])
        for code in ("hin_Deva", "eng_Latn")
    }


def stage_for(
    kind: str = "llama", delta: Any = None, budget: Budget | None = None, **settings: Any
) -> Stage:
    objective = objective_for(model_of(kind), tokenizer())
    chosen = {
        "block": 48, "blocks_per_step": 4, "micro_blocks": 4, "learning_rate": 5e-3,
        "save_every": 2, "evaluate_every": 4, "log_every": 1, **settings,
    }  # fmt: skip
    return Stage(
        "tried",
        {name: objective.prepare(source) for name, source in rows().items()},
        Mixture(rows(), hand(SHARES), seed=3),
        budget or Budget(STEPS, "steps"),
        delta or AllWeights(),
        TrainingSettings(**chosen),
        seed=3,
    )


def trained(
    folder: Any,
    kind: str = "llama",
    model: Any = None,
    event: Callable[..., None] | None = None,
    watched: bool = False,
    **settings: Any,
) -> Any:
    stage = stage_for(kind, **settings)
    given = model if model is not None else model_of(kind)
    return run_stage(
        given, tokenizer(), stage, folder, validation=validation() if watched else None, event=event
    )


def weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
