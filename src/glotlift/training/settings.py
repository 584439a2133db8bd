"""How a stage is trained: rates, steps, blocks, and what transformers is told of them."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from glotlift.runs.config import Config
from glotlift.runs.errors import GlotliftError
from glotlift.training.schedule import Ramp

Schedule = Literal["cosine", "linear", "constant", "inverse_sqrt", "warmup_stable_decay"]
NAMES = {"cosine": "cosine_with_min_lr", "constant": "constant_with_warmup"}  # of transformers


class TrainingSettings(Config):
    """How a stage is trained."""

    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    """Peak learning rate; it rises over `warmup` and then follows `schedule`."""
    schedule: Schedule = "cosine"
    """`cosine` falls to `final_rate`, `linear` to nothing, `warmup_stable_decay` at the end."""
    final_rate: float = Field(default=0.1, ge=0, le=1)
    """What cosine and warmup_stable_decay leave of the learning rate; the latter rises from it."""
    decay: float = Field(default=0.2, gt=0, le=1)
    """Share of the steps over which warmup_stable_decay falls."""
    embedding_rate: float = Field(default=1.0, ge=0, le=100)
    """The embeddings' learning rate as a multiple of the others'."""
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps over which the learning rate rises."""
    optimizer: Literal["adamw", "adafactor", "sgd"] = "adamw"
    """Which of transformers' optimisers makes the steps."""
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Momentum of `sgd`."""
    weight_decay: float = Field(default=0.01, ge=0, lt=1)
    """Weight decay (decoupled in adamw); embeddings, norms and biases are spared."""
    gradient_norm: float = Field(default=1.0, gt=0)
    """Gradients longer than this are shortened to it."""
    block: int = Field(default=256, ge=8)
    """Tokens in a block; several documents share one."""
    blocks_per_step: int = Field(default=16, ge=1)
    """Blocks in an optimiser step, over all processes and micro-batches."""
    ramp: float = Field(default=0.0, ge=0, le=1)
    """Share of the steps over which the blocks in a step grow from `ramp_from`."""
    ramp_from: int = Field(default=1, ge=1)
    """Blocks in the first step of a ramp."""
    one_source_per_step: bool = False
    """Whether all blocks of a step are of one source, drawn by the mixture."""
    micro_blocks: int = Field(default=16, ge=1)
    """Blocks computed at once on a device; halved where memory does not suffice."""
    save_every: int = Field(default=100, ge=1)
    """Steps between checkpoints."""
    evaluate_every: int = Field(default=100, ge=1)
    """Steps between measurements on the validation documents."""
    forgetting_limit: float | None = Field(default=None, gt=0)
    """Stop when a watched language is so many bits per byte worse than when the stage began."""
    log_every: int = Field(default=10, ge=1)
    """Steps between lines in the log; checkpoints and measurements fall on its multiples."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """`auto` is bfloat16 on an accelerator that has it, else float32."""

    @model_validator(mode="after")
    def consistent(self) -> Self:
        """Refuse settings that contradict each other: GL-TRAINING-030, -031 and -032."""
        if self.ramp and self.ramp_from > self.blocks_per_step:
            raise GlotliftError(
                "GL-TRAINING-030",
                f"steps cannot grow from {self.ramp_from} to {self.blocks_per_step} blocks",
                place="ramp_from",
                fix=f"set it to at most {self.blocks_per_step}",
            )
        if self.ramp and self.one_source_per_step:
            raise GlotliftError(
                "GL-TRAINING-031",
                "steps of one source do not grow",
                place="ramp",
                fix="leave out ramp or one_source_per_step",
            )
        if self.schedule == "warmup_stable_decay" and self.warmup + self.decay > 1:
            raise GlotliftError(
                "GL-TRAINING-032",
                f"warmup {self.warmup:g} and decay {self.decay:g} are more than all steps",
                place="decay",
                fix=f"set it to at most {1 - self.warmup:g}",
            )
        return self

    @property
    def growth(self) -> Ramp | None:
        """How the steps grow, or None where all are alike."""
        return Ramp(self.ramp, self.ramp_from) if self.ramp else None


def schedule_arguments(settings: TrainingSettings, steps: int, warmup: int) -> dict[str, Any]:
    """Return what transformers' `TrainingArguments` say of the learning rate's course."""
    more: dict[str, Any] = {}
    if settings.schedule == "cosine":
        more = {"min_lr_rate": settings.final_rate}
    if settings.schedule == "warmup_stable_decay":
        falling = max(1, min(round(settings.decay * steps), steps - warmup))
        more = {
            "num_decay_steps": falling,
            "min_lr_ratio": settings.final_rate,
            "decay_type": "linear",
        }
    kind = NAMES.get(settings.schedule, settings.schedule)
    return {"lr_scheduler_type": kind, "lr_scheduler_kwargs": more, "warmup_steps": warmup}


def optimizer_arguments(settings: TrainingSettings) -> dict[str, Any]:
    """Return what transformers' `TrainingArguments` say of the optimiser."""
    if settings.optimizer == "adamw":
        return {}
    momentum = f"momentum={settings.momentum}"
    return {"optim": settings.optimizer} | (
        {"optim_args": momentum} if settings.optimizer == "sgd" else {}
    )
