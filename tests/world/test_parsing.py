"""Sentences read back give the scenes they came from; a wrong language file is found out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.world import parsing, soundness
from glotlift.world.concepts import SPLITS
from glotlift.world.grammar import ROMANISED, grammar
from glotlift.world.parsing import parse
from glotlift.world.scenes import Scene, scene
from glotlift.world.soundness import alignment_consistency, label_agreement, leaks, size, variety

scenes = st.builds(scene, st.integers(0, 2**40), st.sampled_from(SPLITS), st.integers(0, 10**6))


@settings(deadline=None, max_examples=60)
@given(scenes, st.sampled_from(world.LANGUAGES))
def test_a_sentence_is_read_as_the_scene_it_says(drawn, code):
    assert parse(code, grammar(code).say(drawn)) == [drawn]


def test_what_no_pattern_says_is_not_read():
    assert parse("eng_Latn", "The cat is on the mat.") == []
    assert parse("eng_Latn", "The bread eats the woman.") == []
    assert parse("zho_Hans", "") == []


def test_words_that_romanisation_merges_have_two_readings():
    """Unvocalised Arabic: the woman and the mirror are both almraa without their hamza."""
    woman = Scene("event", {"action": "seek", "agent": "boris", "patient": "woman"})
    mirror = Scene("event", {"action": "seek", "agent": "boris", "patient": "mirror"})
    pytest.importorskip("uroman")
    found = parse("arb_Latn", grammar("arb_Latn").say(woman))
    assert sorted(drawn.said["patient"] for drawn in found) == ["mirror", "woman"]
    assert parse("arb_Arab", grammar("arb_Arab").say(mirror)) == [mirror]


def test_the_figures_of_a_sound_world():
    assert label_agreement("hin_Deva", 60) == 1
    assert alignment_consistency(world.LANGUAGES, 30) == 1
    assert set(leaks(("tur_Latn",), 400).values()) == {0}
    assert size("swh_Latn")["concepts"] >= 300
    assert size("swh_Latn")["patterns"] >= 60
    assert 0.5 < variety("cat_Latn", 2000)["distinct sentences"] <= 1


def test_a_mistake_in_a_language_file_lowers_the_agreement(monkeypatch):
    """The generator says "sees" for two actions; the reader then finds two scenes."""
    spoken = grammar("eng_Latn")
    broken = {**spoken.forms, "find": spoken.forms["see"], "find (2)": spoken.forms["see"]}
    monkeypatch.setattr(soundness, "grammar", lambda code: _with(spoken, broken))
    monkeypatch.setattr(parsing, "grammar", lambda code: _with(spoken, broken))
    parsing._shape.cache_clear()
    try:
        assert label_agreement("eng_Latn", 300) < 1
    finally:
        parsing._shape.cache_clear()


def _with(spoken, forms):
    return type(spoken)(
        code=spoken.code,
        forms=forms,
        patterns=spoken.patterns,
        function_words=spoken.function_words,
        words=spoken.words,
        synonyms=spoken.synonyms,
    )


@pytest.mark.parametrize("code", ROMANISED)
def test_romanised_text_is_latin_and_labelled_like_the_native_one(code):
    pytest.importorskip("uroman")
    pytest.importorskip("pypinyin")
    native = next(known for known in world.LANGUAGES if known[:3] == code[:3])
    here, there = world.labelled(code, 40), world.labelled(native, 40)
    assert here["id"] == there["id"]
    assert here["facts"] == there["facts"]
    for text in here["text"]:
        assert all(letter < "ɐ" or letter in "‘’“”–" for letter in text), text
    named = [[entity["concept"] for entity in found] for found in here["entities"]]
    assert [sorted(found) for found in named] == [
        sorted(entity["concept"] for entity in found) for found in there["entities"]
    ]
