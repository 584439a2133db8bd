import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotlift.corpus import normalise
from glotlift.corpus.repairing.normalisation import normalise_script
from glotlift.corpus.repairing.spelling import CHOICES
from glotlift.runs.errors import GlotliftError


@given(st.text())
@example("\r\x00\n")
@example("\x00 e\u0301")
@example("\ufeff\u2028x\x85")
def test_normal_form_is_stable(text):
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    controls = {c for c in once if unicodedata.category(c) == "Cc"}
    assert controls <= {"\t", "\n"}
    assert "\ufeff" not in once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("o\u0323\u0300", "ọ̀"),
        ("\ufeffa\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\x07\x9fb", "ab"),
        ("  a\tb \n", "a\tb"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("\u200fעברית", "\u200fעברית"),
    ],
)
def test_what_changes_and_what_stays(text, expected):
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("code", "choice", "text", "expected"),
    [
        ("arb_Arab", "tatweel", "مـــرحبـا", "مرحبا"),
        ("arb_Arab", "vowel marks", "كَتَبَ", "كتب"),
        ("arb_Arab", "alef", "أحمد إلى آخر ٱ", "احمد الى اخر ا"),
        ("arb_Arab", "alef maksura", "إلى", "إلي"),
        ("arb_Arab", "teh marbuta", "مدرسة", "مدرسه"),
        ("arb_Arab", "letters", "کتاب فی", "كتاب في"),
        ("fas_Arab", "letters", "كتاب علي", "کتاب علی"),
        ("urd_Arab", "letters", "يہ كتاب ه", "یہ کتاب ہ"),
        ("snd_Arab", "letters", "ڪتاب كي", "ڪتاب كي"),
        ("fas_Arab", "alef", "آب", "آب"),
        ("eng_Latn", "tatweel", "aـb", "aـb"),
        ("arb_Arab", "presentation forms", "ﻣﺮﺣﺒﺎ ﻻ ﷺ", "مرحبا لا ﷺ"),
        ("hin_Deva", "nukta", "ज़रूर क़लम ऩ", "जरूर कलम न"),
        ("hin_Deva", "joiners", "क्\u200dष कि\u200dस", "क्\u200dष किस"),
        ("ben_Beng", "joiners", "র\u200d্যাব", "র\u200d্যাব"),
        ("hin_Deva", "danda", "वह गया | फिर || a|b", "वह गया । फिर ॥ a|b"),
        ("eng_Latn", "danda", "yes | no", "yes | no"),
        ("tel_Telu", "danda", "అది\u0c64", "అది।"),
        ("jpn_Jpan", "width", "ＡＢＣ１！ ｶﾞｷﾞ", "ABC1! ガギ"),
        ("jpn_Jpan", "letter width", "ＡＢＣ１！ ｶﾞ", "ABC1！ ガ"),
        ("zho_Hans", "compatibility", "①㎏（）", "1kg()"),
        ("deu_Latn", "quotes", "„so“ ‚so‘ »so« ʻokina", '"so" \'so\' "so" ʻokina'),
        ("eng_Latn", "dashes", "1–2 — −3 ‑", "1-2 - -3 -"),
        ("fra_Latn", "spaces", "a\u00a0b\u202fc\u3000d", "a b c d"),
        ("hin_Deva", "digits", "१२३ ٤ 5", "123 4 5"),
    ],
)
def test_choices_of_spelling(code, choice, text, expected):
    assert normalise_script(text, code, choices=[choice]) == expected
    assert normalise_script(text, code, choices=()) == normalise(text)


@given(
    st.text(
        st.one_of(
            st.characters(codec="utf-8"),
            st.sampled_from("كيىهہأةـً|।क़ऩ\u093c\u200c\u200d\u094dｶﾞＡ！“’–\u00a0१"),
        ),
        max_size=20,
    ),
    st.sampled_from(["arb_Arab", "urd_Arab", "hin_Deva", "jpn_Jpan", "fra_Latn"]),
    st.sets(st.sampled_from(sorted(CHOICES))),
)
@settings(deadline=None, max_examples=200)
def test_choices_are_stable_and_keep_their_order(text, code, choices):
    once = normalise_script(text, code, choices=sorted(choices))
    assert normalise_script(once, code, choices=sorted(choices)) == once
    assert normalise_script(text, code, choices=sorted(choices, reverse=True)) == once


def test_an_unknown_choice_is_named():
    with pytest.raises(GlotliftError, match="GL-CORPUS-101: no such choice of spelling: 'tatwil'"):
        normalise_script("a", "arb_Arab", choices=["tatwil"])


def test_arabic_as_pyarabic_spells_it():
    araby = pytest.importorskip("pyarabic.araby")
    text = "أَلسَّلامُ عَلَيْكُـــمْ إلى آخِرِهِ"
    ours = normalise_script(text, "arb_Arab", choices=["tatweel", "vowel marks"])
    assert ours == araby.strip_tatweel(araby.strip_tashkeel(text))


def test_devanagari_as_the_indic_nlp_library_spells_it():
    normaliser = pytest.importorskip("indicnlp.normalize.indic_normalize")
    theirs = normaliser.DevanagariNormalizer("hi", remove_nuktas=True)
    text = "ज़रूर क़लम और ऱहा | वह गया।"
    assert normalise_script(text, "hin_Deva", choices=["nukta", "danda"]) == theirs.normalize(text)
