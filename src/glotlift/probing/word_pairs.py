"""Do two words mean the same? A probe that tells meaning from spelling (Tanwar et al. 2025).

"Multilingual LLMs Struggle to Link Orthography and Semantics in Bilingual Word Processing"
(arXiv:2501.09127) asks models whether an English word and one of another language mean the same:
cognates (alike in spelling and meaning), non-cognates (translations that look unlike) and false
cognates (words that look alike and mean different things). Who answers by spelling is right about
the first and wrong about the last. Here any similarity of words can be asked, and a fourth type of
pair, words alike in nothing, makes spelling and meaning independent of each other, so that the part
of each is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from datasets import Dataset
from numpy.typing import ArrayLike, NDArray

from glotlift.evaluation.statistics import Interval, paired_difference
from glotlift.runs.errors import GlotliftError

COGNATE, NON_COGNATE, FALSE_COGNATE, UNRELATED = TYPES = (
    "cognate", "non-cognate", "false cognate", "unrelated",
)  # fmt: skip
SAME = frozenset((COGNATE, NON_COGNATE))  # in meaning
# What is compared: the weight of each type's mean.
BIAS = {COGNATE: 1.0, FALSE_COGNATE: -1.0}
SPELLING = {COGNATE: 0.5, NON_COGNATE: -0.5, FALSE_COGNATE: 0.5, UNRELATED: -0.5}
MEANING = {COGNATE: 0.5, NON_COGNATE: 0.5, FALSE_COGNATE: -0.5, UNRELATED: -0.5}
FOLDS = 3
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PairDecisions:
    """Which pairs were called the same in meaning, [n] booleans, and of what type they are."""

    types: tuple[str, ...]
    same: NDArray[np.bool_]

    @property
    def correct(self) -> Floats:
        """1 where the answer is right, [n]. Chance is 0.5, of each type as well."""
        right: NDArray[np.bool_] = self.same == np.array([kind in SAME for kind in self.types])
        return right.astype(np.float64)

    def by_type(self) -> dict[str, Interval]:
        """Return the accuracy of each type with its 95 % interval over pairs.

        Raises GL-EVALUATION-004 for a type of one pair.
        """
        kinds = np.array(self.types)
        return {
            kind: paired_difference(self.correct[kinds == kind], 0.0)
            for kind in TYPES
            if kind in self.types
        }

    def bias(self) -> Interval:
        """Return by how much more often cognates are answered right than false cognates.

        From -1 to 1; 0 for who goes by meaning alone, 1 for who goes by spelling alone.
        Raises GL-PROBING-081 (no pairs of one of the two types).
        """
        return paired_difference(contrast_rows(self.correct, self.types, BIAS), 0.0)

    def shortcut_index(self) -> Interval:
        """Return how much of the decision spelling explains, from -1 to 1.

        By how much more often words are called the same when they look alike, meaning being equal:
        the mean of that difference among pairs of one meaning (cognate minus non-cognate) and among
        pairs of two (false cognate minus unrelated). It is 1 for who answers by spelling alone, and
        0 for who answers by meaning alone, by chance, or always alike.
        Raises GL-PROBING-081 (a type has no pairs: `with_unrelated` makes those of the fourth).
        """
        return paired_difference(contrast_rows(self.same, self.types, SPELLING), 0.0)

    def meaning_index(self) -> Interval:
        """Return how much of the decision meaning explains, spelling being equal, from -1 to 1.

        The counterpart of `shortcut_index`: 1 for who answers by meaning alone, 0 for who answers
        by spelling alone. Raises GL-PROBING-081.
        """
        return paired_difference(contrast_rows(self.same, self.types, MEANING), 0.0)


def decide_pairs(
    scores: ArrayLike, types: Sequence[str], *, folds: int = FOLDS, seed: int = 0
) -> PairDecisions:
    """Call pairs the same in meaning by their similarity, whatever its scale.

    `scores` [n] are high where the two words are thought to mean the same. `seed` deals the pairs
    of each type into `folds` parts; a pair is decided by the threshold that the other parts give
    (`same_threshold`), so none is chosen on what it is tried on.

    Raises GL-PROBING-080 (scores that do not pair with types, or a type that there is not) and -081
    (a type with fewer pairs than folds).
    """
    values, kinds = np.asarray(scores, np.float64), np.array(types)
    check(values, types)
    places = np.zeros(len(kinds), np.int64)
    generator = np.random.default_rng(seed)
    for kind in sorted(set(types)):
        own = np.flatnonzero(kinds == kind)
        if len(own) < folds:
            raise missing(kind, f"{len(own)} pairs, for {folds} folds")
        places[own] = generator.permutation(np.arange(len(own)) % folds)
    same = np.zeros(len(kinds), np.bool_)
    for fold in range(folds):
        held = places == fold
        same[held] = values[held] >= same_threshold(values[~held], kinds[~held].tolist())
    return PairDecisions(tuple(types), same)


def same_threshold(scores: ArrayLike, types: Sequence[str]) -> float:
    """Return the threshold from which on as many pairs are called the same as are the same.

    Types count alike, however many pairs they have. Were the threshold the one of the best
    accuracy, a similarity that knows nothing of meaning would do best by always answering alike,
    and would hide what it goes by. Raises GL-PROBING-080.
    """
    values = np.asarray(scores, np.float64)
    check(values, types)
    counts = {kind: list(types).count(kind) for kind in set(types)}
    weights = np.array([1 / counts[kind] for kind in types])
    wanted = sum(kind in SAME for kind in counts)
    order = np.argsort(-values, kind="stable")
    falling, called = values[order], np.cumsum(weights[order])
    ends = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)  # of equal scores
    best = ends[np.abs(called[ends] - wanted).argmin()]
    if best == len(falling) - 1:
        return -np.inf
    return float(falling[best] + falling[best + 1]) / 2


def contrast_rows(values: ArrayLike, types: Sequence[str], weights: Mapping[str, float]) -> Floats:
    """Return [n] scores whose mean is exactly the weighted sum of the types' means.

    A row is that sum plus the row's influence on it, so that it takes part in paired comparisons
    and their intervals. Raises GL-PROBING-080 and -081 (no pairs of a type that has a weight).
    """
    each, kinds = np.asarray(values, np.float64), np.array(types)
    check(each, types)
    total, rows = 0.0, np.zeros(len(kinds))
    for kind, weight in weights.items():
        own = kinds == kind
        if not own.any():
            raise missing(kind, "no pairs")
        total += weight * float(each[own].mean())
        rows[own] = weight * len(kinds) / own.sum() * (each[own] - each[own].mean())
    return total + rows


def with_unrelated(rows: Dataset, *, seed: int = 0) -> Dataset:
    """Return pairs with as many unrelated ones as there are non-cognates, made of their words.

    A second word stands beside the first one of another pair of the same two languages. Columns are
    those of `typed_pairs`. Raises GL-PROBING-081 for two languages with one non-cognate alone.
    """
    by_languages: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(rows):
        if row["type"] == NON_COGNATE:
            by_languages.setdefault((row["source_language"], row["language"]), []).append(place)
    made = []
    generator = np.random.default_rng(seed)
    for places in by_languages.values():
        if len(places) < 2:
            raise missing(UNRELATED, "one non-cognate alone to make them of")
        order = generator.permutation(places)
        for one, other in zip(order.tolist(), np.roll(order, 1).tolist(), strict=True):
            new = {"word": rows[other]["word"], "type": UNRELATED}
            made.append(rows[one] | new | {"id": f"{rows[one]['id']}/unrelated"})
    return Dataset.from_list([*rows, *made])


def check(values: Floats, types: Sequence[str]) -> None:
    """Refuse what is not one figure for each pair, and types that there are not."""
    strange = sorted(set(types) - set(TYPES))
    if values.shape != (len(types),) or strange or not len(types):
        what = f"type {strange[0]!r}" if strange else f"shape {values.shape}, {len(types)} types"
        raise GlotliftError(
            "GL-PROBING-080",
            f"figures of pairs of words cannot be read: {what}",
            fix=f"give one figure for each pair, and types among {', '.join(TYPES)}",
        )


def missing(kind: str, what: str) -> GlotliftError:
    """Return the refusal of a type that has too few pairs."""
    return GlotliftError(
        "GL-PROBING-081",
        f"there are too few pairs of type {kind!r}: {what}",
        fix="give more pairs of it; `with_unrelated` makes unrelated ones of non-cognates",
    )
