"""What is usual for the documents of each language, and which documents are far from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.quality.measures import TABLE, Floats, Measure
from glotlift.runs.errors import GlotliftError

Origin = Literal["trusted", "corpus", "all"]
SCHEMA = 1
ALL = ""
UNDETERMINED = "und"
EXTRA = (
    Measure("stop_words", "share", True, False, 0.25, False, "stop words, of words"),
    Measure("model_bits", "bits", True, True, 1.0, False, "bits per character of a model"),
    Measure("listed_words", "share", False, True, 0.3, True, "words of a given list"),
)
KNOWN: Mapping[str, Measure] = {measure.name: measure for measure in (*TABLE, *EXTRA)}


@dataclass(frozen=True)
class Bounds:
    """What is usual for one language on the scales of the measures, [m] each.

    `low` and `high` are infinite where a side is not bounded. `documents` were looked at; `origin`
    says which they were: a trusted sample, the language in the corpus, or the whole corpus.
    """

    origin: Origin
    documents: int
    usual: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Standards:
    """Bounds by language code (those of the whole corpus under "", where no language has any)."""

    measures: tuple[str, ...]
    bounds: Mapping[str, Bounds]
    shortest: int | None = None

    def judge(self, measures: NDArray[np.floating], languages: Sequence[str]) -> list[str]:
        """Return for each document "" or why it is far from usual: ``measure: value > bound``.

        `measures` [n, m] has the columns of `self.measures`. Of several reasons the one is given
        that is farthest from its bound, counted in tolerances. A document in a language without
        bounds stays if it would stay in any one language of its script, with the middle bounds of
        all in what is comparable across scripts; in a script without bounds only that counts. A
        document with fewer characters than `shortest` has that for its reason, whatever else it is.

        Raises GL-CORPUS-102 (other columns) and -103 (rows and languages differ in number).
        """
        check_shape(measures, languages, self.measures)
        scaled = scale(measures, self.measures)
        codes = np.array(languages, dtype=object)
        reasons = [""] * len(languages)
        for code in dict.fromkeys(languages) if self.bounds else ():
            rows = np.flatnonzero(codes == code)
            excess, side, judges = self.compare(scaled[rows], code)
            for i in np.flatnonzero(excess > 0).tolist():
                reasons[rows[i]] = self.explain(judges[i], side[i], measures[rows[i]])
        if self.shortest is not None and "characters" in self.measures:
            sizes = measures[:, self.measures.index("characters")]
            for i in np.flatnonzero(sizes < self.shortest).tolist():
                reasons[i] = f"characters: {sizes[i]:.4g} < {self.shortest}"
        return reasons

    def compare(self, scaled: Floats, code: str) -> tuple[Floats, NDArray[np.int64], list[Bounds]]:
        """Return how far rows of a language are outside of it, on which side, and by whose bounds.

        The excess is 0 for a row that stays. Sides are twice the column, and one more above.
        """
        judges, alike = self.judges_of(code)
        best = np.full(len(scaled), np.inf)
        side = np.zeros(len(scaled), np.int64)
        nearest = judges[:1] * len(scaled)
        for bounds in judges:
            excess = self.excess(scaled, bounds, alike)
            if code == UNDETERMINED:
                excess[~self.same_width(scaled, bounds)] = np.inf
            most = excess.max(1)
            for i in np.flatnonzero(most < best).tolist():
                best[i], side[i], nearest[i] = most[i], excess[i].argmax(), bounds
        # A row that is like no language in its script is judged by what is comparable.
        if np.isinf(best).any() and judges:
            rows = np.flatnonzero(np.isinf(best))
            grid = np.stack([self.excess(scaled[rows], each, False) for each in judges])
            least = grid.max(2).argmin(0)
            for i, row in enumerate(rows):
                best[row] = grid[least[i], i].max()
                side[row], nearest[row] = grid[least[i], i].argmax(), judges[least[i]]
        return best, side, nearest

    def judges_of(self, code: str) -> tuple[list[Bounds], bool]:
        """Return the bounds a language is judged by, and whether all measures count."""
        if code in self.bounds:
            return [self.bounds[code]], True
        script = "_" + code.rpartition("_")[2]
        same = [bounds for name, bounds in self.bounds.items() if name.endswith(script)]
        alike = bool(same) or code == UNDETERMINED or list(self.bounds) == [ALL]
        return self.agreed(same or list(self.bounds.values())), alike

    def agreed(self, judges: Sequence[Bounds]) -> list[Bounds]:
        """Return bounds of several languages that agree on what is comparable across scripts."""
        if len(judges) < 2:
            return list(judges)
        general = np.array([KNOWN[name].general for name in self.measures])

        def side(values: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
            table = np.array(values)
            # The middle one of the values themselves: a mean of infinities would be none.
            middle = np.sort(table, axis=0)[(len(table) - 1) // 2]
            return [tuple(row) for row in np.where(general, middle, table).tolist()]

        lows, highs = side([each.low for each in judges]), side([each.high for each in judges])
        return [
            replace(each, low=low, high=high)
            for each, low, high in zip(judges, lows, highs, strict=True)
        ]

    def excess(self, scaled: Floats, bounds: Bounds, alike: bool) -> Floats:
        """Return how many tolerances rows lie outside, 0 inside, [rows, 2 m]."""
        known = [KNOWN[name] for name in self.measures]
        tolerance = np.array([each.tolerance for each in known])
        low, high = np.array(bounds.low), np.array(bounds.high)
        if self.shortest is not None and "characters" in self.measures:
            low[self.measures.index("characters")] = -np.inf
        if not alike:
            ignored = [not each.general and each.name != "characters" for each in known]
            low[ignored], high[ignored] = -np.inf, np.inf
        grid = np.stack([low - scaled, scaled - high], axis=2) / tolerance[:, None]
        # Measures are kept in single precision: a value on its bound is not beyond it.
        return np.where(grid > 1e-6, grid, 0.0).reshape(len(scaled), -1)

    def same_width(self, scaled: Floats, bounds: Bounds) -> NDArray[np.bool_]:
        """Return which rows have characters as wide in UTF-8 as those of a language."""
        if "character_bytes" not in self.measures:
            return np.ones(len(scaled), np.bool_)
        column = self.measures.index("character_bytes")
        distance = np.abs(scaled[:, column] - bounds.usual[column])
        return distance <= KNOWN["character_bytes"].tolerance

    def explain(self, bounds: Bounds, side: int, row: NDArray[np.floating]) -> str:
        """Return the reason for a side of bounds that a row is beyond."""
        column, above = divmod(int(side), 2)
        name = self.measures[column]
        scaled = (bounds.low, bounds.high)[above][column]
        bound = unscale(scaled, KNOWN[name])
        return f"{name}: {row[column]:.4g} {'<>'[above]} {bound:.4g}"

    def to_json(self) -> dict[str, Any]:
        """Return the standards as plain values, bounds in the units of the measures."""
        known = [KNOWN[name] for name in self.measures]

        def plain(values: Sequence[float]) -> list[float | None]:
            pairs = zip(values, known, strict=True)
            return [unscale(value, each) if np.isfinite(value) else None for value, each in pairs]

        bounds = {
            code: {
                "origin": each.origin,
                "documents": each.documents,
                "usual": plain(each.usual),
                "low": plain(each.low),
                "high": plain(each.high),
            }
            for code, each in self.bounds.items()
        }
        names = list(self.measures)
        return {"schema": SCHEMA, "measures": names, "shortest": self.shortest, "bounds": bounds}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Standards":
        """Return the standards that `to_json` gave.

        Raises GL-CORPUS-104 (not such values).
        """
        try:
            names = tuple(map(str, values["measures"]))
            if values["schema"] != SCHEMA or not set(names) <= set(KNOWN):
                raise ValueError
            bounds = {code: bounds_from(each, names) for code, each in values["bounds"].items()}
            return cls(names, bounds, values["shortest"])
        except (KeyError, TypeError, ValueError, AttributeError):
            fix = "write it again with this version: Standards.to_json()"
            raise GlotliftError("GL-CORPUS-104", "not a file of standards", fix=fix) from None


def bounds_from(values: Mapping[str, Any], names: Sequence[str]) -> Bounds:
    """Return one language's bounds from plain values."""

    def scaled(side: str, nothing: float) -> tuple[float, ...]:
        pairs = zip(values[side], names, strict=True)
        return tuple(
            nothing if value is None else float(to_scale(np.array(float(value)), KNOWN[name]))
            for value, name in pairs
        )

    low, high = scaled("low", -np.inf), scaled("high", np.inf)
    return Bounds(values["origin"], int(values["documents"]), scaled("usual", 0.0), low, high)


def check_shape(
    measures: NDArray[np.floating], languages: Sequence[str], names: Sequence[str]
) -> None:
    """Refuse measures that do not belong to the names or the documents."""
    if measures.ndim != 2 or measures.shape[1] != len(names):
        cause = f"{len(names)} measures are expected and the array has shape {measures.shape}"
        fix = "pass what measure() gave, and the names of further columns"
        raise GlotliftError("GL-CORPUS-102", cause, place="measures", fix=fix)
    if len(measures) != len(languages):
        cause = f"{len(measures)} rows of measures and {len(languages)} languages"
        fix = "pass one language code for each document"
        raise GlotliftError("GL-CORPUS-103", cause, place="languages", fix=fix)


def scale(measures: NDArray[np.floating], names: Sequence[str]) -> Floats:
    """Return measures on the scales on which their spread is even, [n, m]."""
    values = measures.astype(np.float64)
    for column, name in enumerate(names):
        values[:, column] = to_scale(values[:, column], KNOWN[name])
    return values


def to_scale(values: Floats, measure: Measure) -> Floats:
    """Return values of one measure on its scale."""
    if measure.scale == "share":
        return np.asarray(np.arcsin(np.sqrt(np.clip(values, 0, 1))))
    return np.log(np.maximum(values, 1)) if measure.scale == "log" else values


def unscale(value: float, measure: Measure) -> float:
    """Return a value on a scale in the unit of its measure."""
    if measure.scale == "share":
        return float(np.sin(value) ** 2)
    return float(np.exp(value)) if measure.scale == "log" else float(value)
