"""What can be measured of any text in any language, without lists and without a model.

The measures follow the heuristics of Gopher (Rae et al. 2021, table A1), C4 and FineWeb2 (Penedo et
al. 2025, section 4.2) with characters in place of words where a script has no spaces, and collision
entropy (Renyi 1961, order 2) in place of counts that grow with the length of a text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.quality.codepoints import (
    CLASSES,
    DIGIT,
    MARK,
    NEWLINE,
    ODD,
    PUNCTUATION,
    SAMPLED,
    SMALL,
    SPACE,
    SYMBOL,
    UPPER,
    Batch,
    Integers,
    Keys,
    batches,
    runs,
    script_table,
)

Floats = NDArray[np.float64]
Scale = Literal["share", "log", "bits"]


@dataclass(frozen=True)
class Measure:
    """One measure: on which scale texts differ by it, and on which side it tells of junk.

    `tolerance` is the difference from the usual that is never junk: radians of ``arcsin(sqrt(p))``
    for a share p, natural logarithm for a length, bits for an entropy. `general` says whether it is
    comparable from one script to another.
    """

    name: str
    scale: Scale
    low: bool
    high: bool
    tolerance: float
    general: bool
    meaning: str


TABLE = (
    Measure("characters", "log", True, False, 1.5, False, "length in characters"),
    Measure("character_bytes", "log", False, False, 0.35, False, "mean UTF-8 bytes of a character"),
    Measure("word_length", "log", True, True, 0.6, False, "mean characters between spaces"),
    Measure("longest_word", "log", False, True, 1.5, False, "most characters between spaces"),
    Measure("word_bits", "bits", True, True, 2.5, False, "collision entropy of words"),
    Measure("pair_bits", "bits", True, True, 1.0, False, "collision entropy of character pairs"),
    Measure("passage_bits", "bits", True, False, 3.0, True, "collision entropy of 8 characters"),
    Measure("repeated_text", "share", False, True, 0.5, True, "16 characters that stood before"),
    Measure("repeated_lines", "share", False, True, 0.7, True, "text in lines that stood before"),
    Measure("letters", "share", True, False, 0.35, True, "letters and marks, of what is no space"),
    Measure("digits", "share", False, True, 0.35, True, "digits, of what is no space"),
    Measure("symbols", "share", False, True, 0.35, True, "punctuation and symbols, likewise"),
    Measure("odd_characters", "share", False, True, 0.2, True, "control, private, unassigned"),
    Measure("capitals", "share", False, True, 0.5, True, "upper case, of letters"),
    Measure("bare_words", "share", False, True, 0.6, True, "words without a letter"),
    Measure("main_script", "share", True, False, 0.9, True, "letters of the most used script"),
    Measure("fragments", "share", False, True, 1.0, False, "text in short unpunctuated lines"),
    Measure("bullets", "share", False, True, 1.2, True, "lines that begin with a bullet"),
    Measure("ellipses", "share", False, True, 0.9, True, "lines that end in an ellipsis"),
    Measure("addresses", "share", False, True, 0.4, True, "text in web addresses"),
)
MEASURES: tuple[str, ...] = tuple(measure.name for measure in TABLE)
PASSAGE, REPEATED = 8, 16
FRAGMENT_WORDS, FRAGMENT_CHARACTERS = 3, 30
BULLETS = np.array([ord(mark) for mark in "-*•·‣▪◦●○■□–—►▶✓➤"], np.uint32)
BYTE_STEPS = np.array([0x80, 0x800, 0x10000], np.uint32)
ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
# Pairs of like things that are taken to have been seen before: their number, and their share.
WORD_PRIOR, PAIR_PRIOR, PASSAGE_PRIOR = (1024.0, 8.0), (4096.0, 32.0), (16384.0, 2.0)


def measure(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the measures of every text, [n, len(MEASURES)], in the order of `MEASURES`.

    Shares lie in [0, 1]; lengths are in characters; entropies in bits. A text without anything to
    measure (no words, no lines) gets values that are usual for text. Of a text longer than 200,000
    characters the beginning is measured.
    """
    parts = [measure_batch(batch) for batch in batches(texts)]
    values = np.concatenate([*parts, np.empty((0, len(MEASURES)))])
    values[:, MEASURES.index("characters")] = [len(text) for text in texts]
    values[:, MEASURES.index("addresses")] = [address_share(text) for text in texts]
    return values.astype(np.float32)


def measure_batch(batch: Batch) -> Floats:
    """Return the measures of one batch, [n, len(MEASURES)]; two are left for `measure`."""
    columns: dict[str, Floats] = {}
    columns.update(character_measures(batch))
    columns.update(word_measures(batch))
    columns.update(line_measures(batch))
    columns.update(repetition_measures(batch))
    empty = np.zeros(len(batch.starts) - 1)
    return np.stack([columns.get(name, empty) for name in MEASURES], axis=1)


def address_share(text: str) -> float:
    """Return the share of a text's characters that are web addresses."""
    if "http" not in text and "www." not in text:
        return 0.0
    spans = (found.end() - found.start() for found in ADDRESS.finditer(text))
    return min(sum(spans) / len(text), 1.0)


def share(part: NDArray[np.generic], whole: NDArray[np.generic], without: float = 0.0) -> Floats:
    """Return part / whole, and `without` where there is no whole."""
    none = whole == 0
    result = np.divide(part, np.where(none, 1, whole), dtype=np.float64)
    return np.where(none, without, result)


def character_measures(batch: Batch) -> dict[str, Floats]:
    """Return what classes and scripts of single characters tell."""
    count = len(batch.starts) - 1
    flat = batch.documents * np.int32(CLASSES) + batch.classes
    table = np.bincount(flat, minlength=count * CLASSES).reshape(count, CLASSES)
    letters = table[:, [SMALL, UPPER, MARK]].sum(1)
    shown = table.sum(1) - table[:, SPACE] - table[:, NEWLINE]
    scripts = script_table()[batch.codes]
    width = int(scripts.max(initial=0)) + 1
    used = np.bincount(batch.documents * np.int32(width) + scripts, minlength=count * width)
    used = used.reshape(count, width)[:, 1:]
    cased = table[:, [SMALL, UPPER]].sum(1)
    size = np.searchsorted(BYTE_STEPS, batch.codes, side="right").astype(np.uint8)
    sizes = np.add.reduceat(size, batch.starts[:-1], dtype=np.int64) + np.diff(batch.starts)
    return {
        "character_bytes": sizes / np.diff(batch.starts),
        "letters": share(letters, shown, 1.0),
        "digits": share(table[:, DIGIT], shown),
        "symbols": share(table[:, [PUNCTUATION, SYMBOL]].sum(1), shown),
        "odd_characters": share(table[:, ODD], shown),
        "capitals": share(table[:, UPPER], cased),
        "main_script": share(used.max(1, initial=0), used.sum(1), 1.0),
    }


def word_measures(batch: Batch) -> dict[str, Floats]:
    """Return what runs of characters between spaces tell."""
    count = len(batch.starts) - 1
    begins, ends = word_spans(batch)
    sizes = ends - begins
    owners = batch.documents[begins]
    words = np.bincount(owners, minlength=count)
    longest = np.ones(count)
    present = np.flatnonzero(words)
    if len(present):
        first = np.concatenate([[0], np.cumsum(words)])[present]
        longest[present] = np.maximum.reduceat(sizes, first)
    lettered = np.concatenate([[0], np.cumsum(batch.classes <= UPPER)])
    bare = lettered[ends] == lettered[begins]
    total = np.bincount(owners, weights=sizes, minlength=count)
    equal = equal_pairs(in_document(batch.hashes(begins, ends), owners), count)
    return {
        "word_length": share(total, words, 1.0),
        "longest_word": longest,
        "bare_words": share(np.bincount(owners[bare], minlength=count), words),
        "word_bits": collision_bits(equal, words, WORD_PRIOR),
    }


def word_spans(batch: Batch) -> tuple[Integers, Integers]:
    """Return where the words of a batch begin and end, [w] each."""
    space = (batch.classes == SPACE) | (batch.classes == NEWLINE)
    change = np.diff(np.concatenate([[True], space]).view(np.int8))
    return np.flatnonzero(change == -1), np.flatnonzero(change == 1)


def line_measures(batch: Batch) -> dict[str, Floats]:
    """Return what lines tell that are not empty: how they begin, end and repeat."""
    count = len(batch.starts) - 1
    ends = np.flatnonzero(batch.codes == 10)
    begins = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    begins, ends = begins[ends > begins], ends[ends > begins]
    owners, sizes = batch.documents[begins], ends - begins
    text = np.bincount(owners, weights=sizes, minlength=count)
    lines = np.bincount(owners, minlength=count)
    starts = word_spans(batch)[0]
    words = np.searchsorted(starts, ends) - np.searchsorted(starts, begins)
    short = (words <= FRAGMENT_WORDS) & (sizes <= FRAGMENT_CHARACTERS)
    short &= batch.classes[ends - 1] != PUNCTUATION
    again = repeated(batch.hashes(begins, ends), owners)
    last = batch.codes[ends - 1]
    dots = (last == ord(".")) & (batch.codes[ends - 2] == ord(".")) & (sizes > 2)

    def of_text(chosen: NDArray[np.bool_]) -> Floats:
        weights = sizes[chosen]
        return share(np.bincount(owners[chosen], weights=weights, minlength=count), text)

    def of_lines(chosen: NDArray[np.bool_]) -> Floats:
        return share(np.bincount(owners[chosen], minlength=count), lines)

    return {
        "repeated_lines": of_text(again),
        "fragments": of_text(short),
        "bullets": of_lines(np.isin(batch.codes[begins], BULLETS)),
        "ellipses": of_lines(dots | (last == ord("…"))),
    }


def repetition_measures(batch: Batch) -> dict[str, Floats]:
    """Return how like the characters of a text are to each other, at three lengths."""
    count = len(batch.starts) - 1
    passages, owners = batch.windows(PASSAGE)
    long, long_owners = batch.windows(REPEATED)
    kinds = np.bincount(owners_of(runs(in_document(long, long_owners))[0]), minlength=count)
    taken = np.bincount(long_owners, minlength=count)
    things = np.maximum(np.diff(batch.starts) - PASSAGE, 0)
    equal = equal_pairs(in_document(passages, owners), count) * SAMPLED
    return {
        "pair_bits": pair_bits(batch),
        "passage_bits": collision_bits(equal, things, PASSAGE_PRIOR),
        "repeated_text": share(taken - kinds, taken),
    }


def pair_bits(batch: Batch) -> Floats:
    """Return the collision entropy of neighbouring characters, hashed to 16 bits, [n]."""
    hashed = batch.codes * np.uint32(0x9E3779B1)
    hashed ^= hashed >> np.uint32(15)
    following = np.append(batch.codes[1:], np.uint32(0))
    following[batch.starts[1:] - 1] = 0
    hashed += following * np.uint32(0x85EBCA77)
    hashed *= np.uint32(0xC2B2AE3D)
    keys = (batch.documents.astype(np.uint32) << np.uint32(16)) | (hashed >> np.uint32(16))
    count = len(batch.starts) - 1
    things = np.diff(batch.starts)
    return collision_bits(equal_pairs(keys, count), things, PAIR_PRIOR)


def equal_pairs(keys: NDArray[np.unsignedinteger], count: int) -> Floats:
    """Return how many pairs of equal things each document has, [count]; sorts in place."""
    distinct, times = runs(keys)
    pairs = times * (times - 1) / 2
    return np.bincount(owners_of(distinct), pairs, count).astype(np.float64)


def collision_bits(equal: Floats, things: Integers, prior: tuple[float, float]) -> Floats:
    """Return -log2 of the chance that two things in a text are equal, [n].

    The share of equal pairs is the same in expectation for a short and a long text of one kind,
    unlike the share of distinct things. `prior` (pairs seen before, of them equal) steadies it.
    """
    seen, alike = prior
    pairs = things.astype(np.float64) * (things - 1) / 2
    return -np.log2((equal + alike) / (pairs + seen))


def in_document(hashes: Keys, owners: NDArray[np.int32]) -> Keys:
    """Return keys of a document in the upper 16 bits and of a hash in the lower 48."""
    return (owners.astype(np.uint64) << np.uint64(48)) | (hashes >> np.uint64(16))


def owners_of(keys: NDArray[np.unsignedinteger]) -> Integers:
    """Return the document of each key, which its upper 16 bits hold."""
    return (keys >> keys.dtype.type(8 * keys.dtype.itemsize - 16)).astype(np.int64)


def repeated(hashes: Keys, owners: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which things stood in the same document before, [m]."""
    first = np.unique(in_document(hashes, owners), return_index=True)[1]
    again = np.ones(len(hashes), np.bool_)
    again[first] = False
    return again
