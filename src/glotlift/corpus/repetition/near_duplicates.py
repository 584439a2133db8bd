"""Which rows of a corpus say what another row says: equal, normalised, near and partial duplicates.

All rows of all languages are decided together from their keys and fingerprints alone, so the texts
need not be at hand. Of similar rows the first is kept, and every row that goes is itself similar to
the row kept for it: there are no chains of ever less similar rows, as connected components make.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.repetition.bands import Rows, row_keys, similar_pairs
from glotlift.runs.errors import GlotliftError

REASONS = (
    "",
    "exact duplicate",
    "normalised duplicate",
    "near duplicate",
    "partial duplicate",
)
EXACT, NORMALISED, NEAR, PARTIAL = 1, 2, 3, 4
THRESHOLD = 0.25
CONTAINED = 0.8
PART = 2 / 3
SALT = np.uint64(0x9E3779B97F4A7C15)

Numbers = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Duplicates:
    """What becomes of each row; arrays [n].

    reasons: uint8 codes into `REASONS`, 0 where the row stays. kept: int64, the row kept in its
    place (itself where it stays). similarity: float32, the estimated Jaccard similarity of a near
    duplicate to the row kept, the share of a partial one that stands in it, 1 for the others.
    """

    reasons: NDArray[np.uint8]
    kept: Rows
    similarity: NDArray[np.float32]

    def counts(self) -> dict[str, int]:
        """Return reason -> number of rows, in the order of `REASONS`; without those that stay."""
        found = np.bincount(self.reasons, minlength=len(REASONS))
        return {name: int(n) for name, n in zip(REASONS, found, strict=True) if name and n}


def find_duplicates(
    exact: NDArray[np.uint64],
    normalised: NDArray[np.uint64],
    fingerprints: NDArray[np.uint16],
    sizes: NDArray[np.uint32],
    *,
    languages: Numbers | None = None,
    items: Numbers | None = None,
    across_languages: bool = True,
    threshold: float = THRESHOLD,
    contained: float = CONTAINED,
    overlaps: tuple[Rows, NDArray[np.float64]] | None = None,
) -> Duplicates:
    """Return what becomes of each row, by the arrays of `fingerprints.text_keys` (or memmaps).

    `languages` and `items` ([n], a number for each) tell which rows are translations: those of one
    item in different languages, which are never duplicates of each other. Other rows are compared
    with those of every language, or with `across_languages` false with those of their own. A near
    duplicate has an estimated Jaccard similarity of `threshold` or more to the row kept, which
    stands before it. A partial duplicate is at most two thirds as long as the row kept, and
    `contained` of it or more stands there. `overlaps` gives more of such pairs [m, 2] and how much
    of the shorter one stands in the longer one [m], as `passages.shared_parts` finds them in texts.

    Raises GL-CORPUS-046 (arrays of different lengths) and -047 (threshold or contained not in
    (0, 1]).
    """
    check((exact, normalised, fingerprints, sizes), (languages, items), threshold, contained)
    rule = Rule(languages, items, across_languages)
    kept, reasons = np.arange(len(exact)), np.zeros(len(exact), np.uint8)
    similarity = np.ones(len(exact), np.float32)
    settle(np.arange(len(exact)), exact, EXACT, rule, kept, reasons)
    rows = np.flatnonzero(reasons == 0)
    settle(rows, normalised[rows], NORMALISED, rule, kept, reasons)
    rows = np.flatnonzero((reasons == 0) & (np.asarray(sizes) > 0))
    settle(rows, row_keys(fingerprints, rows), NEAR, rule, kept, reasons)
    rows = rows[reasons[rows] == 0]
    parts = [] if overlaps is None else [overlaps]
    while len(rows) > 1:
        pairs, shares, crowded = similar_pairs(
            fingerprints, rows, rule.salt, rule.allows, threshold
        )
        within, partial = containment(pairs, shares, sizes, contained)
        parts.append((pairs[partial], within[partial]))
        keep_first(pairs[~partial], shares[~partial], kept, reasons, similarity)
        left = crowded[reasons[crowded] == 0]
        if len(left) in {0, len(rows)}:
            break
        rows = left
    for pairs, within in parts:
        good = (within >= contained) & rule.allows(*pairs.T)
        keep_longest(pairs[good], within[good], sizes, kept, reasons, similarity)
    return Duplicates(reasons, roots(kept), similarity)


@dataclass(frozen=True)
class Rule:
    """Which rows may be duplicates of each other at all."""

    languages: Numbers | None
    items: Numbers | None
    across_languages: bool

    def allows(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Return whether each pair of rows may be duplicates, [pairs]."""
        if self.languages is None or (self.across_languages and self.items is None):
            return np.ones(len(left), np.bool_)
        same: NDArray[np.bool_] = self.languages[left] == self.languages[right]
        if self.across_languages and self.items is not None:
            same = same | (self.items[left] != self.items[right])
        return same

    def salt(self, keys: NDArray[np.uint64], rows: Rows) -> NDArray[np.uint64]:
        """Return the keys, different for each language where languages are kept apart."""
        if self.languages is None or self.across_languages:
            return keys
        return keys ^ (self.languages[rows].astype(np.uint64) * SALT)


def check(
    keys: Sequence[NDArray[Any]],
    numbers: Sequence[Numbers | None],
    threshold: float,
    contained: float,
) -> None:
    """Refuse arrays that are not of the same rows, and shares that are none."""
    lengths = [len(array) for array in (*keys, *numbers) if array is not None]
    if len(set(lengths)) > 1:
        cause = f"keys of different numbers of rows: {', '.join(map(str, lengths))}"
        fix = "give the arrays of one call of text_keys, or of all shards in one order"
        raise GlotliftError("GL-CORPUS-046", cause, fix=fix)
    for name, share in (("threshold", threshold), ("contained", contained)):
        if not 0 < share <= 1:
            cause, fix = f"{name} cannot be {share}", "give a share above 0 and up to 1"
            raise GlotliftError("GL-CORPUS-047", cause, place=name, fix=fix)


def first_equal(keys: NDArray[np.uint64]) -> Rows:
    """Return for each row the first row with the same key, [n]."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(keys)]
    first = np.empty(len(keys), np.int64)
    first[order] = order[starts][np.cumsum(starts) - 1]
    return first


def settle(
    rows: Rows,
    keys: NDArray[np.uint64],
    reason: int,
    rule: Rule,
    kept: Rows,
    reasons: NDArray[np.uint8],
) -> None:
    """Enter the rows of which one with an equal key stands before them; `keys` are of `rows`."""
    first = rows[first_equal(rule.salt(keys, rows))]
    later = (first != rows) & rule.allows(first, rows)
    kept[rows[later]] = first[later]
    reasons[rows[later]] = reason


def containment(
    pairs: Rows, shares: NDArray[np.float32], sizes: NDArray[np.uint32], contained: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return how much of the shorter row of each pair stands in the longer, and which are parts.

    From the Jaccard similarity J = c / (s + l - c), where c of the s and l shingles are common.
    """
    lengths = np.asarray(sizes)[pairs].astype(np.float64)
    short, long = lengths.min(axis=1), lengths.max(axis=1)
    within = np.minimum(1, shares / (1 + shares) * (short + long) / np.maximum(short, 1))
    return within, (short <= PART * long) & (within >= contained)


def keep_first(
    pairs: Rows,
    shares: NDArray[np.float32],
    kept: Rows,
    reasons: NDArray[np.uint8],
    similarity: NDArray[np.float32],
) -> None:
    """Enter each row that is similar to a row before it which stays."""
    order = np.lexsort((pairs[:, 0], pairs[:, 1]))
    for (first, later), share in zip(pairs[order].tolist(), shares[order].tolist(), strict=True):
        # In the order of `later`: whether `first` stays is settled by now.
        if reasons[first] == 0 and reasons[later] == 0:
            kept[later], reasons[later], similarity[later] = first, NEAR, share


def keep_longest(
    pairs: Rows,
    within: NDArray[np.float64],
    sizes: NDArray[np.uint32],
    kept: Rows,
    reasons: NDArray[np.uint8],
    similarity: NDArray[np.float32],
) -> None:
    """Enter each row of which the most stands in a longer one, or in one that stood for that."""
    lengths = np.asarray(sizes)[pairs]
    long, short = np.where(lengths[:, 0] < lengths[:, 1], pairs.T[::-1], pairs.T)
    order = np.lexsort((long, -within, short, lengths.min(axis=1)))
    entries = zip(short[order].tolist(), long[order].tolist(), within[order].tolist(), strict=True)
    for part, holder, share in entries:
        while kept[holder] != holder:
            holder = int(kept[holder])
        if reasons[part] == 0 and holder != part:
            kept[part], reasons[part], similarity[part] = holder, PARTIAL, share


def roots(kept: Rows) -> Rows:
    """Return for each row the row that stays in its place, however many lie between."""
    while True:
        further = kept[kept]
        if np.array_equal(further, kept):
            return kept
        kept = further
