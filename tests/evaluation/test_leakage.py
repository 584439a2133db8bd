import numpy as np
import pytest

from glotlift.evaluation.leakage import find_leakage

TRAIN = [
    "The baker sells bread in the market every morning before the sun rises.",
    "Nobody knows why the old bridge over the river was closed last winter.",
]
EDITED = "The baker sells bread on the market every morning before the sun rises!"


def shingles(text):
    folded = "".join(filter(str.isalnum, text.lower()))
    return {folded[place : place + 7] for place in range(len(folded) - 6)}


def test_copies_are_found_whatever_their_case_and_punctuation():
    found = find_leakage(TRAIN, [TRAIN[0].upper(), EDITED, "Something else is said here today."])
    assert found.exact.tolist() == [True, False, False]
    assert found.near().tolist() == [True, True, False]
    assert found.likeness[0] == 1


def test_likeness_is_jaccards_index_of_shingles():
    found = find_leakage(TRAIN, [EDITED])
    one, other = shingles(TRAIN[0]), shingles(EDITED)
    assert found.likeness[0] == pytest.approx(len(one & other) / len(one | other), abs=0.15)


def test_nothing_leaks_from_nothing():
    assert not find_leakage([], TRAIN).near().any()
    assert not find_leakage(["...", "a"], ["?"]).likeness.any()


def test_every_row_is_compared_with_every_other():
    rows = [f"Row number {number} says {number * 7919} and nothing more." for number in range(150)]
    order = np.random.default_rng(0).permutation(150)
    assert find_leakage(rows, [rows[place] for place in order]).exact.all()
