"""Counts inside texts, vectorised over a batch: characters, words, lengths."""

import math
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from glotlift.languages.assigned import ASSIGNED
from glotlift.languages.scripts import is_spaced

# Eight bins to a doubling: a quantile read from the bins is within 5 % of the true one.
BINS_PER_DOUBLING = 8
EDGES = np.unique(np.rint(2 ** (np.arange(1, 40 * BINS_PER_DOUBLING) / BINS_PER_DOUBLING))).astype(
    np.int64
)
WORD_CATEGORIES = frozenset("LMN")
# They stand inside the words of several scripts (ZWNJ in Persian, ZWJ in Sinhala and Marathi).
JOINERS = (0x200C, 0x200D)


class Split(Protocol):
    """Cuts a text of a language into words."""

    def __call__(self, text: str, code: str) -> Sequence[str]:
        """Return the words of `text` in the language `code`."""


class Counts(NamedTuple):
    """What a batch of texts holds.

    `characters` maps a code point to how often it stands in all texts; `lengths`, `bytes` (of
    UTF-8) and `words` are of each text, int64 [texts].
    """

    characters: dict[int, int]
    lengths: NDArray[np.int64]
    bytes: NDArray[np.int64]
    words: NDArray[np.int64]


@cache
def word_table() -> NDArray[np.bool_]:
    """Return for each code point whether words are made of it: letters, marks, digits, joiners."""
    table = np.zeros(sys.maxunicode + 1, bool)
    inside = [code for code in ASSIGNED if unicodedata.category(chr(code))[0] in WORD_CATEGORIES]
    table[[*inside, *JOINERS]] = True
    return table


def code_points(text: str) -> NDArray[np.uint32]:
    """Return the code points of `text`, [characters]; a lone surrogate reads as a question mark."""
    return np.frombuffer(text.encode("utf-32-le", "replace"), dtype="<u4")


def count_texts(texts: Sequence[str]) -> Counts:
    """Count characters, bytes and words of `texts`; a word is a run of `word_table` characters."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    sizes = (len(text.encode("utf-8", "replace")) for text in texts)
    codes = code_points("".join(f"{text}\n" for text in texts))
    frequencies = np.bincount(codes, minlength=11)
    # Every text was closed with a line break that is not its own.
    frequencies[10] -= len(texts)
    present = np.flatnonzero(frequencies)
    inside = word_table()[codes]
    ends = np.flatnonzero(inside[:-1] & ~inside[1:])
    closed = np.searchsorted(ends, np.cumsum(lengths + 1))
    return Counts(
        dict(zip(present.tolist(), frequencies[present].tolist(), strict=True)),
        lengths,
        np.fromiter(sizes, dtype=np.int64, count=len(texts)),
        np.diff(closed, prepend=0),
    )


def words_of(text: str) -> list[str]:
    """Return the words of `text`: its runs of letters, marks, digits and joiners."""
    inside = word_table()[code_points(f"\n{text}\n")]
    # With a line break on either side, borders come in pairs: where a word begins, where it ends.
    borders = np.flatnonzero(inside[1:] != inside[:-1]).tolist()
    return [text[start:end] for start, end in zip(borders[::2], borders[1::2], strict=True)]


def spaced(code: str) -> bool:
    """Return whether a language, by the script in its code, sets words apart by spaces."""
    _, _, script = code.partition("_")
    return is_spaced(script) if script else True


def words_in(text: str, code: str) -> Sequence[str]:
    """Return the words of a text, or the pairs of letters where no spaces set words apart."""
    words = words_of(text)
    if spaced(code):
        return words
    runs = [run for word in words for run in re.findall(r"[\x00-\x7f]+|[^\x00-\x7f]+", word)]
    return [pair for run in runs for pair in ([run] if run.isascii() else pairs_of(run))]


def pairs_of(run: str) -> list[str]:
    """Return every two neighbouring letters of a run."""
    return [run[place : place + 2] for place in range(len(run) - 1)]


def length_bins(lengths: NDArray[np.int64]) -> dict[int, int]:
    """Return bin -> number of texts whose length falls into it; bin b is from EDGES[b - 1] on."""
    bins = np.bincount(np.searchsorted(EDGES, lengths, side="right"))
    present = np.flatnonzero(bins)
    return dict(zip(present.tolist(), bins[present].tolist(), strict=True))


def bin_edges(position: int) -> tuple[int, int]:
    """Return the shortest length in a bin, and the shortest one beyond it."""
    low = 0 if position == 0 else int(EDGES[position - 1])
    return low, int(EDGES[position])


def quantile(bins: Mapping[int, int], share: float) -> float | None:
    """Return the length that `share` of the texts stay within, or None where there is no text.

    It is the geometric middle of its bin, and so within 5 % of the exact one.
    """
    wanted, passed = share * sum(bins.values()), 0
    for position in sorted(bins):
        passed += bins[position]
        if passed >= wanted:
            low, high = bin_edges(position)
            return math.sqrt(low * (high - 1))
    return None
