"""Which beginnings texts share, and in what order to read them so that each is read once.

Few-shot prompts begin with the same examples, and the options of a question with the same prompt.
Sorted by their token ids, texts that share a beginning stand together. They are read in parts: what
all texts of a part share is a `trunk`, read once and kept for the next part as far as that begins
with it, and the rest is a tree of `branches`, in which a token stands once for all that pass it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = list[int]
SLIGHT = 128  # tokens; a pass over fewer costs mostly what it costs to begin one


class Part(NamedTuple):
    """Texts that are read together: `rows` index them, all begin with the ids of `trunk`."""

    rows: list[int]
    trunk: list[int]


class Branches(NamedTuple):
    """The tree of what stands after a trunk, laid out as one sequence of `ids` [nodes].

    `depths` [nodes] are the nodes' distances from the trunk, `sees` [nodes, nodes] tells which
    nodes lie on the way to a node (itself among them), and `paths` are the nodes of each text.
    """

    ids: list[int]
    depths: NDArray[np.int64]
    sees: NDArray[np.bool_]
    paths: list[list[int]]


def shared(a: Ids, b: Ids) -> int:
    """Return the length of the longest common beginning."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def tokens_to_read(texts: Sequence[Ids]) -> int:
    """Return how many tokens the texts have when every shared beginning counts once."""
    ordered = sorted(texts)
    overlaps = (shared(a, b) for a, b in pairwise(ordered))
    return sum(map(len, ordered)) - sum(overlaps)


def parts(texts: Sequence[Ids], ends: Sequence[int], limit: int) -> Iterator[Part]:
    """Yield parts whose branches have at most `limit` tokens, or a single text that has more.

    `ends` [texts] says how much of each text a trunk may hold at most. A part also ends where its
    trunk would lose much, and more than it keeps: unrelated texts gain nothing from one another.
    """
    order = sorted(range(len(texts)), key=lambda row: texts[row])
    rows: list[int] = []
    trunk = size = 0
    for row in order:
        text = texts[row]
        if rows:
            common = shared(texts[rows[-1]], text)
            smaller = min(trunk, common, ends[row])
            # A shorter trunk leaves what it loses to the branches, once.
            grown = size + (trunk - smaller) + len(text) - common
            if grown <= limit and trunk - smaller <= max(smaller, SLIGHT):
                rows.append(row)
                trunk, size = smaller, grown
                continue
            yield Part(rows, list(texts[rows[0]][:trunk]))
        rows, trunk, size = [row], ends[row], len(text) - ends[row]
    if rows:
        yield Part(rows, list(texts[rows[0]][:trunk]))


def branches(texts: Sequence[Ids], trunk: int) -> Branches:
    """Lay out what the sorted `texts` have after their first `trunk` tokens."""
    ids: list[int] = []
    depths: list[int] = []
    paths: list[list[int]] = []
    for row, text in enumerate(texts):
        before = shared(texts[row - 1], text) - trunk if row else 0
        rest = text[trunk + before :]
        old = paths[row - 1][:before] if row else []
        paths.append([*old, *range(len(ids), len(ids) + len(rest))])
        depths += range(before, before + len(rest))
        ids += rest
    sees = np.zeros((len(ids), len(ids)), np.bool_)
    drawn = 0
    for path in paths:
        new = [node for node in path if node >= drawn]
        sees[np.ix_(new, path)] = np.tri(len(new), len(path), len(path) - len(new), np.bool_)
        drawn = max(drawn, path[-1] + 1)
    return Branches(ids, np.array(depths, np.int64), sees, paths)
