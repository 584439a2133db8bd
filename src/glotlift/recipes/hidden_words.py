"""Which words of a text are hidden from a masked model, the same for every tokenizer."""

import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

HIDDEN = 0.15  # of the words of a text, when it is measured
PART = 200  # characters that are read at once when words are hidden
UNSPACED = 20  # from this length on a run without spaces is hidden by slices
SLICE = 4
WORD = re.compile(r"\S+")


def parts_of(text: str) -> list[str]:
    """Return a text in parts of at most about 200 characters, cut between words."""
    parts, start, end = [], 0, 0
    for word in words_of(text):
        if word[1] - start > PART and end > start:
            parts.append(text[start:end])
            start = word[0]
        end = word[1]
    return [*parts, text[start:end]] if end > start else parts


def words_of(text: str) -> list[tuple[int, int]]:
    """Return start and end of every word; a long run without spaces is cut into slices."""
    spans = []
    for found in WORD.finditer(text):
        start, end = found.span()
        step = SLICE if end - start > UNSPACED else end - start
        spans += [(at, min(at + step, end)) for at in range(start, end, step)]
    return spans


def hidden_spans(text: str, seed: int) -> list[tuple[int, int]]:
    """Return the words of a text to hide, in order."""
    words = words_of(text)
    count = max(1, round(HIDDEN * len(words)))
    drawn = np.random.default_rng([seed, zlib.crc32(text.encode())])
    return [words[place] for place in sorted(drawn.permutation(len(words))[:count].tolist())]


def inside(
    offsets: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]
) -> NDArray[np.float64]:
    """Return [tokens] the share of each token's characters that lie in one of the spans."""
    shares = np.zeros(len(offsets))
    for place, (start, end) in enumerate(offsets):
        common = sum(max(0, min(end, last) - max(start, first)) for first, last in spans)
        shares[place] = common / max(1, end - start)
    return shares


def padded(rows: Sequence[Any], filler: float) -> torch.Tensor:
    """Return rows of numbers as one tensor [rows, longest]."""
    longest = max(map(len, rows))
    return torch.stack(
        [
            torch.nn.functional.pad(torch.as_tensor(row), (0, longest - len(row)), value=filler)
            for row in rows
        ]
    )
