import subprocess
import sys

import pytest
from babel.core import get_global

from glotlift.languages import covers, language
from glotlift.runs.errors import GlotliftError


def spellings() -> list[str]:
    likely = get_global("likely_subtags")
    return sorted(tag for tag in likely if "_" not in tag and 2 <= len(tag) <= 3 and tag != "und")


def test_thousands_of_codes_round_trip():
    found, refused = 0, set()
    for tag in spellings():
        try:
            known = language(tag)
        except GlotliftError as error:
            refused.add(error.code)
            continue
        assert language(known.code) == known
        assert language(known.bcp47) == known
        assert known.code == f"{known.iso639_3}_{known.script}"
        found += 1
    assert found >= 7000
    assert refused == {"GL-LANGUAGE-004", "GL-LANGUAGE-006"}


def test_codes_of_web_corpora_keep_their_name():
    from glotlift.languages.facts import web_bytes

    changed = {code for code in web_bytes() if language(code).code != code}
    assert changed == {"fas_Arab"}
    assert len(web_bytes()) >= 1800


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("yo", "yor_Latn"),
        ("yor", "yor_Latn"),
        ("YOR_latn", "yor_Latn"),
        ("yo-Latn", "yor_Latn"),
        ("fre", "fra_Latn"),
        ("iw", "heb_Hebr"),
        ("ko", "kor_Hang"),
        ("sw", "swh_Latn"),
        ("swa_Latn", "swh_Latn"),
        ("est_Latn", "ekk_Latn"),
        ("ara", "arb_Arab"),
        ("fa", "pes_Arab"),
        ("zho_Hans", "zho_Hans"),
        ("zh-Hant", "zho_Hant"),
        ("zh-TW", "zho_Hant"),
        ("cmn_Hani", "cmn_Hani"),
        ("sr-ME", "srp_Latn"),
        ("pa-PK", "pan_Arab"),
        ("uzb_Cyrl", "uzn_Cyrl"),
        ("nah_Latn", "nah_Latn"),
        ("srd_Latn", "srd_Latn"),
    ],
)
def test_every_spelling_leads_to_the_code(tag, code):
    assert language(tag).code == code


@pytest.mark.parametrize(
    ("tag", "code", "choice"),
    [
        ("Yoruba", "GL-LANGUAGE-001", "'yor'"),
        ("", "GL-LANGUAGE-001", ""),
        ("hin-Deva-x-own", "GL-LANGUAGE-001", ""),
        ("xxx", "GL-LANGUAGE-002", ""),
        ("yor_Xxxx", "GL-LANGUAGE-003", "Latn"),
        ("no", "GL-LANGUAGE-004", "nob_Latn, nno_Latn"),
        ("msa_Latn", "GL-LANGUAGE-004", "zsm_Latn"),
        ("zh", "GL-LANGUAGE-004", "zho_Hans, zho_Hant"),
        ("sh", "GL-LANGUAGE-004", "hrv_Latn"),
        ("aze_Arab", "GL-LANGUAGE-004", "azb_Arab"),
        ("ku", "GL-LANGUAGE-004", "ckb_Arab"),
        ("quz", "GL-LANGUAGE-005", "quz_Latn"),
        ("und", "GL-LANGUAGE-006", ""),
        ("qaa", "GL-LANGUAGE-006", ""),
        ("afa", "GL-LANGUAGE-006", ""),
    ],
)
def test_refusals_are_coded_and_name_the_choices(tag, code, choice):
    with pytest.raises(GlotliftError) as caught:
        language(tag)
    assert caught.value.code == code
    assert choice in caught.value.fix


def test_what_is_known_of_a_language():
    yoruba = language("yo")
    assert (yoruba.name, yoruba.direction, yoruba.spaced) == ("Yoruba", "ltr", True)
    assert (yoruba.family, yoruba.tier) == ("Atlantic-Congo", "low")
    assert language("hau").autonym == "Hausa"
    assert language("arb_Arab").direction == "rtl"
    assert language("zho_Hans").name == "Chinese (Simplified)"
    assert language("zho_Hans").tier == language("eng").tier == "high"
    assert language("tel").tier == "middle"
    assert language("bzd_Arab").tier == "unknown"
    assert language("eus").family == "isolate"
    assert language("swa").family == "Atlantic-Congo"


@pytest.mark.parametrize("tag", ["tha", "lao", "khm", "mya", "zho_Hans", "jpn", "bod", "dzo"])
def test_scripts_without_spaces(tag):
    assert not language(tag).spaced


@pytest.mark.parametrize("tag", ["kor", "vie", "hin", "amh", "arb", "tha_Latn"])
def test_scripts_with_spaces(tag):
    assert language(tag).spaced


def test_macrolanguage_codes_cover_their_members():
    assert covers("zh", "zho_Hans")
    assert covers("no", "nob_Latn")
    assert not covers("ms-Arab", "zsm_Latn")
    assert not covers("no", "swe_Latn")
    assert not covers("swe", "swe_Latn")
    assert not covers("Norwegian", "nob_Latn")


def test_no_torch():
    code = "import glotlift.languages as l, sys; l.language('yo'); print('torch' in sys.modules)"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "False"
