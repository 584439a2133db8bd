"""A batch of texts as one array of code points, with what Unicode says of each.

Source of the classes: the general categories and character names of Python's Unicode database.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from glotlift.languages.assigned import ASSIGNED

SMALL, UPPER, MARK, DIGIT, PUNCTUATION, SYMBOL, SPACE, NEWLINE, ODD = range(9)
CLASSES = 9
BATCH_CHARACTERS = 1 << 18
BATCH_DOCUMENTS = 1 << 15
READ_CHARACTERS = 200_000
SAMPLED = 4
_BASE = 0x9E3779B97F4A7C15
_MIX = 0xBF58476D1CE4E5B9
# Names that begin so belong to one written language together, or to no script.
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO"})
_COMMON = frozenset({"MODIFIER", "MICRO", "FEMININE", "MASCULINE", "MATHEMATICAL", "DOUBLE-STRUCK"})

Codes = NDArray[np.uint32]
Keys = NDArray[np.uint64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Texts one after another, each with a line end behind it.

    `codes` [c] are their code points; text i lies at ``starts[i]:starts[i + 1]``, [n + 1].
    """

    codes: Codes
    starts: Integers

    @cached_property
    def documents(self) -> NDArray[np.int32]:
        """The text that each code point belongs to, [c]."""
        count = len(self.starts) - 1
        return np.repeat(np.arange(count, dtype=np.int32), np.diff(self.starts))

    @cached_property
    def classes(self) -> NDArray[np.uint8]:
        """The class of each code point (`SMALL` ... `ODD`), [c]."""
        return class_table()[self.codes]

    @cached_property
    def prefix(self) -> Keys:
        """Polynomial hashes of everything before each position, [c + 1]."""
        mixed = self.codes.astype(np.uint64)
        mixed += np.uint64(1)
        mixed *= np.uint64(_BASE)
        mixed ^= mixed >> np.uint64(32)
        mixed *= powers(len(mixed))[0]
        return np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])

    def hashes(self, begins: Integers, ends: Integers) -> Keys:
        """Return a hash of each span ``begins[i]:ends[i]``, the same wherever it stands, [m]."""
        spans = self.prefix[ends] - self.prefix[begins]
        return finish(spans * powers(len(self.codes))[1][begins])

    def windows(self, size: int) -> tuple[Keys, NDArray[np.int32]]:
        """Return the hash and the document of runs of `size` code points inside one text.

        One kind of run in `SAMPLED` is taken, wherever it stands (chosen by its hash).
        """
        if len(self.codes) < size:
            return np.empty(0, np.uint64), np.empty(0, np.int32)
        spans = self.prefix[size:] - self.prefix[:-size]
        spans *= powers(len(self.codes))[1][: len(spans)]
        # The lower bits of a product depend on few bits: the choice is made by upper ones.
        spans *= np.uint64(_MIX)
        chosen = np.flatnonzero(spans < np.uint64((1 << 64) // SAMPLED))
        owners = self.documents[chosen]
        inside = owners == self.documents[chosen + (size - 1)]
        return finish(spans[chosen[inside]]), owners[inside]


def finish(hashes: Keys) -> Keys:
    """Return hashes whose upper bits depend on all bits."""
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(_MIX)
    hashes ^= hashes >> np.uint64(29)
    return hashes


@cache
def _powers(size: int) -> tuple[Keys, Keys]:
    base = np.full(size, _BASE, np.uint64)
    inverse = np.full(size, pow(_BASE, -1, 1 << 64), np.uint64)
    base[0] = inverse[0] = 1
    return np.cumprod(base, dtype=np.uint64), np.cumprod(inverse, dtype=np.uint64)


def powers(size: int) -> tuple[Keys, Keys]:
    """Return at least `size` powers of the hash's base and of its inverse modulo 2**64."""
    ready = _powers(1 << max(size, BATCH_CHARACTERS + READ_CHARACTERS).bit_length())
    return ready[0][:size], ready[1][:size]


def batches(texts: Sequence[str]) -> Iterator[Batch]:
    """Yield the texts in order, in batches that fit a processor's cache.

    Of a text longer than `READ_CHARACTERS`, the beginning of that length is read.
    """
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text[:READ_CHARACTERS])
        size += len(held[-1]) + 1
        if size >= BATCH_CHARACTERS or len(held) >= BATCH_DOCUMENTS:
            yield encode(held)
            held, size = [], 0
    if held:
        yield encode(held)


def encode(texts: Sequence[str]) -> Batch:
    """Return texts as one batch."""
    joined = "\n".join(texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    sizes = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    return Batch(codes.astype(np.uint32), np.concatenate([[0], np.cumsum(sizes)]))


@cache
def class_table() -> NDArray[np.uint8]:
    """Return the class of every code point, [0x110000]."""
    kinds = {"L": SMALL, "M": MARK, "N": DIGIT, "P": PUNCTUATION, "S": SYMBOL, "Z": SPACE}
    table = np.full(0x110000, ODD, np.uint8)
    for code in ASSIGNED:
        category = unicodedata.category(chr(code))
        if category in ("Cn", "Co", "Cs"):
            continue
        table[code] = UPPER if category in ("Lu", "Lt") else kinds.get(category[0], ODD)
        if category == "Cf":
            # Joiners and direction marks are part of how words are written.
            table[code] = MARK
    table[[9, 11, 12, 13, 0x85, 0xFFFD]] = [SPACE, SPACE, SPACE, SPACE, SPACE, ODD]
    table[10] = NEWLINE
    return table


@cache
def script_table() -> NDArray[np.uint8]:
    """Return a number for the script of every letter, 0 for all else, [0x110000]."""
    numbers = {"": 0}
    table = np.zeros(0x110000, np.uint8)
    for code in np.flatnonzero(class_table() <= UPPER).tolist():
        ideograph = 0x3400 <= code < 0xA000 or code >= 0x20000
        full = "CJK" if ideograph else unicodedata.name(chr(code), "")
        word = full.replace("FULLWIDTH ", "").replace("HALFWIDTH ", "").split(" ")[0].split("-")[0]
        name = "CJK" if word in _EAST_ASIAN else "" if word in _COMMON else word
        table[code] = min(numbers.setdefault(name, len(numbers)), 255)
    return table


def runs(keys: NDArray[np.unsignedinteger]) -> tuple[NDArray[np.unsignedinteger], Integers]:
    """Return the distinct keys in ascending order and how often each occurs; sorts in place."""
    keys.sort()
    new = np.empty(len(keys) + 1, np.bool_)
    new[:1] = new[-1:] = True
    np.not_equal(keys[1:], keys[:-1], out=new[1:-1])
    edges = np.flatnonzero(new) if len(keys) else np.zeros(1, np.int64)
    return keys[edges[:-1]], edges[1:] - edges[:-1]
