"""What a model is probed for."""

from typing import Literal

from pydantic import Field

from glotlift.runs.config import Config

Probe = Literal["words", "sentences", "tags"]
PROBES: tuple[Probe, ...] = ("words", "sentences", "tags")


class ProbeConfig(Config):
    """What is measured of each layer: words, sentences and tags, in which languages."""

    model: str
    """A folder, a Hub id, or a starter."""
    languages: list[str] = Field(min_length=1)
    """Codes such as ``yor_Latn``; what a language has no data for is left out."""
    pivot: str = "eng_Latn"
    """The language that others are compared with, and that tags are carried over from."""
    layers: list[int] | None = Field(default=None, min_length=1)
    """Layers, 0 the embeddings, -1 the last; by default all."""
    probes: list[Probe] = Field(default=list(PROBES), min_length=1)
    """Any of words, sentences and tags."""
    words: str = "world"
    """``world``, or a folder of ``CODE.tsv``: a word of the pivot, a tab, its translation."""
    sentences: str = "world"
    """``world``, or a folder of ``CODE.txt``: translations line by line, of the pivot too."""
    tags: str = "world:pos"
    """``world:pos``, ``world:ner``, ``conllu:FOLDER`` or ``ner:FOLDER``."""
    rows: int = Field(default=100, ge=2)
    """Pairs of words, of sentences, and tagged sentences that a language is measured by."""
    training_rows: int = Field(default=200, ge=2)
    """Tagged sentences that probes learn from."""
    piece: Literal["first", "last"] = "first"
    """Which token of a word stands for it; the last has seen all of it in a causal model."""
    seed: int = 0
    """Decides the control tags and which pairs are shuffled."""
