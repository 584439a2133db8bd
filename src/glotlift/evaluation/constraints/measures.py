"""Scores of graded conversations by turn (He et al. 2024, arXiv:2410.15553, section 4)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.constraints.grading import Graded
from glotlift.evaluation.statistics import Interval, paired_difference

Floats = NDArray[np.float64]


class Ratio(NamedTuple):
    """A ratio of sums by row: its value in each row, and what each row weighs in it, [rows]."""

    rates: Floats
    weights: Floats


class TurnScore(NamedTuple):
    """A turn in a language: conversations that have it, and the published scores."""

    language: str
    turn: int
    conversations: int
    prompt_strict: float
    prompt_loose: float
    instruction_strict: float
    instruction_loose: float
    score: Interval | None
    """The mean of the four, with its interval over conversations; None for a single one."""
    forgotten: Interval | None
    corrected: Interval | None
    """Shares of what was followed, or failed, in the turn before; None where there is nothing."""


def summarise(graded: Sequence[Graded]) -> list[TurnScore]:
    """Return the scores of each turn in each language, in the order in which they appear."""
    found = []
    for code in dict.fromkeys(each.conversation.language for each in graded):
        rows = [each for each in graded if each.conversation.language == code]
        for turn in range(max(len(each.strict) for each in rows)):
            found.append(turn_score(code, turn, [row for row in rows if turn < len(row.strict)]))
    return found


def turn_score(code: str, turn: int, rows: Sequence[Graded]) -> TurnScore:
    """Return the scores of one turn over conversations that have it; turns count from 0 here."""
    strict, loose = ([getattr(row, way)[turn] for row in rows] for way in ("strict", "loose"))
    return TurnScore(
        language=code,
        turn=turn + 1,
        conversations=len(rows),
        prompt_strict=float(np.mean([all(row) for row in strict])),
        prompt_loose=float(np.mean([all(row) for row in loose])),
        instruction_strict=sum(map(sum, strict)) / sum(map(len, strict)),
        instruction_loose=sum(map(sum, loose)) / sum(map(len, loose)),
        score=paired_difference(turn_rows(rows, turn), 0.0) if len(rows) > 1 else None,
        forgotten=interval(forgotten(rows, turn)) if turn else None,
        corrected=interval(corrected(rows, turn)) if turn else None,
    )


def turn_rows(graded: Sequence[Graded], turn: int) -> Floats:
    """Return [conversations] numbers whose mean is the score of a turn.

    That is the mean of the shares of conversations that follow everything and of constraints
    followed, each graded strictly and loosely. A share of constraints counts each alike, so that a
    conversation weighs by how many it has.
    """
    sizes = np.array([len(row.strict[turn]) for row in graded], np.float64)
    parts = []
    for way in ("strict", "loose"):
        verdicts = [getattr(row, way)[turn] for row in graded]
        parts.append(np.array([all(row) for row in verdicts], np.float64))
        parts.append(np.array([sum(row) for row in verdicts], np.float64) / sizes.mean())
    mean_of_four: Floats = np.mean(parts, axis=0)
    return mean_of_four


def forgotten(graded: Sequence[Graded], turn: int) -> Ratio:
    """Return the Instruction Forgetting Ratio: of what was followed a turn before, how much fails.

    `turn` counts from 0; verdicts are strict.
    """
    return change(graded, turn, True)


def corrected(graded: Sequence[Graded], turn: int) -> Ratio:
    """Return the Error Self-Correction Ratio: of what failed a turn before, how much does not."""
    return change(graded, turn, False)


def change(graded: Sequence[Graded], turn: int, before: bool) -> Ratio:
    """Return, of the constraints with one verdict a turn before, the share that has the other."""
    changed, there = [], []
    for row in graded:
        earlier, now = row.conversation.turns[turn - 1], row.conversation.turns[turn]
        pairs = [
            (verdict, row.strict[turn][now.constraints.index(constraint)])
            for constraint, verdict in zip(earlier.constraints, row.strict[turn - 1], strict=True)
        ]
        there.append(sum(was == before for was, _ in pairs))
        changed.append(sum(was == before != now for was, now in pairs))
    weights = np.array(there, np.float64)
    return Ratio(np.array(changed) / np.maximum(weights, 1), weights)


def mean(ratio: Ratio) -> float:
    """Return the value of a ratio, or NaN where there is nothing to divide by."""
    total = ratio.weights.sum()
    return float(ratio.rates @ ratio.weights / total) if total else float("nan")


def interval(ratio: Ratio) -> Interval | None:
    """Return the value of a ratio with its interval over rows, or None where there is neither."""
    if len(ratio.rates) < 2 or not ratio.weights.any():
        return None
    return paired_difference(ratio.rates, 0.0, weights=ratio.weights)
