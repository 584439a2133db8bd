"""A batch token by token: what stands where, and what is to be predicted there."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import PreTrainedTokenizerFast

from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.features import padding_id
from glotlift.objectives.packing import Ids, columns, pack, split_document
from glotlift.runs.protocols import Objective

READ, WRITTEN = "input_ids", "decoder_input_ids"
SHOWN_TO_ATTENTION = ("attention_mask", "segments")
Table = list[dict[str, Any]]


def blocks_of(
    objective: Objective, features: Dataset, *, block: int, together: bool
) -> list[list[Ids]]:
    """Return features cut into pieces of at most `block` tokens, and packed where `together`."""
    flat, offsets = columns(features, objective.columns)
    pieces = [
        flat[first + start : first + stop]
        for first, last in pairwise(offsets.tolist())
        for start, stop in split_document(last - first, block, objective.overlap)
    ]
    if not together:
        return [[piece] for piece in pieces]
    return [[pieces[n] for n in sorted(held)] for held in pack([len(p) for p in pieces], block)]


def batch_tables(
    batch: Mapping[str, torch.Tensor], tokenizer: PreTrainedTokenizerFast
) -> dict[str, Table]:
    """Return a table of what is read, and of what a decoder reads, one row for each token.

    It works from the tensors alone. Ids are written as tokens; `labels` belong to the decoder where
    there is one; every other tensor of the same shape is a column of its own. Padding at the end of
    a block is left out. A tensor of another shape is a table of its own, one row a block.
    """
    ids = {name: batch[name] for name in (READ, WRITTEN) if name in batch}
    owner = {name: side_of(name, values, ids) for name, values in batch.items()}
    tables = {
        side: token_table(
            {name: values for name, values in batch.items() if owner[name] == side}, side, tokenizer
        )
        for side in ids
    }
    others = {name: batch[name] for name, side in owner.items() if side is None}
    return tables | {
        name: [{"block": block, name: row} for block, row in enumerate(values.tolist(), start=1)]
        for name, values in others.items()
    }


def side_of(name: str, values: torch.Tensor, ids: Mapping[str, torch.Tensor]) -> str | None:
    """Return which ids a tensor goes with: those of its shape, on its side."""
    wanted = WRITTEN if WRITTEN in ids and name.startswith(("decoder", "label")) else READ
    return wanted if wanted in ids and values.shape == ids[wanted].shape else None


def token_table(
    tensors: Mapping[str, torch.Tensor], side: str, tokenizer: PreTrainedTokenizerFast
) -> Table:
    """Return the rows of one side; tensors are [blocks, length] or [blocks, texts, length]."""
    several = tensors[side].ndim > 2
    rows: Table = []
    for place in np.ndindex(*tensors[side].shape[:-1]):
        told = {name: values[place].tolist() for name, values in tensors.items()}
        for position in range(used_length(told, side, padding_id(tokenizer))):
            row: dict[str, Any] = {"block": place[0] + 1}
            if several:
                row["text"] = place[1] + 1
            row |= {"position": position, "token": token(tokenizer, told[side][position])}
            for name, values in told.items():
                if name != side:
                    value = values[position]
                    row[name] = token(tokenizer, value) if name.startswith("label") else value
            rows.append(row)
    return rows


def used_length(told: Mapping[str, Sequence[int]], side: str, padding: int) -> int:
    """Return how many positions there are before the padding at the end."""
    length = len(told[side])
    masks = [told[name] for name in SHOWN_TO_ATTENTION if name in told]
    labels = [values for name, values in told.items() if name.startswith("label")]
    while (
        length
        and told[side][length - 1] == padding
        and all(values[length - 1] == IGNORED for values in labels)
        and not any(mask[length - 1] for mask in masks)
    ):
        length -= 1
    return length


def token(tokenizer: PreTrainedTokenizerFast, number: int) -> str:
    """Return a token as text where it has one of its own, else as the vocabulary writes it.

    A space in front is written ``▁``; nothing stands for a position without a label.
    """
    if number == IGNORED:
        return ""
    piece = str(tokenizer.convert_ids_to_tokens(number))
    text = str(tokenizer.decode([number], clean_up_tokenization_spaces=False))
    if "\N{REPLACEMENT CHARACTER}" in text or not text.strip() or text.strip() in piece:
        return piece.replace("Ġ", "▁")
    return text.replace(" ", "▁")
