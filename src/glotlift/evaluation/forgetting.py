"""What a model gained in one language and lost in others, in bits per byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from glotlift.evaluation.statistics import Interval, holm, paired_difference
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Bits = Mapping[str, tuple[ArrayLike, ArrayLike]]


def compare_bits(
    before: Bits, after: Bits, *, target: str, resamples: int = 10_000, seed: int = 0
) -> list[dict[str, Any]]:
    """Return one row per language: bits per byte before and after, and the change.

    `before` and `after` map a language to (bits, bytes) of the same held-out documents, bits
    [documents] or [seeds, documents]. Rows carry the role ("target" or "kept"), the change with
    its interval (over documents only where there is one seed), a p-value corrected over the
    languages, and a verdict from the interval: "improved", "worse" or "not separable".

    Raises GL-EVALUATION-011 or -012 where languages or documents do not match, and what
    `paired_difference` raises.
    """
    if set(before) != set(after):
        raise GlotliftError(
            "GL-EVALUATION-011",
            f"measured {sorted(before)} before and {sorted(after)} after",
            fix="measure the same languages on both sides",
        )
    intervals = {code: change(code, before, after, resamples, seed) for code in before}
    corrected = holm({code: interval.p_value for code, interval in intervals.items()})
    order = sorted(intervals, key=lambda code: (code != target, code))
    return [
        {
            **summary(code, before, after, intervals[code]),
            "role": "target" if code == target else "kept",
            "p_value_holm": corrected[code],
        }
        for code in order
    ]


def change(code: str, before: Bits, after: Bits, resamples: int, seed: int) -> Interval:
    """Return the change in one language's bits per byte, after minus before."""
    (old, old_bytes), (new, new_bytes) = before[code], after[code]
    sizes = np.asarray(old_bytes, np.float64)
    if not np.array_equal(sizes, np.asarray(new_bytes, np.float64)) or not np.all(sizes > 0):
        raise GlotliftError(
            "GL-EVALUATION-012",
            "bytes before and after are not those of the same documents",
            place=code,
            fix="measure both models on the same non-empty texts, in the same order",
        )
    return paired_difference(
        np.asarray(new) / sizes,
        np.asarray(old) / sizes,
        weights=sizes,
        resamples=resamples,
        seed=seed,
    )


def summary(code: str, before: Bits, after: Bits, interval: Interval) -> dict[str, Any]:
    """Return the figures of one language."""
    known = language(code)
    sizes = np.asarray(before[code][1], np.int64)
    return {
        "language": code,
        "name": known.name,
        "direction": known.direction,
        "documents": len(sizes),
        "bytes": int(sizes.sum()),
        "before": bits_per_byte(*before[code]),
        "after": bits_per_byte(*after[code]),
        "change": interval.brief(),
        "unit": "bits per byte",
        "verdict": verdict(interval),
    }


def bits_per_byte(bits: ArrayLike, sizes: ArrayLike) -> float:
    """Return the sum of bits over the sum of bytes, averaged over seeds."""
    return float(np.sum(np.atleast_2d(np.asarray(bits)), axis=1).mean() / np.sum(np.asarray(sizes)))


def verdict(interval: Interval) -> str:
    """Say what happened to a quantity of which less is better."""
    if interval.high < 0:
        return "improved"
    return "worse" if interval.low > 0 else "not separable"
