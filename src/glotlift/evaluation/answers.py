"""Short answers: exact match and F1 of words, as each language writes words.

The measure is SQuAD's (Rajpurkar et al. 2016, section 6.1) in MLQA's multilingual form (Lewis et
al. 2020, section 4): case, punctuation and articles do not count. Articles are whole words of the
answer's own language, never letters inside a word: MLQA's published rule for Arabic, which takes
two letters out of any word, is therefore left out.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.metrics import check_pairs
from glotlift.languages import language, split_words
from glotlift.runs.errors import GlotliftError

ARTICLES = {
    "eng": "a an the",
    "spa": "un una unos unas el la los las",
    "vie": "của là cái chiếc những",
    "deu": "ein eine einen einem eines einer der die das den dem des",
}  # MLQA's lists, so that figures compare
SYMBOLS = frozenset("$+<=>^`|~")  # ASCII marks that Unicode does not call punctuation


class AnswerScores(NamedTuple):
    """Exact match and F1 of each answer, [n] each, between 0 and 1."""

    exact: NDArray[np.float64]
    f1: NDArray[np.float64]


def answer_scores(
    answers: Sequence[str], references: Sequence[Sequence[str]], code: str
) -> AnswerScores:
    """Score answers in the language `code`, each by the reference that it meets best.

    Raises GL-EVALUATION-005 (answers that do not pair with references) or -050 (an answer without
    any reference).
    """
    check_pairs(answers, references)
    exact, f1 = np.zeros((2, len(answers)))
    for row, (answer, allowed) in enumerate(zip(answers, references, strict=True)):
        if not allowed:
            raise GlotliftError(
                "GL-EVALUATION-050",
                "a question has no reference answer",
                place=f"row {row}",
                fix="give one or more, or an empty text where none is right",
            )
        words = answer_words(answer, code)
        known = [answer_words(reference, code) for reference in allowed]
        exact[row] = words in known
        f1[row] = max(overlap(words, other) for other in known)
    return AnswerScores(exact, f1)


def answer_words(text: str, code: str) -> list[str]:
    """Return the words of an answer that count: lower case, no punctuation, no articles.

    Where words are not spaced, characters stand for them.
    """
    kept = "".join(mark for mark in text.lower() if not is_punctuation(mark))
    words = kept.split() if language(code).spaced else split_words(kept, code)
    articles = articles_of(code)
    return [word for word in words if word not in articles]


@cache
def articles_of(code: str) -> frozenset[str]:
    """Return the articles of a language, or none."""
    return frozenset(ARTICLES.get(language(code).iso639_3, "").split())


@cache
def is_punctuation(mark: str) -> bool:
    """Tell whether a character is punctuation."""
    return mark in SYMBOLS or unicodedata.category(mark).startswith("P")


def overlap(words: Sequence[str], reference: Sequence[str]) -> float:
    """Return the F1 of two bags of words; two empty ones agree."""
    if not words or not reference:
        return float(words == reference)
    shared = (Counter(words) & Counter(reference)).total()
    return 2 * shared / (len(words) + len(reference))
