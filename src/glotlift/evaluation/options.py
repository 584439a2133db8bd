"""Multiple choice by log-likelihood: the option that the model finds most probable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from glotlift.evaluation.rows import OPTION_COLUMNS, check_columns, joint
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from datasets import Dataset
    from numpy.typing import NDArray

    from glotlift.runs.protocols import Scorer

Normalise = Literal["sum", "tokens", "bytes"]


@dataclass(frozen=True)
class OptionsResult:
    """What was chosen, row by row, and what it is worth without a model.

    `chance` is guessing; `majority` always takes the most frequent answer position; both are
    accuracies that a model must beat. `scores` are those that the choice was made by.
    """

    ids: list[str]
    chosen: NDArray[np.int64]
    correct: NDArray[np.float64]
    scores: list[list[float]]
    chance: float
    majority: float

    @property
    def accuracy(self) -> float:
        """The share of rows answered right."""
        return float(self.correct.mean())


def evaluate_options(
    scorer: Scorer, rows: Dataset, *, normalise: Normalise = "bytes", blind: bool = False
) -> OptionsResult:
    """Choose each row's option by its log-likelihood after the prompt.

    `normalise` divides it by the option's tokens or UTF-8 bytes, so that length alone does not
    decide (Brown et al. 2020, section 2.4; bytes compare over tokenizers); "sum" takes it as it
    is. With `blind` the prompt is withheld: a control that shows what the options give away. Among
    equal scores the first option is taken.

    Raises GL-EVALUATION-006 or -007 (rows), -008 (an answer that is none of the options, or an
    option without text) or -009 (an unknown normalisation).
    """
    if normalise not in ("sum", "tokens", "bytes"):
        raise GlotliftError(
            "GL-EVALUATION-009",
            f"unknown normalisation {normalise!r}",
            fix="choose sum, tokens or bytes",
        )
    check_columns(rows, OPTION_COLUMNS)
    contexts, texts = flatten(rows, blind)
    counts = [len(options) for options in rows["options"]]
    log_probabilities, tokens = scorer.score(contexts, texts)
    size = {
        "sum": np.ones(len(texts)),
        "tokens": tokens,
        "bytes": np.array([len(o.encode()) for options in rows["options"] for o in options]),
    }[normalise]
    parts = np.split(log_probabilities / size, np.cumsum(counts)[:-1])
    chosen = np.array([int(np.argmax(part)) for part in parts], np.int64)
    answers = np.array(rows["answer"], np.int64)
    return OptionsResult(
        ids=[str(name) for name in rows["id"]],
        chosen=chosen,
        correct=(chosen == answers).astype(np.float64),
        scores=[part.tolist() for part in parts],
        chance=float(np.mean(1 / np.array(counts))),
        majority=float(np.bincount(answers).max() / len(answers)),
    )


def flatten(rows: Dataset, blind: bool) -> tuple[list[str], list[str]]:
    """Return contexts and continuations, one per option."""
    contexts: list[str] = []
    texts: list[str] = []
    for row in rows:
        options = row["options"]
        if len(options) < 2 or not all(options) or not 0 <= row["answer"] < len(options):
            raise GlotliftError(
                "GL-EVALUATION-008",
                f"answer {row['answer']} of {len(options)} options cannot be chosen",
                place=f"row {row['id']}",
                fix="give two or more non-empty options and the index of the right one",
            )
        space = joint(row["language"], row["prompt"])
        contexts += ["" if blind else row["prompt"]] * len(options)
        texts += [space + option for option in options]
    return contexts, texts
