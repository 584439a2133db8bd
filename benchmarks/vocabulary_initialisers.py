"""Each initialiser beside its published definition, written out here in float64, and beside what
the official code made of the same input (``tests/vocabulary/figures/initialisers.json``)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glotlift.vocabulary import (
    Focus,
    MatchingPursuit,
    MergedCopy,
    Ofa,
    VocabularyEdit,
    Wechsel,
    copy_rows,
    mean_of_pieces,
    random_rows,
)
from glotlift.vocabulary.initialise import ROLES
from glotlift.vocabulary.matching_pursuit import pursue
from glotlift.vocabulary.neighbours import mixed, nearest_rows, sparse_rows
from glotlift.vocabulary.ofa import factorised

Matrix = NDArray[np.float64]
RECORDED = Path(__file__).parents[1] / "tests/vocabulary/figures/initialisers.json"
LARGEST = 1e-5
OLD, NEW, WIDTH, SPACE, ATOMS, RANK = 600, 150, 48, 32, 8, 12


def weighted_nearest(rows: Matrix, keys: Matrix, queries: Matrix) -> Matrix:
    """WECHSEL and OFA: the softmax of the ten largest cosines over 0.1 weighs their rows."""
    found = np.empty((len(queries), rows.shape[1]))
    for place, query in enumerate(queries):
        cosines = keys @ query / (np.linalg.norm(keys, axis=1) * np.linalg.norm(query))
        near = np.argsort(-cosines, kind="stable")[:10]
        weights = np.exp(cosines[near] / 0.1)
        found[place] = weights @ rows[near] / weights.sum()
    return found


def projected(rows: Matrix, keys: Matrix, queries: Matrix) -> Matrix:
    """FOCUS: the nearest point of the simplex to all cosines weighs the rows, by bisection."""
    found = np.empty((len(queries), rows.shape[1]))
    for place, query in enumerate(queries):
        cosines = keys @ query / (np.linalg.norm(keys, axis=1) * np.linalg.norm(query))
        low, high = cosines.max() - 1, cosines.max()
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (
                (middle, high) if np.maximum(cosines - middle, 0).sum() > 1 else (low, middle)
            )
        found[place] = np.maximum(cosines - low, 0) @ rows
    return found


def pursued(rows: Matrix, points: Matrix, targets: Matrix) -> Matrix:
    """Matching pursuit: the point nearest to what is left, then least squares over all chosen."""
    found = np.empty((len(targets), rows.shape[1]))
    for place, target in enumerate(targets):
        chosen: list[int] = []
        rest = target
        for _ in range(ATOMS):
            inner = np.abs(points @ rest)
            inner[chosen] = -1
            chosen.append(int(inner.argmax()))
            shares = np.linalg.lstsq(points[chosen].T, target, rcond=None)[0]
            rest = target - shares @ points[chosen]
        found[place] = shares @ rows[chosen]
    return found


def truncated(rows: Matrix, rank: int) -> Matrix:
    """Return the nearest rows of a rank, from a whole singular value decomposition."""
    left, singular, right = np.linalg.svd(rows, full_matrices=False)
    product: Matrix = (left[:, :rank] * singular[:rank]) @ right[:rank]
    return product


class Given:
    """An edit, the old rows, and the aids that initialisers need."""

    def __init__(self, seed: int = 0) -> None:
        draw = np.random.default_rng(seed)
        sources = [tuple(draw.choice(OLD, size=1 + n % 4, replace=False)) for n in range(NEW)]
        self.sources = tuple(tuple(map(int, ids)) for ids in sources)
        kept = np.ones(OLD, dtype=np.bool_)
        kept[draw.choice(OLD, size=40, replace=False)] = False
        self.kept = np.flatnonzero(kept)
        self.edit = VocabularyEdit(
            kind="unigram",
            old_to_new=np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int64),
            added=tuple(f"new {number}" for number in range(NEW)),
            parts=self.sources,
            counts=(1,) * NEW,
            scores=(-1.0,) * NEW,
            dropped=tuple(f"old {number}" for number in np.flatnonzero(~kept)),
        )
        self.rows = draw.normal(0.1, 0.5, (OLD, WIDTH)).astype(np.float32)
        self.old = draw.normal(size=(OLD, SPACE)).astype(np.float32)
        new = draw.normal(size=(self.edit.new_size, SPACE)).astype(np.float32)
        new[: len(self.kept)] = self.old[self.kept]
        self.new = new
        self.scores = draw.normal(-8, 2, OLD)

    def found(self, initialiser: Any, **aids: Any) -> Any:
        """Return what an initialiser makes of the input: rows [V_new, d], or two factors."""
        told = {
            "seed": 3,
            "role": "input",
            "old_vectors": self.old,
            "new_vectors": self.new,
            "scores": self.scores,
            "donor": {"input": self.new},
        }
        return initialiser(self.edit, torch.from_numpy(self.rows), {**told, **aids})

    def of_sources(self, choose: Callable[[tuple[int, ...]], Matrix]) -> Matrix:
        """Return the new rows as a function of the sources of each new piece."""
        return np.stack([choose(ids) for ids in self.sources])


def definitions() -> dict[str, float]:
    """Return the largest difference of each initialiser from its definition in float64."""
    given = Given()
    rows, old, new = (one.astype(np.float64) for one in (given.rows, given.old, given.new))
    added, overlap = new[given.edit.added_ids.start :], given.kept
    scores = given.scores
    draw = torch.Generator().manual_seed(3 * len(ROLES))
    noise = torch.randn((NEW, WIDTH), generator=draw).double().numpy()
    named = {"sources": given.sources}
    truth: dict[str, tuple[Any, Matrix]] = {
        "random": (given.found(random_rows), rows.mean(0) + noise * rows.std(0)),
        "mean of pieces": (
            given.found(mean_of_pieces),
            given.of_sources(lambda ids: rows[list(ids)].mean(0)),
        ),
        "copy": (given.found(copy_rows, **named), given.of_sources(lambda ids: rows[ids[0]])),
        "wechsel": (given.found(Wechsel()), weighted_nearest(rows, old, added)),
        "focus": (given.found(Focus()), projected(rows[overlap], old[overlap], added)),
        "ofa": (given.found(Ofa()), weighted_nearest(rows, old, added)),
        "matching pursuit": (
            given.found(MatchingPursuit(ATOMS)),
            pursued(rows[overlap], old[overlap], added),
        ),
        "transmi min": (
            given.found(MergedCopy("min"), **named),
            given.of_sources(lambda ids: rows[min(ids, key=lambda one: scores[one])]),
        ),
        "transmi average": (
            given.found(MergedCopy("average"), **named),
            given.of_sources(lambda ids: rows[list(ids)].mean(0)),
        ),
        "transmi max": (
            given.found(MergedCopy("max"), **named),
            given.of_sources(lambda ids: rows[max(ids, key=lambda one: scores[one])]),
        ),
    }
    for balanced in (False, True):
        coordinates, primitives = given.found(Ofa(rank=RANK, balanced=balanced))
        low = truncated(rows, RANK)
        expected = weighted_nearest(low, old, added)
        name = "ofa factorised" + (", balanced" if balanced else "")
        truth[name] = coordinates.double() @ primitives.double(), expected
    first = given.edit.added_ids.start
    gaps = {
        name: float(np.abs(found[first:].double().numpy() - expected).max())
        for name, (found, expected) in truth.items()
    }
    for name, (found, _) in truth.items():
        if "factorised" not in name:
            same = torch.equal(found[:first], torch.from_numpy(given.rows[given.kept]))
            gaps[name] = gaps[name] if same else float("inf")
    return gaps


def recorded() -> dict[str, dict[str, Any]]:
    """Return the largest difference from what the official code made of the recorded input."""
    figures = json.loads(RECORDED.read_text(encoding="utf-8"))
    rows, old, new = (torch.tensor(figures[name]) for name in ("rows", "old", "new"))

    def product(rank: int) -> Tensor:
        coordinates, primitives = factorised(rows, rank)
        return coordinates @ primitives

    found = {
        "wechsel": nearest_rows(rows, old, new),
        "ofa": nearest_rows(rows, old, new),
        "focus": sparse_rows(rows, old, new),
        "matching pursuit": mixed(rows, *pursue(new, old, ATOMS)),
    }
    answer = {
        name: {
            "official": figures["official"][name].get("version"),
            "difference": gap(values, figures["official"][name]["rows"]),
        }
        for name, values in found.items()
    }
    svd = figures["factorised"]
    answer["ofa factorised"] = {
        "official": svd["version"],
        "difference": gap(product(svd["rank"]), svd["product"]),
    }
    return answer


def gap(found: Tensor, expected: Any) -> float:
    """Return the largest difference of two matrices."""
    return float((found - torch.tensor(expected)).abs().max())


def initialisers() -> dict[str, Any]:
    """Return the figures of every initialiser."""
    defined, official = definitions(), recorded()
    gaps = [*defined.values(), *(one["difference"] for one in official.values())]
    return {
        "definitions": defined,
        "official_code": official,
        "largest_difference": max(gaps),
        "failures": sum(not one <= LARGEST for one in gaps),
    }
