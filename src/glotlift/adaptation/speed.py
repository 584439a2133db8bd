"""How much text a second the main job would train on here."""

from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.text import Text
from glotlift.models.loading import ModelFiles
from glotlift.training.speed import training_speed


def bytes_per_second(config: AdaptConfig, files: ModelFiles, corpus: Text) -> float:
    """Return how many bytes of text a second this machine trains on."""
    block = 256 if config.training.block == "auto" else config.training.block
    texts = corpus.texts("train", config.language, 200)
    speed = training_speed(files, texts, block=block, micro_blocks=config.training.micro_blocks)
    return speed["bytes"]
