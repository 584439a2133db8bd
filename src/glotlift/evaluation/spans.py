"""Named spans from tags, and their F1, also in rows for paired comparisons."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.ratios import ratio_rows
from glotlift.runs.errors import GlotliftError

OUTSIDE = "O"
Span = tuple[str, int, int]  # kind, first token, last token + 1


def spans_of(tags: Sequence[str]) -> list[Span]:
    """Return the spans of a sentence's tags, read as the CoNLL evaluation and seqeval read them.

    Tags are ``O``, ``B-kind`` or ``I-kind``. A span goes on while ``I-`` of its own kind follows;
    an ``I-`` after ``O`` or after another kind begins one, so tags that a model has got out of
    order still name spans (Tjong Kim Sang and De Meulder 2003; seqeval's default mode).

    Raises GL-EVALUATION-020 for a tag of another shape.
    """
    found: list[Span] = []
    start, open_kind = 0, ""
    for place, tag in enumerate([*tags, OUTSIDE]):
        prefix, _, kind = tag.partition("-")
        if tag != OUTSIDE and (prefix not in ("B", "I") or not kind):
            raise GlotliftError(
                "GL-EVALUATION-020",
                f"{tag!r} is no tag of a span",
                place=f"token {place}",
                fix="write O, B-kind or I-kind",
            )
        if open_kind and (prefix != "I" or kind != open_kind):
            found.append((open_kind, start, place))
            open_kind = ""
        if tag != OUTSIDE and not open_kind:
            start, open_kind = place, kind
    return found


def span_f1(guessed: Sequence[Sequence[str]], right: Sequence[Sequence[str]]) -> float:
    """Return the F1 of all sentences' spans together, in [0, 1]; 1 where there are none at all.

    A span is right where its kind and both its ends are. This is seqeval's `f1_score` (micro
    average), except that seqeval gives 0 where neither side has a span.
    """
    common, both = span_counts(guessed, right)
    return float(2 * common.sum() / both.sum()) if both.any() else 1.0


def span_f1_rows(
    guessed: Sequence[Sequence[str]], right: Sequence[Sequence[str]]
) -> NDArray[np.float64]:
    """Return [n] scores of sentences whose mean is exactly `span_f1` of all of them.

    F1 is a ratio of sums and so no mean over sentences; a row is its linear part (`ratio_rows`).
    Rows may lie outside [0, 1]; they serve intervals, which resample rows.
    """
    common, both = span_counts(guessed, right)
    if not both.any():
        return np.ones(len(both))
    return ratio_rows(2 * common, both)


def span_counts(
    guessed: Sequence[Sequence[str]], right: Sequence[Sequence[str]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return per sentence the spans that are right, and those guessed plus those there are."""
    if len(guessed) != len(right) or any(map(differ, guessed, right)):
        raise GlotliftError(
            "GL-EVALUATION-021",
            "guessed and right tags do not stand for the same tokens",
            fix="give one tag per token on both sides",
        )
    common, both = np.zeros((2, len(right)))
    for row, (one, other) in enumerate(zip(guessed, right, strict=True)):
        mine, theirs = set(spans_of(one)), set(spans_of(other))
        common[row], both[row] = len(mine & theirs), len(mine) + len(theirs)
    return common, both


def differ(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two sentences have different numbers of tags."""
    return len(one) != len(other)
