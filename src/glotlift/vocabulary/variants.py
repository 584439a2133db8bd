"""Reversible mappings of text in front of byte-level BPE: case factored out, digits set apart.

mGPT (Shliazhko et al. 2024, the section on tokenization) compares five ways to write the same
text: plain, a marker before each lower-cased capital, single digits, both, and characters. Here
each is made of parts that a tokenizer.json holds, so that plain transformers loads it, and each
gives every text back: ``decode(encode(x)) == x``.
"""

import sys
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Literal, get_args

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers

Variant = Literal["plain", "case", "arithmetic", "combined", "character"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)

UP = "⇧"
"""Stands before a letter that was a capital."""
ESCAPE = "⇩"
"""Stands after an `UP` that the text itself holds; it is no letter, so the pair means that only."""

# Llama 3's pattern with \p{M} beside \p{L}: without the marks every vowel sign of an Indic script
# ends a word, and no piece could span it.
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# The marker belongs to its word: "the" and "⇧the" may each become one piece.
MARKED_WORDS = WORDS.replace(r"\p{M}", rf"\p{{M}}{UP}")
ARITHMETIC = r"\p{N}|[-+*/=<>^%×÷±−√≤≥≠≈]"


@cache
def capitals() -> dict[str, str]:
    """Return every capital whose lower case is one letter that has it as its upper case.

    Left out are those that would not come back: title case (ǅ), İ, ẞ, and signs such as the
    Kelvin sign, whose lower case is another letter's too.
    """
    letters = {letter: letter.lower() for letter in map(chr, range(sys.maxunicode + 1))}
    return {
        big: small
        for big, small in letters.items()
        if small != big and len(small) == 1 and small.upper() == big
    }


@cache
def marks() -> dict[int, str]:
    """Return the table that `str.translate` marks capitals with, and escapes a literal marker."""
    marked = {big: UP + small for big, small in capitals().items()}
    return str.maketrans({UP: UP + ESCAPE} | marked)


def marks_case(variant: Variant) -> bool:
    """Tell whether a variant writes capitals as a marker and a small letter."""
    return variant in {"case", "combined"}


def splitters(variant: Variant) -> list[pre_tokenizers.PreTokenizer]:
    """Return how a variant cuts text into words; the bytes come after."""
    words = Regex(MARKED_WORDS if marks_case(variant) else WORDS)
    cuts: list[pre_tokenizers.PreTokenizer] = [pre_tokenizers.Split(words, "isolated")]
    if variant in {"arithmetic", "combined"}:
        cuts.insert(0, pre_tokenizers.Split(Regex(ARITHMETIC), "isolated"))
    return cuts


def marked(texts: Iterable[str], seen: set[str]) -> Iterator[str]:
    """Yield texts with their capitals marked, and put the capitals met into `seen`."""
    for text in texts:
        seen.update(capitals().keys() & set(text))
        yield text.translate(marks())


def with_case_marks(backend: Tokenizer, letters: Collection[str]) -> Tokenizer:
    """Make a trained byte-level tokenizer mark the capitals in `letters`, and undo it in decoding.

    Only the capitals of the training text are marked: each costs a pass over the text, and there
    are over a thousand in Unicode. Others stay as they are, in bytes.
    """
    pairs = [(letter, UP + capitals()[letter]) for letter in sorted(letters)]
    escaped = (UP, UP + ESCAPE)
    backend.normalizer = normalizers.Sequence(
        [normalizers.Replace(plain, mark) for plain, mark in [escaped, *pairs]]
    )
    # Every marker begins a pair, so that undoing one pair cannot make another.
    backend.decoder = decoders.Sequence(
        [
            decoders.ByteLevel(),
            *(decoders.Replace(mark, plain) for plain, mark in [*pairs, escaped]),
        ]
    )
    return backend
