"""Two probed models beside each other, row by row."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.evaluation.statistics import paired_difference
from glotlift.probing.layers.measuring import MEASURES, Measured
from glotlift.runs.errors import GlotliftError


def compare_probes(before: Path, after: Path) -> list[dict[str, Any]]:
    """Return each measure's and language's paired change between two run folders.

    Scores are means over the layers that either run has, and intervals are over the rows that both
    were asked. Raises GL-PROBING-069 where the runs were not asked the same.
    """
    sides = [dict(kept(folder)) for folder in (before, after)]
    found = []
    for key, one in sides[0].items():
        other = sides[1].get(key)
        if other is None or one.weights != other.weights:
            continue
        first, second = (np.array(side.scores).mean(0) for side in (one, other))
        change = paired_difference(second, first, weights=one.weights)
        found.append(
            {
                "measure": key[0],
                "language": key[1],
                "rows": len(one.weights),
                "before": float(np.average(first, weights=one.weights)),
                "after": float(np.average(second, weights=one.weights)),
                **change.brief(),
            }
        )
    if not found:
        raise GlotliftError(
            "GL-PROBING-069",
            "the two runs have no rows in common",
            fix="probe both models with the same data, rows and languages",
        )
    return sorted(found, key=lambda row: list(MEASURES).index(row["measure"]))


def kept(folder: Path) -> Iterator[tuple[tuple[str, str], Measured]]:
    """Yield (measure, language) and the scores of a run's model."""
    for path in sorted((folder / "scores" / "model").glob("*.json")):
        code = path.stem.split(".")[1]
        for line in json.loads(path.read_text(encoding="utf-8")):
            yield (line["measure"], code), Measured(**line)
