"""Text cut into words, numbers and marks, in any language, with their places.

By the word boundaries of Unicode (UAX #29), as the `regex` package finds them. Scripts without
spaces are cut into characters with their marks, or by a segmenter that is given.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import regex

from glotlift.languages.codes import language
from glotlift.runs.errors import GlotliftError

Span = tuple[int, int]
Segmenter = Callable[[str], Sequence[str]]
# Letters between which no word ends; to run over them first saves a test of every boundary.
LETTERS = r"[A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02C1\u0400-\u0481]"
# The package joins an apostrophe that stands before a word to it; UAX #29 does not.
WORD = regex.compile(rf"{LETTERS}+(?:\B\S{LETTERS}*)*|['’]|\S(?:\B\S)*", regex.WORD)
INSIDE = rf"(?:\B[^\s'’]{LETTERS}*)*"
# Where an apostrophe stands for a vowel that is left out, a word ends with it: l'|aqua.
ELIDED = regex.compile(rf"{LETTERS}+{INSIDE}(?:\B['’])?|['’]|\S{INSIDE}(?:\B['’])?", regex.WORD)
ELIDING = "arg ast cat cos egl fra frp fur ita lij lld lmo nap oci pms roh scn srd"
# Maltese sets its article and short prepositions before a hyphen or apostrophe: il-|kelb, f'|Malta.
ARTICLES = regex.compile(
    rf"{LETTERS}{{1,5}}-(?=\p{{L}})|{LETTERS}+{INSIDE}['’]?|['’]|\S{INSIDE}(?:\B['’])?",
    regex.WORD,
)
UNSPACED_RUN = regex.compile(
    r"[[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Lana}"
    r"\p{Tale}\p{Talu}\p{Tavt}\p{Yi}\p{Javanese}\p{Balinese}ー々〆]&&[\p{L}\p{M}]]+",
    regex.V1,
)


def split_words(text: str, code: str, *, segment: Segmenter | None = None) -> list[str]:
    """Return the words, numbers and marks of a text, in order, without white space.

    `code` is any code that `language` knows. `segment` cuts a run of unspaced letters into words
    that make up the run again, as `jieba.lcut` does; without it they are cut into characters.

    Raises GL-LANGUAGE-041 (a segmenter that changes the text) and what `language` raises.
    """
    words = pattern(code)
    if segment is None:
        return list(words.findall(text))
    return [text[start:end] for start, end in word_spans(text, code, segment=segment)]


def word_spans(text: str, code: str, *, segment: Segmenter | None = None) -> list[Span]:
    """Return start and end of each word, number and mark, in characters, as `split_words` does."""
    words = pattern(code)
    if segment is None:
        return [found.span() for found in words.finditer(text)]
    spans: list[Span] = []
    start = 0
    for run in UNSPACED_RUN.finditer(text):
        spans += (found.span() for found in words.finditer(text, start, run.start()))
        spans += segmented(run[0], run.start(), segment)
        start = run.end()
    return spans + [found.span() for found in words.finditer(text, start)]


@cache
def pattern(code: str) -> "regex.Pattern[str]":
    """Return the pattern of one word in a language."""
    spoken = language(code)
    if spoken.iso639_3 == "mlt":
        return ARTICLES
    return ELIDED if spoken.iso639_3 in ELIDING.split() else WORD


def segmented(run: str, start: int, segment: Segmenter) -> Iterator[Span]:
    """Yield the places of a run's words, as a segmenter cuts it."""
    words = segment(run)
    if "".join(words) != run:
        cause = f"the segmenter changed {run!r:.40}"
        fix = "give one whose words make up the text again"
        raise GlotliftError("GL-LANGUAGE-041", cause, fix=fix)
    for word in words:
        if word:
            yield start, start + len(word)
        start += len(word)
