"""Tiers: as many documents as dealt, smaller tiers within larger ones."""

import pytest

from glotlift.runs.errors import GlotliftError
from glotlift.world.tiers import deal


def test_each_tier_has_its_share():
    dealt = deal(
        {"eng_Latn": "high", "tur_Latn": "middle", "swh_Latn": "low", "cat_Latn": "unseen"}, 200
    )
    assert {code: len(rows) for code, rows in dealt.items()} == {
        "eng_Latn": 200,
        "tur_Latn": 20,
        "swh_Latn": 2,
    }
    assert dealt["tur_Latn"]["id"] == dealt["eng_Latn"]["id"][:20]


def test_an_unknown_tier_is_refused():
    with pytest.raises(GlotliftError, match=r"GL-WORLD-013.*'rich' is no tier"):
        deal({"eng_Latn": "rich"}, 10)
