"""What would run, what it would read, and what it would cost; nothing is written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.dial import COMFORTABLE_BYTES, Dial
from glotlift.runs.config import load_config
from glotlift.runs.progress import hush_libraries

STARTUP_SECONDS = 12.0  # imports, loading and saving models, the page
EXTENSION_BYTES_PER_SECOND = 400_000.0
SAMPLE_BYTES = 300_000  # of training text that the speed is tried on
QUESTION_TOKENS = 200  # of a question with its options, read once each


def plan(config: AdaptConfig | Mapping[str, Any] | Path) -> dict[str, Any]:
    """Return stages, budget, time and memory of an adaptation, with warnings.

    Reads the text and tries a few training steps of the model's shape with random weights.
    """
    config = config if isinstance(config, AdaptConfig) else load_config(AdaptConfig, config)
    from glotlift.adaptation import steps, text
    from glotlift.runs import machine
    from glotlift.training.speed import training_speed

    hush_libraries()
    text.input_hashes(config)
    with model_files(config) as (files, starter_steps):
        corpus, _ = text.gather(config)
        dial = steps.decide(config, files, corpus)
        speed = training_speed(
            files,
            sample(config, corpus, dial.replay_share),
            block=dial.block,
            micro_blocks=config.training.micro_blocks,
            tokenizer=extended_tokenizer(config, files, corpus, dial.pieces),
        )
        seconds = {
            "startup": STARTUP_SECONDS,
            **starter_seconds(files, corpus, config, starter_steps),
            **job_seconds(config, corpus, dial, speed),
        }
    return {
        "language": config.language,
        "keep": list(config.keep),
        "model": config.model,
        "output": str(config.folder),
        "stages": stage_names(dial.pieces, config),
        **dial.as_json(),
        "tokens": round(dial.budget_bytes * speed["density"]),
        "seconds": round(sum(seconds.values()), 1),
        "seconds_by_stage": {name: round(value, 1) for name, value in seconds.items()},
        "peak_memory_bytes": machine.peak_memory(),
        "warnings": warnings(config, corpus.bytes("train", config.language)),
    }


@contextmanager
def model_files(config: AdaptConfig) -> Iterator[tuple[Any, int]]:
    """Yield the model's files and how many steps make the starter first (0 where it is there).

    A starter that is not cached is stood in for by an untrained one of its shape, which leaves
    nothing behind.
    """
    from glotlift.adaptation.team import Team
    from glotlift.models.loading import find_model
    from glotlift.training import starters

    asked = config.model if config.model.startswith(starters.STARTER) else None
    chosen = starters.parse(asked) if asked else None
    if chosen is None or starters.folder_of(*chosen).is_dir():
        yield Team().find(config), 0
        return
    with TemporaryDirectory() as folder:
        starters.write_untrained(*chosen, Path(folder))
        yield find_model(folder), starters.SIZES[chosen[1]].steps


def starter_seconds(files: Any, corpus: Any, config: AdaptConfig, steps: int) -> dict[str, float]:
    """Return what making the starter would take, if it has to be made."""
    if not steps:
        return {}
    from glotlift.training.speed import training_speed
    from glotlift.training.starters import BLOCK, BLOCKS_PER_STEP

    texts = corpus.texts("train", next(iter(config.keep), config.language), 400)
    speed = training_speed(files, texts, block=BLOCK, micro_blocks=BLOCKS_PER_STEP)
    return {"starter": steps * BLOCK * BLOCKS_PER_STEP / speed["tokens"]}


def job_seconds(
    config: AdaptConfig, corpus: Any, dial: Dial, speed: Mapping[str, float]
) -> dict[str, float]:
    """Return what each part of the job would take."""
    from glotlift.adaptation import learning, steps
    from glotlift.adaptation.measuring import CHOICES, asks_tasks

    reading = speed["density"] / speed["read_tokens"]  # seconds a byte
    extended = corpus.bytes("train", config.language) if dial.pieces else 0
    measured = size_of(steps.held_out(config, corpus))
    watched = size_of(learning.watched(config, corpus))
    trainings = config.seeds
    questions = len(CHOICES) * config.evaluation.tasks * len(config.languages)
    questions *= asks_tasks(config)
    return {
        "vocabulary": extended / EXTENSION_BYTES_PER_SECOND,
        "training": trainings * dial.budget_bytes / speed["bytes"],
        "watching": trainings * 2 * (config.training.evaluations + 1) * watched * reading,
        "measuring": (1 + trainings) * measured * reading,
        "tasks": (1 + trainings) * questions * QUESTION_TOKENS / speed["read_tokens"],
    }


def extended_tokenizer(config: AdaptConfig, files: Any, corpus: Any, pieces: int) -> Any:
    """Return the tokenizer that the job would train with."""
    from glotlift.models.loading import load_tokenizer
    from glotlift.vocabulary import extend

    tokenizer = load_tokenizer(files.folder)
    if not pieces:
        return tokenizer
    return extend(tokenizer, corpus.texts("train", config.language), pieces=pieces).tokenizer(
        tokenizer
    )


def sample(config: AdaptConfig, corpus: Any, replay_share: float) -> list[str]:
    """Return some training text in the mixture's proportions."""
    from glotlift.adaptation.text import spread, training_sources

    _, shares = training_sources(corpus, config.language, replay_share)
    return [
        text
        for name, share in shares.items()
        for text in spread(
            corpus.texts("train", name.removeprefix("replay:")), 2000, round(share * SAMPLE_BYTES)
        )
    ]


def size_of(texts: Mapping[str, list[str]]) -> int:
    """Return the UTF-8 bytes of some documents by language."""
    return sum(len(text.encode()) for found in texts.values() for text in found)


def stage_names(pieces: int, config: AdaptConfig) -> list[str]:
    """Return the stages that would run."""
    warmed = pieces > 0 and config.extension.warmup_share > 0
    return [
        "text",
        "dial",
        "vocabulary",
        "before",
        *(["rows"] if warmed else []),
        "training",
        "after",
    ]


def warnings(config: AdaptConfig, target_bytes: int) -> list[str]:
    """Return what a user should know before starting."""
    told = []
    if not config.keep:
        told.append("no --keep text: forgetting is neither prevented nor measured")
    if target_bytes < COMFORTABLE_BYTES:
        told.append(
            f"only {target_bytes:,} bytes of target text; {COMFORTABLE_BYTES:,} or more are advised"
        )
    if (config.folder / "evidence.json").exists():
        told.append(f"{config.folder} holds a finished run of this configuration")
    return told
