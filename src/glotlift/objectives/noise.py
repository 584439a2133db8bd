"""Noise on token ids: sentences in another order, spans of words behind one mask each."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.integer]


def permuted(sentences: Numbers, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return [n] places in an order in which whole sentences are shuffled.

    `sentences` [n] has one number for all tokens of a sentence, growing along the text.
    """
    bounds = np.flatnonzero(sentences[1:] != sentences[:-1]) + 1
    order = np.arange(len(sentences))
    if not len(bounds):
        return order
    parts = np.split(order, bounds)
    return np.concatenate([parts[place] for place in rng.permutation(len(parts))])


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
    starts = np.flatnonzero(np.append(True, words[1:] != words[:-1])[: len(words)])
    count = len(starts)
    budget = int(np.ceil(fraction * count))
    if not budget:
        return ids
    lengths = span_lengths(budget, mean_span, rng)
    spans = lengths[lengths > 0]
    begins = rng.permutation(count)[: len(spans)]
    ends = np.minimum(begins + spans, count)
    hidden, inside = np.zeros(count + 1, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    np.add.at(hidden, begins, 1)
    np.add.at(hidden, ends, -1)
    np.add.at(inside, np.minimum(begins + 1, ends), 1)
    np.add.at(inside, ends, -1)
    kept = np.cumsum(hidden[:-1]) == 0
    masked = begins[np.cumsum(inside[:-1])[begins] == 0]
    text = ids.copy()
    text[starts[masked]] = mask
    keep = np.repeat(kept, np.diff(starts, append=len(ids)))
    keep[starts[masked]] = True
    return with_masks(text[keep], len(lengths) - len(spans), mask, rng)


def span_lengths(budget: int, mean: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return Poisson lengths, zeros included, that make up `budget`; the last is cut to fit."""
    lengths = rng.poisson(mean, size=budget)
    while lengths.sum() < budget:
        lengths = np.append(lengths, rng.poisson(mean, size=budget))
    spent = np.cumsum(lengths)
    last = int(np.searchsorted(spent, budget))
    lengths = lengths[: last + 1]
    lengths[last] -= spent[last] - budget
    return lengths


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
