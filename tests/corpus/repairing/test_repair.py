"""Damaged texts come back as they were, sound ones as they are."""

import builtins
import gzip
import html
import json
import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotlift.corpus.repairing import code_units
from glotlift.corpus.repairing.mojibake import WINDOWS_1252, decode_whole
from glotlift.corpus.repairing.repair import DAMAGE, Repaired, repair
from glotlift.runs.errors import GlotliftError

SOUND = {
    "fra": "« Là-bas, près de l’étang… », dit-il : « À bientôt ! » LIBERTÉ\u00a0! C’est là\u00a0».",
    "por": "NÃO há irmãos nem corações; a MAÇÃ é da IRMÃ. Ã e Â são letras.",
    "vie": "Tiếng Việt: Ăn quả nhớ kẻ trồng cây. ÂM NHẠC, ĐÃ, à!",
    "yor": "Ọ̀rọ̀ àwọn ọmọ Yorùbá, ẹ̀kọ́ àti ìṣẹ̀ṣe; ń lọ “báyìí”.",
    "ron": "Îmi place să înțeleg „română” – ș, ț, ă, â.",
    "deu": "Das heißt: »Äpfel«, »Öl« und ›Übel‹ – 20 °C, ½ Maß, §§ 3–4.",
    "ell": "Ελληνικά: «Αυτό είναι» — ΌΧΙ…",
    "rus": "Россия, Рим и «Ёлка» — СССР; РСФСР.",
    "ara": "قال: «مرحبًا» ثم ذهب… ١٢٣",
    "fas": "می\u200cخواهم کتاب\u200cها را بخوانم.",
    "urd": "یہ اُردو ہے۔",
    "heb": "\u200fשָׁלוֹם עולם",
    "hin": "क्\u200dष राष्\u200dट्र कि़ताब ज़रूर हैं।",
    "ben": "র\u200d্যাব কর্তব্য হঠাৎ",
    "mal": "അവന്\u200d പറഞ്ഞു",
    "kan": "ರಾಜ್\u200cಕುಮಾರ್",
    "sin": "ශ්\u200dරී ලංකාව",
    "tam": "தி.மு.க. அரசு கோ",
    "tha": "ภาษา\u200bไทย น้ำ",
    "khm": "ភាសា\u200bខ្មែរ\u200bពិរោះ។",
    "mya": "မြန်မာ\u200bစာ။",
    "zho": "他说：“你好！”（ＡＢＣ１２３）",
    "jpn": "ＮＨＫは「こんにちは」と言った。パ゚",
    "kor": "한국어 문장입니다.",
    "mon": "ᠮᠣᠩᠭᠣᠯ",
    "emoji": "👩\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 👍🏽 🇳🇬",
    "code": "a & b && c; R&D, AT&T, &c; x &lt y",
    "html": "<p>Write &lt;b&gt; and &eacute;</p>",
    "spa": "¿Qué? ¡Año! ½ 3.ª n.º",
    "swe": "ÅÄÖ åäö: »Så« – É’n",
    "ipa": "ˈɪŋɡlɪʃ t͡ʃ ŋ̊",
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_text_comes_back(name):
    text = unicodedata.normalize("NFC", SOUND[name])
    assert repair(text) == Repaired(text)


def as_latin_1(text):
    return text.encode().decode("latin-1")


def as_windows_1252(text):
    signs = {sign.encode("windows-1252")[0]: sign for sign in WINDOWS_1252}
    return as_latin_1(text).translate(signs)


@pytest.mark.parametrize("misread", [as_latin_1, as_windows_1252])
@pytest.mark.parametrize("name", sorted(set(SOUND) - {"code", "html"}))
def test_mojibake_of_every_script_is_read_again(name, misread):
    text = unicodedata.normalize("NFC", SOUND[name])
    assert repair(misread(text)) == Repaired(text, ("mojibake",))
    assert repair(misread(misread(text))).text == text
    mixed = f"{text}\n{misread(text)}\n{text}"
    assert repair(mixed) == Repaired(f"{text}\n{text}\n{text}", ("mojibake",))


def test_one_misread_letter_among_sound_ones():
    assert repair("Le cafÃ© est fermé à “midi”.").text == "Le café est fermé à “midi”."
    assert repair("itâ€™s").text == "it’s"


@pytest.mark.parametrize(
    ("damaged", "text", "damage"),
    [
        ("caf&#233; &amp;amp; th&eacute; &#x27;l&#39;", "café & thé 'l'", ("entities",)),
        ("d\u200be\u200cs\u200d m\u2060o\u200bts", "des mots", ("invisible characters",)),
        ("คำ\u200bที่\u200b", "คำ\u200bที่", ("invisible characters",)),
        ("ที\u200b่", "ที่", ("invisible characters",)),
        ("Donau\u00addampf", "Donaudampf", ("invisible characters",)),
        ("Donau\u00ad\ndampf", "Donaudampf", ("invisible characters",)),
        ("eins \u00ad zwei", "eins - zwei", ("invisible characters",)),
        ("\ufeffa\ufeffb", "ab", ("byte-order marks",)),
        ("\ufeffé", "é", ("byte-order marks",)),
        ("a\x00b\x1bc\x7f", "abc", ("control characters",)),
        ("don\x92t \x93no\x94", "don’t “no”", ("windows-1252",)),
        ("cafe\u0301", "café", ("not NFC",)),
        (unicodedata.normalize("NFD", "한국어 Việt ọ̀"), "한국어 Việt ọ̀", ("not NFC",)),
        ("ｗord Ａnd １２！", "word And 12!", ("full width",)),
        ("a\ud83d\ude00b", "a😀b", ("lone surrogates",)),
        ("&#195;&#169;t&#195;&#169; d&#195;&#168;s", "été dès", ("entities", "mojibake")),
    ],
)
def test_each_damage(damaged, text, damage):
    assert repair(damaged) == Repaired(text, damage)


def test_what_is_lost_is_counted():
    assert repair("na\ufffdve \ufffd") == Repaired("na\ufffdve \ufffd", (), 2)
    assert repair("a\ud83db") == Repaired("a\ufffdb", ("lone surrogates",), 1)


PIECES = [
    *(
        "&amp;",
        "&#38;",
        "&am",
        "p;",
        "&#233;",
        "<b>",
        "\u200b",
        "\u200d",
        "\u200c",
        "\ufeff",
        "\u00ad",
    ),
    *(
        "Ã",
        "©",
        "â€™",
        "Ã¢â‚¬â„¢",
        "à\u00a0»",
        "É\u00a0",
        "\x85",
        "\x92",
        "\ud83d",
        "\ude00",
        "\ufffd",
    ),
    *("é", "e", "\u0301", "\u0323", "क", "\u094d", "ｗ", "中", "คำ", " ", "\n"),
]
PARTS = st.one_of(st.sampled_from(PIECES), st.text(max_size=3))


@given(st.lists(PARTS, max_size=12).map("".join))
@settings(deadline=None, max_examples=300)
def test_repair_is_stable_and_well_formed(text):
    once = repair(text)
    assert repair(once.text).text == once.text
    assert repair(once.text).damage == ()
    assert unicodedata.is_normalized("NFC", once.text)
    assert set(once.damage) <= set(DAMAGE)
    assert (once.text == text) == (once.damage == ())
    once.text.encode()


MARKED = st.text(
    st.one_of(
        st.sampled_from(
            "aeẹéÃạ\u0301\u0303\u0323\u0329\u0315क\u093c\u094dनऩᄀ\u1161\u11a8가각\u0653ا\u064b\u0651"
        ),
        st.characters(min_codepoint=0x80, max_codepoint=0xFFFF, codec="utf-8"),
    ),
    max_size=8,
)


@given(MARKED)
@example("Ã\u0323")
@settings(deadline=None, max_examples=500)
def test_the_look_never_misses_what_nfc_changes(text):
    if unicodedata.is_normalized("NFC", text):
        return
    units = np.frombuffer(text.encode("utf-16-le"), dtype="<u2")
    assert code_units.composes(units, code_units.unit_flags()[units])


@given(st.text(min_size=1, max_size=30))
@settings(deadline=None, max_examples=200)
def test_escaped_text_is_read_again(text):
    escaped = "".join(f"&#{ord(sign)};" for sign in text)
    plain = repair(text).text
    assert repair(escaped).text == repair(html.unescape(escaped)).text
    assert plain.startswith("<") or repair(escaped).damage


def test_a_whole_text_is_decoded_without_ftfy(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **known):
        if name == "ftfy":
            raise ModuleNotFoundError(name=name)
        return real(name, *rest, **known)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert repair(as_latin_1("été à la forêt")).text == "été à la forêt"
    with pytest.raises(GlotliftError, match="GL-CORPUS-100: ftfy is not installed"):
        repair("Le cafÃ© est fermé")


def test_chance_is_not_mojibake():
    assert decode_whole("LIBERTÉ\u00a0! ÉGALITÉ\u00a0!") is None


@pytest.fixture(scope="module")
def webmix():
    folder = Path(os.environ.get("GLOTLIFT_DATA", "")) / "webmix"
    if not (folder / "docs.jsonl.gz").exists():
        pytest.skip("GLOTLIFT_DATA names no folder with webmix")

    def rows(name):
        with gzip.open(folder / name, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    return {row["id"]: row["text"] for row in rows("docs.jsonl.gz")}, rows("gold.jsonl.gz")


def test_damaged_documents_come_back(webmix):
    documents, gold = webmix
    damaged = [row for row in gold if row["kind"] == "encoding_noise"]
    # The reference keeps the C1 controls that stood in the source.
    expected = [repair(row["clean"]).text for row in damaged]
    assert [repair(documents[row["id"]]).text for row in damaged] == expected
