"""Multiple choice by log-likelihood: the option that the model finds most probable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from glotlift.evaluation.rows import OPTION_COLUMNS, check_columns, joint
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    contexts, options = asked(rows, blind)
    counts = [len(listed) for listed in options]
    parts = option_scores(scorer, contexts, options, normalise)
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


def option_scores(
    scorer: Scorer,
    contexts: Sequence[str],
    options: Sequence[Sequence[str]],
    normalise: Normalise = "bytes",
) -> list[NDArray[np.float64]]:
    """Return the scores of each context's options, [options] each: the best is the most probable.

    An option begins with the space that parts it from its context, which counts as no byte.
    """
    texts = [option for listed in options for option in listed]
    read = [context for context, listed in zip(contexts, options, strict=True) for _ in listed]
    log_probabilities, tokens = scorer.score(read, texts)
    sizes = {
        "sum": np.ones(len(texts)),
        "tokens": tokens,
        "bytes": np.array([len(text.removeprefix(" ").encode()) for text in texts]),
    }[normalise]
    ends = np.cumsum([len(listed) for listed in options])[:-1]
    return np.split(log_probabilities / sizes, ends)


def asked(rows: Dataset, blind: bool) -> tuple[list[str], list[list[str]]]:
    """Return each row's context and its options as they follow it; raises GL-EVALUATION-008."""
    contexts: list[str] = []
    listed: list[list[str]] = []
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
        contexts.append("" if blind else row["prompt"])
        listed.append([space + option for option in options])
    return contexts, listed
