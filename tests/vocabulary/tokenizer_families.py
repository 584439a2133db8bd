"""Tokenizers as the families of published models build them, small."""

import json
from functools import cache

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from glotlift.vocabulary import train_tokenizer

from .vocabulary_samples import MIXED, SOURCE, trained

TEXTS = SOURCE + MIXED


def with_every_pair(tokenizer, **changes):
    """List every pair that spells a piece as a merge, as converters from tiktoken do."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    vocab = state["model"]["vocab"]
    ranks = {"".join(merge): rank for rank, merge in enumerate(state["model"]["merges"])}
    state["model"]["merges"] = [
        [piece[:cut], piece[cut:]]
        for piece in sorted(ranks, key=ranks.get)
        for cut in range(1, len(piece))
        if piece[:cut] in vocab and piece[cut:] in vocab
    ]
    state["model"] |= changes
    return tokenizer_of(state, tokenizer)


def tokenizer_of(state, like):
    backend = Tokenizer.from_str(json.dumps(state))
    return PreTrainedTokenizerFast(tokenizer_object=backend, **like.special_tokens_map)


def sentencepiece_bpe(fallback=True):
    """A BPE over ``▁`` words with 256 byte pieces, all pairs listed (Llama 2, Gemma)."""
    learnt = json.loads(trained("unigram").backend_tokenizer.to_str())["model"]["vocab"]
    pieces = sorted((item for item in learnt if item[1] < 0), key=lambda item: -item[1])
    names = [piece for piece, _ in pieces if not piece.startswith("<0x")]
    letters = sorted({letter for text in TEXTS for letter in text if letter != " "})
    special = ["<unk>", "<s>", "</s>", "<pad>"]
    spare = [f"<0x{byte:02X}>" for byte in range(256)] if fallback else []
    words = ["▁the", "the", "th", "▁th", "he", "▁t", "ing", "in", "ng", "ri", "rin", "ring"]
    vocab = {
        p: n for n, p in enumerate(dict.fromkeys([*special, *spare, *words, *names, "▁", *letters]))
    }
    merges = [
        (piece[:cut], piece[cut:])
        for piece in vocab
        if piece not in special and not piece.startswith("<0x")
        for cut in range(1, len(piece))
        if piece[:cut] in vocab and piece[cut:] in vocab
    ]
    backend = Tokenizer(
        models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=fallback)
    )
    backend.pre_tokenizer = pre_tokenizers.Metaspace(split=False)
    backend.decoder = decoders.Metaspace()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>",
    )  # fmt: skip


def bloom_like():
    return train_tokenizer(TEXTS, kind="bpe", size=420, special_tokens={"pad_token": "<pad>"})


FAMILIES = {
    "gpt2": lambda: train_tokenizer(TEXTS, kind="bpe", size=520),
    "llama3": lambda: with_every_pair(train_tokenizer(TEXTS, size=520), ignore_merges=True),
    "qwen": lambda: with_every_pair(train_tokenizer(TEXTS, size=450)),
    "bloom": bloom_like,
    "llama2": sentencepiece_bpe,
    "nllb": lambda: sentencepiece_bpe(fallback=False),
    "unigram": lambda: train_tokenizer(TEXTS, kind="unigram", size=400, byte_fallback=False),
    "mt5": lambda: train_tokenizer(TEXTS, kind="unigram", size=600),
    "wordpiece": lambda: train_tokenizer(TEXTS, kind="wordpiece", size=260),
}
BYTES = ("gpt2", "llama3", "qwen", "bloom", "llama2", "mt5")


@cache
def family(name):
    return FAMILIES[name]()
