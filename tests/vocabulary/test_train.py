import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import DECODER, ENCODER, SEQ2SEQ, segment, train_tokenizer

from .vocabulary_samples import KINDS, SOURCE, TELUGU, trained


@pytest.mark.parametrize("kind", KINDS)
def test_special_tokens_come_first_and_size_is_kept(kind):
    tokenizer = trained(kind)
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    assert sorted(tokenizer.all_special_ids) == list(range(len(tokenizer.all_special_ids)))
    assert len(tokenizer) <= {"bpe": 340, "unigram": 420, "wordpiece": 120}[kind]


@pytest.mark.parametrize(
    ("roles", "kind", "first", "last"),
    [
        (DECODER, "bpe", "<|begin_of_text|>", None),
        (SEQ2SEQ, "unigram", None, "</s>"),
        (ENCODER, "unigram", "<s>", "</s>"),
        (None, "wordpiece", "[CLS]", "[SEP]"),
    ],
)
def test_a_text_is_framed_as_its_convention_says(roles, kind, first, last, tmp_path):
    size = {"bpe": 300, "unigram": 400, "wordpiece": 100}[kind]
    train_tokenizer(SOURCE, kind=kind, size=size, special_tokens=roles).save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    pieces = tokenizer.convert_ids_to_tokens(tokenizer(SOURCE[0]).input_ids)
    special = set(tokenizer.all_special_tokens)
    assert [piece for piece in pieces if piece in special] == [x for x in (first, last) if x]
    assert first in (None, pieces[0])
    assert last in (None, pieces[-1])


@given(st.text(max_size=80))
def test_byte_level_bpe_is_lossless(text):
    tokenizer = trained("bpe")
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False).input_ids) == text


@given(st.text(max_size=40))
def test_byte_fallback_leaves_nothing_unknown(text):
    tokenizer = trained("unigram")
    assert tokenizer.unk_token_id not in tokenizer(text.replace("<unk>", "")).input_ids


def test_unigram_gives_spaces_and_unknown_letters_back():
    tokenizer = trained("unigram")
    text = f"{SOURCE[0]} {TELUGU[0]}"
    decoded = tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True)
    assert decoded == text


def test_indic_words_are_not_cut_at_their_vowel_signs():
    tokenizer = train_tokenizer(TELUGU, kind="bpe", size=900)
    word = max(" ".join(TELUGU).replace(".", "").split(), key=TELUGU[0].count)
    assert segment(tokenizer, f" {word}") == [f"▁{word}"]


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("GL-VOCABULARY-002", {"kind": "characters", "size": 300}),
        ("GL-VOCABULARY-003", {"kind": "bpe", "size": 200}),
        ("GL-VOCABULARY-003", {"kind": "unigram", "size": 256}),
        ("GL-VOCABULARY-005", {"kind": "unigram", "size": 400, "special_tokens": DECODER}),
    ],
)
def test_senseless_requests_are_coded_errors(code, call):
    with pytest.raises(GlotliftError) as error:
        train_tokenizer(SOURCE, **call)
    assert error.value.code == code


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_a_coded_error(kind):
    with pytest.raises(GlotliftError) as error:
        train_tokenizer(["", "  "], kind=kind, size=400)
    assert error.value.code == "GL-VOCABULARY-004"
