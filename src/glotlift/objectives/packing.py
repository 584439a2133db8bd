"""Documents packed into blocks, so that no computation is spent on padding.

Best-fit decreasing (Ding et al. 2024, "Fewer Truncations Improve Language Modeling",
arXiv:2404.10830): pieces are placed, longest first, into the fullest block that still has room.
Attention never crosses from one document into another (see `CausalLanguageModelling`).
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

Ids = NDArray[np.int32]


def columns(features: Dataset, beside: Sequence[str] = ()) -> tuple[Ids, NDArray[np.int64]]:
    """Return token ids as (flat ids [tokens], offsets [rows + 1]), without copies.

    Features `beside` the ids have a number for each token too; then the first part is
    [tokens, 1 + features], the ids first.
    """
    table = features.with_format("arrow")[:]
    (ids, offsets), *others = [flat_column(table[name]) for name in ("input_ids", *beside)]
    if not others:
        return ids, offsets
    return np.stack([ids, *(values for values, _ in others)], axis=1), offsets


def flat_column(column: Any) -> tuple[Ids, NDArray[np.int64]]:
    """Return a column of lists as (flat values, offsets [rows + 1])."""
    column = column.combine_chunks()
    if hasattr(column, "chunks"):
        column = column.chunk(0)
    offsets = column.offsets.to_numpy().astype(np.int64)
    return column.values.to_numpy(zero_copy_only=False).astype(np.int32), offsets


def split_document(length: int, block: int, overlap: int) -> list[tuple[int, int]]:
    """Cut a document of `length` tokens into pieces (start, stop) of at most `block` tokens.

    Neighbouring pieces share `overlap` tokens: one, where each token is predicted from those
    before it, so that no token goes unpredicted.
    """
    if length <= block:
        return [(0, length)]
    step = block - overlap
    starts = range(0, length - overlap, step)
    return [(start, min(start + block, length)) for start in starts]


def pack(lengths: Sequence[int] | NDArray[np.int64], block: int) -> list[list[int]]:
    """Return blocks of piece indices whose lengths sum to at most `block`, by best fit.

    Every piece must be no longer than `block`. Deterministic: ties go to the earlier piece.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    blocks: list[list[int]] = []
    room: list[tuple[int, int]] = []  # (free tokens, block), sorted
    for piece in order.tolist():
        length = int(lengths[piece])
        place = bisect_left(room, (length, -1))
        if place == len(room):
            blocks.append([piece])
            free, chosen = block - length, len(blocks) - 1
        else:
            free, chosen = room.pop(place)
            blocks[chosen].append(piece)
            free -= length
        if free:
            insort(room, (free, chosen))
    return blocks
