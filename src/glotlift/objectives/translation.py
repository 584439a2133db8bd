"""Translation language modelling: masked modelling over the two sides of a pair at once.

Conneau and Lample 2019, "Cross-lingual Language Model Pretraining" (arXiv:1901.07291), section 3.3;
with a text and its transliteration as the two sides, as MuRIL has it too (Khanuja et al. 2021,
arXiv:2103.10730).
"""

from collections.abc import Sequence
from typing import Any, Self

import torch
from datasets import Dataset
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.cross_entropy import language_model_loss
from glotlift.objectives.masked import (
    MaskedLanguageModelling,
    packed_inputs,
    places_in_runs,
    plain_inputs,
    position_offset,
)
from glotlift.objectives.packing import Ids
from glotlift.objectives.pairs import SIDES, pair_features
from glotlift.objectives.wrapping import accepts
from glotlift.runs.errors import GlotliftError


class TranslationLanguageModelling:
    """Tokens of both sides are hidden, each by itself, and found by reading both.

    A row with `source_text` and `text` becomes one document, ``<s> source </s> text </s>``. A row
    of `text` alone is masked as ever, so a stage may mix sources of both kinds.
    """

    overlap = 0

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        *,
        reset_positions: bool = False,
        token_types: bool = False,
        packed: bool = True,
        **settings: Any,
    ) -> None:
        """`settings` are those of masked modelling: the share that is hidden, masker and tagger.

        With `reset_positions` the second side counts its positions anew, as in XLM; in MuRIL they
        run on. With `token_types` the model is told the sides by its token types, as BERT's kin
        can be. Without `packed` a block is one pair. Raises what masked modelling raises.
        """
        self.masked = MaskedLanguageModelling(tokenizer, **settings)
        self.columns = (*self.masked.columns, SIDES)
        self.reset_positions, self.token_types, self.packed = reset_positions, token_types, packed

    @classmethod
    def for_model(
        cls, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, **settings: Any
    ) -> Self:
        """Return the objective for a model and its tokenizer.

        Raises GL-OBJECTIVE-060 (positions anew for a model that is told none) and -061 (token types
        for one that knows fewer than two).
        """
        made = cls(tokenizer, **settings)
        if made.reset_positions and not accepts(model, "position_ids"):
            raise GlotliftError(
                "GL-OBJECTIVE-060",
                "the model is told no positions, so they cannot begin anew",
                place=model.config.model_type,
                fix="leave reset_positions out",
            )
        types = getattr(model.config, "type_vocab_size", 0) or 0
        if made.token_types and (types < 2 or not accepts(model, "token_type_ids")):
            raise GlotliftError(
                "GL-OBJECTIVE-061",
                f"two sides need two token types, and the model knows {types}",
                place=model.config.model_type,
                fix="leave token_types out",
            )
        return made

    def packs(self, model: nn.Module) -> bool:
        """Tell whether pairs may share a block: where wanted, and attention keeps them apart."""
        return self.packed and self.masked.packs(model)

    def prepare(self, rows: Dataset) -> Dataset:
        """Return features `input_ids`, `bytes`, what the masker asks for, and `sides`."""
        return pair_features(self.masked.prepare, rows, self.masked.columns, skip=1)

    def collate(self, blocks: Sequence[Sequence[Ids]], seeds: Sequence[int]) -> dict[str, Any]:
        """Return `input_ids`, `labels`, `segments` and `sides` [blocks, length]."""
        batch, (sides,) = self.masked.collated(blocks, seeds, [0])
        return {**batch, SIDES: torch.from_numpy(sides)}

    def loss(
        self, model: nn.Module, batch: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the summed cross-entropy in nats, and each hidden position's."""
        packs = self.masked.packs(model)
        inputs = packed_inputs(model, batch) if packs else plain_inputs(batch)
        if self.reset_positions:
            runs = places_in_runs(2 * batch["segments"] + batch[SIDES])
            inputs["position_ids"] = runs + position_offset(model)
        if self.token_types:
            inputs["token_type_ids"] = batch[SIDES]
        total, each = language_model_loss(model, inputs, batch["labels"])
        return total, {"each": each}
