"""Tiny models of real transformers classes, and a tokenizer for them, each made once."""

import copy
from functools import cache
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

SPECIAL = {
    "bos_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "mask_token": "<mask>",
    "unk_token": "<unk>",
}
TEXTS = [
    "The heron waits beside the river until the light goes.",
    "Ó dé ilé ní ìrọ̀lẹ́, ó sì sùn.",
    "वह नदी के पास खड़ा है और पानी देखता है।",
    "Река течёт медленно; рыба спит под мостом.",
    "no",
    "Three boats, 42 nets and one old dog: that was all the village had left after the storm. "
    "Nobody spoke of it for a year.",
    "ni kan",
    "Waits the river, sleeps the fish, and the village has a storm.",
]


@cache
def tokenizer() -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer of 320 pieces; nobody changes it."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=list(SPECIAL.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(TEXTS * 2, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=inner, **SPECIAL)


COMMON = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 96,
}
GROUPED = {**SHAPE, "num_key_value_heads": 2}
CAPPED = {**GROUPED, "head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": 64}
T5_SHAPE = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}
BART_SHAPE = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 96,
    "decoder_start_token_id": 2,
}
DRY = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
STILL = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {**GROUPED, "tie_word_embeddings": True}),
    "llama untied": ("Llama", {**GROUPED, "tie_word_embeddings": False}),
    "qwen2": ("Qwen2", {**GROUPED, "tie_word_embeddings": False}),
    "mistral": ("Mistral", {**GROUPED, "sliding_window": 7, "tie_word_embeddings": False}),
    "gpt2": ("GPT2", {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 96, **STILL}),
    "gptj": (
        "GPTJ",
        {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 96, "rotary_dim": 4, **STILL},
    ),
    "gemma2": ("Gemma2", {**CAPPED, "final_logit_softcapping": 3.0}),
    "gemma3": ("Gemma3", {**CAPPED, "final_logit_softcapping": 3.0}),
    "cohere": ("Cohere", {**GROUPED, "logit_scale": 0.25}),
    "granite": ("Granite", {**GROUPED, "logits_scaling": 4.0}),
    "bloom": (
        "Bloom",
        {"hidden_size": 32, "n_layer": 2, "n_head": 4, "hidden_dropout": 0.0, **STILL},
    ),
    "recurrent gemma": (
        "RecurrentGemma",
        {
            **GROUPED,
            "num_hidden_layers": 3,
            "lru_width": 32,
            "attention_window_size": 16,
            "logits_soft_cap": 3.0,
        },
    ),
    "bert": ("Bert", {**SHAPE, **DRY}),
    "xlm-r": ("XLMRoberta", {**SHAPE, **DRY}),
    "deberta": (
        "DebertaV2",
        {
            **SHAPE,
            **DRY,
            "relative_attention": True,
            "pos_att_type": ["p2c", "c2p"],
            "position_biased_input": False,
            "type_vocab_size": 0,
        },
    ),
    "modernbert": (
        "ModernBert",
        {
            **SHAPE,
            "num_hidden_layers": 3,
            "local_attention": 6,
            "global_attn_every_n_layers": 3,
            "cls_token_id": 0,
            "sep_token_id": 2,
        },
    ),
    "t5": ("T5", {**T5_SHAPE, "decoder_start_token_id": 1, "dropout_rate": 0.0}),
    "mt5": (
        "MT5",
        {
            **T5_SHAPE,
            "decoder_start_token_id": 1,
            "dropout_rate": 0.0,
            "feed_forward_proj": "gated-gelu",
        },
    ),
    "bart": ("Bart", {**BART_SHAPE, "dropout": 0.0}),
}
CAUSAL = (
    "llama", "llama untied", "qwen2", "mistral", "gpt2", "gptj", "gemma2", "gemma3", "cohere",
    "granite", "bloom", "recurrent gemma",
)  # fmt: skip
MASKED = ("bert", "xlm-r", "deberta", "modernbert")
SEQ2SEQ = ("t5", "mt5", "bart")


@cache
def made(kind: str) -> Any:
    """Return the one model of a kind, weights large enough that answers differ."""
    family, settings = KINDS[kind]
    name = f"{family}TextConfig" if family == "Gemma3" else f"{family}Config"
    config = getattr(transformers, name)(**{"vocab_size": len(tokenizer()), **COMMON, **settings})
    head = (
        "ForConditionalGeneration"
        if kind in SEQ2SEQ
        else "LMHeadModel"
        if kind == "gpt2"
        else "ForMaskedLM"
        if kind in MASKED
        else "ForCausalLM"
    )
    with torch.random.fork_rng():
        torch.manual_seed(sum(map(ord, kind)))
        model = getattr(transformers, family + head)(config)
        for parameter in model.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.15)
            else:
                parameter.data.add_(torch.randn_like(parameter) * 0.05)
    if kind == "mt5":  # as in its checkpoints; the configuration alone always ties T5's kin
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().flip(0).clone())
    return model.eval()


def model_of(kind: str) -> Any:
    """Return a fresh copy of the model of a kind, in evaluation mode."""
    return copy.deepcopy(made(kind))
