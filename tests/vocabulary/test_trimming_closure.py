from itertools import pairwise

import numpy as np
import pytest

from glotlift.vocabulary.segmentation import names_of, state_of
from glotlift.vocabulary.trimming_closure import (
    LAST_POINT,
    NONE,
    MergeTable,
    characters_of,
    parts_of,
)

from .tokenizer_families import FAMILIES, family


def test_merges_found_are_those_that_encoding_makes():
    """Against a plain loop over the merges, piece by piece."""
    tokenizer = family("llama2")
    state = state_of(tokenizer.backend_tokenizer)
    names = names_of(tokenizer.backend_tokenizer)
    parts = parts_of(state, names, np.ones(len(names), dtype=bool))
    ranks = {tuple(merge): rank for rank, merge in enumerate(state["model"]["merges"])}
    checked = 0
    for number, name in enumerate(names):
        if name.startswith("<"):
            continue
        symbols, last = list(name), None
        while True:
            pairs = [(ranks.get(pair, 10**9), i) for i, pair in enumerate(pairwise(symbols))]
            rank, place = min(pairs, default=(10**9, 0))
            if rank == 10**9:
                break
            last = (symbols[place], symbols[place + 1])
            symbols[place : place + 2] = ["".join(last)]
        if symbols == [name] and last:
            checked += 1
            assert (names[parts.left[number]], names[parts.right[number]]) == last
    assert checked > 60


def test_a_merge_table_finds_nothing_for_unknown_letters():
    table = MergeTable(np.asarray([0]), np.asarray([1]), np.asarray([2]), 3)
    assert table.ranks(np.asarray([0, 1, -1]), np.asarray([1, 0, 1])).tolist() == [0, 1, 1]


@pytest.mark.parametrize("name", FAMILIES)
def test_characters_are_those_of_all_pairs(name):
    state = state_of(family(name).backend_tokenizer)
    names = names_of(family(name).backend_tokenizer)
    some = np.arange(len(names)) % 3 > 0
    prefix = state["model"].get("continuing_subword_prefix") or ""
    keys = [
        number * LAST_POINT + ord(letter)
        for number in np.flatnonzero(some).tolist()
        for letter in names[number].removeprefix(prefix)
    ]
    pairs = np.unique(np.asarray(keys))
    places = np.full((2, LAST_POINT), NONE)
    for number, piece in enumerate(names):
        for form, letter in enumerate((piece, piece.removeprefix(prefix) if prefix else "")):
            if len(letter) == 1 and piece == (letter, prefix + letter)[form]:
                places[form, ord(letter)] = number
    found = places[:, pairs % LAST_POINT]
    owners, characters = characters_of(state["model"], names, some)
    assert len(owners) > 20
    expected = np.tile(pairs // LAST_POINT, 2)[found.ravel() != NONE], found[found != NONE]
    assert sorted(zip(owners, characters, strict=True)) == sorted(zip(*expected, strict=True))
