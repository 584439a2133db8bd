"""What is usual for the documents of each language, learnt from the documents themselves.

The bounds are those of the corpus itself (as FineWeb2 takes them from each language's own
distribution, Penedo et al. 2025, section 4.2), or of a trusted sample of the language. A bound lies
at the median plus a multiple of the distance from the median to a quantile that junk does not reach
(quantile fences after Tukey 1977, chapter 2), each side for itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.quality.measures import MEASURES, Floats, Measure
from glotlift.corpus.quality.standards import (
    ALL,
    KNOWN,
    UNDETERMINED,
    Bounds,
    Origin,
    Standards,
    check_shape,
    scale,
)
from glotlift.runs.errors import GlotliftError

# Junk may be up to a tenth of the corpus on either side of a measure, and none of a trusted sample.
CORPUS_QUANTILE, CORPUS_REACH = 0.90, 3.5
TRUSTED_QUANTILE, TRUSTED_REACH = 0.99, 2.0
MOST_SPREAD = 1.5
MINIMUM_DOCUMENTS = 30
MINIMUM_OTHERS = 3


@dataclass(frozen=True)
class Spread:
    """The median of a group of documents and how far the fences stand from it; [m] each."""

    centre: Floats
    below: Floats
    above: Floats
    count: int
    origin: Origin


def learn_standards(
    measures: NDArray[np.floating],
    languages: Sequence[str],
    trusted: NDArray[np.bool_] | None = None,
    *,
    names: Sequence[str] = MEASURES,
    shortest: int | None = None,
) -> Standards:
    """Return what is usual for every language with 30 or more documents.

    `measures` [n, m] has a column for each of `names`; `trusted` [n] marks documents known to be
    clean: a language with 30 of them is learnt from these alone. `shortest` is the number of
    characters below which a document is dropped; None for a bound that is learnt like the others.
    A language whose usual document would be dropped from every other language of its script is a
    heap of what an identifier could not place: it is judged by the others, not by itself.

    Raises GL-CORPUS-102 (measures and names), -103 (rows and languages differ in number) and -105
    (a measure that is not known).
    """
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        fix = f"use {', '.join(KNOWN)}"
        raise GlotliftError("GL-CORPUS-105", f"unknown measure {unknown[0]!r}", fix=fix)
    check_shape(measures, languages, names)
    scaled = scale(measures, names)
    codes = np.array(languages, dtype=object)
    marked = np.zeros(len(codes), np.bool_) if trusted is None else trusted
    spreads: dict[str, Spread] = {}
    for code in sorted(set(languages) - {UNDETERMINED}):
        spread = spread_of(scaled[codes == code], marked[codes == code])
        if spread is not None:
            spreads[code] = spread
    if not spreads and len(scaled):
        spreads[ALL] = measured(scaled, CORPUS_QUANTILE, CORPUS_REACH, "all")
    known = [KNOWN[name] for name in names]
    bounds = {code: fence(spread, spreads, known) for code, spread in spreads.items()}
    return without_heaps(Standards(tuple(names), bounds, shortest))


def spread_of(scaled: Floats, marked: NDArray[np.bool_]) -> Spread | None:
    """Return the spread of a language's documents, of the trusted ones where there are enough."""
    if marked.sum() >= MINIMUM_DOCUMENTS:
        return measured(scaled[marked], TRUSTED_QUANTILE, TRUSTED_REACH, "trusted")
    if len(scaled) >= MINIMUM_DOCUMENTS:
        return measured(scaled, CORPUS_QUANTILE, CORPUS_REACH, "corpus")
    return None


def measured(scaled: Floats, quantile: float, reach: float, origin: Origin) -> Spread:
    """Return the median of documents and how far a bound lies from it."""
    # A measure that a language has not (no list of words) is not a number and stays unbounded.
    missing = np.isnan(scaled).all(0)
    quantiles = np.nanquantile if np.isnan(scaled).any() else np.quantile
    filled = np.where(missing, 0.0, scaled)
    low, centre, high = quantiles(filled, [1 - quantile, 0.5, quantile], axis=0)
    centre = np.where(missing, np.nan, centre)
    return Spread(centre, reach * (centre - low), reach * (high - centre), len(scaled), origin)


def fence(spread: Spread, all_spreads: Mapping[str, Spread], known: Sequence[Measure]) -> Bounds:
    """Return bounds as wide as a language's own spread, the median spread and the tolerance."""
    # The median and the quantiles of few documents may themselves be off.
    doubt = 1 + 1 / np.sqrt(spread.count)
    tolerance = np.array([each.tolerance for each in known])
    below = common([each.below for each in all_spreads.values()])
    above = common([each.above for each in all_spreads.values()])
    below, above = np.maximum(below, tolerance), np.maximum(above, tolerance)
    most = np.full(len(known), np.inf)
    if spread.origin == "corpus":
        # How far texts differ by these is much the same in all languages: more of it is junk.
        most[[each.general or each.scale == "bits" for each in known]] = MOST_SPREAD
    low = spread.centre - doubt * np.clip(spread.below, below, most * below)
    high = spread.centre + doubt * np.clip(spread.above, above, most * above)
    edges = [(limits(each), each) for each in known]
    return Bounds(
        spread.origin,
        spread.count,
        tuple(spread.centre.tolist()),
        tuple(
            float(low[i]) if each.low and low[i] > least else -np.inf
            for i, ((least, _), each) in enumerate(edges)
        ),
        tuple(
            float(high[i]) if each.high and high[i] < greatest else np.inf
            for i, ((_, greatest), each) in enumerate(edges)
        ),
    )


def common(distances: Sequence[Floats]) -> Floats:
    """Return the median distance of the languages that have a measure, 0 where none has, [m]."""
    stacked = np.stack(distances)
    missing = np.isnan(stacked)
    stacked[:, missing.all(0)] = 0
    middle: Floats = np.nanmedian(stacked, axis=0)
    return middle


def limits(measure: Measure) -> tuple[float, float]:
    """Return the ends of a measure's scale, beyond which a bound would bound nothing."""
    if measure.scale == "share":
        return 0.0, np.pi / 2
    return (0.0, np.inf) if measure.scale == "log" else (-np.inf, np.inf)


def without_heaps(standards: Standards) -> Standards:
    """Return standards without the languages that no larger language would recognise."""
    kept: dict[str, Bounds] = {}
    for code, bounds in sorted(standards.bounds.items(), key=lambda item: -item[1].documents):
        larger = replace(standards, bounds=kept)
        judges, _ = larger.judges_of(code)
        usual = np.array([bounds.usual])
        few = len(judges) < MINIMUM_OTHERS
        if bounds.origin != "corpus" or few or larger.compare(usual, code)[0][0] == 0:
            kept[code] = bounds
    return replace(standards, bounds={code: kept[code] for code in sorted(kept)})
