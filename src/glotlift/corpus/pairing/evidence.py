"""Evidence beside lengths that sentences translate each other: shared tokens, a lexicon, vectors.

All of it is a cosine of vectors, counted above the cosine that the sentences have with the other
document at large (the margin of Artetxe and Schwenk 2019, as Thompson and Koehn 2019 normalise it):
0 for sentences chosen by chance, 1 for the same vector.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.pairing.lexicon import Entries, Lexicon
from glotlift.corpus.pairing.links import BOTH
from glotlift.corpus.pairing.tokens import cognate
from glotlift.corpus.pairing.vectors import SparseVectors, Vectors, sparse

Array = NDArray[np.float64]
LACK = 1.0  # nats that sentences lose whose match is no better than chance


@dataclass(frozen=True)
class Evidence:
    """Vectors of both documents and what a full match of them is worth, in nats."""

    source: Vectors
    target: Vectors
    worth: float

    def gains(
        self, rows: tuple[int, int], columns: tuple[int, int]
    ) -> dict[tuple[int, int], Array]:
        """Return the gain of every bead that ends after row i and column j, in nats.

        `rows` and `columns` are half-open ranges of ends (1 to n, 0 to m); [rows, columns] each.
        Sentences without any feature gain 0.
        """
        products = self.products(rows, columns)
        upper = {k: run(self.source, self.target.centre, rows, k) for k in (1, 2)}
        lower = {k: run(self.target, self.source.centre, columns, k) for k in (1, 2)}
        found = {}
        for up, left in BOTH:
            dot = np.zeros((rows[1] - rows[0], columns[1] - columns[0]))
            for a in range(up):
                for b in range(left):
                    dot += products[2 - a : len(products) - a, 2 - b : products.shape[1] - b]
            size = np.sqrt(upper[up][0][:, None] * lower[left][0][None])
            cosine = np.divide(dot, size, out=np.zeros_like(size), where=size > 0)
            usual = np.minimum((upper[up][1][:, None] + lower[left][1][None]) / 2, 0.9)
            gain = self.worth * (cosine - usual) / (1 - usual) - LACK
            found[up, left] = np.where(size > 0, gain, 0.0)
        return found

    def products(self, rows: tuple[int, int], columns: tuple[int, int]) -> Array:
        """Return inner products of sentences, from two before the first end to the last end."""
        table = np.zeros((rows[1] - rows[0] + 2, columns[1] - columns[0] + 2))
        # End i is of sentence i - 1: row r of the table holds sentence rows[0] - 3 + r.
        a, b = max(rows[0] - 3, 0), rows[1] - 1
        c, d = max(columns[0] - 3, 0), columns[1] - 1
        if b <= a or d <= c:
            return table
        chosen = self.source.columns(a, b)
        if chosen is not None:
            other = self.target.columns(c, d)
            chosen = chosen if other is None else np.intersect1d(chosen, other, assume_unique=True)
        product = self.source.dense(a, b, chosen) @ self.target.dense(c, d, chosen).T
        top, left = a - rows[0] + 3, c - columns[0] + 3
        table[top : top + b - a, left : left + d - c] = product
        return table


def run(vectors: Vectors, centre: Array, ends: tuple[int, int], size: int) -> tuple[Array, Array]:
    """Return squared length, and mean cosine with the other document, of runs that end at `ends`.

    0 where a run would begin before the document.
    """
    positions = np.arange(*ends)
    last, before = positions - 1, positions - 2
    singles = np.concatenate([vectors.squares, [0.0, 0.0]])  # -1 and -2 read the zeros at the end
    bases = np.concatenate([vectors.against(centre), [0.0, 0.0]])
    if size == 1:
        return singles[last], bases[last]
    joined = np.concatenate([vectors.neighbours, [0.0, 0.0]])
    square = singles[last] + singles[before] + 2 * np.where(before >= 0, joined[before], 0.0)
    return np.where(before >= 0, square, 0.0), (bases[last] + bases[before]) / 2


def match_tokens(
    source: Sequence[Sequence[str]], target: Sequence[Sequence[str]], lexicon: Lexicon | None
) -> tuple[SparseVectors, SparseVectors]:
    """Return both documents' sentences over the features that could match.

    Features are source tokens, target tokens and the first letters that cognates share; a token
    counts as itself on both sides and as its translations on the other. Features that stand in one
    document alone tell nothing and are left out; the others weigh as rare as they are in both.
    """
    known = lexicon or Lexicon()
    said = [spread(sentence, known.forward, "<", ">") for sentence in source]
    heard = [spread(sentence, known.back, ">", "<") for sentence in target]
    counts = [Counter(f for row in rows for f in row) for rows in (said, heard)]
    total = len(said) + len(heard)
    shared = sorted(counts[0].keys() & counts[1].keys())
    weights = {f: float(np.log(1 + total / (counts[0][f] + counts[1][f]))) for f in shared}
    numbers = {feature: k for k, feature in enumerate(shared)}
    rows = [
        [{numbers[f]: c * weights[f] for f, c in row.items() if f in numbers} for row in side]
        for side in (said, heard)
    ]
    return sparse(rows[0], len(shared)), sparse(rows[1], len(shared))


def spread(sentence: Sequence[str], known: Entries, own: str, other: str) -> dict[str, float]:
    """Return the features of a sentence with their shares; `own` and `other` mark the sides."""
    found: dict[str, float] = {}
    for token in sentence:
        found[own + token] = found[other + token] = 1.0
        kin = cognate(token)
        if kin:
            found[kin] = 0.5
        for translation, chance in known.get(token, {}).items():
            found[other + translation] = max(found.get(other + translation, 0.0), chance)
    return found
