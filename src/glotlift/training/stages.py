"""A stage: data, objective, delta and budget; training is a list of stages."""

import gc
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from glotlift.corpus import Mixture
from glotlift.models.adapters import learnt
from glotlift.models.deltas import AllWeights, movable
from glotlift.objectives.bits import longest_input
from glotlift.objectives.choice import objective_for
from glotlift.runs import atomic
from glotlift.runs.errors import GlotliftError
from glotlift.runs.figures import size
from glotlift.runs.machine import memory_in_use
from glotlift.runs.progress import TrainingLine
from glotlift.runs.protocols import Delta, Objective
from glotlift.training.micro_batches import (
    blocks_per_process,
    divisor_at_most,
    halved,
    is_out_of_memory,
    processes,
    refuse_lost_steps,
)
from glotlift.training.schedule import Budget, Documents, Plan, plan_blocks
from glotlift.training.settings import TrainingSettings as TrainingSettings
from glotlift.training.settings import optimizer_arguments, schedule_arguments
from glotlift.training.trainer import Blocks, StageTrainer, checkpoints

Event = Callable[..., None]


@dataclass(frozen=True)
class Stage:
    """What one stage reads, how much of it, and what may move."""

    name: str
    features: Mapping[str, Dataset]
    mixture: Mixture
    budget: Budget
    delta: Delta = field(default_factory=AllWeights)
    settings: TrainingSettings = field(default_factory=TrainingSettings)
    seed: int = 0
    objective: Objective | None = None
    """What a batch teaches; by default what the model was made for. It made the features."""


@dataclass(frozen=True)
class Trained:
    """What a stage left: the plain model, what it read, and its log.

    Adapters cannot be part of a plain model: `adapters` holds what they learnt, by name, for
    `glotlift.models.adapters.fill`. `moving` counts the weights that could move.
    """

    model: PreTrainedModel
    plan: Plan
    history: list[dict[str, Any]]
    steps: int
    adapters: Mapping[str, torch.Tensor] = field(default_factory=dict)
    moving: int = 0


def run_stage(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    stage: Stage,
    folder: Path,
    *,
    validation: Mapping[str, Sequence[str]] | None = None,
    event: Event | None = None,
) -> Trained:
    """Train `model` for one stage; checkpoints lie in `folder`, and the newest is resumed from.

    Out of memory, the micro-batch is halved and training goes on from the last checkpoint; a step
    stays the same step. Raises GL-TRAINING-002 when not even one block fits and GL-TRAINING-003
    when blocks are longer than the model reads.
    """
    limit = longest_input(model)
    if stage.settings.block > limit:
        raise GlotliftError(
            "GL-TRAINING-003",
            f"blocks of {stage.settings.block} tokens, but the model reads {limit}",
            fix=f"set training.block to at most {limit}",
        )
    objective = stage.objective or objective_for(model, tokenizer)
    documents = Documents(stage.features, objective.columns)
    plan = plan_blocks(
        documents,
        stage.mixture,
        stage.budget,
        block=stage.settings.block,
        blocks_per_step=stage.settings.blocks_per_step,
        overlap=objective.overlap,
        packs=objective.packs(model),
        seed=stage.seed,
        ramp=stage.settings.growth,
        one_source=stage.settings.one_source_per_step,
    )
    blocks = Blocks(plan, documents, objective, stage.settings.blocks_per_step, stage.seed)
    set_seed(stage.seed)
    prepared = stage.delta.apply(model)
    moving = sum(parameter.numel() for _, parameter in movable(prepared))
    trainer = fit(prepared, tokenizer, stage, blocks, folder, validation or {}, event)
    whole = trainer.whole_model()
    adapters = learnt(whole)
    trained = stage.delta.remove(whole)
    steps = trainer.state.global_step
    if steps < blocks.steps:
        plan = plan.up_to(steps * stage.settings.blocks_per_step, documents, objective.overlap)
    history = list(trainer.state.log_history)
    return Trained(trained, plan, history, steps, adapters, moving)


def fit(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    stage: Stage,
    blocks: Blocks,
    folder: Path,
    validation: Mapping[str, Sequence[str]],
    event: Event | None,
) -> StageTrainer:
    """Run the loop from the newest checkpoint on, with as many blocks at once as memory takes."""
    share = blocks_per_process(stage.settings.blocks_per_step)
    micro = divisor_at_most(share, stage.settings.micro_blocks)
    while True:
        found = checkpoints(folder)
        arguments = training_arguments(stage, blocks, micro, folder)
        arguments.eval_on_start = not found
        trainer = StageTrainer(
            model,
            arguments,
            blocks,
            tokenizer=tokenizer,
            validation=validation,
            embedding_rate=stage.settings.embedding_rate,
            callbacks=[Telling(stage.name, blocks, event), Guard(stage.settings.forgetting_limit)],
        )
        try:
            trainer.train(resume_from_checkpoint=str(found[-1]) if found else None)
            return trainer
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            micro = halved(micro, error)
            refuse_lost_steps(trainer.state.global_step, folder, micro)
        del trainer
        gc.collect()


def training_arguments(stage: Stage, blocks: Blocks, micro: int, folder: Path) -> TrainingArguments:
    """Return transformers' arguments for a stage of `micro` blocks at once on a device."""
    settings = stage.settings
    log_every = min(settings.log_every, max(1, blocks.steps // 10))
    cuda = torch.cuda.is_available()
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=blocks.steps,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=settings.blocks_per_step // (micro * processes()),
        learning_rate=settings.learning_rate,
        **schedule_arguments(settings, blocks.steps, math.ceil(settings.warmup * blocks.steps)),
        **optimizer_arguments(settings),
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.gradient_norm,
        logging_steps=log_every,
        save_strategy="steps",
        save_steps=multiple(settings.save_every, log_every),
        eval_strategy="steps",
        eval_steps=multiple(settings.evaluate_every, log_every),
        bf16=wants_bfloat16(settings.precision),
        use_cpu=not cuda,
        seed=stage.seed,
        data_seed=stage.seed,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=cuda,
        logging_nan_inf_filter=False,
        average_tokens_across_devices=True,
    )


class Telling(TrainerCallback):
    """Tells people and the event log how training goes."""

    def __init__(self, name: str, blocks: Blocks, event: Event | None) -> None:
        self.event, self.name = event, name
        self.line = TrainingLine(name, blocks.steps)
        plan = blocks.plan
        self.tokens_per_step = plan.total_tokens / max(1, blocks.steps)
        self.bits_per_nat = plan.total_tokens / max(1, plan.total_bytes) / math.log(2)
        self.bits: dict[str, str] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Start the clock at the step that training goes on from."""
        self.line.begin(state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Show the newest figures and add them to the event log."""
        if not state.is_world_process_zero:
            return
        logs = kwargs["logs"]
        if self.event is not None:
            self.event("training", stage=self.name, step=state.global_step, **logs)
        self.bits.update(
            {k.rsplit("/", 1)[1]: f"{v:.3f}" for k, v in logs.items() if k.startswith("eval_bits")}
        )
        if "loss" not in logs:
            return
        elapsed = self.line.elapsed()
        done = state.global_step - self.line.first_step
        values = {
            "loss": f"{logs['loss']:.3f}",
            "bits/byte": f"{logs['loss'] * self.bits_per_nat:.3f}",
            **self.bits,
            "tokens/s": f"{done * self.tokens_per_step / max(elapsed, 1e-9):,.0f}",
            "memory": size(memory_in_use()),
        }
        self.line.update(state.global_step, values)


class Guard(TrainerCallback):
    """Ends a stage at the first measurement that shows a language forgotten beyond the limit.

    No checkpoint is written of that step, so that a run that is killed and started again measures
    it anew and ends there too.
    """

    def __init__(self, limit: float | None) -> None:
        self.limit = limit

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Compare with the bits before the first step."""
        if self.limit is None:
            return
        measured = [line for line in state.log_history if any("eval_bits" in key for key in line)]
        before, now = measured[0], kwargs["metrics"]
        if any(now[name] > before[name] + self.limit for name in now if name in before):
            control.should_training_stop = True
            control.should_save = False


def multiple(steps: int, of: int) -> int:
    """Return `steps` rounded up to a multiple of `of`."""
    return -(-steps // of) * of


def wants_bfloat16(precision: str) -> bool:
    """Resolve `auto`: bfloat16 where an accelerator has it."""
    if precision == "auto":
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return precision == "bfloat16"


def discard_checkpoints(folder: Path) -> None:
    """Remove a finished stage's checkpoints."""
    atomic.remove(folder)
