"""What is measured of each layer in one language: words, sentences, tags and their transfer."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.probing.layers.config import ProbeConfig
from glotlift.probing.layers.sources import ABSENT, sentence_pairs, tag_source, word_pairs
from glotlift.probing.mexa import which_aligned
from glotlift.probing.similarity import derangement, translation_excess
from glotlift.probing.tags import (
    LayerEncoder,
    TaggedTexts,
    TagScores,
    by_text,
    commonest,
    read_tags,
)
from glotlift.runs.errors import GlotliftError

WORDS, SENTENCES, RETRIEVAL = "word similarity", "sentence similarity", "sentence retrieval"
ACCURACY, SELECTIVITY, TRANSFER = "tag accuracy", "tag selectivity", "tag transfer"
UNSEEN = "tag accuracy, new words"
MEASURES = {
    WORDS: "cosine with the translation, above that with other words",
    SENTENCES: "cosine with the translation, above that with other sentences",
    RETRIEVAL: "share of sentences nearest to their translation, both ways",
    ACCURACY: "share of words whose tag a linear probe names",
    UNSEEN: "the same of words that the probe has not met in training",
    SELECTIVITY: "tag accuracy above that in tags drawn once for each word",
    TRANSFER: "share of words whose tag the probe of the pivot names",
}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """A measure of one language: scores [layers][rows], the weights of rows, and its control.

    The control is what shuffled pairs, or naming the commonest tag, give on average over layers.
    """

    measure: str
    scores: list[list[float]]
    weights: list[float]
    control: float | None

    def line(self) -> dict[str, Any]:
        """Return the measure as JSON."""
        return asdict(self)


def measured(
    measure: str, scores: NDArray[Any], weights: NDArray[Any] | None, control: float | None
) -> Measured:
    """Return a measure from arrays [layers, rows] and [rows]."""
    weighing = np.ones(scores.shape[1]) if weights is None else weights
    kept = [[round(float(score), 5) for score in layer] for layer in scores]
    return Measured(measure, kept, weighing.astype(float).tolist(), control)


class Prober:
    """Measures of one model; what it needs of the pivot is made once."""

    def __init__(self, client: LayerEncoder, config: ProbeConfig, pivot: str) -> None:
        self.client, self.config, self.pivot = client, config, pivot
        self.tags_of = tag_source(config.tags)

    def measure(self, probe: str, code: str) -> list[Measured]:
        """Return the measures of a probe (words, sentences or tags) in a language.

        The pivot has tags alone. Raises what the sources and the client raise.
        """
        if probe == "tags":
            return self.tags(code)
        if code == self.pivot:
            return []
        find, address = (
            (word_pairs, self.config.words)
            if probe == "words"
            else (sentence_pairs, self.config.sentences)
        )
        pairs = find(address, self.pivot, code, self.config.rows)
        one, other = (self.client.encode_layers(side, layers=self.config.layers) for side in pairs)
        return (similar_words if probe == "words" else similar_sentences)(
            one, other, self.config.seed
        )

    def tags(self, code: str) -> list[Measured]:
        """Return accuracy, selectivity and transfer of tags in a language."""
        train, test, scores = self.read(code)
        lengths = test.lengths
        task, control = by_text(scores.task, lengths), by_text(scores.control, lengths)
        often = commonest(train.tags_of_words, test.tags_of_words)
        found = [measured(ACCURACY, task, lengths, often)]
        new = by_text((~scores.known).astype(float), lengths) * lengths
        if (new > 0).sum() > 1:
            right = by_text(scores.task * ~scores.known, lengths) * lengths
            shares = np.divide(right, new, out=np.zeros_like(right), where=new > 0)
            found.append(measured(UNSEEN, shares, new, None))
        found.append(measured(SELECTIVITY, task - control, lengths, None))
        if code != self.pivot and self.of_pivot is not None:
            told, _, there = self.of_pivot
            carried = by_text(there.reader.right(scores.states, test.tags_of_words), lengths)
            often = commonest(told.tags_of_words, test.tags_of_words)
            found.append(measured(TRANSFER, carried, lengths, often))
        return found

    def read(self, code: str) -> tuple[TaggedTexts, TaggedTexts, TagScores]:
        """Return a language's tagged sentences of both splits, and how well tags are read."""
        config = self.config
        train = self.tags_of(code, config.training_rows, "train")
        test = self.tags_of(code, config.rows, "test")
        scores = read_tags(
            self.client, train, test, layers=config.layers, piece=config.piece, seed=config.seed
        )
        return train, test, scores

    @cached_property
    def of_pivot(self) -> tuple[TaggedTexts, TaggedTexts, TagScores] | None:
        """The same of the pivot, or None where it has no tags."""
        try:
            return self.read(self.pivot)
        except GlotliftError as error:
            if error.code in ABSENT:
                return None
            raise


def similar_words(
    one: NDArray[np.floating], other: NDArray[np.floating], seed: int
) -> list[Measured]:
    """Return the similarity of words from vectors [layers, words, width] of translations."""
    moved = derangement(one.shape[1], seed)
    control = float(translation_excess(one, other[:, moved]).mean())
    return [measured(WORDS, translation_excess(one, other), None, control)]


def similar_sentences(
    one: NDArray[np.floating], other: NDArray[np.floating], seed: int
) -> list[Measured]:
    """Return the similarity of sentences and how often a translation is the nearest."""
    moved = other[:, derangement(one.shape[1], seed)]
    control = float(translation_excess(one, moved).mean())
    return [
        measured(SENTENCES, translation_excess(one, other), None, control),
        measured(RETRIEVAL, retrieved(one, other), None, float(retrieved(one, moved).mean())),
    ]


def retrieved(one: NDArray[np.floating], other: NDArray[np.floating]) -> Floats:
    """Return [layers, sentences] 1 where a sentence and its translation are nearest each other."""
    pairs = zip(one, other, strict=True)
    return np.stack([which_aligned(*pair) for pair in pairs]).astype(np.float64)
