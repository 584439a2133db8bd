"""Runs of one language inside a document."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.languages.identification import Guess, Part, identify_parts
from glotlift.languages.identification.parts import LEAST

ENGLISH = "this is a line of english text with several words in it\n"
SWAHILI = "huu ni mstari wa maandishi ya kiswahili wenye maneno mengi\n"
NAMES = "Magpiashi, Meshulamu\n"
CODE = "for (i = 0; i < n; i++) { english[i] = text; } // english text with words\n"


class ByWord:
    """An identifier that counts known words, and so never errs."""

    name = "by word"
    languages = ("eng_Latn", "swh_Latn", "zsm_Latn", "ind_Latn")

    def identify(self, texts: list[str]) -> list[Guess]:
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Guess:
        english, swahili = text.count("english"), text.count("kiswahili")
        malay, indonesian = text.count("melayu"), text.count("indonesia")
        found = max(
            (english, "eng_Latn"),
            (swahili, "swh_Latn"),
            (malay, "zsm_Latn"),
            (indonesian, "ind_Latn"),
        )
        return Guess(found[1], 0.95) if found[0] else Guess("und", 0.2)


def languages(text: str) -> list[str]:
    return [part.language for part in identify_parts([text], ByWord())[0]]


def test_two_languages_are_found_with_their_boundary() -> None:
    text = ENGLISH * 6 + SWAHILI * 8
    assert identify_parts([text], ByWord()) == [
        [
            Part(0, len(ENGLISH) * 6, "eng_Latn", 0.95),
            Part(len(ENGLISH) * 6, len(text), "swh_Latn", 0.95),
        ]
    ]


def test_three_parts_come_back() -> None:
    text = ENGLISH * 6 + SWAHILI * 8 + ENGLISH * 5
    assert languages(text) == ["eng_Latn", "swh_Latn", "eng_Latn"]


@pytest.mark.parametrize(
    "text",
    [
        SWAHILI * 5 + ENGLISH + SWAHILI * 5,
        SWAHILI * 9 + ENGLISH,
        ENGLISH + SWAHILI * 9,
        SWAHILI * 3 + NAMES * 12 + SWAHILI * 3,
        SWAHILI * 4 + CODE * 6 + SWAHILI * 4,
    ],
    ids=["odd line", "odd last line", "odd first line", "names", "code"],
)
def test_one_odd_line_names_and_code_are_no_part(text: str) -> None:
    assert languages(text) == ["swh_Latn"]


def test_near_languages_are_one() -> None:
    malay, indonesian = "ini ayat melayu yang agak panjang sekali\n", "ini indonesia panjang\n"
    assert len(languages(malay * 8 + indonesian * 16)) == 1


def test_an_empty_text_has_one_undetermined_part() -> None:
    assert identify_parts([""], ByWord()) == [[Part(0, 0, "und", 0.2)]]


@settings(deadline=None, max_examples=80)
@given(st.lists(st.sampled_from([ENGLISH, SWAHILI, NAMES, CODE, "\n", "12"]), max_size=40))
def test_parts_cover_the_text_without_gaps(lines: list[str]) -> None:
    text = "".join(lines)
    parts = identify_parts([text], ByWord())[0]
    assert parts[0].start == 0
    assert parts[-1].end == len(text)
    for before, after in pairwise(parts):
        assert before.end == after.start
        assert before.language != after.language
    if len(parts) > 1:
        assert all(part.end - part.start >= LEAST for part in parts)
