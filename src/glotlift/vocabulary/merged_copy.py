"""Rows and scores of pieces that several old pieces became: the merges of TransMI."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.initialise import (
    copy_rows,
    means_of,
    misfit,
    needed,
    random_rows,
    sources_of,
)

MergeRule = Literal["min", "average", "max"]
RULES: tuple[MergeRule, ...] = get_args(MergeRule)


@dataclass(frozen=True)
class MergedCopy:
    """Copy to a new piece what the old pieces have that became it (Liu et al. 2024, TransMI).

    Section 3.2 of the paper: `rule` "max" takes the row of the source with the greatest Unigram
    score, "min" of the least, "average" the mean of all sources' rows. (The released code adds
    them without dividing; here the average is an average.)
    """

    rule: MergeRule = "max"

    def __call__(
        self, edit: VocabularyEdit, source_rows: Tensor, aids: Mapping[str, Any]
    ) -> Tensor:
        """Turn [V_old, d] into [V_new, d]; needs "sources" and, for min and max, "scores".

        Raises GL-VOCABULARY-065, -066 and -069 (unknown rule).
        """
        sources = sources_of(edit, aids, "a merged copy")
        if checked_rule(self.rule) == "average":
            rows = random_rows(edit, source_rows, aids)
            means, found = means_of(source_rows, sources)
            rows[edit.added_ids.start :][found] = means[found].to(rows.dtype)
            return rows
        scores = np.asarray(needed(aids, "scores", "a merged copy"), dtype=np.float64)
        if scores.shape != (edit.old_size,):
            raise misfit("scores", f"scores of shape {scores.shape}", f"{edit.old_size} scores")
        chosen = tuple((chosen_source(scores, ids, self.rule),) if ids else () for ids in sources)
        return copy_rows(edit, source_rows, {**aids, "sources": chosen})


def merge_scores(
    scores: ArrayLike, sources: Sequence[Sequence[int]], rule: MergeRule
) -> NDArray[np.float64]:
    """Return the score [n] of each new piece from those of its sources, by the rule's name.

    `scores` [V_old] are natural logarithms of Unigram probabilities (Liu et al. 2024, TransMI,
    section 3.2); every piece has at least one source. Raises GL-VOCABULARY-069.
    """
    merge = {"min": np.minimum, "average": np.add, "max": np.maximum}[checked_rule(rule)]
    lengths = np.array([len(ids) for ids in sources], dtype=np.int64)
    if not len(lengths):
        return np.empty(0)
    flat = np.asarray(scores, dtype=np.float64)[np.concatenate([np.asarray(s) for s in sources])]
    merged: NDArray[np.float64] = merge.reduceat(flat, np.r_[0, lengths.cumsum()[:-1]])
    return merged / lengths if rule == "average" else merged


def chosen_source(scores: NDArray[np.float64], ids: Sequence[int], rule: MergeRule) -> int:
    """Return the source with the greatest or least score, the first of equals."""
    found = scores[list(ids)]
    return ids[int(found.argmax() if rule == "max" else found.argmin())]


def checked_rule(rule: str) -> str:
    """Return a merge rule. Raises GL-VOCABULARY-069."""
    if rule not in RULES:
        raise GlotliftError(
            "GL-VOCABULARY-069",
            f"unknown merge rule {rule!r}",
            place="rule",
            fix=f"choose one of {', '.join(RULES)}",
        )
    return rule
