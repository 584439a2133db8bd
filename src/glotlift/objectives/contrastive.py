"""Transliteration contrastive modelling: both sides of a pair are masked and drawn together.

Liu, Ma, Ye and Schütze 2024, "TransliCo: A Contrastive Learning Framework to Address the Script
Barrier in Multilingual Pretrained Language Models" (arXiv:2401.06620), section 3. Batches larger
than memory are encoded part by part, to the same gradients (GradCache: Gao et al. 2021,
arXiv:2101.06983).
"""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.contrast import Contrast, gathered, rank
from glotlift.objectives.cross_entropy import IGNORED, language_model_loss
from glotlift.objectives.masked import MaskedLanguageModelling, plain_inputs
from glotlift.objectives.packing import Ids
from glotlift.objectives.pairs import SIDES, pair_features
from glotlift.objectives.word_columns import NONE
from glotlift.objectives.wrapping import unwrapped
from glotlift.runs.errors import GlotliftError

DEPTH = 2 / 3  # of the layers: the eighth of twelve, as published
Batch = dict[str, torch.Tensor]
Encoded = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class TransliterationContrastiveModelling:
    """Masked modelling of both sides of a pair, each by itself, and a contrast of their vectors.

    A side's vector is the mean of one layer's states over its content: hidden tokens count, special
    ones and padding do not. A row of `text` alone, or what is left of a pair that was cut, is
    masked and takes no part in the contrast.

    The loss of a step is ``masked_weight x mean over hidden positions + weight x mean contrast of a
    side``. Training divides a step's sum by its labelled positions, so `loss` returns the mean
    contrast times their number. The contrast is among the pairs that are computed together, in all
    processes: it does not grow by accumulation, so let a step be one micro-batch and bound memory
    by `chunk`.
    """

    overlap = 0

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        *,
        weight: float = 0.125,
        masked_weight: float = 1.0,
        layer: int | None = None,
        chunk: int | None = None,
        contrast: Contrast | None = None,
        **settings: Any,
    ) -> None:
        """`weight` is that of the contrast; its default is that of the released code.

        There the two sides' masked losses are added up and the contrast is halved and weighs 0.5.
        `layer` counts from 0, the embeddings; by default it is at two thirds of the depth. `chunk`
        pairs are encoded at a time, for memory's sake. `settings` are those of masked modelling.

        Raises GL-OBJECTIVE-064 for a chunk of no pairs, and what masked modelling raises.
        """
        if chunk is not None and chunk < 1:
            cause = f"{chunk} pairs at a time are no batch"
            fix = "give 1 or more, or leave it out"
            raise GlotliftError("GL-OBJECTIVE-064", cause, place="chunk", fix=fix)
        self.masked = MaskedLanguageModelling(tokenizer, **settings)
        self.columns = (*self.masked.columns, SIDES)
        self.weight, self.masked_weight, self.layer = weight, masked_weight, layer
        self.chunk, self.contrast = chunk, contrast or Contrast()

    @classmethod
    def for_model(
        cls,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        *,
        similarity: Any = Contrast.similarity,
        temperature: float = Contrast.temperature,
        negatives: Any = Contrast.negatives,
        **settings: Any,
    ) -> Self:
        """Return the objective for a model and its tokenizer; the contrast's settings by name.

        Raises GL-OBJECTIVE-065 for a layer that the model does not have, and what `Contrast` does.
        """
        made = cls(tokenizer, contrast=Contrast(similarity, temperature, negatives), **settings)
        layers = model.config.get_text_config().num_hidden_layers
        if made.layer is not None and not -1 - layers <= made.layer <= layers:
            cause = f"layer {made.layer} of a model with {layers}"
            fix = f"give 0 to {layers}"
            raise GlotliftError("GL-OBJECTIVE-065", cause, place="layer", fix=fix)
        return made

    def packs(self, model: nn.Module) -> bool:
        """Return False: a block is one pair."""
        return False

    def prepare(self, rows: Dataset) -> Dataset:
        """Return features `input_ids`, `bytes`, what the masker asks for, and `sides`."""
        return pair_features(self.masked.prepare, rows, self.masked.columns)

    def collate(self, blocks: Sequence[Sequence[Ids]], seeds: Sequence[int]) -> dict[str, Any]:
        """Return a batch whose first two dimensions are [blocks, 2 sides].

        `input_ids`, `labels`, `segments` (1 for a token, 0 for padding) and `content` (1 for a
        token that is not special) are [blocks, 2, length]; `texts` are [blocks, 2], a number for
        each text. An empty side is padding.
        """
        whole, (told,) = self.masked.collated(blocks, seeds, [NONE])
        corrupted, hidden = whole["input_ids"].numpy(), whole["labels"].numpy()
        sides = [told == side for side in range(2)]
        stops = np.stack([at.sum(axis=1) for at in sides], axis=1)
        shape = (len(blocks), 2, max(8, -(-int(stops.max(initial=0)) // 8) * 8))
        ids = np.full(shape, self.masked.padding, dtype=np.int64)
        labels = np.full(shape, IGNORED, dtype=np.int64)
        for side, at in enumerate(sides):
            place = at.nonzero()[0], side, at.cumsum(axis=1)[at] - 1
            ids[place], labels[place] = corrupted[at], hidden[at]
        original = np.where(labels == IGNORED, ids, labels)
        segments = (np.arange(shape[2]) < stops[..., None]).astype(np.int64)
        content = segments * self.masked.hideable[original]
        texts = np.zeros(shape[:2], dtype=np.int64)
        for text in zip(*stops.nonzero(), strict=True):
            texts[text] = zlib.crc32(original[text][: stops[text]].tobytes())
        batch = {"input_ids": ids, "labels": labels, "segments": segments, "content": content}
        return {name: torch.from_numpy(each) for name, each in (batch | {"texts": texts}).items()}

    def loss(self, model: nn.Module, batch: Batch) -> tuple[torch.Tensor, Batch]:
        """Return the summed loss in nats, and what each hidden position has of it.

        A hidden position has its own cross-entropy and an equal part of the contrast.
        """
        size = self.chunk or len(batch["labels"])
        parts = [
            self.encode(model, {name: rows[start : start + size] for name, rows in batch.items()})
            for start in range(0, len(batch["labels"]), size)
        ]
        total = self.masked_weight * torch.stack([part[0] for part in parts]).sum()
        each = self.masked_weight * torch.cat([part[1] for part in parts])
        vectors = torch.cat([part[2] for part in parts])
        whole = (batch["content"].sum(2) > 0).all(1)
        everywhere, first = gathered(whole), rank() * len(whole)
        losses = self.contrast.losses(
            gathered(vectors),
            gathered(batch["texts"]),
            everywhere,
            slice(first, first + len(whole)),
        )
        labelled = gathered(each.new_tensor([len(each)])).sum()
        mean = losses.sum() / (2 * everywhere.sum()).clamp(min=1)
        contrast = self.weight * labelled * mean
        spread = contrast.detach() / max(1, len(each))
        return total + contrast, {"each": each + spread, "contrast": losses.detach().flatten()}

    def encode(self, model: nn.Module, part: Batch) -> Encoded:
        """Return the summed masked loss, each position's, and vectors [blocks, 2, width].

        Under `chunk` nothing else is kept: states are computed again for the gradients.
        """
        flat = {name: rows.flatten(0, 1) for name, rows in part.items()}
        once = iter([model])

        def forward(inputs: Batch, labels: torch.Tensor, content: torch.Tensor) -> Encoded:
            # Data-parallel wrappers expect one pass for each backward: the second is the model's.
            called = next(once, unwrapped(model))
            with last_outputs(called) as outputs:
                total, each = language_model_loss(called, inputs, labels)
            states = outputs[-1].hidden_states
            layer = round(DEPTH * (len(states) - 1)) if self.layer is None else self.layer
            vectors = mean_states(states[layer], content)
            return total, each, vectors.reshape(-1, 2, vectors.shape[1])

        inputs = {**plain_inputs(flat), "output_hidden_states": True}
        given: tuple[Any, torch.Tensor, torch.Tensor] = inputs, flat["labels"], flat["content"]
        if self.chunk is None:
            return forward(*given)
        encoded: Encoded = checkpoint(forward, *given, use_reentrant=False)
        return encoded


def mean_states(states: torch.Tensor, content: torch.Tensor) -> torch.Tensor:
    """Return [texts, width] the means of `states` [texts, length, width] over content, or 0."""
    weights = content[..., None].to(states.dtype)
    mean: torch.Tensor = (states * weights).sum(1) / weights.sum(1).clamp(min=1)
    return mean


@contextmanager
def last_outputs(model: nn.Module) -> Iterator[list[Any]]:
    """Yield a list that receives what the model returns, whoever calls it."""
    seen: list[Any] = []
    inner: nn.Module = unwrapped(model)
    handle = inner.register_forward_hook(lambda _module, _inputs, outputs: seen.append(outputs))
    try:
        yield seen
    finally:
        handle.remove()
