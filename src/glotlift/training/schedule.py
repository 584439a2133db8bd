"""The order of work: which pieces of which documents stand in which block.

The order is a function of the mixture, its seed and the budget alone. Workers, processes and
resumed runs therefore read the same blocks at the same steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.corpus import Mixture
from glotlift.objectives.packing import Ids, columns, pack, split_document
from glotlift.runs.errors import GlotliftError

WINDOW_BLOCKS = 256  # blocks' worth of pieces that are packed and shuffled together
ITEMS = 1024  # items of the mixture drawn at a time


@dataclass(frozen=True)
class Budget:
    """How much a stage reads: `amount` steps, tokens or bytes of text."""

    amount: int
    unit: Literal["steps", "tokens", "bytes"]

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise GlotliftError(
                "GL-TRAINING-001",
                f"a budget of {self.amount} {self.unit} trains nothing",
                fix="give a positive amount",
            )


@dataclass
class Plan:
    """Blocks of pieces; a piece is (source, row, first token, last token + 1)."""

    sources: tuple[str, ...]
    pieces: NDArray[np.int64]
    blocks: list[list[int]]
    tokens: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)

    @property
    def total_tokens(self) -> int:
        """Tokens read over all sources."""
        return sum(self.tokens.values())

    @property
    def total_bytes(self) -> int:
        """Bytes of text read over all sources."""
        return sum(self.bytes.values())


class Documents:
    """Features of several sources, by source and row, without copies.

    `beside` names the features that have a number for each token beside its id.
    """

    def __init__(self, features: Mapping[str, Dataset], beside: Sequence[str] = ()) -> None:
        self.names = tuple(features)
        self.columns = [columns(rows, beside) for rows in features.values()]
        self.bytes = [np.asarray(rows["bytes"], dtype=np.int64) for rows in features.values()]

    def length(self, source: int, row: int) -> int:
        """Tokens of one document."""
        offsets = self.columns[source][1]
        return int(offsets[row + 1] - offsets[row])

    def piece(self, source: int, row: int, start: int, stop: int) -> Ids:
        """Token ids of a piece, [stop - start] or [stop - start, 1 + features beside them]."""
        flat, offsets = self.columns[source]
        return flat[offsets[row] + start : offsets[row] + stop]


def plan_blocks(
    documents: Documents,
    mixture: Mixture,
    budget: Budget,
    *,
    block: int,
    blocks_per_step: int,
    overlap: int,
    packs: bool,
    seed: int,
) -> Plan:
    """Lay out a stage: draw documents until the budget is spent, cut and pack them.

    `block` is in tokens. The last document is cut so that the budget is met to the token (or, for
    bytes, to within a token). A budget in steps fills ``steps x blocks_per_step`` blocks.
    """
    room = budget.amount * blocks_per_step * block if budget.unit == "steps" else budget.amount
    drawn = draw(documents, mixture, room, by_bytes=budget.unit == "bytes")
    pieces = [
        (source, row, start, stop)
        for source, row, length in drawn
        for start, stop in split_document(length, block, overlap)
    ]
    table = np.asarray(pieces, dtype=np.int64).reshape(-1, 4)
    blocks = arrange(table, block, packs, seed)
    if budget.unit == "steps":
        blocks = blocks[: budget.amount * blocks_per_step]
    plan = Plan(documents.names, table, blocks)
    count_seen(plan, documents, overlap)
    return plan


def draw(
    documents: Documents, mixture: Mixture, room: int, *, by_bytes: bool
) -> list[tuple[int, int, int]]:
    """Return (source, row, tokens read) of the documents that fill `room` tokens or bytes."""
    drawn: list[tuple[int, int, int]] = []
    position = 0
    while True:
        sources, rows = mixture.items(position, position + ITEMS)
        for source, row in zip(sources.tolist(), rows.tolist(), strict=True):
            length = documents.length(source, row)
            cost = int(documents.bytes[source][row]) if by_bytes else length
            if cost >= room:
                kept = round(length * room / cost)
                return [*drawn, (source, row, kept)] if kept else drawn
            drawn.append((source, row, length))
            room -= cost
        position += ITEMS


def arrange(pieces: NDArray[np.int64], block: int, packs: bool, seed: int) -> list[list[int]]:
    """Pack pieces window by window and shuffle the blocks of each window."""
    lengths = pieces[:, 3] - pieces[:, 2]
    window_of = np.cumsum(lengths) // (WINDOW_BLOCKS * block)
    blocks: list[list[int]] = []
    for window in range(int(window_of[-1]) + 1 if len(window_of) else 0):
        members = np.flatnonzero(window_of == window)
        packed = pack(lengths[members], block) if packs else [[i] for i in range(len(members))]
        order = np.random.default_rng([seed, window]).permutation(len(packed))
        blocks += [[int(members[i]) for i in packed[at]] for at in order]
    return blocks


def count_seen(plan: Plan, documents: Documents, overlap: int) -> None:
    """Count the tokens, bytes and documents of each source that the plan's blocks really hold.

    Tokens that a piece shares with the one before it count once.
    """
    held = plan.pieces[[index for pieces in plan.blocks for index in pieces]]
    for number, name in enumerate(plan.sources):
        mine = held[held[:, 0] == number]
        lengths = mine[:, 3] - mine[:, 2] - overlap * (mine[:, 2] > 0)
        offsets = documents.columns[number][1]
        whole = np.maximum(offsets[mine[:, 1] + 1] - offsets[mine[:, 1]], 1)
        plan.tokens[name] = int(lengths.sum())
        plan.bytes[name] = round(
            float((documents.bytes[number][mine[:, 1]] * lengths / whole).sum())
        )
        plan.documents[name] = int((mine[:, 2] == 0).sum())
