"""The training steps: the new rows alone, then everything that may move."""

from pathlib import Path
from typing import Any

import torch

from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.text import Text, spread, training_sources
from glotlift.adaptation.work import Work, save, stage_name
from glotlift.corpus import Mixture, hand
from glotlift.models.deltas import AllWeights, Delta, LowRank, NewRows, Together
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.choice import objective_for
from glotlift.objectives.packing import columns
from glotlift.runs import atomic, machine
from glotlift.training.micro_batches import processes
from glotlift.training.schedule import Budget
from glotlift.training.stages import (
    Stage,
    Trained,
    TrainingSettings,
    discard_checkpoints,
    run_stage,
)
from glotlift.vocabulary import load_edit

MINIMUM_STEPS = 40  # a stage of fewer takes smaller steps
WATCHED = 40  # validation documents per language during training, at most
WATCHED_BYTES = 20_000  # and about so many bytes of them


def train_rows(work: Work, number: int) -> None:
    """Warm up the new embedding rows alone, if there are any."""
    share = work.config.extension.warmup_share
    if not work.edit_file.exists() or share == 0:
        return
    delta = NewRows(tuple(load_edit(work.edit_file).added_ids))
    train(work, "rows", number, source="vocabulary", share=share, delta=delta)


def train_all(work: Work, number: int) -> None:
    """Train what the configuration lets move, for the rest of the budget."""
    rows = stage_name("rows", number)
    warmed = work.run.done(rows)
    share = 1 - work.config.extension.warmup_share if warmed else 1.0
    source = rows if warmed else "vocabulary"
    train(work, "training", number, source=source, share=share, delta=moving(work))


def moving(work: Work) -> Delta:
    """Return what may move in the main stage."""
    training = work.config.training
    if training.delta == "all":
        return AllWeights()
    low_rank = LowRank(rank=training.rank, alpha=2 * training.rank)
    if not work.edit_file.exists():
        return low_rank
    return Together((NewRows(tuple(load_edit(work.edit_file).added_ids)), low_rank))


def train(work: Work, stage: str, number: int, *, source: str, share: float, delta: Delta) -> None:
    """Train one stage from another stage's model and write model, log and what was read."""
    name = stage_name(stage, number)
    if work.run.done(name):
        return
    folder = work.run.path / source / "model"
    model, tokenizer = load_model(find_model(str(folder))), load_tokenizer(folder)
    asked = make_stage(work, model, tokenizer, stage, number, share, delta)
    checkpoints = work.run.path / ".checkpoints" / name
    event = work.run.event if work.team.leads else None
    trained = run_stage(
        model,
        tokenizer,
        asked,
        checkpoints,
        validation=watched(work.config, work.corpus),
        event=event,
    )

    def write(output: Path) -> None:
        final: Any = trained.model
        if stage == "training":
            final = final.to(stored_type(work))
        save(final, tokenizer, output / "model")
        atomic.write_json(output / "training.json", summary(asked, trained))

    work.team.stage(work.run, name, write)
    work.team.alone(lambda: discard_checkpoints(checkpoints))


def watched(config: AdaptConfig, corpus: Text) -> dict[str, list[str]]:
    """Return the validation documents that are measured during training, by language."""
    return {
        code: spread(corpus.texts("validation", code), WATCHED, WATCHED_BYTES)
        for code in config.languages
    }


def stored_type(work: Work) -> torch.dtype:
    """Return the number type that the model came in, in which it is given back."""
    configuration = work.files.configuration
    name = configuration.get("dtype") or configuration.get("torch_dtype") or "float32"
    return getattr(torch, str(name), torch.float32)


def make_stage(
    work: Work, model: Any, tokenizer: Any, stage: str, number: int, share: float, delta: Delta
) -> Stage:
    """Return the stage that reads `share` of the budget under the `number`-th seed."""
    seed = work.config.seed_list[number]
    sources, shares = training_sources(work.corpus, work.config.language, work.dial.replay_share)
    objective = objective_for(model, tokenizer)
    features = {source: objective.prepare(rows) for source, rows in sources.items()}
    # The warm-up reads the mixture in another order, so that the two do not begin alike.
    mixture = Mixture(sources, hand(shares), seed=2 * seed + (stage == "rows"))
    budget = Budget(max(1, round(work.dial.budget_bytes * share)), "bytes")
    settings = stage_settings(work, budget, features)
    return Stage(stage, features, mixture, budget, delta, settings, seed=seed)


def stage_settings(work: Work, budget: Budget, features: Any) -> TrainingSettings:
    """Return the stage's settings; a small budget gets smaller steps, so that there are enough."""
    training, dial = work.config.training, work.dial
    tokens = sum(int(columns(rows)[1][-1]) for rows in features.values())
    length = sum(sum(rows["bytes"]) for rows in features.values())
    blocks = budget.amount * tokens / max(1, length) / dial.block
    per_step = training.blocks_per_step
    while per_step > 1 and blocks / per_step < MINIMUM_STEPS:
        per_step //= 2
    together = processes()
    per_step = -(-per_step // together) * together
    steps = max(1, int(blocks / per_step))
    return TrainingSettings(
        learning_rate=dial.learning_rate,
        embedding_rate=training.embedding_rate,
        weight_decay=training.weight_decay,
        block=dial.block,
        blocks_per_step=per_step,
        micro_blocks=min(per_step, training.micro_blocks),
        save_every=training.save_every,
        evaluate_every=max(1, steps // training.evaluations),
        precision=training.precision,
    )


def summary(stage: Stage, trained: Trained) -> dict[str, Any]:
    """Return what a stage read and how its loss went."""
    plan = trained.plan
    runtime = sum(entry.get("train_runtime", 0.0) for entry in trained.history)
    return {
        "stage": stage.name,
        "steps": trained.steps,
        "seconds": runtime,
        "settings": stage.settings.model_dump(mode="json"),
        "weights": stage.mixture.weights,
        "seen": {
            name: {
                "tokens": plan.tokens[name],
                "bytes": plan.bytes[name],
                "documents": plan.documents[name],
                "available_bytes": stage.mixture.sizes[name],
            }
            for name in plan.sources
        },
        "history": trained.history,
        "peak_memory_bytes": machine.peak_memory(),
    }
