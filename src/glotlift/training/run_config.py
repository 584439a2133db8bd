"""What `glotlift train` is asked: a model, sources, and the stages that read them."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from glotlift.corpus import (
    Policy,
    alpha,
    changing,
    equal_bytes,
    hand,
    natural,
    temperature,
    tier_balanced,
    tiers,
    unimax,
)
from glotlift.corpus.policies import REPLAY
from glotlift.runs.config import Config
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json
from glotlift.training.schedule import Budget
from glotlift.training.settings import TrainingSettings

Paths = Annotated[
    list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
]
PLAIN: dict[str, Policy] = {
    "natural": natural,
    "equal_bytes": equal_bytes,
    "tier_balanced": tier_balanced,
}
BUDGET = re.compile(r"(\d+(?:\.\d+)?)\s*(k|M|G)?\s*(steps|tokens|bytes|B)")
TIMES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
STAGE_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
TAKEN = ("start", "model")  # folders of a run that are no stage


class MixtureConfig(Config):
    """In which shares of bytes a stage reads its sources."""

    policy: Literal[
        "natural", "equal_bytes", "tier_balanced", "alpha", "temperature", "tiers", "hand", "unimax"
    ] = "natural"
    """By size, alike, by powers of size, by tier, by hand, or even under a cap of epochs."""
    exponent: float = 0.3
    """Of `alpha`: shares go with the size to this power."""
    degree: float = 5.0
    """Of `temperature`: shares go with the size to the power of its inverse."""
    shares: dict[str, float] = Field(default={})
    """Of `hand`, by source; of `tiers`, by tier: high, middle and low."""
    rest: Literal["natural", "equal_bytes", "tier_balanced"] = "natural"
    """Of `hand`: how sources without a share part what is left."""
    epochs: float | None = Field(default=None, gt=0)
    """Times that a source is read at most; `unimax` takes 4 where nothing is said."""
    then: "MixtureConfig | None" = None
    """The shares at the stage's end; they move there from these."""
    shape: Literal["linear", "cosine"] = "linear"
    """How they move."""

    @property
    def counts_bytes(self) -> bool:
        """Whether the stage's bytes have to be known."""
        return self.policy == "unimax" or self.epochs is not None or self.then is not None

    def made(self, budget_bytes: int) -> Policy:
        """Return the policy for a stage of so many bytes; 0 where none need be known."""
        here = self.plain(budget_bytes)
        if self.then is None:
            return here
        return changing(here, self.then.plain(budget_bytes), over=budget_bytes, shape=self.shape)

    def plain(self, budget_bytes: int) -> Policy:
        """Return the policy without what follows it."""
        match self.policy:
            case "alpha":
                return alpha(self.exponent)
            case "temperature":
                return temperature(self.degree)
            case "tiers":
                return tiers(self.shares)
            case "hand":
                return hand(self.shares, rest=PLAIN[self.rest])
            case "unimax":
                return unimax(budget_bytes, epochs=self.epochs or 4.0)
            case name:
                return PLAIN[name]


class SourceConfig(Config):
    """Where the rows of one source come from."""

    text: Paths = Field(default=[])
    """Files, folders, `hub:OWNER/NAME` or `world:CODE` addresses of text."""
    rows: str = ""
    """Instead: a JSON-lines file of rows as they stand, or `world-task:NAME:CODE?rows=100`."""
    language: str | None = None
    """The text's language; by default the source's name, without `replay:`."""
    watched: bool = True
    """Whether a part of the text is held out and measured during training."""

    @model_validator(mode="after")
    def one_kind(self) -> Self:
        """Refuse a source of nothing, and one of both kinds: GL-TRAINING-033."""
        if bool(self.text) == bool(self.rows):
            raise GlotliftError(
                "GL-TRAINING-033",
                "a source has text or rows",
                place="sources",
                fix="give one of them",
            )
        return self


class StageConfig(Config):
    """One stage: what it reads, how much, what a batch teaches, and what may move."""

    budget: str
    """How much: `200 steps`, `120k tokens` or `900 kB`."""
    sources: list[str] = Field(default=[])
    """Which of the sources; by default all."""
    mixture: MixtureConfig = MixtureConfig()
    objective: str = "default"
    """What a batch teaches, by name; `default` is what the model was made for."""
    objective_settings: dict[str, Any] = Field(default={})
    delta: str = "all"
    """What may move, by name."""
    delta_settings: dict[str, Any] = Field(default={})
    settings: TrainingSettings = TrainingSettings()

    @model_validator(mode="after")
    def consistent(self) -> Self:
        """Refuse unreadable budgets, and mixtures whose bytes nobody knows: GL-TRAINING-035."""
        unit = self.amount.unit
        if self.mixture.counts_bytes and unit != "bytes":
            raise GlotliftError(
                "GL-TRAINING-035",
                f"unimax, epochs and then count bytes, but the budget counts {unit}",
                place="budget",
                fix="write it in bytes, such as 900kB",
            )
        return self

    @property
    def amount(self) -> Budget:
        """The budget. Raises GL-TRAINING-034 for one that cannot be read, and -001 for nothing."""
        match = BUDGET.fullmatch(self.budget.strip())
        if match is None:
            raise GlotliftError(
                "GL-TRAINING-034",
                f"not a budget: {self.budget!r}",
                place="budget",
                fix="write it as 200 steps, 120k tokens or 900 kB",
            )
        number = round(float(match[1]) * TIMES[match[2] or ""])
        unit: Any = "bytes" if match[3] == "B" else match[3]
        return Budget(number, unit)


class ArchitectureConfig(Config):
    """A model made from nothing: any architecture of transformers, or of glotlift."""

    model_type: str
    """Its name in config.json, such as `llama`, `modernbert`, `t5` or `palm`."""
    head: Literal["causal", "masked", "seq2seq"] = "causal"
    """What it predicts."""
    config: dict[str, Any] = Field(default={})
    """Further values of config.json; the vocabulary follows the tokenizer."""
    tokenizer: str | None = None
    """A model folder or Hub id to take the tokenizer from; by default one is trained."""
    pieces: int = Field(default=8000, ge=300)
    """Pieces of a tokenizer that is trained, on the training text of all the sources."""


class TrainConfig(Config):
    """The configuration of `glotlift train`."""

    model: str | None = None
    """A model folder, a Hub id (OWNER/NAME or OWNER/NAME@REVISION), or `starter:decoder`."""
    architecture: ArchitectureConfig | None = None
    """Instead of a model: one made from nothing."""
    sources: dict[str, SourceConfig] = Field(min_length=1)
    """Text by name: a language's code, `replay:` and a code for one the model knows, or any."""
    stages: dict[str, StageConfig] = Field(min_length=1)
    """The stages by name, in their order."""
    settings: dict[str, Any] = Field(default={})
    """Settings of all stages; a stage's own stand over them."""
    output: Path | None = None
    """The run folder; by default `runs/train-<hash of this configuration>`."""
    validation: float = Field(default=0.02, ge=0, lt=0.5)
    """Share of the documents that is held out and watched."""
    watched_documents: int = Field(default=40, ge=1)
    """Documents measured for each watched source, at most."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Seed of the order, of a model made from nothing, and of training."""

    @model_validator(mode="before")
    @classmethod
    def filled_in(cls, values: Any) -> Any:
        """Take a bare address as a source's text, and give all stages the common settings."""
        if not isinstance(values, dict):
            return values
        values = dict(values)
        if isinstance(sources := values.get("sources"), dict):
            values["sources"] = {
                name: {"text": found} if isinstance(found, str | list) else found
                for name, found in sources.items()
            }
        common, stages = values.get("settings") or {}, values.get("stages")
        if isinstance(stages, dict) and isinstance(common, dict):
            values["stages"] = {
                name: {**stage, "settings": {**common, **(stage.get("settings") or {})}}
                if isinstance(stage, dict)
                else stage
                for name, stage in stages.items()
            }
        return values

    @model_validator(mode="after")
    def consistent(self) -> Self:
        """Refuse what contradicts itself: GL-TRAINING-036 to -038."""
        if (self.model is None) == (self.architecture is None):
            raise GlotliftError(
                "GL-TRAINING-036",
                "there must be a model to start from, or an architecture",
                place="model",
                fix="give one of the two",
            )
        for name, stage in self.stages.items():
            if not STAGE_NAME.fullmatch(name) or name in TAKEN:
                raise GlotliftError(
                    "GL-TRAINING-037",
                    f"a stage cannot be called {name!r}",
                    place="stages",
                    fix="use small letters, digits and hyphens, and neither start nor model",
                )
            place = f"stages.{name}"
            refuse_unknown(stage.sources, self.sources, f"{place}.sources")
            read = stage.sources or list(self.sources)
            for mixture in (stage.mixture, stage.mixture.then):
                if mixture is not None and mixture.policy == "hand":
                    refuse_unknown(mixture.shares, read, f"{place}.mixture.shares")
        return self

    @property
    def folder(self) -> Path:
        """The run folder."""
        if self.output is not None:
            return self.output.expanduser()
        name = hash_json(self.model_dump(mode="json", exclude={"output"}))[:8]
        return Path("runs") / f"train-{name}"

    def language_of(self, source: str) -> str | None:
        """Return the language that a source is read as; None where its name is no code."""
        told = self.sources[source].language
        return told or source.removeprefix(REPLAY)


def refuse_unknown(named: Iterable[str], known: Iterable[str], place: str) -> None:
    """Raise GL-TRAINING-038 for the first name that is no source, with the nearest that is."""
    known = list(known)
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise GlotliftError(
                "GL-TRAINING-038",
                f"there is no source {name!r}",
                place=place,
                fix=f"did you mean {near[0]!r}?",
            )
