import json

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import apply_edit, load_edit
from glotlift.vocabulary.language_codes import (
    add_language_codes,
    language_codes,
    register_language_codes,
)

from .test_tokenizer_classes import sentencepiece_bpe, unigram
from .vocabulary_samples import SOURCE, TARGET, trained

MBART = lambda: unigram("<s>", "<pad>", "</s>", "<unk>")  # noqa: E731
CLASSES = {
    "MBartTokenizer": (MBART, ("yo_NG", "ig_NG"), "en_XX"),
    "MBart50Tokenizer": (MBART, ("yo_NG", "ig_NG"), "en_XX"),
    "NllbTokenizer": (sentencepiece_bpe, ("qaa_Latn", "qab_Latn"), "eng_Latn"),
    "T5Tokenizer": (lambda: unigram("<pad>", "</s>", "<unk>"), ("<2yo>", "<2ig>"), None),
}
TEXTS = SOURCE[::20] + TARGET[::20]
MADE = {}


@pytest.fixture(params=CLASSES)
def name(request):
    return request.param


def before_of(name, folder):
    if name not in MADE:
        made = getattr(transformers, name)(**CLASSES[name][0]())
        made.save_pretrained(folder / "before")
        MADE[name] = AutoTokenizer.from_pretrained(folder / "before")
    return MADE[name]


def test_old_ids_and_segmentation_stay_after_saving_and_loading(name, tmp_path):
    before = before_of(name, tmp_path)
    codes = CLASSES[name][1]
    edit = add_language_codes(before, codes)
    edit.tokenizer(before).save_pretrained(tmp_path / "after")
    for after in (edit.tokenizer(before), AutoTokenizer.from_pretrained(tmp_path / "after")):
        assert type(after) is type(before)
        assert before.get_vocab().items() <= after.get_vocab().items()
        assert after.convert_tokens_to_ids(list(codes)) == list(edit.added_ids)
        assert min(edit.added_ids) == max(before.get_vocab().values()) + 1
        assert set(codes) <= set(after.all_special_tokens)
        assert list(after.extra_special_tokens)[: len(before.extra_special_tokens)] == list(
            before.extra_special_tokens
        )
        assert [after(text).input_ids for text in TEXTS] == [
            before(text).input_ids for text in TEXTS
        ]


def test_a_new_code_frames_text_where_an_old_one_does(name, tmp_path):
    before = before_of(name, tmp_path)
    codes, known = CLASSES[name][1:]
    edit = add_language_codes(before, codes)
    edit.tokenizer(before).save_pretrained(tmp_path / "after")
    again = AutoTokenizer.from_pretrained(tmp_path / "after")
    new = again.convert_tokens_to_ids(codes[0])
    text = SOURCE[0]
    if known is None:  # T5 has no frame: the code is written before the text
        assert again(f"{codes[0]} {text}").input_ids == [new, *again(text).input_ids]
        return
    old = again.convert_tokens_to_ids(known)
    again.src_lang = known
    framed = again(text).input_ids
    again.src_lang = codes[0]
    assert again(text).input_ids == [new if number == old else number for number in framed]
    assert framed.count(old) == 1
    again.tgt_lang = codes[1]
    labels = again(text_target=text).input_ids
    assert labels.count(again.convert_tokens_to_ids(codes[1])) == 1
    assert again.decode(labels, skip_special_tokens=True) == again.decode(
        framed, skip_special_tokens=True
    )


def test_the_tables_of_codes_know_all_of_them(name, tmp_path):
    before = before_of(name, tmp_path)
    codes = CLASSES[name][1]
    edit = add_language_codes(before, codes)
    after = edit.tokenizer(before)
    after.save_pretrained(tmp_path / "after")
    for found in (
        after,
        register_language_codes(AutoTokenizer.from_pretrained(tmp_path / "after")),
    ):
        assert language_codes(found) == {
            **language_codes(before),
            **dict(zip(codes, edit.added_ids, strict=True)),
        }
        if hasattr(before, "lang_code_to_id"):
            assert found.lang_code_to_id.items() >= before.lang_code_to_id.items()
            assert found.lang_code_to_id[codes[0]] == edit.added_ids[0]
            assert found.fairseq_ids_to_tokens[edit.added_ids[1]] == codes[1]
    if hasattr(before, "lang_code_to_id"):
        assert codes[0] not in before.lang_code_to_id


def model_for(name, size):
    shape = {
        "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
        "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32,
        "max_position_embeddings": 64, "dropout": 0.0,
    }  # fmt: skip
    ids = {"vocab_size": size, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
    torch.manual_seed(3)
    if name == "T5Tokenizer":
        config = transformers.T5Config(
            vocab_size=size, d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=2,
            decoder_start_token_id=0, dropout_rate=0.0,
        )  # fmt: skip
        return transformers.T5ForConditionalGeneration(config).eval()
    if name == "NllbTokenizer":
        config = transformers.M2M100Config(**shape, **ids)
        return transformers.M2M100ForConditionalGeneration(config).eval()
    return transformers.MBartForConditionalGeneration(
        transformers.MBartConfig(**shape, **ids)
    ).eval()


@pytest.mark.parametrize("spare", [0, 16])
def test_old_languages_give_the_same_answers_to_the_bit(name, spare, tmp_path):
    before = before_of(name, tmp_path)
    codes, known = CLASSES[name][1:]
    size = max(before.get_vocab().values()) + 1
    model = model_for(name, size + spare)
    batch = before(SOURCE[:4], return_tensors="pt", padding=True)
    batch["decoder_input_ids"] = batch["input_ids"][:, :6]
    settings = {"max_new_tokens": 12, "num_beams": 1, "do_sample": False}
    if known:
        settings["forced_bos_token_id"] = before.convert_tokens_to_ids(known)
    with torch.no_grad():
        first = model(**batch, output_hidden_states=True)
        said = model.generate(batch["input_ids"], **settings)
        edit = add_language_codes(before, codes)
        apply_edit(model, edit)
        second = model(**batch, output_hidden_states=True)
        says = model.generate(batch["input_ids"], **settings)
    for one, two in zip(first.decoder_hidden_states, second.decoder_hidden_states, strict=True):
        assert torch.equal(one, two)
    assert torch.equal(first.encoder_last_hidden_state, second.encoder_last_hidden_state)
    assert torch.equal(first.logits[..., :size], second.logits[..., :size])
    assert torch.equal(said, says)
    assert model.get_input_embeddings().weight.shape[0] == max(size + spare, edit.new_size)


def test_rows_are_those_of_a_relative_or_the_mean_of_codes(tmp_path):
    before = before_of("MBart50Tokenizer", tmp_path)
    edit = add_language_codes(
        before, ["yo_NG", "ig_NG", "ha_NG"], like={"yo_NG": "sw_KE", "ha_NG": ["ar_AR", "sw_KE"]}
    )
    model = model_for("MBart50Tokenizer", edit.old_size)
    rows = model.get_input_embeddings().weight.detach().clone()
    apply_edit(model, edit)
    new = model.get_input_embeddings().weight.detach()[edit.old_size :]
    sw, ar = before.convert_tokens_to_ids(["sw_KE", "ar_AR"])
    assert torch.equal(new[0], rows[sw])
    assert torch.allclose(new[1], rows[list(language_codes(before).values())].mean(0), atol=1e-6)
    assert torch.allclose(new[2], rows[[ar, sw]].mean(0), atol=1e-6)


def test_a_tokenizer_without_codes_starts_from_the_mean_of_all():
    edit = add_language_codes(trained("unigram"), ["<2yo>"])
    assert edit.parts == ((),)
    again = add_language_codes(edit.tokenizer(trained("unigram")), ["<2ig>"])
    assert again.parts == ((edit.old_size,),)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["bpe", "unigram", "wordpiece"]), st.text(max_size=40))
def test_text_without_a_new_code_segments_as_before(kind, text):
    before = trained(kind)
    if kind not in MADE:
        MADE[kind] = add_language_codes(before, ["yor_Latn"]).tokenizer(before)
    if "yor_Latn" not in text:
        assert MADE[kind](text).input_ids == before(text).input_ids


def test_an_edit_that_could_not_be_read_back_is_not_saved(tmp_path):
    edit = add_language_codes(trained("bpe"), ["yor_Latn"])
    with pytest.raises(GlotliftError, match=r"GL-VOCABULARY-050.*edit_checkpoint"):
        edit.save(tmp_path / "edit.json")
    assert not (tmp_path / "edit.json").exists()


def test_its_json_is_not_mistaken_for_pieces(tmp_path):
    edit = add_language_codes(trained("bpe"), ["yor_Latn"])
    (tmp_path / "edit.json").write_text(json.dumps(edit.as_json()))
    with pytest.raises(GlotliftError, match="GL-VOCABULARY-011"):
        load_edit(tmp_path / "edit.json")


def gappy():
    model = models.BPE(vocab={"a": 0, "b": 1, "c": 9}, merges=[])
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model))


def add(codes, tokenizer=None, **settings):
    return add_language_codes(tokenizer or trained("bpe"), codes, **settings)


def coded():
    return add(["yo_NG"]).tokenizer(trained("bpe"))


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("GL-VOCABULARY-001", lambda: add(["yo_NG"], object())),
        ("GL-VOCABULARY-010", lambda: add(["yo_NG"]).tokenizer(trained("unigram"))),
        ("GL-VOCABULARY-010", lambda: add(["yo_NG"]).tokenizer(coded())),
        ("GL-VOCABULARY-074", lambda: add(["a"])),
        ("GL-VOCABULARY-075", lambda: add([])),
        ("GL-VOCABULARY-075", lambda: add(["yo_NG", "yo_NG"])),
        ("GL-VOCABULARY-075", lambda: add(["yo NG"])),
        ("GL-VOCABULARY-075", lambda: add([""])),
        ("GL-VOCABULARY-076", lambda: add(["yo_NG"], like={"yo_NG": "sw_KE"})),
        ("GL-VOCABULARY-076", lambda: add(["yo_NG"], like={"ig_NG": "a"})),
        ("GL-VOCABULARY-077", lambda: add(["yo_NG"], gappy()).tokenizer(gappy())),
    ],
)
def test_senseless_requests_are_coded_errors(code, call):
    with pytest.raises(GlotliftError) as error:
        call()
    assert error.value.code == code
