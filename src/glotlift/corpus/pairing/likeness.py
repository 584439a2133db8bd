"""How like both sides of a pair are, and which likeness chance alone does not reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.pairing.evidence import match_tokens
from glotlift.corpus.pairing.lexicon import Lexicon
from glotlift.corpus.pairing.tokens import tokens
from glotlift.corpus.pairing.vectors import SparseVectors, encode

if TYPE_CHECKING:
    from glotlift.runs.protocols import Encoder

Array = NDArray[np.float64]
BATCH = 20_000  # pairs compared at once
FEWEST = 50  # pairs from which a bound is learnt
DEAREST = 0.3  # a bound that costs more of the real pairs than this tells too little to be used
SEED = 0


@dataclass(frozen=True)
class Likeness:
    """Cosines of real pairs and of pairs drawn by chance, [n] each; NaN where nothing is known."""

    real: Array
    chance: Array


@dataclass(frozen=True)
class Bound:
    """A least likeness; whether it is `used`, and the share of real pairs `lost` below it."""

    value: float
    used: bool
    lost: float


def learn_bound(likeness: Likeness, sound: Sequence[bool], chance: float) -> Bound:
    """Return the bound that lets a share `chance` of the pairs drawn by chance through.

    It is not used with fewer than fifty pairs, nor where it would cost three in ten of the `sound`
    ones: then the lexicon or the encoder knows too little of these languages.
    """
    drawn = likeness.chance[~np.isnan(likeness.chance)]
    real = likeness.real[np.array(sound, bool) & ~np.isnan(likeness.real)]
    if min(len(drawn), len(real)) < FEWEST:
        return Bound(0.0, False, 0.0)
    value = float(np.quantile(drawn, 1 - chance))
    lost = float((real < value).mean())
    return Bound(value, lost <= DEAREST, lost)


def vector_likeness(source: Sequence[str], target: Sequence[str], encoder: "Encoder") -> Likeness:
    """Return the cosines of an encoder's vectors. Raises GL-CORPUS-067 (they do not fit)."""
    said, heard = encode(encoder, source), encode(encoder, target)
    other = heard[derangement(len(heard))]
    return Likeness(np.einsum("ij,ij->i", said, heard), np.einsum("ij,ij->i", said, other))


def token_likeness(source: Sequence[str], target: Sequence[str], lexicon: Lexicon) -> Likeness:
    """Return the cosines of tokens and their translations."""
    real, chance = [np.empty(0)], [np.empty(0)]
    for start in range(0, len(source), BATCH):
        part = slice(start, start + BATCH)
        said = [tokens(s) for s in source[part]]
        heard = [tokens(t) for t in target[part]]
        left, right = match_tokens(said, heard, lexicon)
        rows = np.arange(len(said))
        real.append(cosines(left, right, rows))
        chance.append(cosines(left, right, derangement(len(said))))
    return Likeness(np.concatenate(real), np.concatenate(chance))


def cosines(left: SparseVectors, right: SparseVectors, partner: NDArray[np.int64]) -> Array:
    """Return the cosine of row k of `left` and row `partner[k]` of `right`, [n]; NaN for no row."""
    size = np.sqrt(left.squares * right.squares[partner])
    product = np.zeros(len(left))
    if len(right.features) and len(left.features):
        keys = right.owners * right.width + right.features
        wanted = partner[left.owners] * left.width + left.features
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        weights = np.where(keys[found] == wanted, left.weights * right.weights[found], 0.0)
        product += np.bincount(left.owners, weights, len(left))
    unknown = np.full(len(left), np.nan)
    return np.asarray(np.divide(product, size, out=unknown, where=size > 0))


def derangement(n: int) -> NDArray[np.int64]:
    """Return a fixed random order of n in which none keeps its place (for n above 1)."""
    order = np.random.default_rng(SEED).permutation(n)
    moved = np.empty(n, np.int64)
    moved[order] = np.roll(order, 1)
    return moved
