"""Which test rows stand in the training rows, word for word or nearly so.

A gain from more training rows may be nothing but copies of the test among them, and a score nothing
but memory. Exact copies are not enough to look for: tweets and templates return edited.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.repetition.fingerprints import text_keys

NEAR = 0.5
CHUNK = 64  # test rows compared at a time


class Leakage(NamedTuple):
    """What of each test row stands in the training rows, [test rows] each.

    `exact` is true for the same text without case, punctuation and space; `likeness` is the largest
    Jaccard similarity, of shingles of characters, to any training row.
    """

    exact: NDArray[np.bool_]
    likeness: NDArray[np.float64]

    def near(self, threshold: float = NEAR) -> NDArray[np.bool_]:
        """Return which test rows have a copy or something as like as this, [test rows]."""
        return self.exact | (self.likeness >= threshold)


def find_leakage(train: Sequence[str], test: Sequence[str]) -> Leakage:
    """Compare every test row with every training row, by their fingerprints.

    Likeness is estimated from 128 minima (`corpus.repetition.fingerprints`), so it is off by 0.04
    or so; where nothing is to compare, it is 0. Time grows with the product of the rows: for
    corpora there is `corpus.protection`.
    """
    known, asked = text_keys(list(train)), text_keys(list(test))
    exact = np.isin(asked.normalised, known.normalised)
    likeness = np.zeros(len(test))
    if len(train):
        for start in range(0, len(test), CHUNK):
            part = slice(start, start + CHUNK)
            equal = asked.fingerprints[part, None] == known.fingerprints[None]
            likeness[part] = equal.mean(2).max(1)
    likeness[asked.sizes == 0] = 0.0
    return Leakage(exact, np.where(exact, 1.0, likeness))
