"""Spans of a text hidden behind sentinels, to be written out one after another.

Span corruption of T5 (Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified
Text-to-Text Transformer", section 3.1.4), with the counts and the exact segmentation of its
published code, ``random_spans_noise_mask``.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from glotlift.objectives.packing import Ids

Mask = NDArray[np.bool_]
DENSITY, MEAN = 0.15, 3.0  # T5's share of hidden tokens, and tokens in a hidden span


@lru_cache(maxsize=4096)
def span_counts(length: int, density: float, mean: float, most: int) -> tuple[int, int]:
    """Return how many tokens of `length` are hidden, and in how many spans: `most` at most.

    At least one token is hidden and one is not. Both counts are rounded, halves to even, in single
    precision: in double, 15 % of 190 tokens would be 28, and in T5's code they are 29.
    """
    hidden = min(max(round(np.float32(length) * np.float32(density)), 1), length - 1)
    spans = max(round(np.float32(hidden) / np.float32(mean)), 1)
    return hidden, min(spans, most, length - hidden)


def random_parts(items: int, parts: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return [parts] positive lengths that sum to `items`, every such partition equally likely."""
    edges = np.zeros(parts + 1, dtype=np.int64)
    edges[1:-1] = 1 + rng.choice(items - 1, parts - 1, replace=False, shuffle=False)
    edges[-1] = items
    edges.sort()
    return edges[1:] - edges[:-1]


def random_spans(
    length: int,
    density: float,
    mean: float,
    rng: np.random.Generator,
    *,
    most: int = 100,
    roll: bool = False,
) -> Mask:
    """Return [length] which tokens are hidden; spans never touch.

    The text begins with what is seen and ends with what is hidden, so that a lone span is always
    the last one. With `roll` the mask is turned by a random distance, which makes all places
    equally likely; a span that is turned over the end becomes two. Nothing of a single token is
    hidden.
    """
    mask = np.zeros(length, dtype=bool)
    if length < 2:
        return mask
    hidden, spans = span_counts(length, density, mean, most - roll)
    parts = np.empty(2 * spans, dtype=np.int64)
    parts[1::2] = random_parts(hidden, spans, rng)
    parts[0::2] = random_parts(length - hidden, spans, rng)
    mask = np.repeat(np.arange(2 * spans) % 2 == 1, parts)
    return np.roll(mask, rng.integers(length)) if roll else mask


def hide_spans(ids: Ids, hidden: Mask, sentinels: NDArray[np.int64]) -> tuple[Ids, Ids]:
    """Return (source, target): ids [n] with each hidden span behind a sentinel, and the spans.

    A span stands behind its sentinel in the target. Sentinels are used in order; there must be as
    many as there are spans.
    """
    return hide_all([ids], [hidden], sentinels)[0] if len(ids) else (ids, ids)


def hide_all(
    texts: Sequence[Ids], masks: Sequence[Mask], sentinels: NDArray[np.int64]
) -> list[tuple[Ids, Ids]]:
    """Return what `hide_spans` makes of each text, none of them empty, all at once."""
    if not texts:
        return []
    ids, hidden = np.concatenate(texts), np.concatenate(masks)
    ends: NDArray[np.int64] = np.cumsum([len(text) for text in texts])
    starts = np.concatenate([[0], ends[:-1]])
    begins = hidden.copy()
    begins[1:] &= ~hidden[:-1]
    begins[starts] = hidden[starts]
    count: NDArray[np.int64] = np.cumsum(begins)
    before = (count - begins)[starts]
    number: NDArray[np.int64] = count - np.repeat(before, ends - starts)
    marks = sentinels[np.maximum(number - 1, 0)].astype(ids.dtype)
    kept = begins | ~hidden
    source = np.where(begins, marks, ids)[kept]
    target = np.repeat(ids[hidden], 1 + begins[hidden])
    target[np.flatnonzero(begins[hidden]) + np.arange(count[-1])] = marks[begins]
    stops = np.cumsum(kept)[ends - 1].tolist(), (np.cumsum(hidden) + count)[ends - 1].tolist()
    sources, targets = ([0, *stop] for stop in stops)
    return [
        (source[sources[n] : sources[n + 1]], target[targets[n] : targets[n + 1]])
        for n in range(len(texts))
    ]


def span_lengths(inputs: int, density: float = DENSITY, mean: float = MEAN) -> tuple[int, int]:
    """Return (tokens of text, tokens of target) for which a source has just `inputs` tokens.

    Source and target end with an end token each. T5's ``random_spans_helper``: 568 and 114 for 512.
    """

    def source_and_target(tokens: int) -> tuple[int, int]:
        hidden = round(tokens * density)
        spans = round(hidden / mean)
        return tokens - hidden + spans + 1, hidden + spans + 1

    tokens = inputs - 1
    while source_and_target(tokens + 1)[0] <= inputs:
        tokens += 1
    return tokens, source_and_target(tokens)[1]
