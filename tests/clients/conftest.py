"""Tiny models of real transformers classes, with a tokenizer trained on a few sentences."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

TEXTS = ["the cat sees a dog", "a dog sees the bird", "наша кошка видит собаку", "今天天气很好"] * 4
SPECIAL = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "pad_token": "<pad>",
    "mask_token": "<mask>",
    "cls_token": "<s>",
    "sep_token": "</s>",
}


def tokenizer(template: str) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer whose post-processor follows `template`."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    names = list(dict.fromkeys(SPECIAL.values()))
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=names,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(TEXTS, trainer)
    if template != "$A":
        ids = [(name, inner.token_to_id(name)) for name in names]
        inner.post_processor = processors.TemplateProcessing(single=template, special_tokens=ids)
    return PreTrainedTokenizerFast(tokenizer_object=inner, **SPECIAL)


def causal(vocabulary: int) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
        bos_token_id=0, eos_token_id=1, pad_token_id=2,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def masked(vocabulary: int, head: bool = True) -> Any:
    config = BertConfig(
        vocab_size=vocabulary, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=64, pad_token_id=2,
    )  # fmt: skip
    return BertForMaskedLM(config) if head else BertModel(config)


def seq2seq(vocabulary: int) -> T5ForConditionalGeneration:
    config = T5Config(
        vocab_size=vocabulary, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
        decoder_start_token_id=2, eos_token_id=1, pad_token_id=2,
    )  # fmt: skip
    return T5ForConditionalGeneration(config)


BODIES: dict[str, tuple[Callable[[int], Any], str]] = {
    "causal": (causal, "<s> $A"),
    "bare causal": (causal, "$A"),
    "masked": (masked, "<s> $A </s>"),
    "seq2seq": (seq2seq, "$A </s>"),
    "encoder": (lambda vocabulary: masked(vocabulary, head=False), "<s> $A </s>"),
}


@pytest.fixture(scope="session")
def tiny() -> Callable[[str], tuple[Any, PreTrainedTokenizerFast]]:
    """Return a maker of (model, tokenizer), each made once."""
    made: dict[str, tuple[Any, PreTrainedTokenizerFast]] = {}

    def make(kind: str) -> tuple[Any, PreTrainedTokenizerFast]:
        if kind not in made:
            torch.manual_seed(0)
            build, template = BODIES[kind]
            pieces = tokenizer(template)
            model = build(len(pieces)).eval()
            for parameter in model.parameters():  # so that answers differ by more than rounding
                if parameter.ndim > 1:
                    torch.nn.init.normal_(parameter, std=0.2)
            made[kind] = model, pieces
        return made[kind]

    return make
