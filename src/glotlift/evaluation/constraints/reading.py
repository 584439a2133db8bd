"""How a checker reads a text: words, sentences, paragraphs, phrases and counts of them."""

import operator
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import regex

from glotlift.languages import split_words
from glotlift.languages.words import UNSPACED_RUN

# Published rows name a relation in the language of the prompt.
RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "at least": operator.ge,
    "au moins": operator.ge,
    "al menos": operator.ge,
    "less than": operator.lt,
    "moins de": operator.lt,
    "at most": operator.le,
    "como máximo": operator.le,
    "exactly": operator.eq,
}
INSIDE = r"[\p{L}\p{M}\p{N}_]"  # what a word is made of: vowel signs of Indic scripts are marks
WORDLIKE = regex.compile(r"[\p{L}\p{N}]")
OPENING = regex.compile(r"^[\s\p{P}\p{S}]+")
BLANK_LINES = regex.compile(r"\n[^\S\n]*\n\s*")


def holds(count: int, relation: str, wanted: int) -> bool:
    """Tell whether a count stands in a relation to the one wanted."""
    return RELATIONS[relation](count, wanted)


def folded(text: str) -> str:
    """Return a text in which case and composition of characters make no difference."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def words(text: str, code: str) -> list[str]:
    """Return the words of a text without its marks; where words are not spaced, characters."""
    return [word for word in split_words(text, code) if WORDLIKE.search(word)]


def paragraphs(text: str) -> list[str]:
    """Return what stands between blank lines, without what is blank."""
    return [part.strip() for part in BLANK_LINES.split(text) if part.strip()]


def occurrences(phrase: str, text: str) -> int:
    """Count a phrase in a text, as whole words where its script sets words apart."""
    return len(phrase_pattern(folded(phrase.strip())).findall(folded(text)))


def begins_with(phrase: str, text: str) -> bool:
    """Tell whether a text begins with a phrase, quotation marks and mark-up before it aside."""
    pattern = phrase_pattern(OPENING.sub("", folded(phrase.strip())))
    return pattern.match(OPENING.sub("", folded(text))) is not None


@lru_cache(4096)
def phrase_pattern(phrase: str) -> "regex.Pattern[str]":
    """Return the pattern of a folded phrase that does not begin or end within a word.

    An edge that is a mark, or of a script that writes words together, may stand anywhere.
    """
    # A vowel sign belongs to the letter before it, also where the phrase ends with that letter.
    after = rf"(?!{INSIDE})" if bounded(phrase[-1:]) else r"(?!\p{M})"
    return regex.compile(opening_of(phrase) + after)


def opening_of(phrase: str) -> str:
    """Return the expression of a folded phrase that does not begin within a word."""
    before = rf"(?<!{INSIDE})" if bounded(phrase[:1]) else ""
    return before + r"\s+".join(map(regex.escape, phrase.split()))


def bounded(character: str) -> bool:
    """Tell whether a word ends where this character has no other of a word beside it."""
    return bool(regex.match(INSIDE, character)) and not UNSPACED_RUN.match(character)
