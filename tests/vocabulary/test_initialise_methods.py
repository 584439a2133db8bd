"""Each published initialiser against closed forms, and its official code on the same input.

``figures/initialisers.json`` holds a small input drawn by us and the rows that the official code
makes of it: wechsel 0.0.4, deepfocus 1.0.1, cisnlp/ofa 73fce73 and arcee-ai/mergekit a6e4028.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import VocabularyEdit
from glotlift.vocabulary import neighbours as blocks_of
from glotlift.vocabulary.focus import Focus
from glotlift.vocabulary.initialise import copy_rows, random_rows
from glotlift.vocabulary.matching_pursuit import MatchingPursuit, pursue
from glotlift.vocabulary.merged_copy import MergedCopy, merge_scores
from glotlift.vocabulary.neighbours import (
    mixed,
    nearest_rows,
    sparse_rows,
)
from glotlift.vocabulary.ofa import Ofa, factorised
from glotlift.vocabulary.wechsel import Wechsel

FIGURES = json.loads((Path(__file__).parent / "figures/initialisers.json").read_text())
OLD, NEW = 6, 3


def official(method):
    return torch.tensor(FIGURES["official"][method]["rows"])


def given_input():
    return tuple(torch.tensor(FIGURES[name]) for name in ("rows", "old", "new"))


def edit_of(added=NEW, dropped=()):
    kept = [number not in dropped for number in range(OLD)]
    return VocabularyEdit(
        kind="unigram",
        old_to_new=np.where(kept, np.cumsum(kept) - 1, -1),
        added=tuple(f"new{place}" for place in range(added)),
        parts=((0,),) * added,
        counts=(1,) * added,
        scores=(-1.0,) * added,
        dropped=tuple(f"old{number}" for number in dropped),
    )


def rows_of(seed=0, width=4):
    return torch.randn(OLD, width, generator=torch.Generator().manual_seed(seed))


def vectors(edit, width=5, seed=1):
    draw = torch.Generator().manual_seed(seed)
    return {
        "seed": 0,
        "role": "input",
        "old_vectors": torch.randn(OLD, width, generator=draw),
        "new_vectors": torch.randn(edit.new_size, width, generator=draw),
        "sources": ((0,), (1, 2), ())[: len(edit.added)],
        "scores": [-5.0, -1.0, -3.0, -2.0, -4.0, -6.0],
        "donor": {"input": torch.randn(edit.new_size, 7, generator=draw)},
    }


# Against the official code.


@pytest.mark.parametrize("method", ["wechsel", "ofa"])
def test_nearest_rows_are_the_official_ones(method):
    assert torch.allclose(nearest_rows(*given_input()), official(method), atol=1e-6)


def test_sparse_rows_are_the_official_focus():
    assert torch.allclose(sparse_rows(*given_input()), official("focus"), atol=1e-6)


def test_pursuit_is_the_official_tokensurgeon():
    rows, points, targets = given_input()
    found = mixed(rows, *pursue(targets, points, 8))
    assert torch.allclose(found, official("matching pursuit"), atol=1e-5)


def test_factors_are_the_official_ones_up_to_sign():
    expected = torch.tensor(FIGURES["factorised"]["product"])
    coordinates, primitives = factorised(torch.tensor(FIGURES["rows"]), 3)
    assert torch.allclose(coordinates @ primitives, expected, atol=1e-6)
    assert torch.allclose(coordinates.T @ coordinates, torch.eye(3), atol=1e-5)


@pytest.mark.parametrize("size", [64, 1 << 10, 1 << 24])
def test_blocks_change_nothing(size, monkeypatch):
    monkeypatch.setattr(blocks_of, "BLOCK_BYTES", {"cpu": size})
    rows, old, new = given_input()
    assert torch.allclose(nearest_rows(rows, old, new), official("wechsel"), atol=1e-6)
    assert torch.allclose(sparse_rows(rows, old, new), official("focus"), atol=1e-6)
    found = mixed(rows, *pursue(new, old, 8))
    assert torch.allclose(found, official("matching pursuit"), atol=1e-5)


# Closed forms.


def test_the_average_is_an_average():
    edit = edit_of(2)
    rows = rows_of()
    aids = {**vectors(edit), "sources": ((1, 2, 4), (5,))}
    found = MergedCopy("average")(edit, rows, aids)
    assert torch.allclose(found[OLD], (rows[1] + rows[2] + rows[4]) / 3)
    assert torch.equal(found[OLD + 1], rows[5])
    assert torch.equal(MergedCopy("max")(edit, rows, aids)[OLD], rows[1])
    assert torch.equal(MergedCopy("min")(edit, rows, aids)[OLD], rows[4])


@pytest.mark.parametrize(
    ("rule", "expected"), [("min", [-4, -6]), ("average", [-8 / 3, -6]), ("max", [-1, -6])]
)
def test_scores_merge_by_the_rule(rule, expected):
    scores = [-5.0, -1.0, -3.0, -2.0, -4.0, -6.0]
    assert merge_scores(scores, [(1, 2, 4), (5,)], rule).tolist() == pytest.approx(expected)
    assert merge_scores(scores, [], rule).tolist() == []


def test_copies_take_the_first_source_by_order_or_by_piece():
    edit, rows = edit_of(), rows_of()
    for sources in (((4, 1), (), (2,)), {"new0": (4, 1), "new2": (2,)}):
        found = copy_rows(edit, rows, {"seed": 5, "role": "input", "sources": sources})
        assert torch.equal(found[OLD], rows[4])
        assert torch.equal(found[OLD + 2], rows[2])
        drawn = random_rows(edit, rows, {"seed": 5, "role": "input"})
        assert torch.equal(found[OLD + 1], drawn[OLD + 1])


def test_ofa_copies_what_has_a_source_and_mixes_the_rest():
    edit, rows = edit_of(), rows_of()
    aids = vectors(edit)
    found = Ofa(neighbours=2)(edit, rows, aids)
    assert torch.equal(found[OLD], rows[0])
    assert torch.allclose(found[OLD + 2], Wechsel(neighbours=2)(edit, rows, aids)[OLD + 2])


@pytest.mark.parametrize("balanced", [False, True])
def test_full_rank_ofa_is_plain_ofa(balanced):
    edit, rows = edit_of(), rows_of()
    coordinates, primitives = Ofa(rank=4, balanced=balanced)(edit, rows, vectors(edit))
    plain = Ofa()(edit, rows, vectors(edit))
    assert torch.allclose(coordinates @ primitives, plain, atol=1e-5)
    if balanced:
        norms = coordinates[:OLD].norm(dim=0), primitives.norm(dim=1)
        assert torch.allclose(*norms, rtol=1e-4)


def test_a_lower_rank_is_the_best_of_that_rank():
    rows = rows_of(width=6)
    coordinates, primitives = factorised(rows, 2)
    singular = torch.linalg.svdvals(rows)
    error = (rows - coordinates @ primitives).norm()
    assert torch.allclose(error, singular[2:].norm(), rtol=1e-4)


def test_rows_of_low_rank_make_no_infinite_coordinates():
    rows = torch.ones(5, 1) @ torch.ones(1, 4)
    coordinates, primitives = factorised(rows, 3, balanced=True)
    assert torch.isfinite(coordinates).all()
    assert torch.allclose(coordinates @ primitives, rows, atol=1e-5)


# Invariants.

METHODS = [Wechsel(2), Focus(), Focus(1.5), Ofa(), MatchingPursuit(2), copy_rows]
METHODS += [MergedCopy(rule) for rule in ("min", "average", "max")]


def named(method):
    """Name a method alike in every process."""
    return getattr(method, "__name__", str(method))


@pytest.mark.parametrize("method", METHODS, ids=named)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("role", ["input", "bias"])
@pytest.mark.parametrize("dropped", [(), (1, 3)])
def test_every_method_keeps_rows_and_is_finite(method, dtype, role, dropped):
    edit = edit_of(dropped=dropped)
    rows = rows_of(width=1 if role == "bias" else 4).to(dtype)
    aids = {**vectors(edit), "role": role}
    found = method(edit, rows, aids)
    assert found.shape == (edit.new_size, rows.shape[1])
    assert found.dtype == dtype
    assert torch.isfinite(found).all()
    assert torch.equal(found, method(edit, rows, aids))
    for old, new in enumerate(edit.old_to_new.tolist()):
        if new >= 0:
            assert torch.equal(found[new], rows[old])


@pytest.mark.parametrize("method", [Wechsel(), Focus(), Ofa()], ids=str)
def test_a_piece_without_a_vector_is_drawn(method):
    edit, rows = edit_of(), rows_of()
    aids = vectors(edit)
    aids["sources"] = None
    aids["new_vectors"][OLD + 1] = 0
    found = method(edit, rows, aids)
    assert torch.equal(found[OLD + 1], random_rows(edit, rows, aids)[OLD + 1])
    assert not torch.equal(found[OLD], random_rows(edit, rows, aids)[OLD])


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_an_edit_that_adds_nothing_needs_no_more(method):
    edit, rows = edit_of(0, dropped=(2,)), rows_of()
    assert torch.equal(method(edit, rows, vectors(edit)), rows[[0, 1, 3, 4, 5]])


BROKEN = [
    (Wechsel(), {"old_vectors": None}, "065"),
    (Wechsel(), {"old_vectors": torch.ones(OLD - 1, 5)}, "066"),
    (Wechsel(), {"new_vectors": torch.full((OLD + NEW, 5), torch.nan)}, "066"),
    (Focus(), {"new_vectors": torch.ones(OLD + NEW)}, "066"),
    (Focus(), {"new_vectors": None}, "065"),
    (copy_rows, {"sources": None}, "065"),
    (copy_rows, {"sources": ((0,),)}, "066"),
    (copy_rows, {"sources": ((OLD,), (), ())}, "066"),
    (MergedCopy("max"), {"scores": [1.0]}, "066"),
    (MergedCopy("max"), {"scores": None}, "065"),
    (MergedCopy("sum"), {}, "069"),
    (MatchingPursuit(), {}, "067"),
    (MatchingPursuit(0), {}, "067"),
    (MatchingPursuit(2), {"donor": None}, "065"),
    (MatchingPursuit(2), {"donor": {"input": torch.ones(2, 2)}}, "066"),
    (Ofa(rank=5), {}, "068"),
    (Ofa(rank=0), {}, "068"),
]


@pytest.mark.parametrize(("method", "change", "code"), BROKEN)
def test_aids_that_do_not_fit_are_refused(method, change, code):
    edit = edit_of()
    with pytest.raises(GlotliftError) as refused:
        method(edit, rows_of(), {**vectors(edit), **change})
    assert refused.value.code == f"GL-VOCABULARY-{code}"
