"""Texts and words as counts of their letters: what a model's states are held against.

Character n-grams know spelling and nothing else: no meaning, no context, no training. What they
score is what likeness of form alone gives.
"""

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from glotlift.clients.vectors import Piece, Pooling, Span

WIDTH, LONGEST = 512, 4


class LetterCounts:
    """Stands in for a model that has one layer: signed hashes of n-grams of 1 to 4 characters.

    A vector is of length 1 or none and has `width` numbers (Weinberger et al. 2009,
    arXiv:0902.2206). A word's n-grams hold the space before and behind it.
    """

    def __init__(self, width: int = WIDTH) -> None:
        self.width = width

    def encode_layers(
        self,
        texts: Sequence[str],
        *,
        layers: Sequence[int] | None = None,
        pooling: Pooling = "mean",
    ) -> NDArray[np.float32]:
        """Return [1, texts, width], whatever layers and pooling."""
        return np.array([[letter_counts(text, self.width) for text in texts]], np.float32)

    def encode_words(
        self,
        texts: Sequence[str],
        spans: Sequence[Sequence[Span]],
        *,
        layers: Sequence[int] | None = None,
        piece: Piece = "first",
    ) -> NDArray[np.float32]:
        """Return [1, words, width] of the words alone, text after text."""
        pairs = zip(texts, spans, strict=True)
        words = [text[start:end] for text, own in pairs for start, end in own]
        return self.encode_layers(words)


@lru_cache(maxsize=65536)
def letter_counts(text: str, width: int) -> NDArray[np.float32]:
    """Return the signed hashed counts of a text's n-grams, [width], of length 1 or none."""
    spaced = f" {' '.join(text.lower().split())} "
    found = np.zeros(width, np.float32)
    for size in range(1, LONGEST + 1):
        for start in range(len(spaced) - size + 1):
            hashed = zlib.crc32(spaced[start : start + size].encode(errors="surrogatepass"))
            found[hashed % width] += 1 if hashed >> 31 else -1
    length = float(np.linalg.norm(found))
    return found / length if length else found
