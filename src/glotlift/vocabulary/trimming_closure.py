"""What a piece is made of: the merges that reach it in a BPE, its characters elsewhere.

A piece that byte-pair encoding puts into a text was merged from characters inside its own span, and
no merge over the span's edge interfered, so the same merges happen, in the same order, when the
piece is encoded alone. Keeping them keeps the piece reached; and since dropping others never lowers
the rank of a merge that is kept, text whose pieces are all kept is encoded as before. Which merges
these are must be found by encoding: vocabularies converted from SentencePiece or tiktoken list
every pair that spells a piece, and most of those never meet.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.vocabulary.segmentation import BYTE_PIECE

Ints = NDArray[np.int64]
NONE = -1
LAST_POINT = 0x110000
ROWS = 4096  # pieces encoded at once


@dataclass(frozen=True)
class Parts:
    """What each piece needs: two parts in a BPE, and the characters of a model without bytes."""

    left: Ints
    """[V] the left part of a merged piece, -1 for others."""
    right: Ints
    """[V] the right part."""
    depth: Ints
    """[V] the length of each piece; parts are shorter than their whole."""
    owners: Ints
    """[n] pieces, one for each of their characters; empty with byte fallback."""
    characters: Ints
    """[n] the one-character pieces that spell them."""

    def raised(self, weights: Ints) -> Ints:
        """Return weights [V] where no part weighs less than a piece that needs it.

        A character weighs more than every longer piece: its occurrences on top of all others'.
        """
        weights = weights.copy()
        merged = np.flatnonzero((self.left != NONE) & (weights >= 0))
        merged = merged[np.argsort(-self.depth[merged], kind="stable")]
        cuts = np.flatnonzero(np.diff(self.depth[merged])) + 1
        for group in np.split(merged, cuts):
            for side in (self.left, self.right):
                np.maximum.at(weights, side[group], weights[group])
        if len(self.owners):
            limit = np.iinfo(np.int64).max // 4
            total = int(weights[weights < limit].sum())
            used = np.zeros_like(weights)
            np.add.at(used, self.characters, np.where(weights < limit, weights, 1)[self.owners])
            weights = np.where(
                used > 0, np.maximum(weights, np.minimum(total + used, limit - 1)), weights
            )
        return weights


def parts_of(state: dict[str, Any], names: Sequence[str], candidates: NDArray[np.bool_]) -> Parts:
    """Return what the candidate pieces [V], and what these are made of, need."""
    model = state["model"]
    left, right = np.full((2, len(names)), NONE, dtype=np.int64)
    depth = np.asarray([*map(len, names)], dtype=np.int64)
    if model["type"] == "BPE":
        left, right = splits_of(model, names, depth, candidates)
    owners, characters = np.zeros((2, 0), dtype=np.int64)
    if not spells_bytes(state, names):
        owners, characters = characters_of(model, names, candidates)
    return Parts(left, right, depth, owners, characters)


def spells_bytes(state: dict[str, Any], names: Sequence[str]) -> bool:
    """Tell whether the tokenizer can write any text: byte letters, or pieces to fall back on."""
    if "ByteLevel" in json.dumps([state["pre_tokenizer"], state["normalizer"]]):
        return True
    fallback = bool(state["model"].get("byte_fallback"))
    return fallback and sum(BYTE_PIECE.fullmatch(name) is not None for name in names) == 256


def characters_of(
    model: dict[str, Any], names: Sequence[str], candidates: NDArray[np.bool_]
) -> tuple[Ints, Ints]:
    """Return pairs of a candidate and a one-character piece that it holds, plain and marked."""
    prefix = model.get("continuing_subword_prefix") or ""
    suffix = model.get("end_of_word_suffix") or ""
    plain = np.full((3, LAST_POINT), NONE, dtype=np.int64)
    longest = 1 + max(len(prefix), len(suffix))
    for number, name in enumerate(names):
        if len(name) > longest:
            continue
        for form, text in enumerate((name, prefix and name[len(prefix) :], suffix and name[:1])):
            whole = (text, prefix + text, text + suffix)[form]
            if len(text) == 1 and whole == name:
                plain[form, ord(text)] = number
    chosen = np.flatnonzero(candidates)
    texts = [names[number].removeprefix(prefix) for number in chosen.tolist()]
    raw = "".join(texts).encode("utf-32-le", errors="surrogatepass")
    points = np.frombuffer(raw, np.uint32).astype(np.int64)
    owners = np.repeat(chosen, [*map(len, texts)])
    first = first_of_owner(owners, points)
    owners, points = owners[first], points[first]
    found = plain[:, points]
    return np.tile(owners, len(plain))[found.ravel() != NONE], found[found != NONE]


def first_of_owner(owners: Ints, values: Ints) -> NDArray[np.bool_]:
    """Return [n] whether a value occurs for the first time in its run of equal owners [n].

    Each is compared with those before it: runs are short, and one sort of all takes longer.
    """
    first = np.ones(len(owners), dtype=np.bool_)
    places = np.arange(len(owners))
    for distance in range(1, len(owners)):
        places = places[places >= distance]
        places = places[owners[places] == owners[places - distance]]
        if not len(places):
            break
        first[places] &= values[places] != values[places - distance]
    return first


def splits_of(
    model: dict[str, Any], names: Sequence[str], depth: Ints, candidates: NDArray[np.bool_]
) -> tuple[Ints, Ints]:
    """Return [V] and [V] the two parts that encoding each piece alone joins last."""
    places = model["vocab"]
    prefix = model.get("continuing_subword_prefix") or ""
    cut = len(prefix)
    pairs = model["merges"]
    joined = (one + other[cut:] for one, other in pairs) if cut else map("".join, pairs)
    sides = np.fromiter(map(places.__getitem__, chain.from_iterable(pairs)), np.int64)
    lefts, rights = sides[::2].copy(), sides[1::2].copy()
    wholes = np.fromiter(map(places.__getitem__, joined), np.int64, len(pairs))
    left, right = np.full((2, len(names)), NONE, dtype=np.int64)
    left[wholes[::-1]], right[wholes[::-1]] = lefts[::-1], rights[::-1]
    marked = cut or model.get("end_of_word_suffix")
    if marked or not len(wholes) or np.bincount(wholes).max() == 1:
        return left, right
    merged = left != NONE
    left[:], right[:] = NONE, NONE
    table = MergeTable(lefts, rights, wholes, len(names))
    todo = np.flatnonzero(candidates & merged)
    todo = todo[np.argsort(depth[todo], kind="stable")]
    for start in range(0, len(todo), ROWS):
        rows = todo[start : start + ROWS].tolist()
        table.encode([names[number] for number in rows], places, left, right)
    return left, right


class MergeTable:
    """All merges of a BPE, found by the two ids they join."""

    def __init__(self, lefts: Ints, rights: Ints, wholes: Ints, size: int) -> None:
        keys = lefts * size + rights
        self.order = np.argsort(keys, kind="stable")
        self.keys = keys[self.order]
        self.wholes = wholes
        self.size = size
        self.never = len(keys)

    def ranks(self, left: Ints, right: Ints) -> Ints:
        """Return the rank of the merge of each pair of ids, `never` where there is none."""
        keys = np.where((left < 0) | (right < 0), -1, left * self.size + right)
        found = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[found] == keys, self.order[found], self.never)

    def encode(self, names: Sequence[str], places: dict[str, int], left: Ints, right: Ints) -> None:
        """Encode each piece alone and write down the two parts of every merge made."""
        longest = max(map(len, names))
        letters = np.full((len(names), longest), NONE, dtype=np.int64)
        for row, name in enumerate(names):
            letters[row, : len(name)] = [places.get(letter, NONE) for letter in name]
        ranks = self.ranks(letters[:, :-1], letters[:, 1:])
        while ranks.shape[1]:
            best = ranks.argmin(1)
            rows = np.arange(len(ranks))
            alive = ranks[rows, best] < self.never
            letters, ranks, best = letters[alive], ranks[alive], best[alive]
            if not len(best):
                break
            rows = np.arange(len(best))
            whole = self.wholes[ranks[rows, best]]
            left[whole], right[whole] = letters[rows, best], letters[rows, best + 1]
            letters[rows, best] = whole
            letters = without_column(letters, best + 1)
            ranks = without_column(ranks, best)
            if not ranks.shape[1]:
                break
            self.refresh(ranks, letters, best)

    def refresh(self, ranks: Ints, letters: Ints, merged: Ints) -> None:
        """Look up again the pairs before and after the ids that were just merged."""
        for shift in (-1, 0):
            rows = np.flatnonzero((merged + shift >= 0) & (merged + shift < ranks.shape[1]))
            place = merged[rows] + shift
            ranks[rows, place] = self.ranks(letters[rows, place], letters[rows, place + 1])


def without_column(values: Ints, gone: Ints) -> Ints:
    """Return [n, L - 1]: each row without the value at its own place in `gone` [n]."""
    stay = np.arange(values.shape[1]) != gone[:, None]
    rest: Ints = values[stay].reshape(len(values), -1)
    return rest
