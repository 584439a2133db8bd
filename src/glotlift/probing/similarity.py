"""How alike a model represents languages, layer by layer, on translations of the same text.

Four measures, each with what it must be held against:

- the cosine of languages' mean vectors (Sun et al. 2024, arXiv:2408.06273, section 5.2). Vectors of
  one model share a large common part, so that all means look alike: subtract it (`centred`);
- the cosine of a sentence and its translation, beside that of sentences that are no translations;
- the same less the mean over all such other pairs, a figure of each sentence or word;
- linear centred kernel alignment (Kornblith et al. 2019, arXiv:1905.00414, section 3), which asks
  whether two languages lie alike among themselves, beside that of shuffled pairs.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from glotlift.runs.errors import GlotliftError

Vectors = NDArray[np.float64]


def language_similarity(vectors: Mapping[str, Vectors], *, centred: bool = True) -> Vectors:
    """Return the cosines of the languages' mean vectors, [layers, languages, languages].

    `vectors` are [layers, texts, width] of translations. `centred` subtracts the mean over the
    languages first. Raises GL-PROBING-041 (fewer than two languages) and -042 (unlike shapes).
    """
    check(vectors)
    means = np.stack([found.mean(1) for found in vectors.values()], axis=1)
    if centred:
        means = means - means.mean(1, keepdims=True)
    return np.asarray(cosines(means[:, :, None], means[:, None]))


def translation_similarity(vectors: Mapping[str, Vectors], *, seed: int = 0) -> dict[str, Vectors]:
    """Return how alike each text and its translations are, [pairs, layers, texts], and a control.

    Pairs of languages come in the order of `itertools.combinations`. ``aligned`` are cosines, each
    language's mean vector taken off first; ``shuffled`` those of texts that are no translations of
    each other.

    Raises GL-PROBING-041, -042 and -043 (fewer than two texts).
    """
    check(vectors)
    apart = [found - found.mean(1, keepdims=True) for found in vectors.values()]
    moved = derangement(apart[0].shape[1], seed)
    pairs = list(combinations(apart, 2))
    return {
        "aligned": np.stack([cosines(one, other) for one, other in pairs]),
        "shuffled": np.stack([cosines(one, other[:, moved]) for one, other in pairs]),
    }


def translation_excess(one: NDArray[np.floating], other: NDArray[np.floating]) -> Vectors:
    """Return by how much a text is more like its translation than like others, [layers, texts].

    `one` and `other` are [layers, texts, width] of translations. The mean vector of each side is
    taken off first; from a pair's cosine the mean over the pairs of either text with any other is
    subtracted. The mean over texts is so that of true pairs less that of all others, which is 0 in
    expectation where pairs are put together by chance. Raises GL-PROBING-042 and -043.
    """
    check({"one": np.asarray(one), "other": np.asarray(other)})
    enough(one.shape[1])
    left, right = (unit(side.astype(np.float64)) for side in (one, other))
    own = (left * right).sum(-1)
    across = (left * right.sum(1, keepdims=True)).sum(-1)
    down = (right * left.sum(1, keepdims=True)).sum(-1)
    return np.asarray(own - (across + down - 2 * own) / (2 * (one.shape[1] - 1)))


def unit(vectors: Vectors) -> Vectors:
    """Return vectors [layers, texts, width] without their mean, of length 1 or none."""
    apart = vectors - vectors.mean(1, keepdims=True)
    lengths = np.linalg.norm(apart, axis=-1, keepdims=True)
    return np.asarray(apart / np.where(lengths > 0, lengths, 1))


def kernel_alignment(one: Vectors, other: Vectors) -> float:
    """Return the linear centred kernel alignment of [texts, width] and [texts, width'].

    It is 1 where one is the other rotated, moved and scaled. It grows as texts get fewer beside
    the width: hold it against shuffled rows. Raises GL-PROBING-042 and -043.
    """
    if len(one) != len(other):
        cause = f"{len(one)} texts beside {len(other)}"
        raise GlotliftError("GL-PROBING-042", cause, fix="give translations of the same texts")
    enough(len(one))
    one, other = one - one.mean(0), other - other.mean(0)
    shared = np.linalg.norm(other.T @ one) ** 2
    own = np.linalg.norm(one.T @ one) * np.linalg.norm(other.T @ other)
    return float(shared / own) if own else 0.0


def cosines(one: Vectors, other: Vectors) -> Vectors:
    """Return the cosines along the last axis; 0 where a vector has no length."""
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    products = (one * other).sum(-1)
    divided = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return np.asarray(divided)


def derangement(count: int, seed: int) -> NDArray[np.int64]:
    """Return an order of `count` items in which none keeps its place; raises GL-PROBING-043."""
    enough(count)
    order = np.random.default_rng(seed).permutation(count)
    moved = np.empty(count, dtype=np.int64)
    moved[order] = np.roll(order, 1)
    return moved


def check(vectors: Mapping[str, Vectors]) -> None:
    """Refuse what cannot be compared."""
    if len(vectors) < 2:
        cause = f"{len(vectors)} language cannot be compared"
        raise GlotliftError("GL-PROBING-041", cause, fix="give two languages or more")
    shapes = {found.shape for found in vectors.values()}
    if len(shapes) > 1:
        cause = f"vectors of unlike shapes: {sorted(shapes)}"
        fix = "give translations of the same texts, from one model"
        raise GlotliftError("GL-PROBING-042", cause, fix=fix)


def enough(texts: int) -> None:
    """Refuse a comparison over one text."""
    if texts < 2:
        cause = f"{texts} text shows no likeness"
        raise GlotliftError("GL-PROBING-043", cause, fix="give two texts or more")
