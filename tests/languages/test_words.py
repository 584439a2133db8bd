"""Words of many languages, against Unicode's rules and known cuts."""

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.languages.words import split_words, word_spans
from glotlift.runs.errors import GlotliftError


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("eng_Latn", ["Don't", "pay", "3.14", "or", "1,000", "to", "U.S.A", ".", ",", "OK", "?"]),
        ("eng_Latn", ["'", "upgrade", "'", "x_y", "‘", "a", "’"]),
        ("hin_Deva", ["राष्\u200dट्र", "की", "क़लम", "।"]),
        ("fas_Arab", ["می\u200cخواهم", "کتاب\u200cها", "."]),
        ("yor_Latn", ["Ọ̀rọ̀", "àwọn", "ọmọ", ",", "ẹ̀kọ́"]),
        ("amh_Ethi", ["ካሳ", "መጣ", "።"]),
        ("zho_Hans", ["我", "爱", "北", "京", "，", "OK"]),
        ("jpn_Jpan", ["カタカナ", "は", "字"]),
        ("kor_Hang", ["한국어", "문장", "."]),
        ("eng_Latn", ["👩\u200d👩\u200d👧", "👍🏽", "🇳🇬"]),
    ],
)
def test_words(code, expected):
    separated = " ".join(expected)
    assert split_words(separated, code) == expected


def test_what_is_elided_is_a_word():
    assert split_words("L'eau d’un arc-en-ciel, 'oui'", "fra_Latn") == [
        *("L'", "eau", "d’", "un", "arc", "-", "en", "-", "ciel", ",", "'", "oui", "'")
    ]
    assert split_words("Il-kelb f'Malta u tal-Gvern ta' Għawdex", "mlt_Latn") == [
        *("Il-", "kelb", "f'", "Malta", "u", "tal-", "Gvern", "ta'", "Għawdex")
    ]
    assert split_words("don't", "eng_Latn") == ["don't"]


def test_unspaced_text_is_cut_without_spaces():
    assert split_words("我爱北京。OK", "zho_Hans") == ["我", "爱", "北", "京", "。", "OK"]
    assert "".join(split_words("ภาษาไทย", "tha_Thai")) == "ภาษาไทย"


def test_a_segmenter_cuts_runs_of_unspaced_letters():
    def segment(run):
        return [run[at : at + 2] for at in range(0, len(run), 2)]

    text = "我爱北京 2024年, OK!"
    assert split_words(text, "zho_Hans", segment=segment) == [
        *("我爱", "北京", "2024", "年", ",", "OK", "!")
    ]
    with pytest.raises(GlotliftError, match="GL-LANGUAGE-041: the segmenter changed '我爱北京'"):
        split_words(text, "zho_Hans", segment=lambda run: [run[:1]])


TEXTS = st.text(
    st.one_of(
        st.sampled_from("ab é1.,'’-_ \n\u0301क\u094d中カไ😀\u200d\u200c"),
        st.characters(codec="utf-8"),
    ),
    max_size=30,
)


@given(TEXTS, st.sampled_from(["eng_Latn", "fra_Latn", "mlt_Latn", "zho_Hans", "hin_Deva"]))
@settings(deadline=None, max_examples=300)
def test_only_white_space_falls_between_words(text, code):
    spans = word_spans(text, code)
    assert split_words(text, code) == [text[start:end] for start, end in spans]
    assert split_words(text, code, segment=list) is not None
    place = 0
    for start, end in spans:
        assert place <= start < end
        assert not text[place:start].strip()
        place = end
    assert not text[place:].strip()


@given(TEXTS.filter(lambda text: not set(text) & set("'’")))
@settings(deadline=None, max_examples=300)
def test_words_end_at_the_boundaries_of_uax_29(text):
    boundaries = {found.start() for found in regex.finditer(r"\b", text, flags=regex.WORD)}
    edges = {edge for span in word_spans(text, "eng_Latn") for edge in span}
    white = {at for at in range(1, len(text)) if text[at - 1].isspace() or text[at].isspace()}
    assert edges - white - {0, len(text)} <= boundaries
