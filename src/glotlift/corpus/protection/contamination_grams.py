"""Texts as runs of compared characters: case, spaces and punctuation left out, places kept."""

import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from glotlift.languages.assigned import ASSIGNED

# Characters of a gram: in letters, and in scripts whose one sign says as much as a syllable or
# word. Each is three, doubled (`runs`).
LETTERS, WIDE = 12, 6
# Least words of an item in letters, and least characters: of two words that are a sentence, where
# no spaces show the words, and in wide scripts, there too less for a sentence.
LEAST_WORDS, LEAST_MARKED, LEAST_UNSPACED = 3, 14, 18
LEAST_WIDE, LEAST_WIDE_MARKED = 9, 7
SENTENCE_MARKS = ".?!।॥。？！؟።;"
_MIX = np.uint64(0x9E3779B97F4A7C15)
_BASE = np.uint64(6364136223846793005)
_WIDE_SCRIPTS = (
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
FRENCH_SPACES = " \u00a0\u202f"
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x0F00, 0x0FFF))


@dataclass(frozen=True)
class Batch:
    """Texts one after another.

    `codes` uint32 [n]: the compared characters; `at` int64 [n]: where each stands in the texts
    joined; text i is ``bounds[i]:bounds[i + 1]`` (int64 [texts + 1]) of them and begins at
    ``begins[i]`` of the joined texts, whose characters are `raw` (uint32).
    """

    codes: NDArray[np.uint32]
    at: NDArray[np.int64]
    bounds: NDArray[np.int64]
    begins: NDArray[np.int64]
    raw: NDArray[np.uint32]

    def span(self, text: int, first: int, last: int) -> tuple[int, int]:
        """Return where in a text compared characters stand, with the signs that close them."""
        start, end = int(self.at[first]), int(self.at[last - 1]) + 1
        low, high = int(self.begins[text]), int(self.begins[text + 1])
        # French sets a space before some signs.
        if end + 1 < high and chr(self.raw[end]) in FRENCH_SPACES and _closes(self.raw[end + 1]):
            end += 1
        while end < high and _closes(int(self.raw[end])):
            end += 1
        while start > low and _opens(int(self.raw[start - 1])):
            start -= 1
        return start - low, end - low

    def is_apart(self, first: int, last: int) -> bool:
        """Return whether compared characters are whole words, in scripts that set words apart."""
        left = first > 0 and self.at[first] == self.at[first - 1] + 1
        right = last < len(self.at) and self.at[last] == self.at[last - 1] + 1
        left = left and not _runs_on(int(self.codes[first]))
        right = right and not _runs_on(int(self.codes[last - 1]))
        return not (left or right)

    def is_mostly_wide(self, text: int) -> bool:
        """Return whether more than half of a text is in scripts whose one sign says much."""
        return bool(is_wide(self.codes[self.bounds[text] : self.bounds[text + 1]]).mean() > 0.5)

    def is_telling(self, text: int) -> bool:
        """Return whether a text is long enough that nobody writes it by chance.

        A sentence with its mark at the end is, where a phrase as long is not.
        """
        first, last = int(self.bounds[text]), int(self.bounds[text + 1])
        if last == first or not (self.codes[first:last] > ord("9")).any():
            return False
        ends = "".join(map(chr, self.raw[self.at[last - 1] + 1 : self.begins[text + 1]]))
        marked = any(sign in SENTENCE_MARKS for sign in ends)
        size = last - first
        if self.is_mostly_wide(text):
            return size >= (LEAST_WIDE_MARKED if marked else LEAST_WIDE)
        words = 1 + int((np.diff(self.at[first:last]) > 1).sum())
        if _runs_on(int(self.codes[first])):
            return size >= LEAST_UNSPACED
        return size >= LETTERS and (
            words >= LEAST_WORDS or (marked and words == 2 and size >= LEAST_MARKED)
        )


def text_batch(texts: Sequence[str]) -> Batch:
    """Return texts as their compared characters: letters, digits and marks, in lower case."""
    raw = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    begins = np.append(0, np.cumsum([len(text) for text in texts], dtype=np.int64))
    codes = _table()[raw]
    at = np.flatnonzero(codes)
    return Batch(codes[at], at, np.searchsorted(at, begins), begins, raw)


def runs(batch: Batch, length: int) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return where runs of `length` characters begin, all in one text, and their hashes.

    Runs of `WIDE` are those that begin in a wide script, the others are any.
    """
    codes = batch.codes
    count = len(codes) - length + 1
    if count <= 0 or (length == WIDE and not is_wide(codes).any()):
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    ones = codes.astype(np.uint64) * _MIX
    hashes = (ones[:-2] * _BASE + ones[1:-1]) * _BASE + ones[2:]
    size = 3
    while size < length:
        hashes = hashes[:-size] * _power(size) + hashes[size:]
        size *= 2
    right = np.ones(count, bool)
    crossing = batch.bounds[1:-1, None] - np.arange(1, length)
    right[crossing[(crossing >= 0) & (crossing < count)]] = False
    if length == WIDE:
        right &= is_wide(codes[:count])
    begins = np.flatnonzero(right)
    return begins, _finish(hashes[begins], length)


def hash_run(codes: NDArray[np.uint32]) -> np.uint64:
    """Return the hash of one run of characters."""
    if not len(codes):
        return np.uint64(0)
    powers = np.ones(len(codes), np.uint64)
    powers[1:] = _BASE
    powers = np.multiply.accumulate(powers)[::-1]
    return np.uint64(
        _finish((codes.astype(np.uint64) * _MIX * powers).sum(keepdims=True), len(codes))[0]
    )


def is_wide(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return which characters are of scripts whose one sign says as much as a syllable or word."""
    return _wide_table()[codes]


def _power(exponent: int) -> np.uint64:
    return np.uint64(pow(int(_BASE), exponent, 2**64))


def _finish(hashes: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    hashes = (hashes ^ (hashes >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9 + 2 * length)
    return hashes ^ (hashes >> np.uint64(32))


def _runs_on(code: int) -> bool:
    return any(low <= code <= high for low, high in (*_UNSPACED, *_WIDE_SCRIPTS))


def _closes(code: int | np.uint32) -> bool:
    return chr(code) in ".?!।॥。？！؟…\"'”’»)]）」』｣"


def _opens(code: int) -> bool:
    return chr(code) in "¿¡\"'“‘«([（「『｢"


@cache
def _table() -> NDArray[np.uint32]:
    """Return the compared character of every character, 0 for those that are not compared."""
    table = np.zeros(sys.maxunicode + 1, np.uint32)
    for code in ASSIGNED:
        sign = chr(code)
        if unicodedata.category(sign)[0] in "LNM":
            plain = unicodedata.normalize("NFKC", sign).lower()
            plain = str(unicodedata.decimal(plain, plain)) if len(plain) == 1 else sign.lower()
            table[code] = ord(plain[0]) if len(plain) == 1 else code
    return table


@cache
def _wide_table() -> NDArray[np.bool_]:
    table = np.zeros(sys.maxunicode + 1, bool)
    for low, high in _WIDE_SCRIPTS:
        table[low : high + 1] = True
    return table
