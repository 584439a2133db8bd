"""How alike two words are spelt: what a probe of meaning is held against."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
EDGE = "\x02", "\x03"  # before and after a word, so that its ends are features too


def spelling_similarity(firsts: Sequence[str], seconds: Sequence[str]) -> Floats:
    """Return the normalised Levenshtein similarity of each pair of words, [n] between 0 and 1.

    One minus the least number of letters to insert, delete or replace, over the letters of the
    longer word; 1 for two empty words. Case does not count: German writes nouns with capitals.
    Raises GL-PROBING-082 for lists of unlike length.
    """
    check_pairs(firsts, seconds)
    return compared(*letters(firsts), *letters(seconds))


def all_spelling_similarities(firsts: Sequence[str], seconds: Sequence[str]) -> Floats:
    """Return the `spelling_similarity` of each first with each second word, [firsts, seconds]."""
    one, other = letters(firsts), letters(seconds)
    left = [np.repeat(part, len(seconds), axis=0) for part in one]
    right = [np.concatenate([part] * len(firsts)) for part in other]
    return compared(*left, *right).reshape(len(firsts), len(seconds))


def compared(one: Integers, length: Integers, other: Integers, others_length: Integers) -> Floats:
    """Return the similarity of each pair of words, given as letters [n, longest] and lengths [n].

    The table of Wagner and Fischer (1974) is filled for all pairs at once.
    """
    rows = np.arange(len(one))
    # table[j, n] is the distance of the letters read of a pair's first word to j of its second.
    table = np.tile(np.arange(other.shape[1] + 1)[:, None], (1, len(rows)))
    distances = table[others_length, rows]
    for read in range(1, one.shape[1] + 1):
        above, table = table, np.empty_like(table)
        table[0] = read
        for place in range(1, len(table)):
            replaced = above[place - 1] + (one[:, read - 1] != other[:, place - 1])
            table[place] = np.minimum(replaced, np.minimum(above[place], table[place - 1]) + 1)
        distances = np.where(length == read, table[others_length, rows], distances)
    similar: Floats = 1 - distances / np.maximum(np.maximum(length, others_length), 1)
    return similar


def letters(words: Sequence[str]) -> tuple[Integers, Integers]:
    """Return the code points of words, [n, longest] filled up with 0, and their lengths, [n]."""
    folded = [word.casefold() for word in words]
    lengths = np.array([len(word) for word in folded], np.int64)
    points = np.zeros((len(folded), max(lengths, default=0)), np.int64)
    for row, word in enumerate(folded):
        points[row, : len(word)] = [ord(letter) for letter in word]
    return points, lengths


def n_gram_similarity(
    firsts: Sequence[str], seconds: Sequence[str], *, orders: Sequence[int] = (2, 3, 4)
) -> Floats:
    """Return the cosine of the words' counts of character n-grams, [n] between 0 and 1.

    A word's ends are marked (Bojanowski et al. 2017, arXiv:1607.04606, section 3.2). Raises
    GL-PROBING-082.
    """
    check_pairs(firsts, seconds)
    pairs = zip(firsts, seconds, strict=True)
    return np.array([cosine(n_grams(a, orders), n_grams(b, orders)) for a, b in pairs])


def n_grams(word: str, orders: Sequence[int]) -> Counter[str]:
    """Return how often each run of so many letters stands in a word, its ends included."""
    marked = f"{EDGE[0]}{word.casefold()}{EDGE[1]}"
    return Counter(
        marked[start : start + size] for size in orders for start in range(len(marked) - size + 1)
    )


def cosine(one: Counter[str], other: Counter[str]) -> float:
    """Return the cosine of two bags of n-grams; 0 where one is empty."""
    shared = sum(count * other[gram] for gram, count in one.items())
    lengths = [sum(count**2 for count in bag.values()) for bag in (one, other)]
    return shared / float(np.sqrt(lengths[0] * lengths[1])) if all(lengths) else 0.0


def check_pairs(firsts: Sequence[str], seconds: Sequence[str]) -> None:
    """Refuse lists of words that do not pair."""
    if len(firsts) != len(seconds):
        cause = f"{len(firsts)} words do not pair with {len(seconds)}"
        raise GlotliftError("GL-PROBING-082", cause, fix="give two lists of one length")
