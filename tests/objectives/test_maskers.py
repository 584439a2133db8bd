from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.objectives.draws import Draws
from glotlift.objectives.maskers import (
    MASKERS,
    Inverse,
    LinguisticEntities,
    RandomTokens,
    Spans,
    WholeWords,
    masker_named,
)
from glotlift.objectives.word_columns import NAMED, NONE, tag_number
from glotlift.runs.errors import GlotliftError

KINDS = [tag_number(kind) for kind in ("NOUN", "VERB", "PROPN", "ADP", "DET", "PUNCT", "")]


@cache
def made_up(words: int, seed: int):
    """Return ids, and `words`, `entities` and `tags` by name, of documents of made-up words."""
    draw = np.random.default_rng(seed)
    sizes = draw.integers(1, 7, words)
    kinds = np.asarray(KINDS)[draw.integers(len(KINDS), size=words)]
    kinds += NAMED * (draw.random(words) < 0.1)
    begins = (np.cumsum(sizes) - sizes)[draw.random(words) < 0.03]
    numbers = np.insert(np.repeat(np.arange(words), sizes), begins, NONE)
    tags = np.insert(np.repeat(kinds, sizes), begins, NONE)
    ids = draw.integers(5, 300, len(numbers))
    return ids, {"words": numbers, "entities": np.where(tags > 0, numbers, NONE), "tags": tags}


def run(masker, text, fraction, seed, allowed=None):
    ids, known = text
    beside = np.stack([*(known[name] for name in masker.columns), known["words"]], axis=-1)
    allowed = known["words"] >= 0 if allowed is None else allowed
    draws = Draws([seed], 1, [len(ids)], len(ids))
    return masker(ids[None], beside[None, :, :-1], allowed[None], fraction, draws)[0]


def groups(numbers, mask):
    """Return the values of `mask` by run of equal numbers, specials left out."""
    cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    return [mask[a:b] for a, b in pairwise(cuts) if a < b and numbers[a] >= 0]


@pytest.mark.parametrize("name", MASKERS)
def test_the_share_of_pieces_is_the_one_asked_for(name):
    text = made_up(20_000, 1)
    hidden = run(masker_named(name), text, 0.12, 2)
    assert hidden.sum() / (text[1]["words"] >= 0).sum() == pytest.approx(0.12, abs=0.006)


@pytest.mark.parametrize("name", MASKERS)
def test_short_texts_meet_the_share_in_expectation(name):
    text = made_up(30, 5)
    shares = [run(masker_named(name), text, 0.1, seed).sum() for seed in range(1000)]
    expected = 0.1 * (text[1]["words"] >= 0).sum()
    error = np.std(shares) / len(shares) ** 0.5
    assert abs(np.mean(shares) - expected) < 4 * error


@pytest.mark.parametrize("name", MASKERS)
@given(st.integers(0, 40), st.integers(0, 99), st.floats(0, 1))
def test_what_is_not_allowed_is_never_hidden_and_a_seed_draws_the_same_again(name, words, seed, f):
    text = made_up(words, seed)
    allowed = (text[1]["words"] >= 0) & (np.random.default_rng(seed).random(len(text[0])) < 0.8)
    hidden = run(masker_named(name), text, f, seed, allowed)
    assert hidden.dtype == bool
    assert not (hidden & ~allowed).any()
    assert (hidden == run(masker_named(name), text, f, seed, allowed)).all()


@pytest.mark.parametrize("name", MASKERS)
def test_no_share_hides_nothing(name):
    assert not run(masker_named(name), made_up(200, 3), 0.0, 1).any()


@pytest.mark.parametrize("name", ["random", "whole-words", "spans"])
def test_the_whole_share_hides_all(name):
    text = made_up(200, 3)
    assert (run(masker_named(name), text, 1.0, 1) == (text[1]["words"] >= 0)).all()


@pytest.mark.parametrize(
    ("name", "unit"),
    [("whole-words", "words"), ("spans", "words"), ("whole-entities", "entities")],
)
@given(st.integers(1, 60), st.integers(0, 99))
def test_words_are_never_cut(name, unit, words, seed):
    text = made_up(words, seed)
    hidden = run(masker_named(name), text, 0.4, seed)
    assert all(each.all() or not each.any() for each in groups(text[1][unit], hidden))


@pytest.mark.parametrize(
    ("name", "unit"), [("one-piece-of-words", "words"), ("entities", "entities")]
)
def test_one_piece_of_a_word_and_any_of_them_alike(name, unit):
    text = made_up(30_000, 4)
    hidden = run(masker_named(name), text, 0.1, 1)
    each = groups(text[1][unit], hidden)
    assert max(part.sum() for part in each) == 1
    places = [int(part.argmax()) for part in each if part.any() and len(part) == 4]
    assert np.bincount(places) / len(places) == pytest.approx([0.25] * 4, abs=0.05)


@pytest.mark.parametrize("name", ["entities", "whole-entities"])
def test_only_nouns_verbs_and_names_are_hidden_and_the_inverse_hides_the_others(name):
    ids, known = made_up(5000, 6)
    wanted = np.isin(known["tags"] % NAMED, KINDS[:3]) | (known["tags"] >= NAMED)
    wanted &= known["tags"] >= 0
    assert not (run(masker_named(name), (ids, known), 0.3, 1) & ~wanted).any()
    others = run(masker_named("all-but-entities"), (ids, known), 1.0, 1)
    assert (others == (~wanted & (known["words"] >= 0))).all()


def test_kinds_are_a_choice_and_names_are_one_of_them():
    text = made_up(5000, 7)
    tags = text[1]["tags"]
    verbs = run(LinguisticEntities(kinds=("VERB",), pieces="all"), text, 1.0, 1)
    assert (verbs == (tags % NAMED == tag_number("VERB")) & (tags >= 0)).all()
    names = run(LinguisticEntities(kinds=("NAME",), pieces="all"), text, 1.0, 1)
    assert (names == (tags >= NAMED)).all()
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-021"):
        LinguisticEntities(kinds=("nouns",))


def test_the_published_share_is_of_the_entities_pieces():
    text = made_up(30_000, 8)
    masker = LinguisticEntities(share_of="entities")
    beside = np.stack([text[1][name] for name in masker.columns], axis=-1)
    inside = masker.reach(beside, text[1]["words"] >= 0)
    assert 0.3 < inside.mean() < 0.6
    hidden = run(masker, text, 0.15, 1)
    assert hidden.sum() / inside.sum() == pytest.approx(0.15, abs=0.005)


def test_too_few_entities_are_hidden_to_the_last_with_one_piece_each():
    text = made_up(2000, 9)
    hidden = run(LinguisticEntities(kinds=("VERB",)), text, 0.9, 1)
    verbs = (text[1]["tags"] % NAMED == tag_number("VERB")) & (text[1]["tags"] >= 0)
    count = sum(part.any() for part in groups(text[1]["words"], verbs))
    assert hidden.sum() == count
    assert not (hidden & ~verbs).any()


def test_spans_have_the_lengths_of_their_publication_and_keep_to_documents():
    words = np.repeat(np.arange(20_000), 2)
    words[::100] = NONE  # a document every 49 words or so
    text = (np.arange(len(words)) + 5, {"words": words})
    hidden = run(Spans(), text, 0.005, 3)  # so few that spans hardly meet
    runs = [len(part) // 2 for part in groups(np.where(hidden, 1, NONE), hidden)]
    chances = 0.2 * 0.8 ** np.arange(10)
    mean = (chances / chances.sum()) @ np.arange(1, 11)
    assert mean == pytest.approx(3.8, abs=0.05)  # as section 3.1 says
    lone = [length for length in runs if length]
    assert np.mean(lone) == pytest.approx(mean, rel=0.35)
    assert max(runs) > 5


def test_an_inverse_asks_for_what_both_of_its_maskers_do():
    masker = Inverse(LinguisticEntities(), WholeWords())
    assert masker.columns == ("entities", "tags", "words")
    text = made_up(5000, 2)
    hidden = run(masker, text, 0.2, 1)
    assert hidden.mean() == pytest.approx(0.2, abs=0.03)
    parts = zip(groups(text[1]["words"], hidden), groups(text[1]["words"], text[0]), strict=True)
    assert all(part.all() or not part.any() for part, _ in parts)
    assert Inverse(LinguisticEntities(), RandomTokens()).columns == ("entities", "tags")


def test_an_unknown_masker_is_refused():
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-020"):
        masker_named("nouns")
