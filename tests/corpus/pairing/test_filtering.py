"""Filters: each finds what it is for, and leaves sound pairs alone."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from glotlift.corpus.pairing import Lexicon, PairFilter, filter_pairs, induce_lexicon
from glotlift.corpus.pairing.copies import copied_share, letter_share, numbers_agree
from glotlift.corpus.pairing.likeness import derangement
from glotlift.corpus.pairing.tokens import tokens
from glotlift.runs.errors import GlotliftError

TEXT = st.text(max_size=25)


def sound_pairs(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Return sentences and their word by word translations."""
    draw = random.Random(seed)
    words = [a + b + c for a in "bdfgklm" for b in "aeiou" for c in ("rin", "sol", "ta")]
    source = [" ".join(draw.choices(words, k=draw.randint(5, 15))) for _ in range(count)]
    return source, [" ".join("q" + w[::-1] for w in s.split()) for s in source]


def reason_of(source: str, target: str, **switches: object) -> str:
    """Return the reason of one pair among two hundred sound ones."""
    said, heard = sound_pairs(200)
    chosen = PairFilter.model_validate(switches)
    found = filter_pairs([*said, source], [*heard, target], settings=chosen)
    assert not any(found.reasons[:-1])
    return found.reasons[-1]


LONG = "the members of the committee will meet in the large hall on the second floor"


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("some words here", " ", "empty side"),
        ("TypeName Function; VarType", "Typename function, vartype!", "untranslated"),
        (LONG, LONG.replace("hall", "halle"), "untranslated"),
        ("from 1998 to 2004", "vuosina 1998 ja 2005", "numbers disagree"),
        ("a short line", "== // ** -- ##", "mostly symbols"),
        ("a word", "x" * 300, "lengths do not fit"),
        ("from 1998 to 2,004", "vuodet 2004, 1998", ""),
        ("it rained all day", "satoi koko päivän", ""),
    ],
)
def test_every_reason_is_found(source: str, target: str, reason: str) -> None:
    assert reason_of(source, target) == reason


@pytest.mark.parametrize(
    ("source", "target", "switch"),
    [
        ("TypeName Function", "TypeName Function", {"copied": None}),
        ("from 1998 to 2004", "vuosina 1998 ja 2005", {"numbers": False}),
        ("a word", "x" * 300, {"length_deviations": None}),
    ],
)
def test_a_filter_can_be_switched_off(source: str, target: str, switch: dict[str, object]) -> None:
    assert reason_of(source, target)
    assert not reason_of(source, target, **switch)


def test_the_first_of_equal_pairs_stays() -> None:
    source, target = sound_pairs(100)
    found = filter_pairs([*source, source[3].upper()], [*target, target[3] + "!"])
    assert found.reasons == [""] * 100 + ["duplicate pair"]
    other = filter_pairs([*source, source[3]], [*target, "q" + target[4]])
    assert other.reasons[-1] != "duplicate pair"


def test_pairs_drawn_by_chance_are_unlike() -> None:
    source, target = sound_pairs(600)
    lexicon = induce_lexicon([tokens(s) for s in source], [tokens(t) for t in target])
    mixed = [*target[:500], *(target[500:][k] for k in derangement(100))]
    loose = PairFilter(length_deviations=None)
    found = filter_pairs(source, mixed, lexicon=lexicon, settings=loose)
    assert found.bound is not None
    assert found.bound.used
    assert not any(found.reasons[:500])
    assert sum(reason == "unlike in meaning" for reason in found.reasons[500:]) >= 85


def test_a_lexicon_that_knows_nothing_drops_nothing() -> None:
    source, target = sound_pairs(300)
    found = filter_pairs(source, target, lexicon=Lexicon({"rare": {"word": 1.0}}, {}))
    assert not any(found.reasons)
    assert found.bound is not None
    assert not found.bound.used


class Vectors:
    """An encoder of fixed vectors: the same for a sentence and its translation, but for noise."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector for the words, whichever way round they are written."""
        rows = np.zeros((len(texts), 64), np.float32)
        for k, text in enumerate(texts):
            for word in text.split():
                plain = word[1:][::-1] if word.startswith("q") else word
                rows[k] += np.random.default_rng(list(plain.encode())).normal(size=64)
        return rows


def test_an_encoder_finds_wrong_pairs() -> None:
    source, target = sound_pairs(200)
    target[0], target[1] = target[1], target[0]
    found = filter_pairs(
        source, target, encoder=Vectors(), settings=PairFilter(length_deviations=None)
    )
    assert found.reasons == ["unlike in meaning"] * 2 + [""] * 198


@dataclass(frozen=True)
class Guess:
    """A language and how sure it is."""

    language: str
    confidence: float


class Marked:
    """An identifier that reads the language off a text's first word."""

    name = "marked"
    languages = ("eng_Latn", "fin_Latn", "swe_Latn")

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """Return the marked language, or nothing known."""
        known = {"svenska": "swe_Latn", "perhaps": "und"}
        return [Guess(known.get(t.split()[0], "fin_Latn"), 0.9) for t in texts]


def test_another_language_is_left_out_and_an_unknown_one_stays() -> None:
    source, target = sound_pairs(60)
    target[0] = "svenska " + target[0]
    target[1] = "perhaps " + target[1]
    found = filter_pairs(
        source,
        target,
        languages=("zul_Latn", "fin_Latn"),
        identifier=Marked(),
        settings=PairFilter(length_deviations=None),
    )
    assert found.reasons == ["target in another language"] + [""] * 59


def test_sides_have_to_fit() -> None:
    with pytest.raises(GlotliftError, match="GL-CORPUS-071"):
        filter_pairs(["a"], [])
    with pytest.raises(GlotliftError, match="GL-CORPUS-072"):
        filter_pairs(["a"], ["b"], identifier=Marked())


@settings(deadline=None, max_examples=50)
@given(pairs=st.lists(st.tuples(TEXT, TEXT), max_size=8))
def test_any_text_gets_one_reason_or_none(pairs: list[tuple[str, str]]) -> None:
    found = filter_pairs([s for s, _ in pairs], [t for _, t in pairs], lexicon=Lexicon())
    assert len(found.reasons) == len(pairs)
    for (source, target), reason in zip(pairs, found.reasons, strict=True):
        assert reason == "empty side" or (source.strip() and target.strip())


@settings(deadline=None, max_examples=50)
@given(text=st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_text_agrees_with_itself(text: str) -> None:
    assert numbers_agree(text, text)
    assert copied_share(text, text) in (0.0, 1.0)
    assert 0 <= letter_share(text) <= 1


@pytest.mark.parametrize(
    ("source", "target", "agree"),
    [
        ("10 000 people", "10,000 ihmistä", True),
        ("costs 1.5 and 20", "maksaa 1,5 ja 20", True),
        ("in ١٩٩٨", "vuonna 1998", True),
        ("three of 12", "kolme kahdestatoista", True),
        ("rooms 12, 13 and 14", "huoneet", False),
        ("in 1998", "vuonna 1989 tai 12", False),
    ],
)
def test_numbers(source: str, target: str, agree: bool) -> None:
    assert numbers_agree(source, target) is agree


@pytest.mark.parametrize("n", [2, 3, 50])
def test_a_derangement_moves_everything(n: int) -> None:
    moved = derangement(n)
    assert sorted(moved) == list(range(n))
    assert not (moved == np.arange(n)).any()
