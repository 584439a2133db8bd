"""An encoder tuned to give translations like vectors."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.models.loading import find_model, load_model
from glotlift.recipes.small_encoders import content_means

BATCH = 64
SHARPNESS = 20.0  # the inverse temperature of the softmax over a batch


def tune_on_translations(
    folder: Path,
    tokenizer: PreTrainedTokenizerFast,
    pivot: Sequence[str],
    others: Mapping[str, Sequence[str]],
    *,
    steps: int,
    rate: float,
    seed: int,
) -> PreTrainedModel:
    """Return the model tuned so that a sentence's own translation is the nearest in a batch.

    The softmax over a batch of 64 in both directions of Feng et al. (2022, arXiv:2007.01852,
    section 2.1), without its margin; a step reads one of the other languages by turns. `others`
    are row by row translations of `pivot`. Sentences are means over tokens.
    """
    model = load_model(find_model(str(folder)))
    model.train()
    optimiser = torch.optim.AdamW(model.base_model.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=steps)
    drawn, codes = np.random.default_rng(seed), list(others)
    for step in range(steps):
        rows = drawn.permutation(len(pivot))[:BATCH].tolist()
        texts = others[codes[step % len(codes)]]
        one = mean_vectors(model, tokenizer, [pivot[row] for row in rows])
        other = mean_vectors(model, tokenizer, [texts[row] for row in rows])
        scores = SHARPNESS * one @ other.T
        own = torch.arange(len(rows))
        loss = cross_entropy(scores, own) + cross_entropy(scores.T, own)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    tuned: PreTrainedModel = model.eval()
    return tuned


def mean_vectors(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]
) -> Tensor:
    """Return [texts, width] vectors of length 1: means over the tokens that are not special."""
    batch = tokenizer(
        list(texts), padding=True, truncation=True, max_length=128, return_tensors="pt"
    )
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
    return normalize(content_means(model, tokenizer, inputs), dim=1)
