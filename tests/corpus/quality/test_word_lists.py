import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus.quality.word_lists import (
    fold,
    learn_stop_words,
    listed_shares,
    read_word_list,
    read_word_lists,
    word_list,
)
from glotlift.runs.errors import GlotliftError


def share(entries, code, text):
    return float(word_list(entries, code).shares([text])[0])


@pytest.mark.parametrize(
    ("entries", "code", "text", "expected"),
    [
        (["ass"], "eng_Latn", "A class of ASS, assess!", 1 / 5),
        (["hot dog", "dog"], "eng_Latn", "hot dog; Hot-dog dog", 5 / 5),
        (["hot dog"], "eng_Latn", "hot\ndog, dog", 2 / 3),
        (["गधा"], "hin_Deva", "गधा गधाखाना।", 1 / 2),
        (["l'asino"], "ita_Latn", "è l'asino", 2 / 3),
        (["馬鹿", "馬鹿者"], "jpn_Jpan", "彼は馬鹿者です", 3 / 7),
        (["ควาย"], "tha_Thai", "เขาเป็นควาย", 4 / 11),
        (["x"], "eng_Latn", "", 0),
    ],
)
def test_share(entries, code, text, expected):
    assert share(entries, code, text) == pytest.approx(expected)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text(alphabet="abC", min_size=1, max_size=3), min_size=1, max_size=4),
    st.lists(st.text(alphabet="abc ,é.", max_size=40), max_size=5),
)
def test_words_are_those_of_a_plain_search(entries, texts):
    found = word_list(entries, "eng_Latn").shares(texts)
    for text, value in zip(texts, found, strict=True):
        words = re.findall(r"\w+", text.lower())
        listed = sum(word in {entry.lower() for entry in entries} for word in words)
        assert value == pytest.approx(listed / max(len(words), 1))


def test_lists_are_read_by_language(tmp_path):
    (tmp_path / "tr.txt").write_text("\ufeff# a comment\nKötü\n\nçok kötü\n", encoding="utf-8")
    lists = read_word_lists(tmp_path)
    assert lists["tur_Latn"].entries == ("kötü", "çok kötü")
    shares = listed_shares(["kötü gün", "kötü gün"], ["tur_Latn", "eng_Latn"], lists)
    assert shares[0] == 0.5
    assert np.isnan(shares[1])


def test_stop_words_are_frequent_in_many_documents():
    texts = ["the cat and the dog", "the sea and the sun"] * 10 + ["zebra " * 99]
    assert set(learn_stop_words(texts, "eng_Latn", 2).entries) == {"the", "and"}
    assert learn_stop_words(["他的书 A", "我的家 A"] * 9, "zho_Hans", 1).entries == ("的",)


def test_folding_composes_and_lowers():
    assert fold("CAFE\u0301, au  lait") == "café au lait"


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("GL-CORPUS-039", lambda folder: read_word_list(folder / "none.txt", "eng_Latn")),
        ("GL-CORPUS-040", lambda folder: word_list([" ", "!!"], "eng_Latn")),
        ("GL-CORPUS-041", read_word_lists),
    ],
)
def test_errors_are_coded(code, act, tmp_path):
    with pytest.raises(GlotliftError) as caught:
        act(tmp_path)
    assert caught.value.code == code
