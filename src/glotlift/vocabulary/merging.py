"""Continue byte-pair encoding from an existing segmentation.

The classic algorithm (Sennrich et al. 2016, algorithm 1) starts from characters. Here it starts
from the pieces that the old tokenizer cuts each word into. Since the old merges have all been
applied there, and keep their rank before the new ones, segmentation afterwards repeats exactly
what was learnt. The words lie end to end in flat arrays with a doubly linked list over them, so
that one merge is a few array operations over its occurrences, however long the words are.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

GAP = -1
SHIFT = 32


def distinct(places: Ints) -> Ints:
    """Return the places in order, each once; they come nearly sorted, which a stable sort uses."""
    places = np.sort(places, kind="stable")
    return places[np.r_[True, places[1:] != places[:-1]]] if len(places) else places


@dataclass(frozen=True)
class Merge:
    """One learnt merge: two ids and their texts, the text of the whole, how often it was made."""

    left: int
    right: int
    pair: tuple[str, str]
    piece: str
    count: int


class Chains:
    """Words as linked chains of ids, with the count of every adjacent pair kept up to date.

    `words` are arrays of ids, `weights` how often each occurs. A gap stands before, between and
    after the words; no pair runs over it.
    """

    def __init__(self, words: Sequence[NDArray[np.int32]], weights: Sequence[int]) -> None:
        lengths = np.fromiter((len(word) for word in words), np.int64, len(words))
        size = int(lengths.sum()) + len(words) + 1
        self.ids = np.full(size, GAP, dtype=np.int64)
        starts = np.r_[0, np.cumsum(lengths + 1)[:-1]] + 1 if len(words) else np.zeros(0, int)
        inside = np.repeat(starts - np.r_[0, np.cumsum(lengths)[:-1]], lengths) + np.arange(
            int(lengths.sum())
        )
        self.weights = np.zeros(size, dtype=np.int64)
        if len(words):
            self.ids[inside] = np.concatenate(words)
            self.weights[inside] = np.repeat(np.asarray(weights, dtype=np.int64), lengths)
        self.next = np.minimum(np.arange(1, size + 1), size - 1)
        self.previous = np.maximum(np.arange(-1, size - 1), 0)
        self.counts: dict[int, int] = {}
        self.places: dict[int, list[Ints]] = {}
        self.add(inside)

    def pairs(self, starts: Ints) -> tuple[Ints, Ints]:
        """Return those `starts` at which a pair begins, and the pairs' keys."""
        left, right = self.ids[starts], self.ids[self.next[starts]]
        real = (left != GAP) & (right != GAP)
        return starts[real], (left[real] << SHIFT) | right[real]

    def add(self, starts: Ints) -> list[int]:
        """Count the pairs that begin at `starts`; return their keys."""
        starts, keys = self.pairs(starts)
        if not len(keys):
            return []
        found = []
        for key, places, count in self.grouped(starts, keys):
            self.counts[key] = self.counts.get(key, 0) + count
            self.places.setdefault(key, []).append(places)
            found.append(key)
        return found

    def grouped(self, starts: Ints, keys: Ints) -> Iterator[tuple[int, Ints, int]]:
        """Yield each key with the `starts` that have it and the sum of their weights."""
        order = np.argsort(keys, kind="stable")
        keys, starts = keys[order], starts[order]
        first = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        sums = np.add.reduceat(self.weights[starts], first).tolist()
        ends = [*first[1:].tolist(), len(starts)]
        for key, begin, end, count in zip(
            keys[first].tolist(), first.tolist(), ends, sums, strict=True
        ):
            yield key, starts[begin:end], count

    def subtract(self, starts: Ints) -> None:
        """Take the pairs that begin at `starts` out of the counts."""
        starts, keys = self.pairs(starts)
        if not len(keys):
            return
        for key, _, count in self.grouped(starts, keys):
            self.counts[key] -= count

    def occurrences(self, key: int) -> Ints:
        """Return where the pair `key` begins, overlaps resolved from the left as encoding does."""
        left, right = key >> SHIFT, key & ((1 << SHIFT) - 1)
        places: Ints = distinct(np.concatenate(self.places.pop(key)))
        alive = (self.ids[places] == left) & (self.ids[self.next[places]] == right)
        places = places[alive]
        if left != right or len(places) < 2:
            return places
        new_run = np.r_[True, self.next[places[:-1]] != places[1:]]
        run_start = np.maximum.accumulate(np.where(new_run, np.arange(len(places)), 0))
        unmet: Ints = places[(np.arange(len(places)) - run_start) % 2 == 0]
        return unmet

    def merge(self, key: int, whole: int) -> list[int]:
        """Replace every occurrence of the pair by `whole`; return the keys of the new pairs."""
        places = self.occurrences(key)
        rights = self.next[places]
        self.subtract(distinct(np.concatenate([self.previous[places], places, rights])))
        after = self.next[rights]
        self.ids[places] = whole
        self.ids[rights] = GAP
        self.next[places] = after
        self.previous[after] = places
        self.counts.pop(key, None)
        return self.add(distinct(np.concatenate([self.previous[places], places])))


def continue_merges(
    chains: Chains,
    pieces: Mapping[int, str],
    *,
    number: int,
    first_id: int,
    join: Callable[[str, str], str],
    refused: Callable[[str, str], bool],
    least: int = 2,
) -> list[Merge]:
    """Learn up to `number` merges: each time the most frequent pair, lowest ids first among equals.

    `pieces` maps the ids in `chains` to their text; the wholes get ids from `first_id` on. A pair
    is left alone when it occurs fewer than `least` times, is `refused`, or spells a known piece:
    a second way to an existing piece could set off that piece's own merges out of turn.
    """
    names = dict(pieces)
    known = set(names.values())
    heap = [(-count, key) for key, count in chains.counts.items()]
    heapq.heapify(heap)
    merges: list[Merge] = []
    while heap and len(merges) < number:
        claimed, key = heapq.heappop(heap)
        count = chains.counts.get(key, 0)
        if count < least:
            continue
        if -claimed != count:
            heapq.heappush(heap, (-count, key))
            continue
        left, right = key >> SHIFT, key & ((1 << SHIFT) - 1)
        piece = join(names[left], names[right])
        if piece in known or refused(names[left], names[right]):
            continue
        whole = first_id + len(merges)
        names[whole] = piece
        known.add(piece)
        merges.append(Merge(left, right, (names[left], names[right]), piece, count))
        for new in chains.merge(key, whole):
            heapq.heappush(heap, (-chains.counts[new], new))
    return merges
