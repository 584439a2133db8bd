"""Constraints about words and lengths: keywords, letters, sentences, words, paragraphs.

Names and keywords are those of IFEval (Zhou et al. 2023, arXiv:2311.07911, table 1) as Multi-IF
(He et al. 2024, arXiv:2410.15553) and M-IFEval (Dussolle et al. 2025, arXiv:2502.04688) use them.
"""

import unicodedata
from collections.abc import Mapping, Sequence

import regex

from glotlift.evaluation.constraints.reading import (
    begins_with,
    folded,
    holds,
    occurrences,
    paragraphs,
    words,
)
from glotlift.languages import split_sentences

STARS = regex.compile(r"\s?\*\*\*\s?")
FAMILIAR = ("tu", "te", "t'", "t’", "toi", "ton", "ta", "tes")


def existence(text: str, code: str, /, *, keywords: Sequence[str]) -> bool:
    """Each keyword is there, as whole words where words are spaced."""
    return all(occurrences(keyword, text) for keyword in keywords)


def frequency(text: str, code: str, /, *, keyword: str, frequency: int, relation: str) -> bool:
    """The keyword is there so often."""
    return holds(occurrences(keyword, text), relation, frequency)


def forbidden_words(text: str, code: str, /, *, forbidden_words: Sequence[str]) -> bool:
    """No forbidden word is there."""
    return not any(occurrences(word, text) for word in forbidden_words)


def letter_frequency(
    text: str, code: str, /, *, letter: str, let_frequency: int, let_relation: str
) -> bool:
    """The letter, of any script, is there so often; with its accent it is another letter."""
    small, wanted = (unicodedata.normalize("NFC", one).lower() for one in (text, letter.strip()))
    return holds(small.count(wanted), let_relation, let_frequency)


def number_sentences(text: str, code: str, /, *, num_sentences: int, relation: str) -> bool:
    """There are so many sentences (`languages.split_sentences`)."""
    return holds(len(split_sentences(text, code)), relation, num_sentences)


def number_words(text: str, code: str, /, *, num_words: int, relation: str) -> bool:
    """There are so many words (`languages.split_words`); characters where words are not spaced."""
    return holds(len(words(text, code)), relation, num_words)


def number_paragraphs(text: str, code: str, /, *, num_paragraphs: int) -> bool:
    """Three asterisks part the text into exactly so many; none between two of them is blank."""
    parts = [part.strip() for part in STARS.split(text)]
    parts = parts[not parts[0] : len(parts) - (not parts[-1])]
    return len(parts) == num_paragraphs and all(parts)


def nth_paragraph_first_word(
    text: str, code: str, /, *, num_paragraphs: int, nth_paragraph: int, first_word: str
) -> bool:
    """Blank lines part exactly so many paragraphs, and the nth begins so."""
    parts = paragraphs(text)
    return len(parts) == num_paragraphs and begins_with(first_word, parts[nth_paragraph - 1])


def informal_address(text: str, code: str, /) -> bool:
    """A French text says tu to its reader."""
    return any(occurrences(word, text) for word in FAMILIAR)


def accents(text: str, code: str, /, *, word_to_accentuate: Mapping[str, str]) -> bool:
    """Each of these words that is written has its accents."""
    right = {bare(word): folded(word) for word in word_to_accentuate.values()}
    return all(right.get(bare(word), word) == word for word in words(folded(text), code))


def no_accents(text: str, code: str, /) -> bool:
    """No letter has an accent or other mark."""
    return not any(map(unicodedata.combining, unicodedata.normalize("NFD", text)))


def ethel_or_cedilla(text: str, code: str, /, *, forbidden_char: str) -> bool:
    """This letter is not there."""
    return folded(forbidden_char) not in folded(text)


def dieresis(text: str, code: str, /, *, let_frequency: int) -> bool:
    """Exactly so many words have a letter with a diaeresis."""
    return words_with("ü", text, code) == let_frequency


def enie(text: str, code: str, /, *, let_frequency: int) -> bool:
    """Exactly so many words have an ñ."""
    return words_with("ñ", text, code) == let_frequency


def tildes(text: str, code: str, /, *, num_words: int, relation: str) -> bool:
    """So many words have a vowel with an acute accent."""
    return holds(words_with("áéíóú", text, code), relation, num_words)


def words_with(letters: str, text: str, code: str) -> int:
    """Count the words with one of some letters."""
    return sum(not set(letters).isdisjoint(word) for word in words(folded(text), code))


def bare(word: str) -> str:
    """Return a word without case and accents."""
    parts = unicodedata.normalize("NFD", folded(word))
    return "".join(mark for mark in parts if not unicodedata.combining(mark))
