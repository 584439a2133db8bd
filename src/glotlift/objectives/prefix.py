"""Prefix language modelling for encoder-decoders (Raffel et al. 2020, section 3.2.3)."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.cross_entropy import IGNORED, language_model_loss
from glotlift.objectives.features import end_id, padding_id, tokenise
from glotlift.objectives.packing import Ids
from glotlift.runs.errors import GlotliftError


class PrefixLanguageModelling:
    """The encoder reads the first half of a piece, the decoder writes the second."""

    overlap = 0
    columns: tuple[str, ...] = ()

    def __init__(self, tokenizer: PreTrainedTokenizerFast, decoder_start: int | None) -> None:
        """Raises GL-OBJECTIVE-003 when the model has no token to start its decoder with."""
        if decoder_start is None:
            raise GlotliftError(
                "GL-OBJECTIVE-003",
                "the model's configuration has no decoder_start_token_id",
                place=tokenizer.name_or_path,
                fix="set it in config.json",
            )
        self.tokenizer, self.decoder_start = tokenizer, decoder_start
        self.end, self.padding = end_id(tokenizer), padding_id(tokenizer)

    @classmethod
    def for_model(cls, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Self:
        """Return the objective for a model and its tokenizer."""
        return cls(tokenizer, decoder_start_of(model))

    def packs(self, model: nn.Module) -> bool:
        """Return False: a block is one piece."""
        return False

    def prepare(self, rows: Dataset) -> Dataset:
        """Return features `input_ids` and `bytes`, one row per document."""
        return tokenise(self.tokenizer, rows, prefix=[], suffix=self.end)

    def collate(self, blocks: Sequence[Sequence[Ids]], seeds: Sequence[int]) -> dict[str, Any]:
        """Return encoder ids and mask [blocks, s], decoder ids and labels [blocks, t]."""
        pieces = [np.concatenate([*block, np.empty(0, dtype=np.int32)]) for block in blocks]
        halves = [(piece[: len(piece) // 2], piece[len(piece) // 2 :]) for piece in pieces]
        return self.pairs([a for a, _ in halves], [b for _, b in halves])

    def pairs(self, sources: Sequence[Ids], targets: Sequence[Ids]) -> dict[str, Any]:
        """Return the batch that reads `sources` and writes `targets`."""
        width = max(1, *(len(source) for source in sources))
        height = max(1, *(len(target) for target in targets))
        ids = np.full((len(sources), width), self.padding, dtype=np.int64)
        seen = np.zeros_like(ids)
        decoder = np.full((len(sources), height), self.padding, dtype=np.int64)
        labels = np.full_like(decoder, IGNORED)
        for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
            ids[row, : len(source)], seen[row, : len(source)] = source, 1
            seen[row, 0] = 1
            decoder[row, 0] = self.decoder_start
            decoder[row, 1 : len(target)] = target[:-1]
            labels[row, : len(target)] = target
        batch = {
            "input_ids": ids,
            "attention_mask": seen,
            "decoder_input_ids": decoder,
            "labels": labels,
        }
        return {name: torch.from_numpy(values) for name, values in batch.items()}

    def loss(
        self, model: nn.Module, batch: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the summed cross-entropy in nats, and each written position's."""
        inputs = {name: values for name, values in batch.items() if name != "labels"}
        total, each = language_model_loss(model, {**inputs, "use_cache": False}, batch["labels"])
        return total, {"each": each}


def decoder_start_of(model: PreTrainedModel) -> int | None:
    """Return the token that starts a model's decoder, or None where it has none."""
    start = getattr(model.generation_config, "decoder_start_token_id", None)
    if start is None:
        start = getattr(model.config, "decoder_start_token_id", None)
    return start
