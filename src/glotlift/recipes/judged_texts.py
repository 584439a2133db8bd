"""Texts rated by people and by a judge: made-up raters, or real ratings and a metric."""

import gzip
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift import world
from glotlift.evaluation.metrics import chrf_rows
from glotlift.languages import language
from glotlift.probing.linear import fit_probe
from glotlift.recipes.starting_point import locate

Floats = NDArray[np.float64]
WORLD = "world"
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Judged:
    """Ratings of the same items [n] by people and by a judge, and which items share a source."""

    people: Floats
    judge: Floats
    groups: list[str]


@lru_cache(maxsize=1)
def judged_items(values: str, seed: int) -> dict[str, Judged]:
    """Return the items of every language that is judged."""
    chosen = json.loads(values)
    if chosen["ratings"] == WORLD:
        return {code: made_up(code, chosen["items"], seed) for code in chosen["languages"]}
    return rated_tables(Path(locate(chosen["ratings"])), chosen["languages"])


def made_up(code: str, items: int, seed: int) -> Judged:
    """Return translations with planted errors: their quality, and how the first rater rates them.

    Each seed's rater has a severity, a love of length and a bias of its own in every language.
    """
    rows = world.tasks.ratings(code, items, seed=seed, panel=1)
    return Judged(
        np.asarray(rows["quality"], np.float64),
        np.asarray(rows["rating"], np.float64),
        [str(item) for item in rows["item"]],
    )


def rated_tables(folder: Path, languages: Sequence[str]) -> dict[str, Judged]:
    """Return TaTA's outputs (Gehrmann et al. 2022, arXiv:2211.00142) with people's 0 or 1.

    The judge is a regression on chrF++ with the table's other references, on length and on how much
    is repeated; it learnt from people's ratings in English, which is not judged. What people are
    shown as a reference is left out.
    """
    with gzip.open(folder / "table2text.dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        tables = {row["id"]: row for row in map(json.loads, lines)}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with gzip.open(folder / "human_ratings.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["model"] != "reference" and row["interpretable"] in ("0.0", "1.0"):
                found[language(row["lang"]).code].append(row)
    lessons = found["eng_Latn"]
    labels = [int(float(row["interpretable"])) for row in lessons]
    judge = fit_probe(features(lessons, tables), labels)
    return {
        code: Judged(
            np.array([float(row["interpretable"]) for row in found[code]]),
            judge.classes(features(found[code], tables)).astype(np.float64),
            [row["id"] for row in found[code]],
        )
        for code in languages
    }


def features(rows: Sequence[Mapping[str, Any]], tables: Mapping[str, Any]) -> Floats:
    """Return [rows, 4]: chrF++ with the best reference, length beside it, repetition, words."""
    found = []
    for row in rows:
        text, references = row["output"], tables[row["id"]]["references"] or [""]
        words = text.split()
        scores = chrf_rows([text] * len(references), references)
        best = references[int(scores.argmax())]
        pairs = list(pairwise(words))
        repeated = 1 - len(set(pairs)) / len(pairs) if pairs else 0.0
        ratio = np.log((len(text) + 1) / (len(best) + 1))
        found.append([scores.max(), ratio, repeated, np.log1p(len(words))])
    return np.array(found)
