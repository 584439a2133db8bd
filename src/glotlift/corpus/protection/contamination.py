"""Evaluation sets in training text: an index of their items, and what of it a text repeats.

Items and texts are compared without case, spaces and punctuation, as runs of characters: 12 of them
in letters, 6 in Chinese characters, kana and Hangul, which say as much. Overlap of n-grams as by
Brown et al. (2020, appendix C), but of characters, so that no tokenizer is needed and all scripts
are served; the share of an item that must return as by Touvron et al. (2023, appendix A.6).
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.protection.contamination_grams import (
    LETTERS,
    WIDE,
    Batch,
    hash_run,
    is_wide,
    runs,
    text_batch,
)
from glotlift.corpus.protection.contamination_postings import postings
from glotlift.corpus.protection.evaluation_sets import EvaluationRow
from glotlift.corpus.protection.overlaps import Overlap, remove_overlaps, surest
from glotlift.runs.atomic import PARTIAL, flush
from glotlift.runs.errors import GlotliftError

# A text that stands in more rows than this is a label or an instruction, unless it is long.
ROWS_PER_TEXT = 2
LONG = 60
# Share of an item's grams that must return in an edited copy of it.
SHARE = 0.5
SCHEMA = 1
ARRAYS = ("grams", "first", "items", "places", "lengths", "whole", "counts", "exact", "sets")
NEVER = int(np.iinfo(np.int32).max)
BATCH_CHARACTERS = 2**18
# Least and most bits of the table that most of a text is passed by with (bytes: 2 to the power).
FILTER_BITS = (22, 26)

__all__ = ["EvaluationIndex", "Overlap", "remove_overlaps"]


@dataclass(frozen=True)
class EvaluationIndex:
    """The grams of all items: hashes only, so that the sets cannot be read from it.

    `grams` uint64 [g] sorted; postings of gram j are ``first[j]:first[j + 1]`` (int64 [g + 1]),
    each an item (int32) and the gram's place in it (int32). Per item (all [items]): `lengths` in
    characters compared, `whole` its hash, `counts` its grams, `exact` whether only a whole copy
    counts, `sets` the number of its set in `names`, and `ids`. `left_out` counts, per set, the
    texts that say too little to be looked for.
    """

    grams: NDArray[np.uint64]
    first: NDArray[np.int64]
    items: NDArray[np.int32]
    places: NDArray[np.int32]
    lengths: NDArray[np.int32]
    whole: NDArray[np.uint64]
    counts: NDArray[np.int32]
    exact: NDArray[np.bool_]
    sets: NDArray[np.int32]
    names: tuple[str, ...]
    ids: tuple[str, ...]
    left_out: dict[str, int]

    @classmethod
    def build(
        cls, rows: Iterable[EvaluationRow | tuple[str, str, str]], ordinary: Iterable[str] = ()
    ) -> "EvaluationIndex":
        """Index the texts of evaluation rows (set, id, text).

        A text is left out when it is too short to be telling (`is_telling`), or stands in more than
        two rows and is not long: labels, instructions and answers that many questions share.
        `ordinary` are texts known to hold none of the sets: short items that they hold too are
        common phrases and are left out.

        Raises GL-CORPUS-057 (nothing left to look for).
        """
        index = _index([EvaluationRow(*row) for row in rows])
        batch = list(ordinary)
        return _without(index, index.find(batch)) if batch else index

    def save(self, path: Path) -> None:
        """Write the index as one .npz, whole or not at all."""
        told = {"schema": SCHEMA, "names": self.names, "ids": self.ids, "left_out": self.left_out}
        about = np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
        arrays = {name: getattr(self, name) for name in ARRAYS}
        with temporary.open("wb") as file:
            np.savez(file, about=about, **arrays)
        flush(temporary)
        temporary.replace(path)
        flush(path.parent)

    @classmethod
    def load(cls, path: Path) -> "EvaluationIndex":
        """Read an index that `save` wrote.

        Raises GL-CORPUS-058 (not an index, or of another version).
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in ARRAYS}
                told = json.loads(file["about"].tobytes())
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise _unreadable(path, str(error)) from None
        if told.get("schema") != SCHEMA:
            raise _unreadable(path, f"version {told.get('schema')}")
        names, ids = tuple(told["names"]), tuple(told["ids"])
        return cls(**arrays, names=names, ids=ids, left_out=told["left_out"])

    def find(self, texts: Sequence[str]) -> list[list[Overlap]]:
        """Return the overlaps of each text with items, by place; of overlapping ones the surest."""
        found: list[list[Overlap]] = []
        for some in _batches(texts):
            found += self._find(some)
        return found

    def _find(self, texts: Sequence[str]) -> list[list[Overlap]]:
        batch = text_batch(texts)
        hits = self._hits(batch)
        per_text: list[list[Overlap]] = [[] for _ in texts]
        for text, item, at, places in _candidates(self, batch, hits):
            per_text[text] += self._confirm(batch, text, item, at, places)
        return [surest(overlaps) for overlaps in per_text]

    def _hits(self, batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where in a batch a known gram begins, and which gram it is."""
        if not len(self.grams):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        known, shift = self._filter
        at, numbers = [], []
        for length in (LETTERS, WIDE):
            begins, hashes = runs(batch, length)
            maybe = known[hashes >> shift]
            begins, hashes = begins[maybe], hashes[maybe]
            # In order, so that the search walks through the grams and does not jump about.
            order = np.argsort(hashes)
            begins, hashes = begins[order], hashes[order]
            number = np.minimum(np.searchsorted(self.grams, hashes), len(self.grams) - 1)
            right = self.grams[number] == hashes
            at.append(begins[right])
            numbers.append(number[right])
        return np.concatenate(at), np.concatenate(numbers)

    @cached_property
    def _filter(self) -> tuple[NDArray[np.bool_], np.uint64]:
        """Which first bits of a hash any gram has, and how far to shift a hash to them."""
        bits = min(max(FILTER_BITS[0], len(self.grams).bit_length() + 4), FILTER_BITS[1])
        shift = np.uint64(64 - bits)
        known = np.zeros(1 << bits, bool)
        known[self.grams >> shift] = True
        return known, shift

    def _confirm(
        self,
        batch: Batch,
        text: int,
        item: int,
        at: NDArray[np.int64],
        places: NDArray[np.int64],
    ) -> list[Overlap]:
        """Return the overlaps of a text with an item whose grams it has at `at`."""
        length = int(self.lengths[item])
        starts = np.unique(at - places)
        name, id = self.names[self.sets[item]], self.ids[item]
        low, high = batch.bounds[text], batch.bounds[text + 1]
        starts = starts[(starts >= low) & (starts + length <= high)]
        ends = [
            (start, start + length)
            for start in starts.tolist()
            if hash_run(batch.codes[start : start + length]) == self.whole[item]
            and batch.is_apart(start, start + length)
        ]
        if ends or self.exact[item]:
            return [Overlap(*batch.span(text, *end), name, id, 1.0) for end in ends]
        # Edits move what follows them: grams within half a length of the middle belong together.
        shift = at - places
        near = np.abs(shift - np.median(shift)) <= length / 2
        share = len(np.unique(places[near])) / int(self.counts[item])
        if share < SHARE:
            return []
        size = WIDE if is_wide(batch.codes[at[near][:1]])[0] else LETTERS
        first, last = int(at[near].min()), int(at[near].max()) + size
        first = max(low, first - min(size, int(places[near].min())))
        last = min(high, last + min(size, length - size - int(places[near].max())))
        return [Overlap(*batch.span(text, first, last), name, id, round(share, 4))]

    def count(self) -> dict[str, int]:
        """Return set -> number of its texts that are looked for."""
        looked_for = self.sets[self.counts < NEVER]
        counted = np.bincount(looked_for, minlength=len(self.names))
        return dict(zip(self.names, counted.tolist(), strict=True))


def _index(rows: list[EvaluationRow]) -> EvaluationIndex:
    batch = text_batch([row.text for row in rows])
    edges = zip(batch.bounds, batch.bounds[1:], strict=False)
    whole = [int(hash_run(batch.codes[start:end])) for start, end in edges]
    kept = _telling(rows, batch, whole)
    if not kept:
        cause = f"no text of the {len(rows)} rows of evaluation sets is long and rare enough"
        fix = "name files with sentences, questions or passages"
        raise GlotliftError("GL-CORPUS-057", cause, fix=fix)
    names = tuple(sorted({row.set for row in rows}))
    number = {name: place for place, name in enumerate(names)}
    left_out = Counter(row.set for row in rows) - Counter(rows[place].set for place in kept)
    items: dict[str, Any] = {
        "lengths": np.diff(batch.bounds)[kept].astype(np.int32),
        "whole": np.array([whole[place] for place in kept], np.uint64),
        "sets": np.array([number[rows[place].set] for place in kept], np.int32),
        "names": names,
        "ids": tuple(rows[place].id for place in kept),
        "left_out": {name: left_out[name] for name in names},
    }
    return EvaluationIndex(**postings(batch, kept), **items)


def _telling(rows: list[EvaluationRow], batch: Batch, whole: list[int]) -> list[int]:
    """Return the rows to look for: telling, the first of their text, and not a label."""
    lengths = np.diff(batch.bounds)
    repeats = Counter((row.set, value) for row, value in zip(rows, whole, strict=True))
    kept, seen = [], set()
    for place, row in enumerate(rows):
        key = (row.set, whole[place])
        common = repeats[key] > ROWS_PER_TEXT and lengths[place] < LONG
        if key not in seen and not common and batch.is_telling(place):
            kept.append(place)
        seen.add(key)
    return kept


def _candidates(
    index: EvaluationIndex, batch: Batch, hits: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> Iterable[tuple[int, int, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield text, item, and where its grams are there and in the item, if enough of them are."""
    at, number = hits
    if not len(at):
        return
    many = index.first[number + 1] - index.first[number]
    posting = np.repeat(index.first[number] - np.append(0, np.cumsum(many)[:-1]), many)
    posting = posting + np.arange(len(posting))
    at = np.repeat(at, many)
    item = index.items[posting].astype(np.int64)
    text = np.searchsorted(batch.bounds, at, "right") - 1
    place = index.places[posting].astype(np.int64)
    order = np.lexsort((at, item, text))
    at, item, text, place = at[order], item[order], text[order], place[order]
    edges = np.flatnonzero((item[1:] != item[:-1]) | (text[1:] != text[:-1])) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(at))
    needed = np.ceil(index.counts[item[starts]] * SHARE)
    for start, end in zip(
        starts[ends - starts >= needed], ends[ends - starts >= needed], strict=True
    ):
        yield int(text[start]), int(item[start]), at[start:end], place[start:end]


def _without(index: EvaluationIndex, found: list[list[Overlap]]) -> EvaluationIndex:
    """Return the index without the short items that were found."""
    common = {(one.set, one.id) for overlaps in found for one in overlaps if one.share == 1.0}
    own = zip(index.exact, index.sets, index.ids, strict=True)
    gone = np.array([bool(exact) and (index.names[set], id) in common for exact, set, id in own])
    left_out = dict(index.left_out)
    for number in index.sets[gone]:
        left_out[index.names[number]] += 1
    # An item that needs more grams than a text can have is never a candidate.
    counts = np.where(gone, NEVER, index.counts)
    return replace(index, counts=counts, left_out=left_out)


def _batches(texts: Sequence[str]) -> Iterable[Sequence[str]]:
    start, size = 0, 0
    for end, text in enumerate(texts):
        size += len(text)
        if size >= BATCH_CHARACTERS:
            yield texts[start : end + 1]
            start, size = end + 1, 0
    if start < len(texts):
        yield texts[start:]


def _unreadable(path: Path, cause: str) -> GlotliftError:
    fix = "build it again from the evaluation sets"
    return GlotliftError(
        "GL-CORPUS-058", f"not an index of evaluation sets: {cause:.120}", place=str(path), fix=fix
    )
