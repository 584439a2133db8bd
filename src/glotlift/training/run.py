"""`glotlift train`, told from top to bottom: sources, a model, its stages, and the result."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import Mixture, audit_tokens
from glotlift.models.adapter_files import parts_of, write_adapter
from glotlift.models.adapters import Bottleneck, Invertible, fill
from glotlift.models.loading import ModelFiles, find_model, load_model, load_tokenizer
from glotlift.models.named import delta_named
from glotlift.objectives.bits import document_bits, longest_input
from glotlift.objectives.named import models_of, objective_named
from glotlift.runs import atomic, machine
from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError
from glotlift.runs.folders import RunFolder
from glotlift.runs.hashing import hash_path
from glotlift.runs.progress import hush_libraries, say
from glotlift.training.from_nothing import make_model, refuse_architecture
from glotlift.training.micro_batches import processes
from glotlift.training.run_config import StageConfig, TrainConfig
from glotlift.training.run_sources import Sources, input_hashes, read_sources
from glotlift.training.stages import Stage, Trained, discard_checkpoints, run_stage
from glotlift.training.starters import STARTER, parse, starter_address

START, MODEL, RESULT = "start", "model", "training.json"


def train(config: TrainConfig | Mapping[str, Any] | Path) -> Path:
    """Train a model through the stages and return the run folder.

    The folder holds a folder for each stage with its ``model/`` and what it read, ``model/`` (the
    last stage's, which loads with plain transformers) and ``training.json``. Called again with the
    same configuration it goes on where it stopped, and ends the same to the bit.

    Raises coded errors before a model is loaded wherever that is possible.
    """
    config = config if isinstance(config, TrainConfig) else load_config(TrainConfig, config)
    hush_libraries()
    refuse_early(config)
    inputs = input_hashes(config)
    sources = read_sources(config)
    mixtures = {name: mixture_of(config, name, sources) for name in config.stages}
    files = find_start(config)
    if files is not None:
        inputs |= {files.address: files.revision or hash_path(files.folder)}
    run = RunFolder.open(
        config.folder,
        command="train",
        config=config.model_dump(mode="json", exclude={"output"}),
        inputs=inputs,
        seeds=[config.seed],
    )
    try:
        if not run.done(MODEL):
            go_on(config, run, files, sources, mixtures)
    finally:
        run.close()
    return run.path


def refuse_early(config: TrainConfig) -> None:
    """Refuse what the configuration alone shows to be wrong.

    Raises GL-TRAINING-043 under several processes, GL-OBJECTIVE-010, GL-MODEL-040, -041 and -049,
    what `starters.parse` raises, and GL-TRAINING-044 for an architecture that there is not.
    """
    if processes() > 1:
        raise GlotliftError(
            "GL-TRAINING-043",
            "glotlift train runs in one process",
            place="torchrun",
            fix="start it without torchrun; glotlift adapt runs in several",
        )
    for stage in config.stages.values():
        models_of(stage.objective)
        refuse_unwritable(delta_named(stage.delta, **stage.delta_settings))
    if config.model and config.model.startswith(STARTER):
        parse(config.model)
    if config.architecture:
        refuse_architecture(config.architecture)


def refuse_unwritable(delta: Any) -> None:
    """Raise GL-MODEL-049 for adapters that could be trained and not be written."""
    parts = getattr(delta, "deltas", (delta,))
    if any(isinstance(part, Bottleneck | Invertible) for part in parts):
        parts_of(delta)


def find_start(config: TrainConfig) -> ModelFiles | None:
    """Return the files of the model to start from, made first if it is a starter; None without."""
    if config.model is None:
        return None
    if config.model.startswith(STARTER):
        return find_model(str(starter_address(config.model)))
    return find_model(config.model)


def mixture_of(config: TrainConfig, name: str, sources: Sources) -> Mixture:
    """Return the mixture of a stage; it refuses shares that do not fit its sources."""
    stage = config.stages[name]
    read = stage.sources or list(sources.rows)
    budget = stage.amount.amount if stage.amount.unit == "bytes" else 0
    capped = stage.mixture.policy != "unimax" and stage.mixture.epochs is not None
    return Mixture(
        {source: sources.rows[source] for source in read},
        stage.mixture.made(budget),
        seed=seed_of(config, name),
        budget_bytes=budget if capped else None,
        epoch_cap=stage.mixture.epochs if capped else None,
    )


def seed_of(config: TrainConfig, name: str) -> int:
    """Return a stage's seed; no two stages of a run read in one order."""
    return len(config.stages) * config.seed + list(config.stages).index(name)


def go_on(
    config: TrainConfig,
    run: RunFolder,
    files: ModelFiles | None,
    sources: Sources,
    mixtures: Mapping[str, Mixture],
) -> None:
    """Do every stage that is not done yet, and publish the last one's model."""
    if files is None and not run.done(START):
        with run.stage(START) as folder:
            save(*make_model(config, sources.rows), folder / MODEL)
    at = run.path / START / MODEL if files is None else files.folder
    refuse_unfit(config, at, mixtures)
    for name in config.stages:
        if not run.done(name):
            train_stage(config, run, at, name, sources, mixtures[name])
        at = run.path / name / MODEL
    parts = {name: read_json(run.path / name / RESULT) for name in config.stages}
    atomic.write_json(run.path / RESULT, {"stages": parts})
    with atomic.folder(run.path / MODEL) as folder:
        shutil.copytree(at, folder, dirs_exist_ok=True)


def refuse_unfit(config: TrainConfig, folder: Path, mixtures: Mapping[str, Mixture]) -> None:
    """Refuse, before the first step, objectives and blocks that the model or rows do not suit."""
    model, tokenizer = load_model(find_model(str(folder))), load_tokenizer(folder)
    for name, stage in config.stages.items():
        objective = objective_named(stage.objective, model, tokenizer, **stage.objective_settings)
        for rows in mixtures[name].sources.values():
            objective.prepare(rows.select(range(1)))
        refuse_long_blocks(stage, model, f"stages.{name}.settings.block")


def refuse_long_blocks(stage: StageConfig, model: PreTrainedModel, place: str) -> None:
    """Raise GL-TRAINING-003 for blocks longer than the model reads."""
    limit = longest_input(model)
    if stage.settings.block > limit:
        raise GlotliftError(
            "GL-TRAINING-003",
            f"blocks of {stage.settings.block} tokens, but the model reads {limit}",
            place=place,
            fix=f"set it to at most {limit}",
        )


def train_stage(
    config: TrainConfig,
    run: RunFolder,
    start: Path,
    name: str,
    sources: Sources,
    mixture: Mixture,
) -> None:
    """Train one stage from the model in `start`; write model, adapters and what was read."""
    say(f"{name} ...", style="dim")
    asked = config.stages[name]
    model, tokenizer = load_model(find_model(str(start))), load_tokenizer(start)
    objective = objective_named(asked.objective, model, tokenizer, **asked.objective_settings)
    stage = Stage(
        name,
        {source: objective.prepare(rows) for source, rows in mixture.sources.items()},
        mixture,
        asked.amount,
        delta_named(asked.delta, **asked.delta_settings),
        asked.settings,
        seed=seed_of(config, name),
        objective=objective,
    )
    checkpoints = run.path / ".checkpoints" / name
    trained = run_stage(
        model, tokenizer, stage, checkpoints, validation=sources.watched, event=run.event
    )
    result = summary(stage, trained, tokenizer, sources)
    with run.stage(name) as folder:
        save(trained.model, tokenizer, folder / MODEL)
        if trained.adapters:
            save_adapter(stage, trained, folder / "adapter")
        atomic.write_json(folder / RESULT, result)
    run.event("audit", stage=name, read=result["read"])
    discard_checkpoints(checkpoints)


def summary(
    stage: Stage, trained: Trained, tokenizer: PreTrainedTokenizerFast, sources: Sources
) -> dict[str, Any]:
    """Return what a stage read beside what its mixture intended, and what came of it."""
    plan = trained.plan
    bits = {}
    for language, texts in sources.watched.items():
        spent, length = document_bits(trained.model, tokenizer, texts)
        bits[language] = float(spent.sum() / length.sum())
    return {
        "steps": trained.steps,
        "tokens": plan.total_tokens,
        "bytes": plan.total_bytes,
        "read": audit_tokens(stage.mixture, plan.tokens, plan.bytes),
        "bits_per_byte": bits,
        "settings": stage.settings.model_dump(mode="json"),
        "history": trained.history,
        "peak_memory_bytes": machine.peak_memory(),
    }


def save_adapter(stage: Stage, trained: Trained, folder: Path) -> None:
    """Write what adapters learnt, which a plain model cannot carry."""
    delta: Any = stage.delta
    model = delta.apply(trained.model)
    fill(model, trained.adapters)
    write_adapter(model, delta, folder)
    delta.remove(model)


def save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write a model and its tokenizer as transformers does."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def read_json(path: Path) -> Any:
    """Return what a stage wrote about itself."""
    return json.loads(path.read_text(encoding="utf-8"))
