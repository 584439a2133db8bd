"""What a figure over many languages means: every language counts alike, whatever its rows.

A mean over rows is ruled by the languages that have most of them. Here a language's figure is the
mean of its rows, and the figure of a group (all, a family, a script, a tier) the mean of its
languages' figures. Rows keep their places, so that the crossed intervals of `statistics` hold.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.statistics import Interval, holm, paired_difference
from glotlift.languages import language

Floats = NDArray[np.float64]
ALL = "all languages"


class Aggregate(NamedTuple):
    """A group's figure. Its kind is ``all``, ``family``, ``script``, ``tier`` or ``language``."""

    kind: str
    name: str
    languages: int
    rows: int
    interval: Interval


class Change(NamedTuple):
    """One language before and after; `p_value` is corrected over the languages asked about."""

    code: str
    interval: Interval
    p_value: float


def macro_weights(codes: Sequence[str]) -> Floats:
    """Return [rows] weights under which each language counts alike; they sum to one."""
    _, numbers, counts = np.unique(np.asarray(codes), return_inverse=True, return_counts=True)
    return np.asarray(1 / (len(counts) * counts[numbers]), np.float64)


def aggregate(
    scores: Floats, codes: Sequence[str], versus: Floats | float = 0.0
) -> list[Aggregate]:
    """Return the figures of all languages, of each family, script and tier, and of each language.

    `scores` are [rows] or [seeds, rows], `codes` [rows] the rows' languages. With `versus`, scores
    of the same shape or one number (chance, say), the figures are differences. Groups that hold all
    languages or one are left out. Raises what `paired_difference` raises.
    """
    places: dict[tuple[str, str], list[int]] = {}
    for row, code in enumerate(codes):
        known = language(code)
        groups = (("all", ALL), ("family", known.family), ("script", known.script))
        for group in (*groups, ("tier", known.tier), ("language", code)):
            places.setdefault(group, []).append(row)
    members = {group: len({codes[row] for row in rows}) for group, rows in places.items()}
    total = len(set(codes))
    order = ("all", "family", "script", "tier", "language")
    found = []
    for (kind, name), rows in sorted(places.items(), key=lambda item: order.index(item[0][0])):
        count = members[kind, name]
        if kind in ("family", "script", "tier") and count in (1, total):
            continue
        chosen = [codes[row] for row in rows]
        other = versus if isinstance(versus, (int, float)) else np.asarray(versus)[..., rows]
        interval = paired_difference(
            np.asarray(scores)[..., rows], other, weights=macro_weights(chosen)
        )
        found.append(Aggregate(kind, name, count, len(rows), interval))
    return found


def compare_languages(
    before: Mapping[str, Floats], after: Mapping[str, Floats], **options: float
) -> list[Change]:
    """Return each language's paired change, after minus before, [rows] or [seeds, rows] each.

    P-values are corrected for asking about several languages at once (Holm 1979). Raises what
    `paired_difference` raises.
    """
    intervals = {
        code: paired_difference(after[code], before[code], **options)  # type: ignore[arg-type]
        for code in before
    }
    corrected = holm({code: interval.p_value for code, interval in intervals.items()})
    return [Change(code, interval, corrected[code]) for code, interval in intervals.items()]
