"""Several labels to a row: micro-F1 and exact sets, by row (Casanueva et al. 2022, NLU++)."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.ratios import ratio_rows
from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]
Sets = Sequence[Collection[str]]


def label_f1_rows(said: Sets, right: Sets) -> Floats:
    """Return [n] scores whose mean is the micro-F1 of the labels of all rows, each counted alike.

    Rows without labels count where some are said of them. Raises GL-EVALUATION-120 where the rows
    do not pair, and -121 where no label is said and none is right.
    """
    hits = np.array([len(set(one) & set(other)) for one, other in paired(said, right)])
    sizes = np.array([len(set(one)) + len(set(other)) for one, other in paired(said, right)])
    if not sizes.any():
        raise GlotliftError(
            "GL-EVALUATION-121",
            f"none of {len(sizes)} rows has a label, said or right",
            fix="give rows of which some have labels",
        )
    return ratio_rows(2 * hits, sizes)


def exact_rows(said: Sets, right: Sets) -> Floats:
    """Return [n] 1 where exactly the right labels are said, else 0; raises GL-EVALUATION-120."""
    return np.array([float(set(one) == set(other)) for one, other in paired(said, right)])


def paired(said: Sets, right: Sets) -> list[tuple[Collection[str], Collection[str]]]:
    """Return both labels of each row; raises GL-EVALUATION-120 where they do not pair."""
    if len(said) != len(right):
        raise GlotliftError(
            "GL-EVALUATION-120",
            f"{len(said)} rows of labels said and {len(right)} of right ones",
            fix="give both for every row",
        )
    return list(zip(said, right, strict=True))
