"""Romanised text, against uroman's and Pinyin's published forms."""

import builtins

import pytest

from glotlift.languages import romanisation
from glotlift.languages.romanisation import romanise
from glotlift.runs.errors import GlotliftError


@pytest.mark.parametrize(
    ("code", "text", "latin"),
    [
        ("rus_Cyrl", "Москва", "Moskva"),
        ("ell_Grek", "Αθήνα", "Athena"),
        ("zho_Hans", "买 卖。", "mǎi mài."),
        ("zho_Hans", "三 个 苹果，七", "sān gè píngguǒ, qī"),
        ("eng_Latn", "cat", "cat"),
    ],
)
def test_known_words(code, text, latin):
    pytest.importorskip("uroman")
    pytest.importorskip("pypinyin")
    assert romanise([text], code) == [latin]


def test_a_missing_package_is_named(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **known):
        if name == "pypinyin":
            raise ModuleNotFoundError(name=name)
        return real(name, *rest, **known)

    monkeypatch.setattr(romanisation, "_uroman", lambda: None)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(GlotliftError, match="GL-LANGUAGE-007: pypinyin is not installed"):
        romanise(["买"], "zho_Hans")
