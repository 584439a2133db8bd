"""The first and the last steps of the main job: what the dial decides, and measuring."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import torch
from transformers import AutoConfig

from glotlift import __version__
from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.dial import Dial, turn_dial
from glotlift.adaptation.measuring import measurements
from glotlift.adaptation.speed import bytes_per_second
from glotlift.adaptation.text import Text, spread
from glotlift.models.loading import (
    ModelFiles,
    auto_class,
    find_model,
    load_model,
    load_tokenizer,
    parameter_count,
)
from glotlift.objectives.bits import longest_input
from glotlift.objectives.choice import objective_for
from glotlift.runs import atomic, machine
from glotlift.runs.cache import cache_folder
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json, hash_path


def decide(config: AdaptConfig, files: ModelFiles, corpus: Text) -> Dial:
    """Turn the dial; for a budget in time this machine's speed is measured first.

    Refuses a model and tokenizer that do not belong together before weights are loaded: raises
    GL-MODEL-009, -010 and -012, GL-OBJECTIVE-001 to -003, and what `turn_dial` raises.
    """
    check_tokenizer(files)
    timed = config.budget.strip()[-1] in "smh"
    return turn_dial(
        config,
        target_bytes=corpus.bytes("train", config.language),
        parameters=parameter_count(files),
        vocabulary=len(load_tokenizer(files.folder)),
        longest_input=input_limit(files),
        bytes_per_second=bytes_per_second(config, files, corpus) if timed else None,
    )


def check_tokenizer(files: ModelFiles) -> None:
    """Refuse a tokenizer that the model cannot be trained with; the model is made without weights.

    Raises GL-MODEL-009 and -012 and GL-OBJECTIVE-001 to -003.
    """
    tokenizer = load_tokenizer(files.folder)
    kind = auto_class(files.configuration, str(files.folder))
    configuration = AutoConfig.from_pretrained(files.folder)
    size = configuration.get_text_config().vocab_size
    if len(tokenizer) > size:
        raise GlotliftError(
            "GL-MODEL-012",
            f"the tokenizer has {len(tokenizer)} pieces but the model only {size} rows",
            place=f"{files.folder}/config.json: vocab_size",
            fix="give the tokenizer that belongs to the model",
        )
    with torch.device("meta"):
        objective_for(kind.from_config(configuration), tokenizer)


def input_limit(files: ModelFiles) -> int:
    """Return how many tokens the model reads, from its configuration alone."""
    configuration = AutoConfig.from_pretrained(files.folder)
    return longest_input(SimpleNamespace(config=configuration))  # type: ignore[arg-type]


def held_out(config: AdaptConfig, corpus: Text) -> dict[str, list[str]]:
    """Return the documents that a model is measured on, by language."""
    asked = config.evaluation
    return {
        code: spread(corpus.texts("test", code), asked.documents, asked.bytes)
        for code in config.languages
    }


def measure(config: AdaptConfig, source: Path, corpus: Text, folder: Path) -> None:
    """Measure a model on the held-out documents of every language and write the figures."""
    model, tokenizer = load_model(find_model(str(source))), load_tokenizer(source)
    if machine.has_accelerator():
        model = model.cuda()
    found = measurements(config, model, tokenizer, held_out(config, corpus))
    atomic.write_json(folder / "measurements.json", found)


def measure_before(config: AdaptConfig, source: Path, corpus: Text, folder: Path) -> None:
    """Measure the model as it came, unless it was measured on the same documents before."""
    asked = [config.evaluation.model_dump(), held_out(config, corpus), config.text, config.keep]
    key = hash_json([hash_path(source), __version__, *asked])
    kept = cache_folder("measurements") / f"{key[:32]}.json"
    if not kept.exists():
        measure(config, source, corpus, folder)
        atomic.write_text(kept, (folder / "measurements.json").read_text(encoding="utf-8"))
    shutil.copyfile(kept, folder / "measurements.json")
