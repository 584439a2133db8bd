"""Sentences of many languages, at their places."""

import builtins

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.languages import sentences
from glotlift.languages.sentences import sentence_spans, split_sentences
from glotlift.runs.errors import GlotliftError

pytest.importorskip("sentencex")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("eng_Latn", ["Mr. Smith paid 3.50 dollars.", "Why?", "He said so."]),
        ("eng_Latn", ['He said "Come in.', "Nobody closed the quotation.", "It went on."]),
        ("eng_Latn", ["“Is it?”", "“Yes.”", "(It was.)", "So it ended."]),
        ("deu_Latn", ["Er sagte: „Nein!“", "Dann ging er, z. B. nach Bonn."]),
        ("tur_Latn", ["Orada bir bardak su var mı? diye sordu.", "Evet."]),
        ("ind_Latn", ["Ia lahir di Jl. Merdeka pada 5 Juni.", "Saat itu ia kecil."]),
        ("mlt_Latn", ["Qal hekk l-Onor. Borg ilbieraħ.", '"Le," wieġeb.', "Imbagħad telaq."]),
        ("vie_Latn", ["Anh ấy sống ở TP. Hồ Chí Minh ...", "Hôm qua trời mưa ."]),
        ("fin_Latn", ["Se oli hauskaa. :)", "Lintu lensi pois!"]),
        ("hin_Deva", ["वह घर गया।", "क्या तुम आओगे?", "हाँ॥"]),
        ("mar_Deva", ['"न्याय मेला." भीमा म्हणाला.', "तो घरी गेला."]),
        ("tam_Taml", ["தி.மு.க. அரசு வந்தது.", "பிறகு சென்றது."]),
        ("amh_Ethi", ["ካሳ መጣ ።", "ነገ ይዘንባል ?"]),
        ("arb_Arab", ["ذهب الولد إلى المدرسة.", "هل عاد؟", "نعم!"]),
        ("urd_Arab", ["وہ گھر گیا۔", "کیا تم آؤ گے؟"]),
        ("amh_Ethi", ["ካሳ መጣ፡፡", "አለሙ ኤ. ሊንድ ሄደ፡፡"]),
        ("deu_Latn", ["Im 19.\u00a0Jahrhundert war es so.", "Dann kam St. Martin."]),
        ("fra_Latn", ["C'est M. Adams.", "Il est là."]),
        ("kat_Geor", ["ის სახლში წავიდა.", "IBM მოვიდა.", "მერე წავიდა."]),
        ("afr_Latn", ["Hy slaap.", "'n Man kom."]),
        ("eng_Latn", ["all is small here.", "yes.", "no?"]),
        ("hye_Armn", ["Նա տուն գնաց։", "Հետո եկավ։"]),
    ],
)
def test_sentences_at_spaces(code, expected):
    assert split_sentences(" ".join(expected), code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("zho_Hans", ["他说：“你好！”", "我走了。", "（真的？）"]),
        ("jpn_Jpan", ["「はい。」と言った。", "彼は帰った。"]),
        ("khm_Khmr", ["គាត់ទៅផ្ទះ។", "គាត់មកវិញ៕"]),
        ("mya_Mymr", ["သူ အိမ် ပြန်သည်။", "သူ လာသည်။"]),
        ("bod_Tibt", ["བོད་ཡིག།", "ཡི་གེ།"]),
    ],
)
def test_sentences_without_spaces(code, expected):
    assert split_sentences("".join(expected), code) == expected


def test_thai_is_cut_at_spaces_into_phrases_of_some_length():
    text = "เขาไปโรงเรียนทุกวัน " * 12
    found = split_sentences(text, "tha_Thai")
    assert " ".join(found) == text.strip()
    assert all(40 <= len(phrase) <= 80 for phrase in found)
    assert split_sentences("ไปไหนมา? ไปตลาด", "tha_Thai") == ["ไปไหนมา?", "ไปตลาด"]
    assert split_sentences("ปี พ.ศ. 2560 เขาไป", "tha_Thai") == ["ปี พ.ศ. 2560 เขาไป"]


def test_a_line_is_its_own_unless_lines_are_wrapped():
    assert split_sentences("Head line\nA sentence. B", "eng_Latn") == [
        "Head line",
        "A sentence.",
        "B",
    ]
    lines = ["The quick brown fox jumps over the lazy dog and runs"] * 6
    wrapped = "\n".join(lines) + ".\n\nNext one"
    assert split_sentences(wrapped, "eng_Latn") == ["\n".join(lines) + ".", "Next one"]


def test_a_number_of_a_list_is_no_sentence():
    assert split_sentences("1. Mene kotiin. 2. Syö.", "fin_Latn")[0].startswith("1. Mene")
    assert split_sentences("Prezz € 2. 50 biss.", "mlt_Latn") == ["Prezz € 2. 50 biss."]


TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *".!?。।። \n\n\"”“'’()«»",
                "...",
                ":)",
                " \n",
                "Mr.",
                "1.",
                "Ab",
                "cd",
                "क",
                "中",
                "ไทย ",
                "ខ្មែរ",
                "😀",
            ]
        ),
        st.text(max_size=2),
    ),
    max_size=25,
).map("".join)
CODES = ["eng_Latn", "mar_Deva", "zho_Hans", "tha_Thai", "khm_Khmr", "arb_Arab", "xho_Latn"]


@given(TEXTS, st.sampled_from(CODES))
@settings(deadline=None, max_examples=300)
def test_nothing_is_lost_between_sentences(text, code):
    spans = sentence_spans(text, code)
    place = 0
    for start, end in spans:
        assert place <= start < end
        assert not text[place:start].strip()
        assert text[start:end] == text[start:end].strip()
        place = end
    assert not text[place:].strip()


def test_a_missing_package_is_named(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **known):
        if name == "sentencex":
            raise ModuleNotFoundError(name=name)
        return real(name, *rest, **known)

    sentences.segmenter.cache_clear()
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(GlotliftError, match="GL-LANGUAGE-040: sentencex is not installed"):
        split_sentences("a. B", "eng_Latn")
    assert split_sentences("ខ្ញុំ។", "khm_Khmr") == ["ខ្ញុំ។"]
