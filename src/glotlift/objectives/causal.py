"""Causal language modelling over packed documents."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.cross_entropy import IGNORED, language_model_loss
from glotlift.objectives.features import (
    end_id,
    padded_length,
    padding_id,
    start_id,
    tokenise,
)
from glotlift.objectives.packing import Ids
from glotlift.objectives.wrapping import accepts, keeps_apart


class CausalLanguageModelling:
    """Each token is predicted from those before it in the same document.

    A document is its start token, its text and its end token. Several documents share a block;
    positions begin again at each, which is how transformers' mask builders (and flash attention)
    keep attention inside a document.

    With `z_loss` each token adds that much of (log Z)^2 to the loss, where Z is the sum of the
    exponentials of its logits: it keeps them from drifting (Chowdhery et al. 2022, PaLM, section 5,
    1e-4).
    """

    overlap = 1
    columns: tuple[str, ...] = ()

    def __init__(self, tokenizer: PreTrainedTokenizerFast, z_loss: float = 0.0) -> None:
        self.tokenizer, self.z_loss = tokenizer, z_loss
        self.start, self.end, self.padding = (
            start_id(tokenizer),
            end_id(tokenizer),
            padding_id(tokenizer),
        )

    @classmethod
    def for_model(
        cls, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, **settings: Any
    ) -> Self:
        """Return the objective for a model and its tokenizer."""
        return cls(tokenizer, **settings)

    def packs(self, model: nn.Module) -> bool:
        """Tell whether documents may share a block: only where attention keeps them apart."""
        return keeps_apart(model, "create_causal_mask")

    def prepare(self, rows: Dataset) -> Dataset:
        """Return features `input_ids` and `bytes`, one row per document."""
        return tokenise(self.tokenizer, rows, prefix=[self.start], suffix=self.end)

    def collate(self, blocks: Sequence[Sequence[Ids]], seeds: Sequence[int]) -> dict[str, Any]:
        """Return `input_ids`, `position_ids` and `labels` [blocks, length].

        Labels stand where they are predicted: ``labels[t]`` is the token at ``t + 1`` of the same
        document.
        """
        length = padded_length(blocks)
        shape = (len(blocks), length)
        ids = np.full(shape, self.padding, dtype=np.int64)
        positions = np.empty(shape, dtype=np.int64)
        labels = np.full(shape, IGNORED, dtype=np.int64)
        for row, pieces in enumerate(blocks):
            at = 0
            for piece in pieces:
                stop = at + len(piece)
                ids[row, at:stop] = piece
                positions[row, at:stop] = np.arange(len(piece))
                labels[row, at : stop - 1] = piece[1:]
                at = stop
            positions[row, at:] = np.arange(length - at)
        batch = {"input_ids": ids, "position_ids": positions, "labels": labels}
        return {name: torch.from_numpy(values) for name, values in batch.items()}

    def loss(
        self, model: nn.Module, batch: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the summed loss in nats, and each labelled position's cross-entropy."""
        inputs: dict[str, Any] = {"input_ids": batch["input_ids"], "use_cache": False}
        if accepts(model, "position_ids"):
            inputs["position_ids"] = batch["position_ids"]
        total, each = language_model_loss(model, inputs, batch["labels"], self.z_loss)
        return total, {"each": each}
