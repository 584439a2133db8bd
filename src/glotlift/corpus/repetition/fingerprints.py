"""Keys and fingerprints of texts, by which equal and similar ones are found.

`exact_keys` and `normalised_keys` are 64-bit xxHash values: among n different texts some two
collide with a probability of about n^2 / 2^65 (7e-7 for five million, 3 % for a thousand million).
`fingerprints` are MinHash values (Broder 1997) over shingles of characters, so that no tokenizer
and no word boundary is needed in any script: one hash per shingle, the smallest in each of k bins
(one-permutation hashing; Li, Owen and Zhang 2012, section 2), empty bins filled by optimal
densification (Shrivastava 2017, section 4), 16 bits of each kept (b-bit minwise hashing; Li and
König 2010).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.repetition.folding import Folded, fold_batches
from glotlift.runs.errors import GlotliftError

BINS = 128
SHINGLE = 7
# One sign of these scripts says as much as two or three letters, or no space tells words apart, so
# that edits fall on signs rather than words: (first, last, characters of a shingle).
SHORT_SHINGLES = (
    (0x0E00, 0x0FFF, 4),  # Thai, Lao, Tibetan
    (0x1000, 0x109F, 4),  # Myanmar
    (0x1200, 0x167F, 4),  # Ethiopic, Cherokee, Canadian syllabics
    (0x1780, 0x17FF, 4),  # Khmer
    (0x2E80, 0x2FDF, 3),  # radicals
    (0x3005, 0x30FF, 3),  # kana
    (0x3400, 0x4DBF, 3),  # Han
    (0x4E00, 0x9FFF, 3),
    (0xA000, 0xA63F, 4),  # Yi, Vai
    (0xAC00, 0xD7A3, 4),  # Hangul
    (0xF900, 0xFAFF, 3),  # Han
    (0x20000, 0x3347F, 3),
)
BASE = 0x9E3779B1
EMPTY = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True)
class Keys:
    """What is kept of each text to find its duplicates by; arrays of one length, mergeable.

    exact, normalised: uint64 [n]. fingerprints: uint16 [n, k]. sizes: folded characters, uint32
    [n].
    """

    exact: NDArray[np.uint64]
    normalised: NDArray[np.uint64]
    fingerprints: NDArray[np.uint16]
    sizes: NDArray[np.uint32]


def text_keys(texts: Sequence[str], bins: int = BINS) -> Keys:
    """Return all keys of the texts at once: they are folded only one time.

    Raises GL-CORPUS-045 (bins no power of two from 16 to 1024).
    """
    check_bins(bins)
    exact = exact_keys(texts)
    normalised = np.empty(len(texts), np.uint64)
    sizes = np.empty(len(texts), np.uint32)
    prints = np.empty((len(texts), bins), np.uint16)
    for start, folded in fold_batches(texts):
        part = slice(start, start + len(folded.ends))
        normalised[part] = folded_keys(folded, exact[part])
        prints[part] = folded_fingerprints(folded, bins)
        sizes[part] = folded.sizes
    return Keys(exact, normalised, prints, sizes)


def exact_keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return a key of each text as it stands, uint64 [n]: xxHash (XXH3) of its UTF-8."""
    from xxhash import xxh3_64_intdigest as digest

    keys = (digest(text.encode("utf-8", "surrogatepass")) for text in texts)
    return np.fromiter(keys, np.uint64, len(texts))


def normalised_keys(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return a key of each text without case, punctuation and space, uint64 [n].

    Texts are equal by it when `folding.fold` gives the same; a text of which nothing is left by it
    has its exact key.
    """
    exact = exact_keys(texts)
    keys = np.empty(len(texts), np.uint64)
    for start, folded in fold_batches(texts):
        part = slice(start, start + len(folded.ends))
        keys[part] = folded_keys(folded, exact[part])
    return keys


def fingerprints(texts: Sequence[str], bins: int = BINS) -> NDArray[np.uint16]:
    """Return the MinHash fingerprint of each text, uint16 [n, bins].

    The share of equal values of two rows estimates the Jaccard similarity J of their sets of
    shingles (`shingle_hashes`), with a standard error of at most sqrt(J (1 - J) / bins) and a
    surplus of 2^-16. A text without a letter or a digit has a row of zeros.

    Raises GL-CORPUS-045 (bins no power of two from 16 to 1024).
    """
    check_bins(bins)
    prints = np.empty((len(texts), bins), np.uint16)
    for start, folded in fold_batches(texts):
        prints[start : start + len(folded.ends)] = folded_fingerprints(folded, bins)
    return prints


def check_bins(bins: int) -> None:
    """Refuse a number of bins that a hash cannot be cut into."""
    if bins not in {16, 32, 64, 128, 256, 512, 1024}:
        cause, fix = f"bins cannot be {bins}", "use a power of two from 16 to 1024, such as 128"
        raise GlotliftError("GL-CORPUS-045", cause, place="bins", fix=fix)


def folded_keys(folded: Folded, exact: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a key of each folded text, uint64 [n]; the exact one where nothing is left."""
    from xxhash import xxh3_64_intdigest as digest

    held = folded.codes.tobytes()
    keys = exact.copy()
    start = 0
    for index, end in enumerate(folded.ends.tolist()):
        if end > start:
            keys[index] = digest(held[4 * start : 4 * end])
        start = end
    return keys


def shingle_hashes(folded: Folded) -> NDArray[np.uint32]:
    """Return the hash of the shingle that begins at each character of a batch, [characters].

    A shingle is seven characters, or three or four by the script of the first of them
    (`SHORT_SHINGLES`); the last ones of a text are shorter. So a text of n characters has n
    shingles, and the shortest text has one. Hashes are polynomials over code points modulo 2^32
    (Karp and Rabin 1987), mixed by the finaliser of MurmurHash3.
    """
    count = len(folded.codes)
    codes = np.concatenate([folded.codes, np.zeros(SHINGLE, np.uint32)])
    powers = shingle_powers()
    with np.errstate(over="ignore"):
        pairs = codes[:-1] * powers[1] + codes[1:]
        fours = pairs[: count + 3] * powers[2] + pairs[2 : count + 5]
        hashes = fours[:count] * powers[3] + pairs[4 : count + 4] * powers[1]
        hashes += codes[6 : count + 6]
        if count and folded.codes.max() >= SHORT_SHINGLES[0][0]:
            sizes = shingle_sizes()[folded.codes]
            threes = pairs[:count] * powers[1] + codes[2 : count + 2]
            np.copyto(hashes, fours[:count] + np.uint32(4), where=sizes == 4)
            np.copyto(hashes, threes + np.uint32(3), where=sizes == 3)
        places, last = last_shingles(folded, codes)
        hashes[places] = last
    return mix(hashes)


def last_shingles(
    folded: Folded, codes: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return the places of the last six shingles of each text, and hashes that end with the text.

    What lies beyond the end counts as zeros.
    """
    ends = np.repeat(folded.ends, SHINGLE - 1)
    places = ends - np.tile(np.arange(1, SHINGLE), len(folded.ends))
    inside = places >= ends - np.repeat(folded.sizes, SHINGLE - 1)
    places, ends = places[inside], ends[inside]
    reach = places[:, None] + np.arange(SHINGLE)
    signs = np.where(reach < ends[:, None], codes[reach], np.uint32(0))
    sizes = shingle_sizes()[signs[:, 0]]
    hashes = signs @ shingle_powers()[::-1]
    for size in (3, 4):
        short = signs[:, :size] @ shingle_powers()[:size][::-1] + np.uint32(size)
        np.copyto(hashes, short, where=sizes == size)
    return places, hashes


def shingle_powers() -> NDArray[np.uint32]:
    """Return the powers 0 to 6 of the base of the hashes, modulo 2^32."""
    return np.array([pow(BASE, power, 2**32) for power in range(SHINGLE)], np.uint32)


def mix(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the values mixed one to one (MurmurHash3, fmix32), in place."""
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        values ^= values >> np.uint32(shift)
        values *= np.uint32(factor)
    values ^= values >> np.uint32(16)
    return values


def scrambled(count: int, seed: int) -> NDArray[np.uint64]:
    """Return the first `count` numbers of SplitMix64 (Steele, Lea and Flood 2014).

    They are the same under any version of NumPy.
    """
    values = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    values += np.uint64(seed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    return values ^ (values >> np.uint64(31))


def folded_fingerprints(folded: Folded, bins: int) -> NDArray[np.uint16]:
    """Return the fingerprints of a folded batch, uint16 [n, bins]."""
    hashes = shingle_hashes(folded)
    bits = np.uint32(33 - bins.bit_length())
    smallest = np.full(len(folded.ends) * bins, EMPTY)
    places = np.repeat(np.arange(len(folded.ends)) * bins, folded.sizes)
    places += hashes >> bits
    np.minimum.at(smallest, places, hashes & ((np.uint32(1) << bits) - np.uint32(1)))
    filled = densify(smallest.reshape(-1, bins))
    filled[folded.sizes == 0] = 0
    return (mix(filled) >> np.uint32(16)).astype(np.uint16)


def densify(smallest: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the bins with each empty one given the value of another, found in a random order.

    Every bin has an order of its own (Shrivastava 2017), so that two texts agree in a filled bin
    with the probability of their Jaccard similarity.
    """
    bins = smallest.shape[1]
    filled = smallest.copy()
    rows, columns = np.nonzero(smallest == EMPTY)
    kept = np.flatnonzero((smallest != EMPTY).any(axis=1)[rows])
    rows, columns = rows[kept], columns[kept]
    orders = filling_orders(bins)
    for step in range(bins):
        if not len(rows):
            break
        found = smallest[rows, orders[columns, step]]
        filled[rows, columns] = found
        left = np.flatnonzero(found == EMPTY)
        rows, columns = rows[left], columns[left]
    return filled


@cache
def filling_orders(bins: int) -> NDArray[np.int64]:
    """Return for each bin a random order of all bins, [bins, bins]; the same on every machine."""
    return np.argsort(scrambled(bins * bins, 0).reshape(bins, bins), axis=1, kind="stable")


@cache
def shingle_sizes() -> NDArray[np.uint8]:
    """Return the characters of a shingle that begins with each code point, [0x110000]."""
    table = np.full(0x110000, SHINGLE, np.uint8)
    for first, last, size in SHORT_SHINGLES:
        table[first : last + 1] = size
    return table
