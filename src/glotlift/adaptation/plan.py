"""What would run, what it would read, and what it would cost; nothing is written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.dial import COMFORTABLE_BYTES
from glotlift.runs.config import load_config

STARTUP_SECONDS = 12.0  # imports, loading and saving models, the page
EXTENSION_BYTES_PER_SECOND = 400_000.0


def plan(config: AdaptConfig | Mapping[str, Any] | Path) -> dict[str, Any]:
    """Return stages, budget, time and memory of an adaptation, with warnings.

    Reads the text and tries a few training steps of the model's shape with random weights.
    """
    config = config if isinstance(config, AdaptConfig) else load_config(AdaptConfig, config)
    from glotlift.adaptation import learning, steps, text
    from glotlift.adaptation.speed import training_speed
    from glotlift.adaptation.team import Team
    from glotlift.runs import machine

    text.input_hashes(config)
    files = Team().find(config)
    corpus, _ = text.gather(config)
    dial = steps.decide(config, files, corpus)
    speed = training_speed(
        files,
        corpus.texts("train", config.language, 400),
        block=dial.block,
        micro_blocks=config.training.micro_blocks,
    )
    held_out = sum(
        min(corpus.bytes("test", code), corpus.bytes("test", code) * config.evaluation.documents
            // max(1, len(corpus.rows[code]["test"])))
        for code in config.languages
    )  # fmt: skip
    watched = sum(
        len(t.encode())
        for code in config.languages
        for t in text.spread(corpus.texts("validation", code), learning.WATCHED)
    )
    reading = speed["density"] / speed["read_tokens"]  # seconds a byte
    seconds = {
        "startup": STARTUP_SECONDS,
        "vocabulary": corpus.bytes("train", config.language) / EXTENSION_BYTES_PER_SECOND
        if dial.pieces
        else 0.0,
        "training": dial.budget_bytes / speed["bytes"],
        "watching": 2 * (config.training.evaluations + 1) * watched * reading,
        "measuring": 2 * held_out * reading,
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
