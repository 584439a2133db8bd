"""Noise on token ids: sentences in another order, spans of words behind one mask each."""

import math

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.integer]


def permuted(sentences: Numbers, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return [n] places in an order in which whole sentences are shuffled.

    `sentences` [n] has one number for all tokens of a sentence, growing along the text.
    """
    bounds = np.flatnonzero(sentences[1:] != sentences[:-1]) + 1
    places = np.arange(len(sentences))
    if not len(bounds):
        return places
    starts = np.concatenate([[0], bounds])
    order = rng.permutation(len(starts))
    starts, sizes = starts[order], np.diff(starts, append=len(places))[order]
    places += np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
    return places


def infilled(
    ids: Numbers,
    words: Numbers,
    mask: int,
    fraction: float,
    mean_span: float,
    rng: np.random.Generator,
) -> Numbers:
    """Return `ids` [n] with spans of whole words replaced by one mask token each.

    Lewis et al. 2020 (arXiv:1910.13461, section 2.2): lengths in words are Poisson with mean
    `mean_span`, drawn until they make up `fraction` of the words, rounded up; the last is cut to
    fit. Spans start at different words and may overlap, or run into one another; a mask inside
    another span goes with it. A span of length zero is a mask put in between.

    `words` [n] has one number for all tokens of a word, another for the next word.
    """
    fresh = np.ones(len(words), dtype=bool)
    np.not_equal(words[1:], words[:-1], out=fresh[1:])
    starts = fresh.nonzero()[0]
    count = len(starts)
    budget = math.ceil(fraction * count)
    if not budget:
        return ids
    lengths = span_lengths(budget, mean_span, rng)
    spans = lengths[lengths > 0]
    begins = rng.permutation(count)[: len(spans)]
    ends = np.minimum(begins + spans, count)
    stop = np.bincount(ends, minlength=count + 1)
    covered = (np.bincount(begins, minlength=count + 1) - stop).cumsum() > 0
    inside = (np.bincount(begins + 1, minlength=count + 1) - stop).cumsum() > 0
    masked = starts[begins[~inside[begins]]]
    text = ids.copy()
    text[masked] = mask
    keep = ~covered[fresh.cumsum() - 1]
    keep[masked] = True
    return with_masks(text[keep], len(lengths) - len(spans), mask, rng)


def span_lengths(budget: int, mean: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return Poisson lengths, zeros included, that make up `budget`; the last is cut to fit."""
    lengths = rng.poisson(mean, size=budget)
    spent = lengths.cumsum()
    while spent[-1] < budget:
        lengths = np.concatenate([lengths, rng.poisson(mean, size=budget)])
        spent = lengths.cumsum()
    last = int(spent.searchsorted(budget))
    lengths[last] -= spent[last] - budget
    return lengths[: last + 1]


def with_masks(ids: Numbers, count: int, mask: int, rng: np.random.Generator) -> Numbers:
    """Return `ids` [n] with `count` masks put in between, anywhere alike: [n + count]."""
    if not count:
        return ids
    places = rng.permutation(len(ids) + count)[:count]
    longer = np.full(len(ids) + count, mask, dtype=ids.dtype)
    taken = np.zeros(len(longer), dtype=bool)
    taken[places] = True
    longer[~taken] = ids
    return longer
