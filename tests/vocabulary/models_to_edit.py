"""Random models of three kinds, tied or not, padded or not, biased or not."""

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    BartConfig,
    BertConfig,
    LlamaConfig,
    M2M100Config,
    ModernBertConfig,
    PhiConfig,
)

from .vocabulary_samples import MIXED, trained

SMALL = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}
BART = {
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
}
T5 = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
CLASSES = {
    "causal": AutoModelForCausalLM,
    "masked": AutoModelForMaskedLM,
    "seq2seq": AutoModelForSeq2SeqLM,
}
# Every pair of kind and bias is a class that has it: Phi's head has a bias, ModernBERT's need not,
# and M2M100 has none over pieces where BART does. (T5 is always tied in transformers 5; below.)
CONFIGS = {
    ("causal", "none"): lambda **known: LlamaConfig(**SMALL, **known),
    ("causal", "bias"): lambda **known: PhiConfig(**SMALL, **known),
    ("masked", "none"): lambda **known: ModernBertConfig(
        **SMALL, decoder_bias=False, global_attn_every_n_layers=1, **known
    ),
    ("masked", "bias"): lambda **known: BertConfig(**SMALL, **known),
    ("seq2seq", "none"): lambda **known: M2M100Config(**BART, **known),
    ("seq2seq", "bias"): lambda **known: BartConfig(**BART, **known),
}
NAMES = {
    ("causal", "none"): "llama",
    ("causal", "bias"): "phi",
    ("masked", "none"): "modernbert",
    ("masked", "bias"): "bert",
    ("seq2seq", "none"): "m2m100",
    ("seq2seq", "bias"): "bart",
}
PADDING = 128
TOKENIZER = trained("bpe")


def tokens_of(config, size):
    """Give `config` special ids that exist, in the tokenizer's vocabulary of `size`."""
    special = {"pad_token_id": 2, "bos_token_id": 0, "eos_token_id": 1}
    special |= {"cls_token_id": 0, "sep_token_id": 1, "decoder_start_token_id": 2}
    return config(vocab_size=size, **special)


def build(kind, config, dtype=torch.float32):
    """Return a model with every parameter and bias drawn at random, in evaluation mode."""
    torch.manual_seed(0)
    model = CLASSES[kind].from_config(config, dtype=dtype).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    for name, buffer in model.named_buffers():
        if name.endswith("final_logits_bias"):
            torch.nn.init.normal_(buffer, std=0.3)
    model.tie_weights()
    return model


def built(kind, tied, padded, bias):
    size = len(TOKENIZER) + (PADDING if padded == "padded" else 0)
    config = tokens_of(
        lambda **known: CONFIGS[kind, bias](tie_word_embeddings=tied == "tied", **known), size
    )
    return build(kind, config)


def head_bias(model):
    """Return the bias over pieces [V], or None."""
    bias = getattr(model.get_output_embeddings(), "bias", None)
    logits = [buffer for name, buffer in model.named_buffers() if "final_logits_bias" in name]
    return logits[0].reshape(-1) if logits else bias


def matrices(model):
    found = {
        "input": model.get_input_embeddings().weight,
        "output": model.get_output_embeddings().weight,
        "bias": head_bias(model),
    }
    return {role: rows.detach() for role, rows in found.items() if rows is not None}


def is_tied(model):
    return model.get_input_embeddings().weight is model.get_output_embeddings().weight


def batch_of(tokenizer, texts):
    ids = tokenizer(texts, padding=True, return_tensors="pt")
    return {"input_ids": ids.input_ids, "attention_mask": ids.attention_mask}


@torch.no_grad()
def answer(model, tokenizer, texts=MIXED[:3]):
    batch = batch_of(tokenizer, texts)
    labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    return model(**batch, labels=labels)
