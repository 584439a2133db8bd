"""What is read and what is written from it, laid out for an encoder-decoder or for a decoder.

A decoder reads with prefix attention (Raffel et al. 2020, section 3.2.1; Tay et al. 2022,
arXiv:2205.05131): tokens that are read see each other in both directions, tokens that are written
see those before them. Only what is written carries a loss.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.bits import longest_input
from glotlift.objectives.choice import objective_for
from glotlift.objectives.cross_entropy import IGNORED, language_model_loss
from glotlift.objectives.features import end_id, padded_length, padding_id, start_id
from glotlift.objectives.masked import MaskedLanguageModelling, attention_of
from glotlift.objectives.packing import Ids
from glotlift.objectives.prefix import PrefixLanguageModelling
from glotlift.objectives.wrapping import keeps_apart, plain
from glotlift.runs.errors import GlotliftError

Batch = dict[str, torch.Tensor]
Attention = Literal["prefix", "causal"]


class Example(NamedTuple):
    """Token ids that are read and that are written, without what frames them.

    `whole` says that the target is complete, so that an end token follows it.
    """

    source: Ids
    target: Ids
    whole: bool = True


class EncoderDecoderLayout:
    """The encoder reads a source and an end token, the decoder writes the target."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
        """Raises GL-OBJECTIVE-003 when the model has no token to start its decoder with."""
        self.inner = PrefixLanguageModelling.for_model(model, tokenizer)
        self.end, self.limit = end_id(tokenizer), longest_input(model)

    def packs(self, model: nn.Module) -> bool:
        """Return False: a block is one example."""
        return False

    def lay_out(self, blocks: Sequence[Sequence[Example]]) -> Batch:
        """Return encoder ids and mask [blocks, s], decoder ids and labels [blocks, t].

        Raises GL-OBJECTIVE-047 where a side is longer than the model reads.
        """
        none = np.empty(0, dtype=np.int32)
        sources = [joined(*(x.source for x in block), self.end if block else none)
                   for block in blocks]  # fmt: skip
        targets = [joined(*(self.written(x) for x in block), none) for block in blocks]
        refuse_long(max(map(len, [*sources, *targets]), default=0), self.limit)
        batch: Batch = self.inner.pairs(sources, targets)
        return batch

    def written(self, example: Example) -> Ids:
        """Return the ids that carry a loss."""
        return joined(example.target, self.end) if example.whole else example.target

    def loss(self, model: nn.Module, batch: Batch) -> tuple[torch.Tensor, Batch]:
        """Return the summed cross-entropy in nats, and each written position's."""
        return self.inner.loss(model, batch)


class PrefixLayout:
    """A decoder reads a start token and a source, sees them whole, and writes the target.

    With `attention` "causal" it sees them from left to right, as it was pretrained.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        attention: Attention = "prefix",
    ) -> None:
        """Raises GL-OBJECTIVE-042, -043 or -044 where the model cannot attend so (`check`)."""
        check(model)
        self.attention = attention
        self.start, self.end = start_id(tokenizer), end_id(tokenizer)
        self.padding, self.limit = padding_id(tokenizer), longest_input(model)

    def packs(self, model: nn.Module) -> bool:
        """Return True: examples of one block do not see each other."""
        return True

    def lay_out(self, blocks: Sequence[Sequence[Example]]) -> Batch:
        """Return `input_ids`, `position_ids`, `segments`, `read` and `labels` [blocks, length].

        `segments` numbers the examples of a block from 1, and 0 pads; `read` is 1 where a token
        belongs to a source. ``labels[t]`` is the token at ``t + 1`` where that is written. Raises
        GL-OBJECTIVE-047 where a block is longer than the model reads.
        """
        framed = [[self.framed(example) for example in block] for block in blocks]
        refuse_long(max((sum(map(len, ids)) for ids in framed), default=0), self.limit)
        length = min(padded_length(framed), self.limit)
        shape = (len(blocks), length)
        ids = np.full(shape, self.padding, dtype=np.int64)
        labels = np.full(shape, IGNORED, dtype=np.int64)
        segments, read = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        positions = np.tile(np.arange(length), (len(blocks), 1))
        for row, (block, pieces) in enumerate(zip(blocks, framed, strict=True)):
            at = 0
            for number, (example, piece) in enumerate(zip(block, pieces, strict=True), start=1):
                stop, turn = at + len(piece), at + 1 + len(example.source)
                ids[row, at:stop], segments[row, at:stop] = piece, number
                positions[row, at:stop] = np.arange(len(piece))
                read[row, at:turn] = 1
                labels[row, turn - 1 : stop - 1] = ids[row, turn:stop]
                at = stop
            positions[row, at:] = np.arange(length - at)
        named = {
            "input_ids": ids,
            "position_ids": positions,
            "segments": segments,
            "read": read,
            "labels": labels,
        }
        return {name: torch.from_numpy(values) for name, values in named.items()}

    def framed(self, example: Example) -> Ids:
        """Return a start token, source, target, and the end token of a whole target."""
        return joined([self.start], example.source, self.written(example))

    def written(self, example: Example) -> Ids:
        """Return the ids that carry a loss."""
        return joined(example.target, self.end if example.whole else [])

    def loss(self, model: nn.Module, batch: Batch) -> tuple[torch.Tensor, Batch]:
        """Return the summed cross-entropy in nats, and each written position's."""
        read = batch["read"] if self.attention == "prefix" else torch.zeros_like(batch["read"])
        inputs = {
            "input_ids": batch["input_ids"],
            "position_ids": batch["position_ids"],
            "attention_mask": as_mask(prefix_attention(batch["segments"], read), model),
            "use_cache": False,
        }
        total, each = language_model_loss(model, inputs, batch["labels"])
        return total, {"each": each}


Layout = EncoderDecoderLayout | PrefixLayout


def layout_for(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, attention: Attention = "prefix"
) -> Layout:
    """Return how a model reads and writes.

    Raises GL-OBJECTIVE-041 (a masked model, which does not write), -003, -042, -043 and -044.
    """
    if model.config.is_encoder_decoder:
        return EncoderDecoderLayout(model, tokenizer)
    if isinstance(objective_for(model, tokenizer), MaskedLanguageModelling):
        raise GlotliftError(
            "GL-OBJECTIVE-041",
            f"a {type(model).__name__} fills masks and does not write",
            place="objective",
            fix="choose masked language modelling, or a decoder or an encoder-decoder",
        )
    return PrefixLayout(model, tokenizer, attention)


def prefix_attention(segments: torch.Tensor, read: torch.Tensor) -> torch.Tensor:
    """Return [blocks, 1, length, length] which key (last) each query may see.

    A query sees the keys of its own segment that stand before it or are read.
    """
    length = segments.shape[1]
    before = torch.ones(length, length, dtype=torch.bool, device=segments.device).tril()
    together = segments[:, :, None] == segments[:, None, :]
    return (together & (before | read.bool()[:, None, :]))[:, None]


def as_mask(seen: torch.Tensor, model: nn.Module) -> torch.Tensor:
    """Return who sees whom as the model's attention takes it: Booleans, or numbers to add."""
    if attention_of(model) == "sdpa":
        return seen
    dtype = next(model.parameters()).dtype
    return torch.zeros_like(seen, dtype=dtype).masked_fill(~seen, torch.finfo(dtype).min)


def check(model: PreTrainedModel) -> None:
    """Refuse a decoder that cannot be given an attention mask of its own.

    Raises GL-OBJECTIVE-042 (a class that takes no mask of four dimensions, or no positions),
    -043 (an attention kernel that takes none) and -044 (layers with a window of their own).
    """
    name = type(plain(model)).__name__
    if not keeps_apart(model, "create_causal_mask"):
        raise GlotliftError(
            "GL-OBJECTIVE-042",
            f"a {name} cannot see what it reads in both directions",
            place="model",
            fix="choose a decoder that takes attention masks and positions (Llama, Qwen, GPT-2)",
        )
    if attention_of(model) not in ("sdpa", "eager"):
        raise GlotliftError(
            "GL-OBJECTIVE-043",
            f"the attention {attention_of(model)!r} takes no mask for prefixes",
            place=name,
            fix='load the model with attn_implementation="sdpa"',
        )
    if has_windows(model):
        raise GlotliftError(
            "GL-OBJECTIVE-044",
            f"layers of this {name} see a window of text, and a prefix needs all of it",
            place="config.sliding_window",
            fix="choose a model whose layers all see the whole text",
        )


def has_windows(model: PreTrainedModel) -> bool:
    """Tell whether some layer of a decoder sees less than what stands before a token."""
    config = plain(model).config.get_text_config()
    kinds = getattr(config, "layer_types", None)
    if kinds:
        return any(kind != "full_attention" for kind in kinds)
    return getattr(config, "sliding_window", None) is not None


def refuse_long(length: int, limit: int) -> None:
    """Raise GL-OBJECTIVE-047 where a block has grown longer than the model reads."""
    if length > limit:
        raise GlotliftError(
            "GL-OBJECTIVE-047",
            f"with sentinels and marks a block has {length} tokens, but the model reads {limit}",
            place="training.block",
            fix=f"set training.block to {limit // 2} or less",
        )


def joined(*parts: Any) -> Ids:
    """Return token ids one after another."""
    return np.concatenate(parts, dtype=np.int32, casting="unsafe")
