import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glotlift.corpus import normalise


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
