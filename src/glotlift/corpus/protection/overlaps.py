"""Places where a text repeats an item of an evaluation set, and the text without them."""

from bisect import bisect
from collections.abc import Iterable
from typing import NamedTuple


class Overlap(NamedTuple):
    """An item of an evaluation set at ``text[start:end]`` (characters).

    `share` is the share of the item's grams that are there; 1.0 where it is there word for word.
    """

    start: int
    end: int
    set: str
    id: str
    share: float


def remove_overlaps(text: str, overlaps: Iterable[Overlap]) -> str:
    """Return the text without the overlaps; a line that held nothing else goes with them."""
    for start, end in reversed(merged(overlaps)):
        line = text.rfind("\n", 0, start) + 1
        line_end = text.find("\n", end)
        line_end = line_end if line_end >= 0 else len(text)
        if not text[line:start].strip() and not text[end:line_end].strip():
            start, end = max(0, line - 1) if line_end == len(text) else line, line_end + 1
        else:
            while end < line_end and text[end] in " \t":
                end += 1
            while end == line_end and start > line and text[start - 1] in " \t":
                start -= 1
        text = text[:start] + text[end:]
    return text


def merged(overlaps: Iterable[Overlap]) -> list[tuple[int, int]]:
    """Return the places of overlaps, those that touch each other as one."""
    places: list[tuple[int, int]] = []
    for start, end, *_ in sorted(overlaps):
        if places and start <= places[-1][1]:
            places[-1] = places[-1][0], max(end, places[-1][1])
        else:
            places.append((start, end))
    return places


def surest(overlaps: list[Overlap]) -> list[Overlap]:
    """Return overlaps that do not lie over each other: the surest, then the longest, stay."""
    kept: list[Overlap] = []
    starts: list[int] = []
    for one in sorted(overlaps, key=lambda one: (-one.share, one.start - one.end, one.set, one.id)):
        place = bisect(starts, one.start)
        if place and kept[place - 1].end > one.start:
            continue
        if place == len(kept) or one.end <= starts[place]:
            kept.insert(place, one)
            starts.insert(place, one.start)
    return kept
