"""Texts as arrays of code points without case, punctuation and space: what duplicates share."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from glotlift.languages.assigned import ASSIGNED

# U+FFFF is no character: it parts the texts of a batch, and a text of ours holds none.
SEPARATOR = "\uffff"
BATCH_CHARACTERS = 2**15
LAST = 0x110000
DROPPED, PARTED, EXPANDED = 0, LAST, LAST + 1
# Punctuation, symbols, spaces, controls and format characters; private use and unassigned stay.
LEFT_OUT = frozenset({"Cc", "Cf", "Cs"})


@dataclass(frozen=True)
class Folded:
    """Folded texts: `codes` are the code points of all, text i is ``codes[ends[i-1]:ends[i]]``.

    codes: uint32 [characters]. ends: int64 [texts].
    """

    codes: NDArray[np.uint32]
    ends: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The folded characters of each text, [texts]."""
        return np.diff(self.ends, prepend=0)


def fold(texts: Sequence[str]) -> Folded:
    """Return the texts in NFKC, without case, punctuation, symbols, space and format characters.

    Case goes by upper case and then full case folding (Unicode 3.13, D145), so that a text and its
    capitals fold alike in every language (dotless i and sharp s too). Letters, marks and digits
    stay. Two texts that differ in a letter, a mark or a digit never fold alike.
    """
    plain = [unicodedata.normalize("NFKC", text) for text in texts]
    joined = join(plain)
    table = fold_table()
    codes = table[joined]
    expanded = np.flatnonzero(codes == EXPANDED)
    if len(expanded):
        ends = np.cumsum([len(text) + 1 for text in plain])
        for index in np.unique(np.searchsorted(ends, expanded, side="right")).tolist():
            plain[index] = plain[index].upper().casefold()
        codes = table[join(plain)]
    codes = codes.take(np.flatnonzero(codes != DROPPED))
    # After the n-th separator, n separators stand before a position: they are taken out again.
    parted = np.flatnonzero(codes == PARTED)
    ends = parted - np.arange(len(parted))
    return Folded(np.delete(codes, parted), ends)


def fold_batches(texts: Sequence[str]) -> Iterator[tuple[int, Folded]]:
    """Yield (index of the first text, folded texts) in batches that stay in a processor's cache."""
    start, characters = 0, 0
    for index, text in enumerate(texts):
        characters += len(text)
        if characters >= BATCH_CHARACTERS:
            yield start, fold(texts[start : index + 1])
            start, characters = index + 1, 0
    if start < len(texts):
        yield start, fold(texts[start:])


def join(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Return the code points of all texts, each followed by the separator."""
    joined = SEPARATOR.join([*texts, ""])
    if joined.count(SEPARATOR) != len(texts):
        joined = SEPARATOR.join([*(text.replace(SEPARATOR, "") for text in texts), ""])
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))


@cache
def fold_table() -> NDArray[np.uint32]:
    """Return code point -> folded code point; 0 goes, `EXPANDED` becomes several characters."""
    table = np.arange(LAST, dtype=np.uint32)
    for code in ASSIGNED:
        character = chr(code)
        category = unicodedata.category(character)
        if category[0] in "PSZ" or category in LEFT_OUT:
            table[code] = DROPPED
        else:
            folded = character.upper().casefold()
            if folded != character:
                table[code] = ord(folded) if len(folded) == 1 else EXPANDED
    table[0] = DROPPED
    table[ord(SEPARATOR)] = PARTED
    return table
