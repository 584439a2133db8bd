"""The first and the last steps of the main job: what the dial decides, and measuring."""

from pathlib import Path
from types import SimpleNamespace

from transformers import AutoConfig

from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.dial import Dial, turn_dial
from glotlift.adaptation.measuring import measurements
from glotlift.adaptation.speed import bytes_per_second
from glotlift.adaptation.text import Text, spread
from glotlift.models.loading import (
    ModelFiles,
    find_model,
    load_model,
    load_tokenizer,
    parameter_count,
)
from glotlift.objectives.bits import longest_input
from glotlift.runs import atomic, machine


def decide(config: AdaptConfig, files: ModelFiles, corpus: Text) -> Dial:
    """Turn the dial; for a budget in time this machine's speed is measured first."""
    timed = config.budget.strip()[-1] in "smh"
    return turn_dial(
        config,
        target_bytes=corpus.bytes("train", config.language),
        parameters=parameter_count(files),
        vocabulary=len(load_tokenizer(files.folder)),
        longest_input=input_limit(files),
        bytes_per_second=bytes_per_second(config, files, corpus) if timed else None,
    )


def input_limit(files: ModelFiles) -> int:
    """Return how many tokens the model reads, from its configuration alone."""
    configuration = AutoConfig.from_pretrained(files.folder)
    return longest_input(SimpleNamespace(config=configuration))  # type: ignore[arg-type]


def measure(config: AdaptConfig, source: Path, corpus: Text, folder: Path) -> None:
    """Measure a model on the held-out documents of every language and write the figures."""
    model, tokenizer = load_model(find_model(str(source))), load_tokenizer(source)
    if machine.has_accelerator():
        model = model.cuda()
    held_out = {
        code: spread(corpus.texts("test", code), config.evaluation.documents)
        for code in config.languages
    }
    found = measurements(config, model, tokenizer, held_out)
    atomic.write_json(folder / "measurements.json", found)
