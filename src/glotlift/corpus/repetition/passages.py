"""Paragraphs and passages that stand more than once in a corpus, within and across documents.

Paragraphs are found by their keys, passages by the anchors of `winnowing`: texts that share one are
compared character by character around it. What stood first in the order of the corpus is never
marked.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.repetition.near_duplicates import first_equal
from glotlift.corpus.repetition.winnowing import PASSAGE, Places
from glotlift.runs.errors import GlotliftError

PARAGRAPH = 100
TEXTS_HELD = 4096
BUCKETS = 16
SPACE = re.compile(r"\s")
LAST_SPACE = re.compile(r"\s\S*\Z")

Rows = NDArray[np.int64]
Span = tuple[int, int]


@dataclass(frozen=True)
class Repeats:
    """Passages that stood before: characters [starts, ends) of text `rows`, and where they stood.

    All int64 [m], in the order of the texts; passages of one text may overlap.
    """

    rows: Rows
    starts: Rows
    ends: Rows
    first_rows: Rows
    first_starts: Rows

    def spans(self) -> dict[int, list[Span]]:
        """Return text -> the spans to cut from it, in order and without overlap."""
        found: dict[int, list[Span]] = {}
        for row, start, end in zip(
            self.rows.tolist(), self.starts.tolist(), self.ends.tolist(), strict=True
        ):
            found.setdefault(row, []).append((start, end))
        return {row: united(spans) for row, spans in found.items()}


def paragraph_keys(texts: Sequence[str], shortest: int = PARAGRAPH) -> Places:
    """Return the paragraphs (lines) of `shortest` characters or more, keyed by their stripped text.

    Raises GL-CORPUS-048 (shortest below 1).
    """
    from xxhash import xxh3_64_intdigest as digest

    if shortest < 1:
        cause, fix = f"a paragraph cannot be of {shortest} characters", "give 1 or more"
        raise GlotliftError("GL-CORPUS-048", cause, place="shortest", fix=fix)
    keys, rows, starts, lengths = [], [], [], []
    for row, text in enumerate(texts):
        start = 0
        for line in text.split("\n"):
            if len(line) >= shortest and len(said := line.strip()) >= shortest:
                keys.append(digest(said.encode("utf-8", "surrogatepass")))
                rows.append(row)
                starts.append(start)
                lengths.append(len(line))
            start += len(line) + 1
    counts = (np.array(values, np.uint32) for values in (rows, starts, lengths))
    return Places(np.array(keys, np.uint64), *counts)


def repeated_paragraphs(paragraphs: Places, ignored: NDArray[np.bool_] | None = None) -> Repeats:
    """Return each paragraph that stood before, in the same or an earlier text.

    `ignored` [texts] marks texts that are no longer there: what stands in them stood nowhere.
    Memory is that of a sixteenth of the keys at a time.
    """
    there = np.ones(len(paragraphs.keys), np.bool_)
    if ignored is not None:
        there = ~ignored[paragraphs.rows]
    later, first = repeated(paragraphs.keys, there)
    rows, starts, lengths, first_rows, first_starts = (
        values[places].astype(np.int64)
        for values, places in (
            (paragraphs.rows, later),
            (paragraphs.starts, later),
            (paragraphs.lengths, later),
            (paragraphs.rows, first),
            (paragraphs.starts, first),
        )
    )
    return Repeats(rows, starts, starts + lengths, first_rows, first_starts)


def repeated(keys: NDArray[np.uint64], there: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Return the places whose key stood before, in order, and the first place of each key."""
    found: list[tuple[Rows, Rows]] = []
    bucket = (keys >> np.uint64(60)).astype(np.uint8)
    for number in range(BUCKETS):
        part = np.flatnonzero((bucket == number) & there)
        first = first_equal(keys[part])
        later = np.flatnonzero(first != np.arange(len(part)))
        found.append((part[later], part[first[later]]))
    later, first = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(later, kind="stable")
    return later[order], first[order]


def find_repeats(
    texts: Sequence[str],
    found: Places,
    shortest: int = PASSAGE,
    ignored: NDArray[np.bool_] | None = None,
) -> Repeats:
    """Return the passages of `shortest` characters or more that stood before.

    `found` are the `anchors` of the texts. Each passage is compared with the first place of an
    anchor in it and, where that is too short, with the last one before it. `ignored` [texts] marks
    texts that are no longer there. Texts are read one by one, some thousand are held.
    """
    there = np.ones(len(found.keys), np.bool_) if ignored is None else ~ignored[found.rows]
    later, first = repeated(found.keys, there)
    before = previous(found.keys, later, there)
    text = lru_cache(TEXTS_HELD)(lambda row: str(texts[row]))
    passages: list[tuple[int, int, int, int, int]] = []
    ends: dict[tuple[int, int], int] = {}
    row, reached = -1, 0
    for anchor, *earlier in zip(later.tolist(), first.tolist(), before.tolist(), strict=True):
        if row != (row := int(found.rows[anchor])):
            ends, reached = {}, 0
        place = int(found.starts[anchor])
        # Deep within a passage nothing new can begin, and a text of one letter stays linear.
        if place + 2 * shortest <= reached:
            continue
        for other in dict.fromkeys(earlier):
            origin, shift = int(found.rows[other]), place - int(found.starts[other])
            if ends.get((origin, shift), -1) > place:
                break
            start, end = extend(text(row), text(origin), place, place - shift)
            if end - start >= shortest:
                ends[origin, shift] = end
                reached = max(reached, end)
                passages.append((row, start, end, origin, start - shift))
                break
    return Repeats(*np.array(passages, np.int64).reshape(-1, 5).T)


def previous(keys: NDArray[np.uint64], later: Rows, there: NDArray[np.bool_]) -> Rows:
    """Return the last place before each of `later` that has the same key."""
    wanted = np.isin(keys, keys[later]) & there
    places = np.flatnonzero(wanted)
    places = places[np.argsort(keys[places], kind="stable")]
    before = np.full(len(keys), -1, np.int64)
    before[places[1:]] = places[:-1]
    return before[later]


def extend(text: str, other: str, place: int, other_place: int) -> Span:
    """Return the longest [start, end) of `text` around a place that stands alike in `other`."""
    end = place + common(text, other, place, other_place, 1)
    start = place - common(text, other, place, other_place, -1)
    return start, end


def common(text: str, other: str, place: int, other_place: int, step: int) -> int:
    """Return how many characters two texts have in common from two places on (or before them)."""
    limit = (
        min(len(text) - place, len(other) - other_place) if step > 0 else min(place, other_place)
    )

    def alike(count: int) -> bool:
        if step > 0:
            return text[place : place + count] == other[other_place : other_place + count]
        return text[place - count : place] == other[other_place - count : other_place]

    reached, wide = 0, 64
    while wide < limit and alike(wide):
        reached, wide = wide, wide * 2
    low, high = reached, min(wide, limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if alike(middle) else (low, middle - 1)
    return low


def shared_parts(repeats: Repeats, lengths: Rows) -> tuple[Rows, NDArray[np.float64]]:
    """Return pairs of texts [m, 2] with common passages, and their share of the shorter text [m].

    `lengths` [texts] in characters; for `near_duplicates.find_duplicates`.
    """
    across = np.flatnonzero(repeats.rows != repeats.first_rows)
    pairs: dict[tuple[int, int], list[Span]] = {}
    columns = (repeats.first_rows, repeats.rows, repeats.starts, repeats.ends)
    for first, row, start, end in zip(*(part[across].tolist() for part in columns), strict=True):
        pairs.setdefault((first, row), []).append((start, end))
    found = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    common = [sum(end - start for start, end in united(pairs[a, b])) for a, b in found.tolist()]
    shorter = np.maximum(1, lengths[found].min(axis=1))
    return found, np.minimum(1, np.array(common, np.float64) / shorter)


def united(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that touch or overlap as one."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((start, end))
    return whole


def cut(text: str, spans: Iterable[Span]) -> str:
    """Return the text without the spans; a line of which nothing is left goes with its end.

    A span that begins or ends within a word is cut from the next white space on or up to the last,
    if it has any (scripts without spaces are cut as they are).
    """
    pieces, place = [], 0
    for start, end in united(spans):
        start, end = whole_words(text, start, end)
        if start < end:
            pieces.append(text[place:start])
            alone = start == 0 or text[start - 1] == "\n"
            place = end + 1 if alone and text[end : end + 1] == "\n" else end
    return "".join([*pieces, text[place:]])


def whole_words(text: str, start: int, end: int) -> Span:
    """Return the span without the pieces of words at its two ends."""
    if start > 0 and not text[start - 1].isspace():
        space = SPACE.search(text, start, end)
        start = space.start() if space else start
    if end < len(text) and not text[end].isspace():
        space = LAST_SPACE.search(text, start, end)
        end = space.start() if space else end
    return start, end
