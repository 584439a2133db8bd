"""What the main job is asked: one model, one language, text, and what must not be lost."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from glotlift.languages import language
from glotlift.runs.config import Config
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json

Paths = Annotated[
    list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
]
UNITS = {"s": 1, "m": 60, "h": 3600, "kB": 10**3, "MB": 10**6, "GB": 10**9}


class ExtensionConfig(Config):
    """How the vocabulary grows."""

    pieces: Annotated[int, Field(ge=0)] | Literal["auto"] = "auto"
    """New pieces; 0 leaves the vocabulary alone; `auto` follows the amount of text."""
    max_changed: float = Field(default=0.2, ge=0, le=1)
    """Share of kept languages' sentences that may segment differently."""
    initialiser: Literal["mean_of_pieces", "random_rows"] = "mean_of_pieces"
    """How the new rows begin."""
    warmup_share: float = Field(default=0.1, ge=0, lt=1)
    """Share of the budget during which only the new rows move."""


class TrainingConfig(Config):
    """How the model is trained; what is not set follows the dial and the model's size."""

    delta: Literal["all", "low_rank"] = "all"
    """What moves: every weight, or low-rank updates and the new rows."""
    rank: int = Field(default=16, ge=1)
    """Rank of low-rank updates."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] | Literal["auto"] = "auto"
    """Peak learning rate; `auto` follows the model's size."""
    embedding_rate: float = Field(default=1.0, ge=0, le=100)
    """The embeddings' learning rate as a multiple of the others'."""
    weight_decay: float = Field(default=0.01, ge=0, lt=1)
    """Decoupled weight decay."""
    block: Annotated[int, Field(ge=8)] | Literal["auto"] = "auto"
    """Tokens in a block."""
    blocks_per_step: int = Field(default=16, ge=1)
    """Blocks in an optimiser step."""
    micro_blocks: int = Field(default=16, ge=1)
    """Blocks computed at once; halved where memory does not suffice."""
    save_every: int = Field(default=100, ge=1)
    """Steps between checkpoints."""
    evaluations: int = Field(default=6, ge=1)
    """Measurements on validation documents during training."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """`auto` is bfloat16 on an accelerator that has it, else float32."""


class EvaluationConfig(Config):
    """What is measured, before and after."""

    documents: int = Field(default=400, ge=2)
    """Held-out documents per language, at most."""
    bytes: int = Field(default=1_000_000, ge=1000)
    """Bytes of held-out text per language, about at most."""
    samples: int = Field(default=3, ge=0)
    """Generated samples per language on the page."""
    tasks: int = Field(default=200, ge=0)
    """Questions per task where the language has built-in tasks (the sample world)."""


class AdaptConfig(Config):
    """The main job's configuration."""

    model: str = Field(min_length=1)
    """A model folder, a Hub id (OWNER/NAME or OWNER/NAME@REVISION), or `starter:decoder`."""
    language: str
    """The target language, such as `yor_Latn`, `yo` or `yor`."""
    text: Paths = Field(min_length=1)
    """Files, folders, `hub:OWNER/NAME` or `world:CODE` addresses of target-language text."""
    keep: dict[str, Annotated[Paths, Field(min_length=1)]] = Field(default={})
    """Text of languages that must not be lost: replayed and measured."""
    output: Path | None = None
    """The run folder; by default `runs/adapt-<language>-<hash of this configuration>`."""
    budget: str = "auto"
    """The one dial: bytes of text to read (`40MB`) or time (`10m`, `2h`); `auto` is four passes."""
    replay: Annotated[float, Field(ge=0, lt=1)] | Literal["auto"] = "auto"
    """Share of the budget that replays the kept languages."""
    validation: float = Field(default=0.05, gt=0, lt=0.5)
    """Share of documents watched during training."""
    test: float = Field(default=0.1, gt=0, lt=0.5)
    """Share of documents held out for the evidence."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Seed of mixture order, initialisation and training; splits do not depend on it."""
    seeds: int = Field(default=1, ge=1, le=100)
    """Trainings under so many seeds, so that the intervals are over seeds as well as documents."""
    extension: ExtensionConfig = ExtensionConfig()
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()

    @field_validator("language")
    @classmethod
    def known_language(cls, tag: str) -> str:
        """Write the language as code_Script."""
        return code_of(tag, "language")

    @field_validator("keep", mode="before")
    @classmethod
    def known_kept(cls, keep: Any) -> Any:
        """Write the kept languages as code_Script."""
        if not isinstance(keep, dict):
            return keep
        codes = [code_of(str(tag), f"keep.{tag}") for tag in keep]
        twice = next((code for code in codes if codes.count(code) > 1), None)
        if twice is not None:
            raise GlotliftError(
                "GL-ADAPT-006",
                f"{twice} is given twice",
                place="keep",
                fix="list all its text under one code",
            )
        return dict(zip(codes, keep.values(), strict=True))

    @field_validator("budget", mode="before")
    @classmethod
    def readable_budget(cls, budget: Any) -> str:
        """Refuse a dial that is neither bytes nor time."""
        if budget != "auto":
            parse_budget(str(budget))
        return str(budget)

    @model_validator(mode="after")
    def consistent(self) -> "AdaptConfig":
        """Refuse what contradicts itself."""
        if self.language in self.keep:
            raise GlotliftError(
                "GL-ADAPT-002",
                f"{self.language} is the target and cannot also be kept",
                place="keep",
                fix="leave it out of keep",
            )
        if self.replay not in ("auto", 0) and not self.keep:
            raise GlotliftError(
                "GL-ADAPT-003",
                "nothing to replay",
                place="replay",
                fix="give keep: {LANGUAGE: TEXT}",
            )
        shared = {*self.text} & {path for paths in self.keep.values() for path in paths}
        if shared:
            raise GlotliftError(
                "GL-ADAPT-007",
                f"{min(shared)!r} is both target text and kept text",
                place="keep",
                fix="name other files",
            )
        if self.training.blocks_per_step < self.training.micro_blocks:
            object.__setattr__(
                self,
                "training",
                self.training.model_copy(update={"micro_blocks": self.training.blocks_per_step}),
            )
        return self

    @property
    def folder(self) -> Path:
        """The run folder."""
        if self.output is not None:
            return self.output.expanduser()
        name = hash_json(self.model_dump(mode="json", exclude={"output"}))[:8]
        return Path("runs") / f"adapt-{self.language}-{name}"

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The seeds of the trainings; the first one's model is kept."""
        return tuple(range(self.seed, self.seed + self.seeds))

    @property
    def languages(self) -> list[str]:
        """The target, then the kept languages."""
        return [self.language, *self.keep]


def code_of(tag: str, key: str) -> str:
    """Return a language's code_Script; what is wrong with `tag` is told at the config's `key`."""
    try:
        return str(language(tag).code)
    except GlotliftError as error:
        raise GlotliftError(error.code, error.cause, place=key, fix=error.fix) from None


def parse_budget(text: str) -> tuple[float, Literal["seconds", "bytes"]]:
    """Read the dial: `10m` is 600 seconds, `40MB` is 40 million bytes.

    Raises GL-ADAPT-001.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h|kB|MB|GB)", text.strip())
    if match is None or float(match[1]) == 0:
        raise GlotliftError(
            "GL-ADAPT-001",
            f"not a budget: {text!r}",
            place="budget",
            fix="write time (90s, 10m, 2h), bytes (500kB, 40MB, 1GB) or auto",
        )
    amount = float(match[1]) * UNITS[match[2]]
    return amount, "seconds" if match[2] in ("s", "m", "h") else "bytes"
