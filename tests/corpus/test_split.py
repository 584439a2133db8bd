import pytest
from datasets import Dataset, concatenate_datasets
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus import split_rows
from glotlift.runs.errors import GlotliftError

NAMES = ("train", "validation", "test")


def items(ids, language="yor_Latn"):
    ids = list(ids)
    return Dataset.from_dict(
        {"id": ids, "language": [language] * len(ids), "text": ["a"] * len(ids)}
    )


@settings(deadline=None, max_examples=25)
@given(
    ids=st.lists(st.text(max_size=8), min_size=5, max_size=60).filter(lambda x: len(set(x)) >= 5),
    validation=st.floats(0.01, 0.45),
    test=st.floats(0.01, 0.45),
    seed=st.integers(0, 99),
)
def test_no_id_leaks_and_no_row_is_lost(ids, validation, test, seed):
    parts = split_rows(items(ids), validation=validation, test=test, seed=seed)
    found = {name: set(parts[name]["id"]) for name in NAMES}
    assert sum(len(parts[name]) for name in NAMES) == len(ids)
    assert sum(map(len, found.values())) == len(set(ids))
    assert all(found.values())


@settings(deadline=None, max_examples=8)
@given(first=st.integers(200, 400), more=st.integers(1, 400))
def test_a_row_stays_in_its_split_when_rows_are_added(first, more):
    ids = [f"item {index}" for index in range(first + more)]
    before, after = split_rows(items(ids[:first])), split_rows(items(ids))
    for name in NAMES:
        assert set(before[name]["id"]) <= set(after[name]["id"])


def test_one_id_lies_in_one_split_in_every_language():
    ids = [str(index) for index in range(500)]
    apart = split_rows(items(ids)), split_rows(items(ids[::-1], "hin_Deva"))
    assert all(set(apart[0][name]["id"]) == set(apart[1][name]["id"]) for name in NAMES)
    both = split_rows(concatenate_datasets([items(ids), items(ids, "hin_Deva")]))
    assert len(both["test"]) == 2 * len(apart[0]["test"])


def test_fractions_are_met_and_the_seed_counts():
    rows = items(map(str, range(4000)))
    parts = split_rows(rows, validation=0.1, test=0.2)
    assert len(parts["test"]) == pytest.approx(800, abs=80)
    assert len(parts["validation"]) == pytest.approx(400, abs=60)
    assert set(split_rows(rows, seed=1)["test"]["id"]) != set(split_rows(rows)["test"]["id"])


def test_a_fraction_of_nothing_gives_no_rows():
    parts = split_rows(items("abcde"), validation=0, test=0)
    assert [len(parts[name]) for name in NAMES] == [5, 0, 0]


@pytest.mark.parametrize(
    ("ids", "fractions", "code"),
    [
        ("abcdef", {"validation": 0.5, "test": 0.5}, "GL-CORPUS-020"),
        ("abcdef", {"validation": -0.1}, "GL-CORPUS-020"),
        ("aabbccdd", {}, "GL-CORPUS-021"),
    ],
)
def test_impossible_splits_are_refused(ids, fractions, code):
    with pytest.raises(GlotliftError, match=code):
        split_rows(items(ids), **fractions)
