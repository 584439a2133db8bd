"""Identify with fastText weights of the user's (GlotLID, lid.176), by numpy alone.

A text's words and their character n-grams, hashed as fastText hashes them, pick rows of the input
matrix; their mean goes through the output matrix (Joulin et al. 2016).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glotlift.languages.identification.calibration import logistic, softmax
from glotlift.languages.identification.fasttext_format import (
    HIERARCHICAL_SOFTMAX,
    ONE_VERSUS_ALL,
    read_fasttext,
)
from glotlift.languages.identification.guesses import NOTHING, UNDETERMINED, Guess, sample
from glotlift.languages.identification.tags import own_label
from glotlift.languages.identification.writing import script_counts

END = b"</s>"
ACCEPTED = 0.5
READ = 1_000  # characters of a text
BATCH = 64
WORDS_KEPT = 200_000
_BETWEEN = re.compile(rb"[ \n\r\t\v\f\0]+")
_OFFSET, _PRIME = np.uint32(2166136261), np.uint32(16777619)
_PAIR = 116049371  # fastText's multiplier of word n-grams


class FastText:
    """A fastText classifier as an identifier."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._stored = read_fasttext(path)
        self.labels = self._stored.labels
        self._codes = [own_label(label) for label in self.labels]
        self.languages = tuple(sorted(set(self._codes)))
        everything = np.arange(len(self.labels) - self._is_tree(), dtype=np.int64)
        self._outputs = self._stored.outputs.rows(everything).astype(np.float64)
        self._paths = huffman(self._stored.label_counts) if self._is_tree() else None
        self._word_rows = lru_cache(WORDS_KEPT)(self._rows_of_word)

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """Return one guess for each text; one below a probability of a half is rejected."""
        guesses: list[Guess] = []
        for start in range(0, len(texts), BATCH):
            read = [sample(text, READ) for text in texts[start : start + BATCH]]
            chances = self.probabilities(read)
            empty = script_counts(read)[:, 1:].sum(1) == 0
            for row, best, nothing in zip(chances, chances.argmax(1), empty, strict=True):
                sure = float(min(row[best], 1.0))
                code = self._codes[best] if sure >= ACCEPTED else UNDETERMINED
                guesses.append(NOTHING if nothing else Guess(code, sure))
        return guesses

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return [n, labels] the probability of each label, in the order of `labels`."""
        hidden = np.zeros((len(texts), self._outputs.shape[1]))
        for index, text in enumerate(texts):
            rows = self._rows(text)
            if len(rows):
                hidden[index] = self._stored.inputs.rows(rows).mean(0, dtype=np.float64)
        scores = hidden @ self._outputs.T
        if self._paths is not None:
            return self._tree(scores)
        if self._stored.settings["loss"] == ONE_VERSUS_ALL:
            return logistic(scores)
        return softmax(scores)

    def _is_tree(self) -> bool:
        return self._stored.settings["loss"] == HIERARCHICAL_SOFTMAX

    def _tree(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        assert self._paths is not None
        right = logistic(scores)
        columns = [
            np.where(turns, right[:, nodes], 1 - right[:, nodes]).prod(1)
            for nodes, turns in self._paths
        ]
        return np.stack(columns, axis=1)

    def _rows(self, text: str) -> NDArray[np.int64]:
        written = text.replace("\n", " ").encode("utf-8", errors="replace")
        words = [word for word in _BETWEEN.split(written) if word]
        parts = [self._word_rows(word) for word in (*words, END)]
        if self._stored.settings["word_ngrams"] > 1:
            parts.append(self._word_grams([*words, END]))
        return np.concatenate(parts)

    def _rows_of_word(self, word: bytes) -> NDArray[np.int64]:
        known = self._stored.words.get(word)
        own = np.array([] if known is None else [known], np.int64)
        if word == END or self._stored.settings["maxn"] <= 0:
            return own
        return np.concatenate([own, self._buckets(subword_hashes(word, *self._sizes()))])

    def _sizes(self) -> tuple[int, int]:
        return self._stored.settings["minn"], self._stored.settings["maxn"]

    def _buckets(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        found = (hashes % np.uint64(self._stored.settings["bucket"])).astype(np.int64)
        if self._stored.pruned is not None:
            kept = (self._stored.pruned.get(bucket) for bucket in found.tolist())
            found = np.array([row for row in kept if row is not None], np.int64)
        return found + len(self._stored.words)

    def _word_grams(self, words: list[bytes]) -> NDArray[np.int64]:
        """Return the rows of word n-grams; unsigned 64-bit arithmetic on signed 32-bit hashes."""
        signed = [int(np.int32(whole_hash(word))) for word in words]
        found = []
        for start, value in enumerate(signed):
            mixed = value % 2**64
            for other in signed[start + 1 : start + self._stored.settings["word_ngrams"]]:
                mixed = (mixed * _PAIR + other) % 2**64
                found.append(mixed)
        return self._buckets(np.array(found, np.uint64))


def whole_hash(word: bytes) -> np.uint32:
    """Return fastText's FNV-1a hash of a word; bytes above 127 count as negative."""
    value = int(_OFFSET)
    for byte in word:
        value = ((value ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * int(_PRIME)) & 0xFFFFFFFF
    return np.uint32(value)


def subword_hashes(word: bytes, shortest: int, longest: int) -> NDArray[np.uint64]:
    """Return the hashes of the n-grams of ``<word>``, `shortest` to `longest` characters.

    As fastText does, single characters are left out at both ends (the brackets alone).
    """
    written = np.frombuffer(b"<" + word + b">", np.uint8)
    starts = np.nonzero((written & 0xC0) != 0x80)[0]
    ends = np.append(starts[1:], len(written))
    signed = written.astype(np.int8).astype(np.int32).view(np.uint32)
    widths = ends - starts
    values = np.full(len(starts), _OFFSET)
    found = []
    for size in range(1, min(longest, len(starts)) + 1):
        here = len(starts) - size + 1
        values = values[:here]
        for offset in range(int(widths.max())):
            inside = offset < widths[size - 1 :]
            byte = signed[np.minimum(starts[size - 1 :] + offset, len(written) - 1)]
            values = np.where(inside, (values ^ byte) * _PRIME, values)
        if size >= shortest:
            found.append(values[1:-1] if size == 1 else values)
    return np.concatenate(found).astype(np.uint64) if found else np.empty(0, np.uint64)


def huffman(counts: Sequence[int]) -> list[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Return, for each label, the inner nodes above it and whether it lies to the right of each.

    The tree is built as `HierarchicalSoftmaxLoss::buildTree` does, labels sorted by count.
    """
    size = len(counts)
    weight = [*counts, *([10**15] * (size - 1))]
    parent, right = [-1] * (2 * size - 1), [False] * (2 * size - 1)
    leaf, node = size - 1, size
    for fresh in range(size, 2 * size - 1):
        pair = []
        for _ in range(2):
            if leaf >= 0 and weight[leaf] < weight[node]:
                pair.append(leaf)
                leaf -= 1
            else:
                pair.append(node)
                node += 1
        weight[fresh] = weight[pair[0]] + weight[pair[1]]
        parent[pair[0]] = parent[pair[1]] = fresh
        right[pair[1]] = True
    paths = []
    for label in range(size):
        nodes, turns, here = [], [], label
        while parent[here] != -1:
            nodes.append(parent[here] - size)
            turns.append(right[here])
            here = parent[here]
        paths.append((np.array(nodes, np.int64), np.array(turns, np.bool_)))
    return paths
