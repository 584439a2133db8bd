"""Named spans from tags, their F1, and the overlap of an answer's words with the right one's."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.metrics import check_pairs
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

    F1 is a ratio of sums and so no mean over sentences. A row is its linear part instead: F1, plus
    how far the sentence pulls it (the delta method's influence of a ratio: Efron and Tibshirani
    1993, chapter 21). Rows may lie outside [0, 1]; they serve intervals, which resample rows.
    """
    common, both = span_counts(guessed, right)
    if not both.any():
        return np.ones(len(both))
    figure = 2 * common.sum() / both.sum()
    return np.asarray(figure + (2 * common - figure * both) / both.mean(), dtype=np.float64)


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


def answer_f1(guessed: Sequence[str], right: Sequence[str]) -> NDArray[np.float64]:
    """Return [n] the F1 of the words that a guessed and a right answer share (SQuAD, section 6.1).

    Words are lower-case and without punctuation and symbols at any place; unlike SQuAD's script no
    English article is dropped, so that the measure is the same in every language.
    """
    check_pairs(guessed, right)
    return np.array(
        [shared(plain_words(a), plain_words(b)) for a, b in zip(guessed, right, strict=True)]
    )


def plain_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation and symbols."""
    kept = (c if unicodedata.category(c)[0] not in "PS" else " " for c in text.lower())
    return "".join(kept).split()


def shared(one: list[str], other: list[str]) -> float:
    """Return the F1 of two bags of words; two empty ones agree."""
    if not one and not other:
        return 1.0
    common = (Counter(one) & Counter(other)).total()
    return 2 * common / (len(one) + len(other))


def pearson_rows(guessed: Sequence[float], right: Sequence[float]) -> NDArray[np.float64]:
    """Return [n] scores whose mean is exactly Pearson's correlation of two lists of numbers.

    A row is the correlation plus the row's influence on it (Devlin, Gnanadesikan and Kettenring
    1975). Where one list does not vary, the correlation, and so every row, is taken for 0.
    """
    pairs = np.array([guessed, right], dtype=np.float64)
    spread = pairs.std(axis=1)
    if not pairs.shape[1] or (spread < 1e-12).any():
        return np.zeros(pairs.shape[1])
    one, other = (pairs - pairs.mean(axis=1, keepdims=True)) / spread[:, None]
    figure = (one * other).mean()
    return np.asarray(figure + one * other - figure * (one**2 + other**2) / 2)
