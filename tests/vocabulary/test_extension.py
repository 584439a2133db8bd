import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import audit, extend
from glotlift.vocabulary.segmentation import readable

from .vocabulary_samples import KINDS, MIXED, NEIGHBOUR, SOURCE, TARGET, TELUGU, trained

EXTENDED = {}


def extended(kind):
    if kind not in EXTENDED:
        edit = extend(trained(kind), MIXED, pieces=80)
        EXTENDED[kind] = (edit, edit.tokenizer(trained(kind)))
    return EXTENDED[kind]


def pieces_of(tokenizer, text):
    return tokenizer.convert_ids_to_tokens(tokenizer(text, add_special_tokens=False).input_ids)


def occurring(tokenizer, texts):
    return {piece for text in texts for piece in pieces_of(tokenizer, text)}


def parts_of(edit, found):
    """The pieces out of which merges build those `found`, however deep."""
    needed = set(found)
    for merge in reversed(edit.merges):
        if "".join(merge) in needed:
            needed |= set(merge)
    return needed


@pytest.mark.parametrize("kind", KINDS)
def test_every_new_piece_is_reached_by_ordinary_segmentation(kind):
    edit, after = extended(kind)
    found = occurring(after, MIXED)
    assert len(edit.added) >= 40
    assert not edit.unreached
    assert set(edit.steps) == set(edit.added) - found
    assert set(edit.added) <= found | parts_of(edit, found)
    if kind != "bpe":
        assert not edit.steps


@pytest.mark.parametrize("kind", KINDS)
def test_new_pieces_are_never_added_tokens(kind):
    edit, after = extended(kind)
    before = trained(kind)
    assert after.added_tokens_encoder == before.added_tokens_encoder
    assert not set(edit.added) & set(after.added_tokens_encoder)
    assert [after.convert_tokens_to_ids(piece) for piece in edit.added] == list(edit.added_ids)
    assert len(after) == edit.new_size == len(before) + len(edit.added)


@pytest.mark.parametrize("kind", KINDS)
def test_target_text_needs_fewer_pieces(kind):
    _, after = extended(kind)
    before = trained(kind)
    (row,) = audit(before, after, {"target": TARGET})
    if kind == "wordpiece":  # whole words were one unknown piece before
        assert before.unk_token in occurring(before, TARGET)
        assert after.unk_token not in occurring(after, TARGET)
    else:
        assert row["tokens_after"] < 0.6 * row["tokens_before"]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KINDS), st.text(max_size=40) | st.sampled_from(SOURCE + MIXED))
def test_text_without_new_pieces_segments_as_before(kind, text):
    edit, after = extended(kind)
    new = pieces_of(after, text)
    if not set(new) & set(edit.added):
        assert new == pieces_of(trained(kind), text)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60) | st.sampled_from(SOURCE + MIXED))
def test_byte_level_text_comes_back_whole(text):
    _, after = extended("bpe")
    assert after.decode(after(text, add_special_tokens=False).input_ids) == text


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=40) | st.sampled_from(SOURCE + MIXED))
def test_unigram_text_decodes_as_before(text):
    _, after = extended("unigram")
    before = trained("unigram")
    assert after.decode(after(text).input_ids) == before.decode(before(text).input_ids)


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_reloaded_tokenizer_segments_equally(kind, tmp_path):
    _, after = extended(kind)
    after.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert [again(text).input_ids for text in MIXED] == [after(text).input_ids for text in MIXED]
    assert again.get_vocab() == after.get_vocab()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cap", [0.0, 0.1])
def test_changed_sentences_stay_under_the_cap(kind, cap):
    before = trained(kind)
    _, free = extended(kind)
    edit = extend(before, MIXED, pieces=80, keep_texts=NEIGHBOUR, max_changed=cap)
    (unbound,) = audit(before, free, {"neighbour": NEIGHBOUR})
    (row,) = audit(before, edit.tokenizer(before), {"neighbour": NEIGHBOUR})
    assert row["changed_fraction"] <= cap < unbound["changed_fraction"]
    assert len(edit.added) > 40


def test_the_cap_holds_for_every_language_apart():
    before = trained("bpe")
    groups = {"rare": SOURCE[:10], "common": SOURCE[10:]}
    edit = extend(before, TARGET, pieces=60, keep_texts=groups, max_changed=0.1)
    for row in audit(before, edit.tokenizer(before), groups):
        assert row["changed_fraction"] <= 0.1


def test_byte_level_pieces_do_not_join_a_character_to_a_fragment():
    edit, _ = extended("bpe")
    texts = [readable(piece, True) for piece in edit.added]
    assert any("\\x" in text for text in texts)
    assert not [text for text in texts if "\\x" in text and len(text.replace("\\x", "")) > 6]
    assert not [text for text in texts if text.startswith("▁\\x")]


def sentencepiece_like():
    """A BPE as Llama 2 and Gemma have it: no pre-tokenizer, ``▁`` for spaces, byte fallback."""
    letters = sorted({"▁"} | {letter for text in SOURCE for letter in text if letter != " "})
    vocabulary = {"<unk>": 0, "<s>": 1, "</s>": 2}
    for piece in [f"<0x{byte:02X}>" for byte in range(256)] + letters + ["th", "▁th", "▁▁"]:
        vocabulary[piece] = len(vocabulary)
    model = models.BPE(
        vocab=vocabulary,
        merges=[("t", "h"), ("▁", "th"), ("▁", "▁")],
        byte_fallback=True,
        fuse_unk=True,
        unk_token="<unk>",
    )
    backend = Tokenizer(model)
    backend.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    backend.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


def test_sentencepiece_like_bpe_gains_characters_and_pieces_within_words():
    before = sentencepiece_like()
    edit = extend(before, MIXED, pieces=80)
    after = edit.tokenizer(before)
    assert {"ẹ", "త"} <= set(edit.added)
    assert not any("▁" in piece.lstrip("▁") or "<0x" in piece for piece in edit.added)
    assert not any(letter.isdigit() for piece in edit.added for letter in piece)
    text = TELUGU[0] + " 😀"
    assert after.decode(after(text, add_special_tokens=False).input_ids) == text
    found = occurring(after, MIXED)
    assert all(piece in found for piece in set(edit.added) - set(edit.steps))


def llama3_like():
    """Byte-level BPE with `ignore_merges` and its special tokens outside the model's vocabulary."""
    source = trained("bpe").backend_tokenizer
    state = json.loads(source.to_str())
    special = {token["content"] for token in state["added_tokens"]}
    pieces = [piece for piece in state["model"]["vocab"] if piece not in special]
    state["model"]["vocab"] = {piece: number for number, piece in enumerate(pieces)}
    state["model"]["ignore_merges"] = True
    state["post_processor"] = None
    for number, token in enumerate(state["added_tokens"], len(pieces)):
        token["id"] = number
    backend = Tokenizer.from_str(json.dumps(state))
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<|begin_of_text|>",
        eos_token="<|end_of_text|>",
        pad_token="<|pad|>",
        chat_template="{{ messages }}",
    )


def test_special_tokens_outside_the_model_keep_their_ids(tmp_path):
    before = llama3_like()
    assert before.bos_token_id > 300
    edit = extend(before, MIXED, pieces=80)
    edit.tokenizer(before).save_pretrained(tmp_path)
    for after in (edit.tokenizer(before), AutoTokenizer.from_pretrained(tmp_path)):
        assert after.all_special_ids == before.all_special_ids
        assert after.chat_template == before.chat_template
        assert max(after.get_vocab().values()) + 1 == edit.new_size
        text = f"{before.bos_token}{MIXED[0]}{before.eos_token}"
        ids = after(text).input_ids
        assert ids[0] == before.bos_token_id
        assert ids[-1] == before.eos_token_id
        assert after.decode(ids) == text
        assert set(edit.added) - set(edit.steps) <= occurring(after, MIXED)


def test_nothing_to_learn_gives_an_empty_edit():
    edit = extend(trained("bpe"), ["a b c"], pieces=10)
    assert edit.added == ()
    assert edit.tokenizer(trained("bpe")).get_vocab() == trained("bpe").get_vocab()


def word_level():
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel({"<unk>": 0, "a": 1}, unk_token="<unk>"))
    )


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("GL-VOCABULARY-001", lambda: extend(object(), ["a"], pieces=1)),
        ("GL-VOCABULARY-013", lambda: extend(word_level(), ["a"], pieces=1)),
        ("GL-VOCABULARY-014", lambda: extend(trained("bpe"), ["a"], pieces=0)),
        ("GL-VOCABULARY-015", lambda: extend(trained("bpe"), [" "], pieces=1)),
        (
            "GL-VOCABULARY-016",
            lambda: extend(trained("bpe"), ["a"], pieces=1, keep_texts=["a"], max_changed=2.0),
        ),
        ("GL-VOCABULARY-051", lambda: extend(trained("bpe"), ["a"], pieces=1, max_changed=0.1)),
        (
            "GL-VOCABULARY-010",
            lambda: extend(trained("bpe"), MIXED, pieces=2).tokenizer(trained("unigram")),
        ),
    ],
)
def test_senseless_requests_are_coded_errors(code, call):
    with pytest.raises(GlotliftError) as error:
        call()
    assert error.value.code == code


def test_a_slow_pre_tokenizer_less_unigram_still_works():
    backend = Tokenizer(models.Unigram([("<unk>", 0.0), ("▁", -2.0), ("a", -2.5), ("b", -3.0)], 0))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    before = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    edit = extend(before, ["ab ab ab ab", "ab ab"], pieces=2)
    assert "▁ab" in edit.added
    assert pieces_of(edit.tokenizer(before), "ab ab") == ["▁ab", "▁ab"]
