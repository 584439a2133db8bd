"""The bundled identifier: common languages, scripts, junk."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.languages import language
from glotlift.languages.identification import bundled
from glotlift.languages.identification import libraries as room
from glotlift.languages.identification.tags import own_code, own_label
from glotlift.languages.identification.writing import scripts_used
from glotlift.runs.errors import GlotliftError

pytest.importorskip("pycld2")
pytest.importorskip("py3langid")

SENTENCES = {
    "eng_Latn": "All human beings are born free and equal in dignity and rights.",
    "spa_Latn": "Todos los seres humanos nacen libres e iguales en dignidad y derechos.",
    "cat_Latn": "Tots els éssers humans neixen lliures i iguals en dignitat i en drets.",
    "deu_Latn": "Alle Menschen sind frei und gleich an Würde und Rechten geboren.",
    "yor_Latn": "Gbogbo ènìyàn ni a bí ní òmìnira; iyì àti ẹ̀tọ́ kọ̀ọ̀kan sì dọ́gba.",
    "hau_Latn": "Su dai ƴan-adam, ana haifuwarsu ne duka ƴantattu, kuma kowannensu na da mutunci.",
    "swh_Latn": "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa.",
    "mlt_Latn": "Il-bnedmin kollha jitwieldu ħielsa u ugwali fid-dinjità u d-drittijiet.",
    "hin_Deva": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
    "mar_Deva": "सर्व मानवी व्यक्ति जन्मतःच स्वतंत्र आहेत व त्यांना समान प्रतिष्ठा व समान अधिकार आहेत.",
    "tel_Telu": "ప్రతిపత్తిస్వత్వముల విషయమున మానవులెల్లరును జన్మతః స్వతంత్రులును సమానులును నగుదురు.",
    "srp_Cyrl": "Сва људска бића рађају се слободна и једнака у достојанству и правима.",
    "amh_Ethi": "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው።",
    "tha_Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
    "jpn_Jpan": "すべての人間は、生まれながらにして自由であり、尊厳と権利について平等である。",
    "kor_Hang": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "zho_Hans": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。",
    "zho_Hant": "人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心。",
    "iii_Yiii": "ꊿꂷꃅꄿꐨꐥ，ꌅꅍꀂꏽꐯꒈꃅꐥꌐ。",
    "sme_Latn": "Buot olbmot leat riegádan friddjan ja olmmošárvvu ja olmmošvuoigatvuođaid dáfus.",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_is_named(code: str) -> None:
    guess = bundled().identify([SENTENCES[code]])[0]
    assert guess.language == code
    assert guess.confidence > 0.5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ovde je dete koje je uvek htelo da vidi ceo svet pre nego što dođe vreme.", "srp_Latn"),
        ("Овде је дете које је увек хтело да види цео свет пре него што дође време.", "srp_Cyrl"),
        (
            "Vlada Republike Hrvatske donijela je odluku o potpori obiteljima s djecom, a ministar "
            "je kazao kako će se novac isplaćivati od siječnja sljedeće godine tijekom mjeseca.",
            "hrv_Latn",
        ),
    ],
)
def test_serbian_goes_by_its_script_and_its_vowel(text: str, code: str) -> None:
    assert bundled().identify([text])[0].language == code


@pytest.mark.parametrize(
    "junk",
    ["", "  \n", "12 34 + 56 = 90", "😀😀😀", "\x00\x01", "XKQZ WRTP GHJK ZZXQ LLKP BVCX QWRT"],
)
def test_what_is_no_language_is_undetermined(junk: str) -> None:
    assert bundled().identify([junk])[0].language == "und"


def test_mojibake_is_undetermined_with_low_confidence() -> None:
    good = SENTENCES["srp_Cyrl"] + SENTENCES["hin_Deva"]
    bad = good.encode().decode("cp1252", errors="replace")
    guess = bundled().identify([bad])[0]
    assert guess.language == "und"
    assert guess.confidence < 0.5


def test_words_of_another_script_do_not_hide_the_language() -> None:
    page = "kubectl get pods --all-namespaces -o wide\n" * 2 + SENTENCES["jpn_Jpan"] * 3
    assert bundled().identify([page])[0].language == "jpn_Jpan"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_text_has_one_guess(texts: list[str]) -> None:
    guesses = bundled().identify(texts)
    assert len(guesses) == len(texts)
    known = {*bundled().languages, "und"}
    assert all(g.language in known and 0 <= g.confidence <= 1 for g in guesses)
    assert guesses == [bundled().identify([text])[0] for text in texts]


def test_all_its_codes_are_ours() -> None:
    assert len(bundled().languages) > 150
    for code in bundled().languages:
        assert language(code).code == code


def test_without_the_libraries_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycld2", None)
    with pytest.raises(GlotliftError, match=r"GL-LANGUAGE-020.*glotlift\[data\]"):
        room.Bundled()


@pytest.mark.parametrize(
    ("tag", "script", "code"),
    [
        ("sr", "Cyrl", "srp_Cyrl"),
        ("sr", "Latn", "srp_Latn"),
        ("zh", "Hani", "zho_Hans"),
        ("zh-Hant", "Hani", "zho_Hant"),
        ("ku", "Arab", "ckb_Arab"),
        ("ku", "Latn", "kmr_Latn"),
        ("iw", "Hebr", "heb_Hebr"),
        ("yo", "", "yor_Latn"),
        ("yo", "Cyrl", None),
        ("xx-Latn", "Latn", None),
    ],
)
def test_tags_become_our_codes(tag: str, script: str, code: str | None) -> None:
    assert own_code(tag, script) == code


def test_labels_become_our_codes() -> None:
    assert own_label("__label__yor_Latn") == "yor_Latn"
    assert own_label("__label__zh-Hant") == "zho_Hant"
    assert own_label("__label__no such") == "no such"


def test_scripts_are_shares_of_the_letters() -> None:
    assert scripts_used(["Да, yes!", "漢字かな", "漢字漢字", "12"]) == [
        [("Latn", 0.6), ("Cyrl", 0.4)],
        [("Jpan", 1.0)],
        [("Hani", 1.0)],
        [],
    ]
