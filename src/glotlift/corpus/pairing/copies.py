"""What stands on both sides of a pair: copied words, numbers, letters."""

import re
from collections import Counter

from glotlift.corpus.pairing.tokens import LETTER, MARKS, number

WORD = re.compile(rf"{LETTER}(?:{LETTER}|[{MARKS}])*")
DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
SPACED_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}\b)")


def folded(text: str) -> str:
    """Return letters, marks and digits alone, in lower case: copies that differ otherwise agree."""
    return "".join(c for c in text.casefold() if c.isalnum())


def copied_share(source: str, target: str) -> float:
    """Return the share of the target's words, by letters, that stand in the source too, in [0, 1].

    0 for a target without words. Each word of the source covers one of the target.
    """
    mine = Counter(WORD.findall(target.lower()))
    letters = sum(len(word) * count for word, count in mine.items())
    if not letters:
        return 0.0
    shared = mine & Counter(WORD.findall(source.lower()))
    return sum(len(word) * count for word, count in shared.items()) / letters


def numbers_agree(source: str, target: str) -> bool:
    """Tell whether both sides hold the same numbers of two digits or more.

    Separators and the script of digits do not count, nor does the order. Numbers below ten are
    often written as words, and so may a single number be where the other side has none.
    """
    if not any(c.isdecimal() for c in source + target):
        return True
    said, heard = numbers(source), numbers(target)
    if said == heard or Counter("".join(said)) == Counter("".join(heard)):
        return True
    return min(len(said), len(heard)) == 0 and max(len(said), len(heard)) == 1


def numbers(text: str) -> list[str]:
    """Return the numbers of two digits or more by their ASCII digits, in rising order."""
    joined = SPACED_THOUSANDS.sub("", text)
    found = (number(n) for n in DIGITS.findall(joined))
    return sorted(n for n in found if len(n) > 1)


def letter_share(text: str) -> float:
    """Return the share of letters, marks and digits among all that is no space; 0 for nothing."""
    shown = [c for c in text if not c.isspace()]
    known = sum(c.isalnum() or c in MARKS for c in shown)
    return known / len(shown) if shown else 0.0
