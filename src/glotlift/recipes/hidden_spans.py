"""A small mT5 and its tokenizer, and texts with spans hidden behind sentinels for it to fill."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import transformers
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.vocabulary import train_tokenizer

SENTINELS = 20
SPAN, HIDDEN = 2, 0.2  # words in a hidden span; share of words that are hidden


def sentinel(number: int) -> str:
    """Return T5's sentinel of that number."""
    return f"<extra_id_{number}>"


def with_spans_hidden(text: str, seed: int, words: int = 40) -> tuple[str, str]:
    """Return a text with spans of words hidden behind sentinels, and what they hide.

    T5's objective (Raffel et al. 2020, arXiv:1910.10683, section 3.1.4), over whole words, so that
    all tokenizers are asked the same; only the first `words` words are taken.
    """
    parts = text.split()[:words]
    spans = max(1, min(SENTINELS - 1, round(HIDDEN * len(parts) / SPAN)))
    draw = np.random.default_rng([seed, len(text), *text[:64].encode()])
    room = len(parts) - spans * SPAN
    if room < spans:
        spans, room = 1, max(0, len(parts) - SPAN)
    starts = np.sort(draw.choice(room + 1, spans, replace=False)) + SPAN * np.arange(spans)
    read: list[str] = []
    written: list[str] = []
    last = 0
    for number, start in enumerate(starts.tolist()):
        read += [*parts[last:start], sentinel(number)]
        written += [sentinel(number), *parts[start : start + SPAN]]
        last = start + SPAN
    return " ".join([*read, *parts[last:]]), " ".join([*written, sentinel(spans)])


def sentinel_tokenizer(texts: Sequence[str], pieces: int) -> PreTrainedTokenizerFast:
    """Return a Unigram tokenizer whose last ids are the sentinels, the first of them last."""
    tokenizer: PreTrainedTokenizerFast = train_tokenizer(
        texts, kind="unigram", size=pieces - SENTINELS
    )
    names = [sentinel(number) for number in reversed(range(SENTINELS))]
    tokenizer.add_special_tokens({"extra_special_tokens": names})
    return tokenizer


def untrained_mt5(
    values: Mapping[str, Any], tokenizer: PreTrainedTokenizerFast, *, tied: bool = False
) -> PreTrainedModel:
    """Return an mT5 of ``values["width"]`` and ``values["layers"]``.

    Encoder and decoder share embeddings. transformers 5 ties every new mT5's head to them; that of
    the published models is not, nor is it here, unless `tied`.
    """
    width = values["width"]
    settings: dict[str, Any] = {"decoder_start_token_id": tokenizer.pad_token_id}
    config = transformers.MT5Config(
        vocab_size=len(tokenizer),
        d_model=width,
        d_kv=32,
        d_ff=2 * width,
        num_layers=values["layers"],
        num_heads=max(2, width // 32),
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **settings,
    )
    model = transformers.MT5ForConditionalGeneration(config)
    if not tied:
        model.lm_head.weight = torch.nn.Parameter(torch.randn(len(tokenizer), width) * width**-0.5)
        model.config.tie_word_embeddings = False
    return model
