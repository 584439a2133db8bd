"""Are scores by shared beginnings those of each text alone? Ten shapes of model.

Each text goes alone, unpadded, through the model's own forward pass of transformers; the client
reads all of them together. Prompts are few-shot: examples that a task shares, a question, options
of several lengths, and a second task whose examples differ.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from glotlift.clients import LocalModel

LETTERS = "abcdefghijklmnopqrst"
SPECIAL = ("<pad>", "<s>", "</s>")
TOLERANCE = 1e-4
SMALL = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
    "max_position_embeddings": 512, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
IDS = {name: SMALL[name] for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
GPT = IDS | {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 512}
GEMMA = SMALL | {"num_key_value_heads": 2, "head_dim": 8, "sliding_window": 16}
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "grouped queries (Llama)": ("Llama", SMALL | {"num_key_value_heads": 2}),
    "multi-query (GPTBigCode)": ("GPTBigCode", GPT | {"multi_query": True}),
    "rope scaling (Llama, llama3)": (
        "Llama",
        SMALL
        | {
            "rope_parameters": {
                "rope_type": "llama3", "rope_theta": 10_000.0, "factor": 8.0,
                "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            }
        },
    ),
    "sliding window (Mistral)": (
        "Mistral",
        SMALL | {"sliding_window": 16, "num_key_value_heads": 2},
    ),
    "learned positions (GPT-2)": ("GPT2", GPT),
    "alibi (Bloom)": ("Bloom", IDS | {"hidden_size": 32, "n_layer": 3, "n_head": 4}),
    "soft-capping (Gemma 2)": (
        "Gemma2",
        GEMMA | {"attn_logit_softcapping": 5.0, "final_logit_softcapping": 3.0},
    ),
    "local and global layers (Gemma 3)": ("Gemma3", GEMMA | {"num_hidden_layers": 6}),
    "experts, left padding (Mixtral)": (
        "Mixtral",
        SMALL | {"num_local_experts": 4, "num_experts_per_tok": 2, "num_key_value_heads": 4},
    ),
    "encoder-decoder (T5)": (
        "T5",
        IDS
        | {
            "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4,
            "decoder_start_token_id": 0,
        },
    ),
}  # fmt: skip
# Gemma 3 has a class of its own for text.
CONFIGS = {"Gemma3": "Gemma3TextConfig"}


def letters(*, left: bool = False) -> PreTrainedTokenizerFast:
    """Return a tokenizer with one token a letter and a start token; `left` pads at the left."""
    pieces = {piece: place for place, piece in enumerate((*SPECIAL, *LETTERS, " ", ":"))}
    inner = Tokenizer(models.WordLevel(pieces, unk_token="<pad>"))
    inner.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    names = dict(zip(("pad_token", "bos_token", "eos_token"), SPECIAL, strict=True))
    side = "left" if left else "right"
    return PreTrainedTokenizerFast(tokenizer_object=inner, padding_side=side, **names)


def made(shape: str) -> tuple[Any, PreTrainedTokenizerFast]:
    """Return a model of a shape with random weights, far enough apart to tell, and a tokenizer."""
    family, settings = SHAPES[shape]
    tokenizer = letters(left="left" in shape)
    config = getattr(transformers, CONFIGS.get(family, f"{family}Config"))(
        vocab_size=len(tokenizer), **settings
    )
    head = "ForConditionalGeneration" if family == "T5" else "ForCausalLM"
    if family == "GPT2":
        head = "LMHeadModel"
    torch.manual_seed(0)
    model = getattr(transformers, family + head)(config).eval()
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    return model, tokenizer


def questions(tasks: int = 2, each: int = 5, options: int = 4) -> tuple[list[str], list[str]]:
    """Return few-shot contexts and continuations, one a line of each question's options."""
    draw = np.random.default_rng(0)

    def text(low: int, high: int) -> str:
        return "".join(draw.choice(list(LETTERS), size=draw.integers(low, high)))

    contexts: list[str] = []
    continuations: list[str] = []
    for _ in range(tasks):
        shots = " ".join(f"{text(8, 20)}: {text(2, 6)}" for _ in range(5))
        for _ in range(each):
            contexts += [f"{shots} {text(5, 25)}:"] * options
            continuations += [f" {text(1, 7)}" for _ in range(options)]
    return contexts, continuations


def alone(model: Any, tokenizer: PreTrainedTokenizerFast, context: str, text: str) -> float:
    """Return a continuation's log-probability by one forward pass over one text."""
    before = tokenizer(context)["input_ids"]
    rest = tokenizer(text, add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        if model.config.is_encoder_decoder:
            decoder = torch.tensor([[model.config.decoder_start_token_id, *rest[:-1]]])
            read = torch.tensor([before])
            logits, first = model(input_ids=read, decoder_input_ids=decoder).logits[0], 0
        else:
            logits = model(torch.tensor([[*before, *rest]])).logits[0]
            first = len(before) - 1
    logs = logits.double().log_softmax(-1)
    return sum(float(logs[first + place, number]) for place, number in enumerate(rest))


def compare(shape: str, ask: Callable[..., Any] = questions) -> dict[str, Any]:
    """Return how far the shape's scores are from those of each text alone, and its notes."""
    model, tokenizer = made(shape)
    contexts, continuations = ask()
    client = LocalModel(model, tokenizer, batch_tokens=256)
    together = client.score(contexts, continuations).log_probabilities
    plain = np.array(
        [alone(model, tokenizer, *pair) for pair in zip(contexts, continuations, strict=True)]
    )
    choices = [scores.reshape(-1, 4).argmax(1) for scores in (together, plain)]
    return {
        "largest_difference": float(np.abs(together - plain).max()),
        "other_choices": int((choices[0] != choices[1]).sum()),
        "texts": len(plain),
        "notes": client.notes,
    }


def shapes() -> dict[str, Any]:
    """Compare every shape; a failure is a difference over 1e-4 nats or another choice."""
    found = {shape: compare(shape) for shape in SHAPES}
    return {
        "shapes": found,
        "shared": sum(not one["notes"] for one in found.values()),
        "largest_difference": max(one["largest_difference"] for one in found.values()),
        "failures": sum(
            one["largest_difference"] > TOLERANCE or one["other_choices"] > 0
            for one in found.values()
        ),
    }
