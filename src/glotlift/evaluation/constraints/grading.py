"""Strict and loose grading (IFEval: Zhou et al. 2023, arXiv:2311.07911, section 2.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glotlift.evaluation.constraints.checkers import CHECKERS, Check, Constraint
from glotlift.evaluation.constraints.conversations import Conversation
from glotlift.runs.errors import GlotliftError


@dataclass(frozen=True)
class Graded:
    """What of a conversation was followed: for each turn, a verdict per constraint."""

    conversation: Conversation
    strict: tuple[tuple[bool, ...], ...]
    loose: tuple[tuple[bool, ...], ...]


def follows(
    text: str,
    code: str,
    constraints: Sequence[Constraint],
    *,
    loose: bool = False,
    checkers: Mapping[str, Check] = CHECKERS,
) -> list[bool]:
    """Return which constraints a reply follows.

    Strictly the reply must as it stands; loosely one of its eight `variants` must. What is blank
    follows nothing.
    """
    read = [variant for variant in (variants(text) if loose else [text]) if variant.strip()]
    return [
        any(checkers[one.name](variant, code, **one.arguments) for variant in read)
        for one in constraints
    ]


def variants(text: str) -> list[str]:
    """Return a reply without its first line, last line or both, each with and without asterisks.

    They forgive an introduction, a closing remark, and emphasis.
    """
    lines = text.split("\n")
    cut = ["\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1])]
    return [form for part in (text, *cut) for form in (part, part.replace("*", ""))]


def grade(
    conversations: Sequence[Conversation],
    replies: Sequence[Sequence[str]],
    checkers: Mapping[str, Check] = CHECKERS,
) -> list[Graded]:
    """Return the verdicts on a reply to each turn of each conversation.

    Raises GL-EVALUATION-066 where replies and turns are not as many.
    """
    found = []
    for row, said in zip(conversations, replies, strict=True):
        if len(said) != len(row.turns):
            raise GlotliftError(
                "GL-EVALUATION-066",
                f"{len(said)} replies do not answer {len(row.turns)} turns",
                place=f"conversation {row.id}",
                fix="give one reply to each turn",
            )
        strict, loose = (
            tuple(
                tuple(follows(text, row.language, turn.constraints, loose=way, checkers=checkers))
                for text, turn in zip(said, row.turns, strict=True)
            )
            for way in (False, True)
        )
        found.append(Graded(row, strict, loose))
    return found
