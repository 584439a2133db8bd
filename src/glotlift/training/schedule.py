"""The order of work: which pieces of which documents stand in which block.

The order is a function of the mixture, its seed and the budget alone. Workers, processes and
resumed runs therefore read the same blocks at the same steps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.corpus import Mixture
from glotlift.corpus.policies import Changing
from glotlift.objectives.packing import Ids, columns, pack, split_document
from glotlift.runs.errors import GlotliftError

WINDOW_BLOCKS = 256  # blocks' worth of pieces that are packed and shuffled together
CHANGING_STEPS = 4  # steps' worth of them where the mixture changes on the way
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


@dataclass(frozen=True)
class Ramp:
    """Steps that begin with `first` blocks and grow to all of them over a `share` of the steps.

    Source: Chowdhery et al. 2022 (arXiv:2204.02311), section 5, who double the batch twice; here it
    grows evenly, by whole blocks.
    """

    share: float
    first: int

    def sizes(self, steps: int, blocks_per_step: int) -> NDArray[np.int64]:
        """Return the blocks of each step, [steps]."""
        done = np.minimum(1.0, np.arange(steps) / max(self.share * steps, 1e-9))
        sizes = np.floor(self.first + (blocks_per_step - self.first) * done)
        return np.asarray(sizes, dtype=np.int64)


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

    def up_to(self, blocks: int, documents: "Documents", overlap: int) -> "Plan":
        """Return the plan of the first `blocks` blocks."""
        plan = Plan(self.sources, self.pieces, self.blocks[:blocks])
        count_seen(plan, documents, overlap)
        return plan


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
    ramp: Ramp | None = None,
    one_source: bool = False,
) -> Plan:
    """Lay out a stage: draw documents until the budget is spent, cut and pack them.

    `block` is in tokens. The last document is cut so that the budget is met to the token (or, for
    bytes, to within a token). A budget in steps fills ``steps x blocks_per_step`` blocks, fewer
    under a `ramp`. With `one_source` all blocks of a step are of one source. Either leaves some
    blocks empty, so that every step has its place at a multiple of `blocks_per_step`.
    """
    room = budget.amount * blocks_per_step * block if budget.unit == "steps" else budget.amount
    drawn = draw(documents, mixture, room, by_bytes=budget.unit == "bytes")
    pieces = [
        (source, row, start, stop)
        for source, row, length in drawn
        for start, stop in split_document(length, block, overlap)
    ]
    table = np.asarray(pieces, dtype=np.int64).reshape(-1, 4)
    changes = isinstance(mixture.policy, Changing)
    window = CHANGING_STEPS * blocks_per_step if changes else WINDOW_BLOCKS
    if one_source:
        blocks = arrange_by_source(table, block, packs, seed, window, blocks_per_step)
    else:
        blocks = arrange(table, block, packs, seed, window)
    if ramp is not None:
        steps = budget.amount if budget.unit == "steps" else None
        blocks = ramped(blocks, blocks_per_step, ramp, steps)
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


def arrange(
    pieces: NDArray[np.int64], block: int, packs: bool, seed: int, window: int = WINDOW_BLOCKS
) -> list[list[int]]:
    """Pack pieces window by window and shuffle the blocks of each window."""
    blocks: list[list[int]] = []
    for number, members in enumerate(windows(pieces, window * block)):
        packed = packed_pieces(pieces, members, block, packs)
        order = np.random.default_rng([seed, number]).permutation(len(packed))
        blocks += [packed[at] for at in order]
    return blocks


def arrange_by_source(
    pieces: NDArray[np.int64], block: int, packs: bool, seed: int, window: int, blocks_per_step: int
) -> list[list[int]]:
    """Pack each source's pieces apart, and shuffle whole steps of one source in each window.

    What fills no step waits for the next window; at the end the step is filled up with empty
    blocks.
    """
    waiting: dict[int, list[list[int]]] = {}
    steps: list[list[list[int]]] = []
    for number, members in enumerate(windows(pieces, window * block)):
        rng = np.random.default_rng([seed, number])
        whole: list[list[list[int]]] = []
        for source in np.unique(pieces[members, 0]).tolist():
            packed = packed_pieces(pieces, members[pieces[members, 0] == source], block, packs)
            found = waiting.pop(source, []) + [packed[at] for at in rng.permutation(len(packed))]
            full = len(found) - len(found) % blocks_per_step
            whole += [found[at : at + blocks_per_step] for at in range(0, full, blocks_per_step)]
            waiting[source] = found[full:]
        steps += [whole[at] for at in rng.permutation(len(whole))]
    steps += [[*rest, *[[]] * (blocks_per_step - len(rest))] for rest in waiting.values() if rest]
    return [blocks for step in steps for blocks in step]


def windows(pieces: NDArray[np.int64], tokens: int) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of neighbouring pieces that hold about so many tokens together."""
    window_of = np.cumsum(pieces[:, 3] - pieces[:, 2]) // tokens
    for window in range(int(window_of[-1]) + 1 if len(window_of) else 0):
        yield np.flatnonzero(window_of == window)


def packed_pieces(
    pieces: NDArray[np.int64], members: NDArray[np.int64], block: int, packs: bool
) -> list[list[int]]:
    """Return blocks of some pieces' indices; one piece each where documents share none."""
    lengths = pieces[members, 3] - pieces[members, 2]
    packed = pack(lengths, block) if packs else [[at] for at in range(len(members))]
    return [[int(members[at]) for at in found] for found in packed]


def ramped(
    blocks: list[list[int]], blocks_per_step: int, ramp: Ramp, steps: int | None
) -> list[list[int]]:
    """Return the blocks with empty ones after those of each step that has fewer than the others.

    Without a number of steps there are as many as the blocks need.
    """
    if steps is None:
        mean = 1 - ramp.share * (1 - ramp.first / blocks_per_step) / 2
        steps = max(1, int(len(blocks) / (blocks_per_step * mean)) - 2)
        while ramp.sizes(steps, blocks_per_step).sum() < len(blocks):
            steps += 1
    found: list[list[int]] = []
    at = 0
    for size in ramp.sizes(steps, blocks_per_step).tolist():
        step = blocks[at : at + size]
        found += [*step, *[[]] * (blocks_per_step - len(step))]
        at += size
    return found


def count_seen(plan: Plan, documents: Documents, overlap: int) -> None:
    """Count the tokens, bytes and documents of each source that the plan's blocks really hold.

    Tokens that a piece shares with the one before it count once.
    """
    indices = np.array([index for pieces in plan.blocks for index in pieces], dtype=np.int64)
    held = plan.pieces[indices]
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
