"""Trimming in every tokenizer family: what is kept segments as before, nothing else is promised."""

from dataclasses import replace

import numpy as np
import pytest
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.segmentation import (
    LETTERS,
    backend_of,
    encodings,
    names_of,
    state_of,
    unknown_id,
)
from glotlift.vocabulary.trimming import count_pieces, kept_pieces, trim

from .tokenizer_families import BYTES, FAMILIES, TEXTS, family
from .vocabulary_samples import SOURCE, TARGET, TELUGU


def ids_of(tokenizer, texts):
    return [np.asarray(one.ids, dtype=int) for one in encodings(backend_of(tokenizer), texts)]


def assert_kept_text_is_unchanged(tokenizer, edit, texts):
    """Return how many texts have only kept pieces; every one of them must segment as before."""
    unknown = unknown_id(backend_of(tokenizer))
    found = 0
    after = edit.tokenizer(tokenizer)
    for text, old, new in zip(texts, ids_of(tokenizer, texts), ids_of(after, texts), strict=True):
        if (edit.old_to_new[old] >= 0).all() and unknown not in old:
            found += 1
            assert edit.old_to_new[old].tolist() == new.tolist(), text
    return found


@pytest.mark.parametrize("name", FAMILIES)
def test_text_of_kept_pieces_segments_as_before(name):
    tokenizer = family(name)
    edit = trim(tokenizer, texts=TARGET[:60])
    assert edit.new_size < edit.old_size
    assert assert_kept_text_is_unchanged(tokenizer, edit, TARGET[:60]) >= 59
    assert assert_kept_text_is_unchanged(tokenizer, edit, TEXTS) < len(TEXTS)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_size_is_met_and_heeds_the_rule(name, share):
    tokenizer = family(name)
    least = trim(tokenizer, texts=["the"]).new_size + 12
    size = int(least + share * (len(tokenizer) - least))
    edit = trim(tokenizer, texts=TEXTS, size=size)
    assert edit.new_size <= size
    assert edit.new_size >= min(size, trim(tokenizer, texts=TEXTS).new_size)
    assert_kept_text_is_unchanged(tokenizer, edit, TEXTS)


@pytest.mark.parametrize("name", FAMILIES)
@settings(max_examples=20, deadline=None)
@given(
    st.sets(st.integers(0, 599)),
    st.lists(st.sampled_from(["the", "ri", "ọ̀", "క్క", "ẹ", "4", ".", "☃", "한"]), max_size=8),
)
def test_any_choice_heeds_the_rule(name, kept, words):
    tokenizer = family(name)
    names = names_of(backend_of(tokenizer))
    keep = [number for number in kept if number < len(names) and names[number]]
    edit = trim(tokenizer, texts=[words[0] if words else "the"], keep=keep)
    assert (edit.old_to_new[keep] >= 0).all()
    assert_kept_text_is_unchanged(tokenizer, edit, [" ".join(words), *TEXTS[::40]])


@pytest.mark.parametrize("name", FAMILIES)
def test_every_kept_piece_of_a_bpe_is_still_reached(name):
    tokenizer = family(name)
    edit = trim(tokenizer, texts=TEXTS, size=trim(tokenizer, texts=TARGET[:40]).new_size)
    before, after = backend_of(tokenizer), backend_of(edit.tokenizer(tokenizer))
    for piece in kept_pieces(tokenizer, edit):
        for backend in (before, after):
            backend.encode_special_tokens = True
        old = [token.value for token in before.model.tokenize(piece)]
        if old == [piece]:
            assert [token.value for token in after.model.tokenize(piece)] == [piece]


@pytest.mark.parametrize("name", BYTES)
def test_nothing_becomes_unknown_where_bytes_can_spell(name):
    tokenizer = family(name)
    after = trim(tokenizer, texts=["the"]).tokenizer(tokenizer)
    texts = ["☃ 한국어 ẹ̀kọ́ తెలుగు", "👩‍👩‍👧 \u202eabc", "x"]
    unknown = unknown_id(backend_of(after))
    for ids in ids_of(after, texts):
        assert unknown is None or unknown not in ids
    if "Level" in repr(after.backend_tokenizer.pre_tokenizer):
        assert [after.decode(ids) for ids in ids_of(after, texts)] == texts


@pytest.mark.parametrize("name", ["unigram", "nllb", "wordpiece"])
def test_characters_of_the_text_stay_where_there_are_no_bytes(name):
    tokenizer = family(name)
    all_used = trim(tokenizer, texts=TELUGU).new_size
    letters = {one for text in TELUGU for one in text}
    edit = trim(tokenizer, texts=TELUGU, size=max(all_used - 15, 60))
    kept = set(kept_pieces(tokenizer, edit))
    vocabulary = tokenizer.get_vocab()
    for letter in letters:
        for form in (letter, f"##{letter}"):
            assert form in kept or form not in vocabulary
    unknown = edit.tokenizer(tokenizer).unk_token_id
    known_before = [
        i for i, ids in enumerate(ids_of(tokenizer, TELUGU)) if tokenizer.unk_token_id not in ids
    ]
    after = ids_of(edit.tokenizer(tokenizer), TELUGU)
    assert known_before
    assert all(unknown not in after[i] for i in known_before)


def test_special_tokens_bytes_and_unknown_score_stay():
    tokenizer = family("mt5")
    edit = trim(tokenizer, texts=["the"])
    kept = set(kept_pieces(tokenizer, edit))
    assert kept >= {"<pad>", "</s>", "<unk>", "▁"} | {f"<0x{byte:02X}>" for byte in range(256)}
    scores = [
        min(score for _, score in state_of(one.backend_tokenizer)["model"]["vocab"])
        for one in (tokenizer, edit.tokenizer(tokenizer))
    ]
    assert scores[0] == scores[1]
    assert set(kept_pieces(family("gpt2"), trim(family("gpt2"), texts=["a"]))) >= LETTERS.keys()


@pytest.mark.parametrize("name", ["gpt2", "llama2", "unigram", "wordpiece"])
def test_scripts_keep_their_own_letters_and_what_all_share(name):
    tokenizer = family(name)
    edit = trim(tokenizer, scripts=["Latn"])
    kept = trim(tokenizer, scripts=["Latn", "Telu"])
    gone = "".join(edit.dropped)
    assert edit.dropped
    assert not kept.dropped or name in ("llama2", "gpt2")
    assert assert_kept_text_is_unchanged(tokenizer, edit, SOURCE) == len(SOURCE)
    assert not any(letter in gone for letter in "the.42")
    changed = [
        list(one) != list(edit.old_to_new[other])
        for one, other in zip(
            ids_of(edit.tokenizer(tokenizer), TELUGU), ids_of(tokenizer, TELUGU), strict=True
        )
    ]
    assert all(changed)


def test_coverage_takes_the_fewest_pieces_that_reach_it():
    tokenizer = family("unigram")
    counts = count_pieces(tokenizer, SOURCE)
    for share in (0.5, 0.9, 1.0):
        edit = trim(tokenizer, texts=SOURCE, coverage=share)
        kept = edit.old_to_new >= 0
        assert counts[kept].sum() >= share * counts.sum() - 1e-6
    assert trim(tokenizer, texts=SOURCE, coverage=1.0) == trim(tokenizer, texts=SOURCE)
    half = trim(tokenizer, texts=SOURCE, coverage=0.5).new_size
    assert half < trim(tokenizer, texts=SOURCE, coverage=0.9).new_size


def test_least_drops_what_is_rarer():
    tokenizer = family("mt5")
    counts = count_pieces(tokenizer, TEXTS)
    edit = trim(tokenizer, texts=TEXTS, least=20)
    lost = counts[(edit.old_to_new < 0)]
    assert lost.max() < 20


REAL = {
    "GPT2Tokenizer": lambda: {"vocab": pieces_of("gpt2"), "merges": merges_of("gpt2")},
    "Qwen2Tokenizer": lambda: {"vocab": pieces_of("qwen"), "merges": merges_of("qwen")},
    "LlamaTokenizer": lambda: {"vocab": pieces_of("llama2"), "merges": merges_of("llama2")},
    "GemmaTokenizer": lambda: {"vocab": gemma(), "merges": merges_of("llama2")},
    "BertTokenizer": lambda: {"vocab": pieces_of("wordpiece"), "do_lower_case": False},
    "XLMRobertaTokenizer": lambda: unigram("<s>", "<pad>", "</s>", "<unk>"),
    "T5Tokenizer": lambda: unigram("<pad>", "</s>", "<unk>"),
    "MBartTokenizer": lambda: unigram("<s>", "<pad>", "</s>", "<unk>"),
    "MBart50Tokenizer": lambda: unigram("<s>", "<pad>", "</s>", "<unk>"),
}


def pieces_of(name):
    vocab = family(name).get_vocab()
    return {piece: number for number, piece in enumerate(sorted(vocab, key=vocab.get))}


def gemma():
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    return {p: n for n, p in enumerate(dict.fromkeys([*special, *pieces_of("llama2")]))}


def merges_of(name):
    return [tuple(merge) for merge in state_of(family(name).backend_tokenizer)["model"]["merges"]]


def unigram(*special):
    learnt = state_of(family("unigram").backend_tokenizer)["model"]["vocab"]
    known = {*special, "<s>", "<pad>", "</s>", "<unk>"}
    plain = [tuple(item) for item in learnt if item[0] not in known]
    return {"vocab": [(piece, 0.0) for piece in special] + plain}


@pytest.mark.parametrize("name", REAL)
def test_a_trimmed_tokenizer_reloads_as_its_own_class(name, tmp_path):
    getattr(transformers, name)(**REAL[name]()).save_pretrained(tmp_path / "before")
    before = AutoTokenizer.from_pretrained(tmp_path / "before")
    edit = trim(before, texts=TARGET[:40])
    after = edit.tokenizer(before)
    after.save_pretrained(tmp_path / "after")
    again = AutoTokenizer.from_pretrained(tmp_path / "after")
    assert type(again) is type(before)
    assert len(again) == edit.new_size < len(before)
    assert again.all_special_tokens == before.all_special_tokens
    for text in TARGET[:40]:
        old = before(text).input_ids
        expected = edit.old_to_new[old].tolist()
        assert after(text).input_ids == expected
        assert again(text).input_ids == expected
    assert again.decode(expected) == before.decode(old)
    for old in before.added_tokens_decoder:
        token = before.convert_ids_to_tokens(old)
        assert again.convert_tokens_to_ids(token) == edit.old_to_new[old]


def test_language_codes_follow_their_pieces():
    before = transformers.MBartTokenizer(
        **REAL["MBartTokenizer"](), src_lang="hi_IN", tgt_lang="cs_CZ"
    )
    edit = trim(before, texts=TARGET[:40])
    after = edit.tokenizer(before)
    assert after(TARGET[0]).input_ids[-1] == edit.old_to_new[before.lang_code_to_id["hi_IN"]]
    assert after.lang_code_to_id["ne_NP"] == after.convert_tokens_to_ids("ne_NP")
    assert after.cur_lang_code == after.convert_tokens_to_ids("hi_IN")
    after.src_lang = "fi_FI"
    assert after(TARGET[0]).input_ids[-1] == after.lang_code_to_id["fi_FI"]
    assert before(TARGET[0]).input_ids[-1] == before.lang_code_to_id["hi_IN"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({}, "040"),
        ({"coverage": 0.5}, "048"),
        ({"size": 400, "coverage": 0.5}, "048"),
        ({"texts": ["a"], "coverage": 0.0}, "041"),
        ({"texts": ["a"], "coverage": 1.5}, "041"),
        ({"size": 0}, "041"),
        ({"texts": ["a"], "least": 0}, "041"),
        ({"scripts": ["Latin"]}, "042"),
        ({"scripts": "Latn"}, "042"),
        ({"size": 100}, "043"),
        ({"texts": ["a"], "keep": ["no such piece"]}, "045"),
        ({"texts": ["a"], "keep": [10**6]}, "045"),
        ({"texts": []}, "015"),
        ({"texts": [""]}, "015"),
    ],
    ids=str,
)
def test_a_request_that_makes_no_sense_is_refused(wanted, code):
    with pytest.raises(GlotliftError) as error:
        trim(family("gpt2"), **wanted)
    assert error.value.code == f"GL-VOCABULARY-{code}"


def test_dropping_a_token_that_frames_text_is_refused():
    tokenizer = family("wordpiece")
    edit = trim(tokenizer, texts=["the"])
    places = np.arange(edit.old_size)
    number = tokenizer.cls_token_id
    places = np.where(places == number, -1, np.where(places > number, places - 1, places))
    with pytest.raises(GlotliftError) as error:
        replace(edit, old_to_new=places, dropped=("[CLS]",)).tokenizer(tokenizer)
    assert error.value.code == "GL-VOCABULARY-044"
