"""Tagged spans: precision, recall and F1 of whole entities (Tjong Kim Sang 2002, CoNLL)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.metrics import check_pairs
from glotlift.runs.errors import GlotliftError

Entity = tuple[str, int, int]  # (type, first word, last word + 1)


class SpanScores(NamedTuple):
    """Counts of each sentence [n]: entities found rightly, found, and there to find."""

    right: NDArray[np.float64]
    found: NDArray[np.float64]
    gold: NDArray[np.float64]

    @property
    def precision(self) -> float:
        """The share of found entities that are right, over all sentences; 0 where none is found."""
        return ratio(self.right.sum(), self.found.sum())

    @property
    def recall(self) -> float:
        """The share of entities that were found, over all sentences; 0 where there are none."""
        return ratio(self.right.sum(), self.gold.sum())

    @property
    def f1(self) -> float:
        """The harmonic mean of the two, over all sentences."""
        return ratio(2 * self.right.sum(), self.found.sum() + self.gold.sum())


def ratio(part: float, whole: float) -> float:
    """Return their quotient, 0 where the whole is nothing."""
    return float(part / whole) if whole else 0.0


def span_scores(predicted: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> SpanScores:
    """Count the entities of tagged sentences; one is right if type, start and end agree.

    Tags are ``O``, ``B-TYPE`` and ``I-TYPE``. As in seqeval's default mode and CoNLL's script, an
    ``I-`` that follows nothing of its type begins an entity.

    Raises GL-EVALUATION-005 (sentences that do not pair) or -011 (of unlike length).
    """
    check_pairs(predicted, gold)
    counts = np.zeros((3, len(gold)))
    for row, (one, other) in enumerate(zip(predicted, gold, strict=True)):
        if len(one) != len(other):
            raise GlotliftError(
                "GL-EVALUATION-011",
                f"{len(one)} tags for {len(other)} words",
                place=f"sentence {row}",
                fix="give one tag per word",
            )
        mine, theirs = set(entities(one)), set(entities(other))
        counts[:, row] = len(mine & theirs), len(mine), len(theirs)
    return SpanScores(*counts)


def entities(tags: Sequence[str]) -> Iterator[Entity]:
    """Yield the entities of a tagged sentence, in order."""
    kind, start = "", 0
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, current = tag.partition("-")
        if kind and (prefix != "I" or current != kind):
            yield kind, start, place
            kind = ""
        if prefix in ("B", "I") and not kind:
            kind, start = current, place
