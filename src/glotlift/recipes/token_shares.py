"""One training stage on sources in given shares of tokens."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import Mixture, hand
from glotlift.objectives.packing import columns
from glotlift.recipes.one_stage import BLOCKS, train_stage
from glotlift.training.schedule import Budget, Documents
from glotlift.training.stages import Trained

REPLAY = "replay:"
Unit = Literal["tokens", "new tokens", "steps"]


def train(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: Mapping[str, Dataset],
    features: Mapping[str, Dataset],
    shares: Mapping[str, float],
    *,
    amount: int,
    unit: Unit,
    rate: float,
    seed: int,
    blocks: int = BLOCKS,
    folder: Path,
) -> Trained:
    """Train one stage on sources in the given shares of tokens.

    `features` are the prepared `rows`. `amount` counts steps, all tokens, or new tokens: those of
    sources that are not ``replay:``. A step reads `blocks` blocks of 128 tokens.
    """
    sources = {name: rows[name] for name in shares}
    mixture = Mixture(sources, hand(shares_of_bytes(shares, features)), seed=seed)
    features = {name: features[name] for name in shares}
    if unit == "new tokens":
        amount = tokens_holding(Documents(features), mixture, amount)
    return train_stage(
        model,
        tokenizer,
        features,
        mixture,
        Budget(amount, "steps" if unit == "steps" else "tokens"),
        rate=rate,
        seed=seed,
        folder=folder,
        blocks=blocks,
    )


def shares_of_bytes(
    shares: Mapping[str, float], features: Mapping[str, Dataset]
) -> dict[str, float]:
    """Return the shares of bytes that give shares of tokens: a mixture weighs bytes."""
    rates = {
        name: sum(features[name]["bytes"]) / int(columns(features[name])[1][-1]) for name in shares
    }
    total = sum(share * rates[name] for name, share in shares.items())
    return {name: share * rates[name] / total for name, share in shares.items()}


def tokens_holding(documents: Documents, mixture: Mixture, wanted: int) -> int:
    """Return how many tokens of the mixture's order hold `wanted` that are not replayed."""
    sources, rows = mixture.items(0, wanted)
    drawn = zip(sources.tolist(), rows.tolist(), strict=True)
    lengths = np.array([documents.length(source, row) for source, row in drawn])
    is_new = np.array([not name.startswith(REPLAY) for name in mixture.names])[sources]
    new = np.cumsum(lengths * is_new)
    last = int(np.searchsorted(new, wanted))
    return int(lengths[: last + 1].sum() - (new[last] - wanted))
