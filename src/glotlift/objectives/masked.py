"""Masked language modelling over packed documents (Devlin et al. 2019, section 3.1)."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.cross_entropy import IGNORED, language_model_loss
from glotlift.objectives.draws import Draws
from glotlift.objectives.features import (
    end_id,
    laid_out,
    mask_id,
    padded_length,
    padding_id,
    start_id,
    tokenise,
)
from glotlift.objectives.maskers import Masker, RandomTokens, masker_named
from glotlift.objectives.packing import Ids
from glotlift.objectives.word_columns import NONE, Tagger, TokenColumns
from glotlift.objectives.wrapping import keeps_apart, makes_mask_by, plain, unwrapped


class MaskedLanguageModelling:
    """Some tokens are hidden and predicted from those on both sides in the same document.

    Of the chosen positions 80 % become the mask token, 10 % another token and 10 % stay.
    """

    overlap = 0
    columns: tuple[str, ...] = ()

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        mask_fraction: float = 0.15,
        masker: Masker | str | None = None,
        tagger: Tagger | None = None,
    ) -> None:
        """Say what is hidden by a masker or its name; `tagger` labels rows that carry no labels.

        Raises GL-OBJECTIVE-002 (the tokenizer has no mask token) and -020 (an unknown masker).
        """
        self.mask = mask_id(tokenizer)
        self.tokenizer, self.mask_fraction = tokenizer, mask_fraction
        self.masker = masker_named(masker) if isinstance(masker, str) else masker or RandomTokens()
        self.columns, self.tagger = self.masker.columns, tagger
        self.start, self.end, self.padding = (
            start_id(tokenizer),
            end_id(tokenizer),
            padding_id(tokenizer),
        )
        self.special = np.asarray(sorted(set(tokenizer.all_special_ids)))
        self.hideable = np.ones(max(len(tokenizer), self.special[-1] + 1), dtype=bool)
        self.hideable[self.special] = False

    @classmethod
    def for_model(
        cls, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, **settings: Any
    ) -> Self:
        """Return the objective for a model and its tokenizer."""
        return cls(tokenizer, **settings)

    def packs(self, model: nn.Module) -> bool:
        """Tell whether documents may share a block: only where attention keeps them apart.

        Where layers see a window of their own, our mask would take its place.
        """
        return (
            keeps_apart(model, "create_bidirectional_mask")
            and bool(plain(model)._supports_attention_backend)
            and not makes_mask_by(model, "create_bidirectional_sliding_window_mask")
        )

    def prepare(self, rows: Dataset) -> Dataset:
        """Return features `input_ids`, `bytes` and what the masker asks for, a row per document.

        Raises what `TokenColumns` raises.
        """
        beside = TokenColumns(self.columns, self.tagger)
        return tokenise(self.tokenizer, rows, prefix=[self.start], suffix=self.end, beside=beside)

    def collate(self, blocks: Sequence[Sequence[Ids]], seeds: Sequence[int]) -> dict[str, Any]:
        """Return `input_ids`, `labels` and `segments` [blocks, length]; one seed per block."""
        return self.collated(blocks, seeds)[0]

    def collated(
        self, blocks: Sequence[Sequence[Ids]], seeds: Sequence[int], filled: Sequence[int] = ()
    ) -> tuple[dict[str, Any], np.ndarray]:
        """Return the batch, and what pieces know beyond it, [further, blocks, length].

        Pieces are ids, the columns that the masker asks for, and as many further columns as
        `filled` says with what they are padded.
        """
        length = padded_length(blocks)
        known = [self.padding, *(NONE for _ in self.columns)]
        numbers, table = laid_out(blocks, length, [*known, *filled])
        lengths = np.count_nonzero(numbers, axis=1).tolist()
        ids, labels = self.hide(table[0], table[1 : len(known)], lengths, seeds)
        batch = {"input_ids": ids, "labels": labels, "segments": numbers}
        further: np.ndarray = table[len(known) :]
        return {name: torch.from_numpy(values) for name, values in batch.items()}, further

    def corrupt(self, block: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (corrupted ids, labels) of one block; special tokens are never chosen.

        `block` is ids [n], or [n, 1 + columns] with what the masker asks for beside them.
        """
        table = block.reshape(len(block), -1).T[:, None]
        ids, labels = self.hide(table[0], table[1:], [len(block)], [seed])
        return ids[0], labels[0]

    def hide(
        self, ids: np.ndarray, beside: np.ndarray, lengths: Sequence[int], seeds: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (corrupted ids, labels), [blocks, n] as `ids`; `beside` is [columns, blocks, n].

        What stands behind a block's length is padding.
        """
        draws = Draws(seeds, 0x4D4C4D, lengths, ids.shape[1])
        allowed = self.hideable[ids]
        allowed &= np.arange(ids.shape[1]) < np.asarray(lengths)[:, None]
        known = np.moveaxis(beside, 0, -1)
        chosen = self.masker(ids, known, allowed, self.mask_fraction, draws)
        action = draws.random()
        corrupted = np.where(chosen & (action < 0.8), self.mask, ids)
        other = chosen & (action >= 0.8) & (action < 0.9)
        np.copyto(corrupted, draws.integers(len(self.tokenizer)), where=other)
        return corrupted, np.where(chosen, ids, IGNORED)

    def loss(
        self, model: nn.Module, batch: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the summed cross-entropy in nats, and each hidden position's."""
        inputs = packed_inputs(model, batch) if self.packs(model) else plain_inputs(batch)
        total, each = language_model_loss(model, inputs, batch["labels"])
        return total, {"each": each}


def plain_inputs(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return ids and a mask [batch, length]; an empty block sees its first padding, not nothing."""
    seen = (batch["segments"] > 0).long()
    seen[:, 0] = 1
    return {"input_ids": batch["input_ids"], "attention_mask": seen}


def packed_inputs(model: nn.Module, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return ids, positions and a mask [batch, 1, length, length] that keeps to documents.

    Where the model counts positions from its padding id (RoBERTa), so do we.
    """
    numbers = batch["segments"]
    together = numbers[:, None, :, None] == numbers[:, None, None, :]
    if attention_of(model) != "sdpa":
        dtype = next(model.parameters()).dtype
        together = torch.zeros_like(together, dtype=dtype).masked_fill(
            ~together, torch.finfo(dtype).min
        )
    return {
        "input_ids": batch["input_ids"],
        "position_ids": places_in_runs(numbers) + position_offset(model),
        "attention_mask": together,
    }


def places_in_runs(numbers: torch.Tensor) -> torch.Tensor:
    """Return [batch, length] how far each position is from where its run of one number begins."""
    index = torch.arange(numbers.shape[1], device=numbers.device).expand_as(numbers)
    begins = torch.ones_like(numbers, dtype=torch.bool)
    begins[:, 1:] = numbers[:, 1:] != numbers[:, :-1]
    return index - torch.where(begins, index, 0).cummax(1).values


def attention_of(model: nn.Module) -> str:
    """Return the name of the attention implementation that the model uses."""
    return str(getattr(unwrapped(model).config, "_attn_implementation", "eager"))


def position_offset(model: nn.Module) -> int:
    """Return the model's first position: RoBERTa's kin count from the padding id plus one."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            return 0 if module.padding_idx is None else module.padding_idx + 1
    return 0
