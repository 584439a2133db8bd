"""The tokens by which two languages are compared."""

import re
import unicodedata
from functools import lru_cache

# Scripts written without spaces, whose tokens are pairs of neighbouring characters.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
# Vowel signs and accents, which `\\w` does not hold (Indic scripts, Arabic, Hebrew, Latin).
MARKS = "".join(
    chr(c)
    for c in (*range(0x300, 0x0E00), *range(0xA800, 0xAC00))
    if unicodedata.category(chr(c)).startswith("M")
)
LETTER = rf"[^\W\d_{UNSPACED}]"
TOKEN = re.compile(
    rf"\d+(?:[.,:/]\d+)*|[{UNSPACED}]+|{LETTER}(?:{LETTER}|[{MARKS}])*"
    r"|[%?!()\[\]{}:;/@&+=<>€$£#*]"
)
CONTINUES = re.compile(rf"[{UNSPACED}]")
STEM = 6
COGNATE = 4
LONGEST_MEMO = 1 << 17


def tokens(text: str) -> list[str]:
    """Return the tokens of a sentence: words cut to six letters, numbers, marks.

    Cutting words to their first letters stands in for a stemmer where there is none (Simard, Foster
    and Isabelle 1992 do so for cognates); runs of a script without spaces come as pairs of
    characters.
    """
    found: list[str] = []
    composed = text if text.isascii() else unicodedata.normalize("NFKC", text)
    for token in TOKEN.findall(composed):
        if CONTINUES.match(token):
            found += [token[k : k + 2] for k in range(max(len(token) - 1, 1))]
        else:
            found.append(stem(token))
    return found


@lru_cache(LONGEST_MEMO)
def stem(word: str) -> str:
    """Return a word's first letters in lower case; a number with ASCII digits and no separators."""
    if word[0].isdecimal():
        return number(word)
    return word.lower()[:STEM]


def number(written: str) -> str:
    """Return a number's ASCII digits: ``1,000`` and ``1.000`` and ``١٠٠٠`` are one."""
    return "".join(str(unicodedata.decimal(c)) for c in written if c.isdecimal())


@lru_cache(LONGEST_MEMO)
def cognate(token: str) -> str:
    """Return what a word shares with its cognates in another language: four bare letters.

    "" for a word of fewer letters and for what is no word.
    """
    if len(token) < COGNATE or not token[0].isalpha():
        return ""
    bare = "".join(c for c in unicodedata.normalize("NFD", token) if not unicodedata.combining(c))
    return "~" + bare[:COGNATE]
