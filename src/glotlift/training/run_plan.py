"""What `glotlift train` would read and take; nothing is written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import Mixture, audit_tokens
from glotlift.models.loading import find_model, load_tokenizer
from glotlift.models.named import delta_named
from glotlift.objectives.named import objective_named
from glotlift.runs import machine
from glotlift.runs.config import load_config
from glotlift.runs.progress import hush_libraries
from glotlift.training import starters
from glotlift.training.from_nothing import make_model
from glotlift.training.micro_batches import divisor_at_most
from glotlift.training.run import mixture_of, refuse_early, refuse_long_blocks, seed_of
from glotlift.training.run_config import StageConfig, TrainConfig
from glotlift.training.run_sources import Sources, input_hashes, read_sources
from glotlift.training.schedule import Documents, Plan, plan_blocks
from glotlift.training.speed import ASSUMED_FLOPS, LARGEST, random_model, train_step
from glotlift.training.trainer import Blocks

TRIED = 2  # steps that the speed is measured on


def plan(config: TrainConfig | Mapping[str, Any] | Path) -> dict[str, Any]:
    """Return stages, tokens and epochs by source, time and memory of a run, with warnings.

    Reads and tokenises the text, lays out every stage, and tries a few steps of the model's shape
    with random weights. Refuses what `train` refuses.
    """
    config = config if isinstance(config, TrainConfig) else load_config(TrainConfig, config)
    hush_libraries()
    refuse_early(config)
    input_hashes(config)
    sources = read_sources(config)
    mixtures = {name: mixture_of(config, name, sources) for name in config.stages}
    stages: list[dict[str, Any]] = []
    read: list[dict[str, Any]] = []
    with shape_of(config, sources) as (model, tokenizer):
        parameters = model.num_parameters()
        for name, stage in config.stages.items():
            laid, seconds = lay_out(config, name, model, tokenizer, mixtures[name])
            stages.append(
                {
                    "stage": name,
                    "objective": stage.objective,
                    "delta": stage.delta,
                    "steps": -(-len(laid.blocks) // stage.settings.blocks_per_step),
                    "tokens": laid.total_tokens,
                    "bytes": laid.total_bytes,
                    "seconds": round(seconds, 3),
                }
            )
            audited = audit_tokens(mixtures[name], laid.tokens, laid.bytes)
            read += [
                {"stage": name, "source": source, **row}
                for source, row in zip(mixtures[name].names, audited, strict=True)
            ]
    return {
        "model": config.model or f"a new {config.architecture.model_type}",  # type: ignore[union-attr]
        "output": str(config.folder),
        "parameters": parameters,
        "tokens": sum(stage["tokens"] for stage in stages),
        "seconds": round(sum(stage["seconds"] for stage in stages), 1),
        "peak_memory_bytes": machine.peak_memory(),
        "stages": stages,
        "read": read,
        "warnings": warnings(config, sources, read),
    }


@contextmanager
def shape_of(
    config: TrainConfig, sources: Sources
) -> Iterator[tuple[PreTrainedModel, PreTrainedTokenizerFast]]:
    """Yield a model of the right shape with random weights, and the tokenizer.

    A starter that is not cached is stood in for by an untrained one, which leaves nothing behind.
    """
    if config.model is None:
        yield make_model(config, sources.rows)
        return
    chosen = starters.parse(config.model) if config.model.startswith(starters.STARTER) else None
    if chosen is not None and not starters.folder_of(*chosen).is_dir():
        with TemporaryDirectory() as folder:
            starters.write_untrained(*chosen, Path(folder))
            yield random_model(find_model(folder)), load_tokenizer(Path(folder))
        return
    files = find_model(str(starters.starter_address(config.model)) if chosen else config.model)
    yield random_model(files), load_tokenizer(files.folder)


def lay_out(
    config: TrainConfig,
    name: str,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    mixture: Mixture,
) -> tuple[Plan, float]:
    """Return a stage's plan, and the seconds that it would take here."""
    stage = config.stages[name]
    settings = stage.settings
    refuse_long_blocks(stage, model, f"stages.{name}.settings.block")
    objective = objective_named(stage.objective, model, tokenizer, **stage.objective_settings)
    features = {source: objective.prepare(rows) for source, rows in mixture.sources.items()}
    documents = Documents(features, objective.columns)
    laid = plan_blocks(
        documents,
        mixture,
        stage.amount,
        block=settings.block,
        blocks_per_step=settings.blocks_per_step,
        overlap=objective.overlap,
        packs=objective.packs(model),
        seed=seed_of(config, name),
        ramp=settings.growth,
        one_source=settings.one_source_per_step,
    )
    blocks = Blocks(laid, documents, objective, settings.blocks_per_step, 0)
    return laid, laid.total_tokens / speed(model, stage, blocks)


def speed(model: PreTrainedModel, stage: StageConfig, blocks: Blocks) -> float:
    """Return the tokens a second of a stage, measured on its last blocks."""
    count = model.num_parameters()
    if count > LARGEST and not machine.has_accelerator():
        return ASSUMED_FLOPS / (6 * count)
    micro = divisor_at_most(stage.settings.blocks_per_step, stage.settings.micro_blocks)
    last = len(blocks.plan.blocks)
    numbers = range(max(0, last - micro), last)
    held = [blocks.plan.pieces[i] for number in numbers for i in blocks.plan.blocks[number]]
    device = torch.device("cuda" if machine.has_accelerator() else "cpu")
    batch = {name: values.to(device) for name, values in blocks.collate(numbers).items()}
    delta = delta_named(stage.delta, **stage.delta_settings)
    moved: Any = delta.apply(model).to(device)
    optimizer = torch.optim.AdamW([p for p in moved.parameters() if p.requires_grad], lr=1e-9)
    taken = [train_step(moved, blocks.objective, batch, optimizer) for _ in range(TRIED + 1)][1:]
    delta.remove(moved)
    return sum(int(piece[3] - piece[2]) for piece in held) / min(taken)


def warnings(config: TrainConfig, sources: Sources, read: list[dict[str, Any]]) -> list[str]:
    """Return what a user should know before starting."""
    told = []
    if not sources.watched:
        told.append("no text is watched: nothing is measured during training")
    often = max(read, key=lambda row: row["epochs"])
    if often["epochs"] > 4:
        told.append(f"{often['source']} is read {often['epochs']:.1f} times in {often['stage']}")
    if (config.folder / "model").exists():
        told.append(f"{config.folder} holds a finished run of this configuration")
    return told
