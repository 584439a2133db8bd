"""Similarity: degrees recomputed from the texts, the same in every language."""

from statistics import fmean

import pytest

from glotlift import world
from glotlift.world.parsing import parse


def items(code, text):
    (found,) = parse(code, text)
    return {("pattern", found.pattern), *found.said.items()}


def test_degrees_are_what_a_reader_of_both_texts_would_give():
    rows = world.tasks.similarity("eng_Latn", "spa_Latn", 40)
    for row in rows:
        one, other = items("eng_Latn", row["source_text"]), items("spa_Latn", row["text"])
        assert row["degree"] == pytest.approx(len(one & other) / len(one | other)), row


def test_degrees_are_spread_and_ids_shared_over_languages():
    one = world.tasks.similarity("eng_Latn", "hin_Deva", 200)
    other = world.tasks.similarity("eng_Latn", "zho_Hans", 200)
    assert one["degree"] == other["degree"]
    assert one["id"] == other["id"]
    assert list(one["degree"]).count(1.0) == 40
    assert 0.3 < fmean(one["degree"]) < 0.7
    assert len({round(degree, 6) for degree in one["degree"]}) >= 6


def test_rows_are_addressable_and_splits_apart():
    whole = world.tasks.similarity("eng_Latn", "tur_Latn", 12, seed=1)
    part = world.tasks.similarity("eng_Latn", "tur_Latn", 5, seed=1, start=7)
    assert part.to_list() == whole.to_list()[7:]
    asked = {
        split: {
            (row["source_text"], row["text"])
            for row in world.tasks.similarity("eng_Latn", "deu_Latn", 100, split=split)
        }
        for split in ("train", "test")
    }
    assert not asked["train"] & asked["test"]
