import unicodedata
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import segment, train_tokenizer
from glotlift.vocabulary.variants import ESCAPE, UP, VARIANTS, capitals

from .vocabulary_samples import SOURCE, TARGET, TELUGU

TEXTS = [*SOURCE[:120], *TARGET[:80], *TELUGU[:40], "Ελλάς ΑΘΗΝΑ Москва ПРАВДА 12+30=42 ÀÉ"] * 2
# Everything that the mappings could trip over: their own signs, letters whose case does not come
# back, marks, joiners, both directions, digits of several scripts.
HARD = st.text(
    st.sampled_from([*f"{UP}{ESCAPE}aAbBİıẞßǅΣσςÉé", "K", "Ⅷ", "𝐀", "\u0301", "\u200d", "\u202e"])
    | st.sampled_from([*"09٣४½+-= \n\t\r", "क", "े", "ש", "😀", "Ꙁ", "𐐀"])
    | st.characters(exclude_categories=["Cs"]),
    max_size=40,
)


@cache
def made(variant: str) -> PreTrainedTokenizerFast:
    return train_tokenizer(TEXTS, size=700, variant=variant)


def encode(tokenizer, text):
    return tokenizer(text, add_special_tokens=False).input_ids


@pytest.mark.parametrize("variant", VARIANTS)
@given(text=HARD)
def test_every_variant_gives_every_text_back(variant, text):
    assert made(variant).decode(encode(made(variant), text)) == text


@pytest.mark.parametrize("variant", VARIANTS)
def test_plain_transformers_loads_it_unchanged(variant, tmp_path):
    made(variant).save_pretrained(tmp_path)
    again = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    for text in [*TEXTS[::20], f"{UP}a {UP}{ESCAPE} İstanbul ẞ 3×4"]:
        assert again(text).input_ids == made(variant)(text).input_ids
        assert again.decode(encode(again, text)) == text


def test_case_is_factored_out():
    pieces = segment(made("case"), "Lu ΑΘΗΝΑ lu")
    assert not any(letter.isupper() for piece in pieces for letter in piece)
    assert "".join(pieces).count(UP) == 6


def test_capitals_that_the_training_text_lacks_are_not_marked():
    assert "".join(segment(made("case"), "Ӝ")) == "Ӝ".encode().decode("ascii", "backslashreplace")


@pytest.mark.parametrize("variant", ["arithmetic", "combined"])
def test_every_digit_and_operator_stands_alone(variant):
    pieces = segment(made(variant), "a 12+30=42 b")
    assert [piece for piece in pieces if set(piece) & set("0123456789+=")] == list("12+30=42")


def test_plain_joins_digits():
    assert "▁42" in segment(made("plain"), "the 42.") or "42" in segment(made("plain"), "the 42.")


def test_characters_are_pieces_and_others_are_bytes():
    tokenizer = made("character")
    assert segment(tokenizer, "the") == ["t", "h", "e"]
    assert segment(tokenizer, "字") == ["<0xE5>", "<0xAD>", "<0x97>"]


def test_the_most_frequent_characters_are_chosen():
    tokenizer = train_tokenizer(["aaabbc"], kind="character", size=3 + 256 + 2)
    assert segment(tokenizer, "abc") == ["a", "b", "<0x63>"]


def test_capitals_come_back_and_are_named_by_unicode():
    for big, small in capitals().items():
        assert (small.upper(), big.lower()) == (big, small)
    assert {"A", "É", "Σ", "Ж", "𐐀"} <= capitals().keys()
    assert not {"İ", "ẞ", "ǅ", unicodedata.lookup("KELVIN SIGN")} & capitals().keys()


@pytest.mark.parametrize(
    "call",
    [
        {"variant": "loud"},
        {"kind": "unigram", "variant": "case"},
        {"kind": "wordpiece", "variant": "character"},
    ],
)
def test_a_variant_that_a_kind_has_not_is_a_coded_error(call):
    with pytest.raises(GlotliftError) as error:
        train_tokenizer(TEXTS, size=700, **call)
    assert error.value.code == "GL-VOCABULARY-085"
