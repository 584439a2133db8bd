"""Classes of transformers that build their backend anew from vocabulary and merges when loaded."""

import json

import pytest
import transformers
from transformers import AutoTokenizer

from glotlift.vocabulary import extend

from .vocabulary_samples import MIXED, SOURCE, trained


def model_of(kind):
    return json.loads(trained(kind).backend_tokenizer.to_str())["model"]


def byte_level():
    special = set(trained("bpe").all_special_tokens)
    pieces = [piece for piece in model_of("bpe")["vocab"] if piece not in special]
    return {
        "vocab": {piece: number for number, piece in enumerate(pieces)},
        "merges": [tuple(merge) for merge in model_of("bpe")["merges"]],
    }


def sentencepiece_bpe():
    special = ["<unk>", "<s>", "</s>", "<pad>", "<bos>", "<eos>"]
    letters = sorted({letter for text in SOURCE for letter in text if letter != " "})
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    pieces = [*special, *fallback, "▁", *letters, "th", "▁th", "▁▁"]
    return {
        "vocab": {piece: number for number, piece in enumerate(pieces)},
        "merges": [("t", "h"), ("▁", "th"), ("▁", "▁")],
    }


def unigram(*special):
    learnt = [tuple(item) for item in model_of("unigram")["vocab"]]
    known = {*special, "<pad>", "</s>", "<unk>"}
    plain = [item for item in learnt if item[0] not in known and not item[0].startswith("<0x")]
    return {"vocab": [(piece, 0.0) for piece in special] + plain}


CLASSES = {
    "GPT2Tokenizer": byte_level,
    "Qwen2Tokenizer": byte_level,
    "RobertaTokenizer": byte_level,
    "BertTokenizer": lambda: {"vocab": model_of("wordpiece")["vocab"], "do_lower_case": False},
    "LlamaTokenizer": sentencepiece_bpe,
    "GemmaTokenizer": sentencepiece_bpe,
    "XLMRobertaTokenizer": lambda: unigram("<s>", "<pad>", "</s>", "<unk>"),
    "T5Tokenizer": lambda: unigram("<pad>", "</s>", "<unk>"),
    "MBartTokenizer": lambda: unigram("<s>", "<pad>", "</s>", "<unk>"),
}


@pytest.mark.parametrize("name", CLASSES)
def test_an_edited_tokenizer_reloads_as_its_own_class(name, tmp_path):
    getattr(transformers, name)(**CLASSES[name]()).save_pretrained(tmp_path / "before")
    before = AutoTokenizer.from_pretrained(tmp_path / "before")
    edit = extend(before, MIXED, pieces=50)
    after = edit.tokenizer(before)
    after.save_pretrained(tmp_path / "after")
    again = AutoTokenizer.from_pretrained(tmp_path / "after")
    assert type(again) is type(before)
    assert again.all_special_ids == before.all_special_ids
    assert again.convert_tokens_to_ids(list(edit.added)) == list(edit.added_ids)
    assert not set(edit.added) & set(again.added_tokens_encoder)
    texts = MIXED[::5] + SOURCE[::5]
    assert again(texts).input_ids == after(texts).input_ids
    found = {number for ids in again(texts).input_ids for number in ids}
    assert len(found & set(edit.added_ids)) > 20
