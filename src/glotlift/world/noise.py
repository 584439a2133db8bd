"""Misspelt and noisy text at a measured rate, in any script, with the gold text and every edit.

A character is what a reader takes for one: an extended grapheme cluster (Unicode Standard Annex
29). No edit cuts one in two, so an accent never comes loose from its letter. Nothing is borrowed
from a keyboard: the letter that replaces another is one of the same text and script.
"""

import math
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

import regex
from datasets import Dataset, Features, Value

from glotlift.runs.errors import GlotliftError
from glotlift.world.scenes import draws, pick

_CLUSTER = regex.compile(r"\X")
_VIRAMA = 9  # the combining class of signs that join consonants; without one a word falls apart
_EDIT = {
    "kind": Value("string"),
    "start": Value("int64"),
    "end": Value("int64"),
    "gold": Value("string"),
    "noisy": Value("string"),
}


class Edit(NamedTuple):
    """What was done to characters [start, end) of the gold text; `noisy` stands in their place."""

    kind: str
    start: int
    end: int
    gold: str
    noisy: str


class Characters(NamedTuple):
    """A text as grapheme clusters, and which letters of it could stand for one another."""

    clusters: list[str]
    likes: dict[tuple[str, bool], tuple[str, ...]]


# An edit of the clusters from `place` on: how many it takes and what it puts, None where it cannot.
Change = tuple[int, str] | None


def _swap(text: Characters, place: int, number: int) -> Change:
    pair = text.clusters[place : place + 2]
    if len(pair) < 2 or pair[0] == pair[1] or not all(map(is_letter, pair)):
        return None
    return 2, pair[1] + pair[0]


def _drop(text: Characters, place: int, number: int) -> Change:
    return (1, "") if is_letter(text.clusters[place]) else None


def _double(text: Characters, place: int, number: int) -> Change:
    cluster = text.clusters[place]
    return (1, cluster * 2) if is_letter(cluster) else None


def _replace(text: Characters, place: int, number: int) -> Change:
    cluster = text.clusters[place]
    if not is_letter(cluster):
        return None
    others = tuple(other for other in text.likes[_kin(cluster)] if other != cluster)
    return (1, pick(others, number)) if others else None


def _marks(text: Characters, place: int, number: int) -> Change:
    """Drop accents and vowel signs."""
    cluster = text.clusters[place]
    bare = "".join(
        character
        for character in unicodedata.normalize("NFD", cluster)
        if unicodedata.category(character) not in ("Mn", "Mc")
        or unicodedata.combining(character) == _VIRAMA
    )
    bare = unicodedata.normalize("NFC", bare)
    return (
        (1, bare) if is_letter(cluster) and bare != unicodedata.normalize("NFC", cluster) else None
    )


def _space(text: Characters, place: int, number: int) -> Change:
    """Drop a space between words, or put one between two letters of a word."""
    cluster, behind = text.clusters[place], text.clusters[place + 1 : place + 2]
    if cluster == " ":
        return 1, ""
    if is_letter(cluster) and behind and is_letter(behind[0]):
        return 1, cluster + " "
    return None


def _case(text: Characters, place: int, number: int) -> Change:
    cluster = text.clusters[place]
    other = cluster.swapcase()
    return (1, other) if other != cluster and other.swapcase() == cluster else None


CHANGES: dict[str, Callable[[Characters, int, int], Change]] = {
    "swap": _swap,
    "drop": _drop,
    "double": _double,
    "replace": _replace,
    "marks": _marks,
    "space": _space,
    "case": _case,
}
KINDS = tuple(CHANGES)


def noisy(
    rows: Dataset, *, rate: float = 0.05, kinds: Sequence[str] = KINDS, seed: int = 0
) -> Dataset:
    """Return `rows` with misspelt `text`; the text that was right is in `gold`.

    `rate` is the number of edits over the number of characters (grapheme clusters), 0 to 0.3: a
    text of n characters has n * rate edits, rounded up or down so that the mean over rows is kept.
    The edits of a row depend on its id, language and text, `rate`, `kinds` and `seed` alone. Kinds:
    swap (two neighbouring letters), drop, double, replace (by a letter of the same script and
    case), marks (accents or vowel signs dropped), space (dropped or added), case. A kind is passed
    over where a letter does not allow it; where none fits, there are fewer edits.

    Adds gold, edits (kind, start and end in characters of `gold`, gold, noisy) and noise_rate (as
    measured, edits over characters). Raises GL-WORLD-032 (rate), -033 (kinds).
    """
    _check(rate, kinds)
    texts: list[str] = []
    edits: list[list[Edit]] = []
    for id, code, gold in zip(rows["id"], rows["language"], rows["text"], strict=True):
        found = misspell(gold, rate=rate, kinds=kinds, address=("noise", seed, id, code))
        edits.append(found)
        texts.append(apply_edits(gold, found))
    columns = {name: rows[name] for name in rows.column_names} | {
        "text": texts,
        "gold": rows["text"],
        "edits": [[edit._asdict() for edit in found] for found in edits],
        "noise_rate": [
            len(found) / max(1, len(characters(gold)))
            for found, gold in zip(edits, rows["text"], strict=True)
        ],
    }
    added = {"gold": Value("string"), "edits": [_EDIT], "noise_rate": Value("float64")}
    return Dataset.from_dict(columns, features=Features(dict(rows.features) | added))


def misspell(
    text: str, *, rate: float, kinds: Sequence[str] = KINDS, address: tuple[object, ...]
) -> list[Edit]:
    """Return the edits of one text in the order of the text, drawn by `address`; none overlap.

    Raises GL-WORLD-032 (rate), -033 (kinds).
    """
    _check(rate, kinds)
    clusters = characters(text)
    whole = _read(clusters)
    starts = [0]
    for cluster in clusters:
        starts.append(starts[-1] + len(cluster))
    wanted = math.floor(len(clusters) * rate + draws(*address)[0] / 2**32)
    numbers = [draws(*address, place) for place in range(len(clusters))] if wanted else []
    order = sorted(range(len(numbers)), key=lambda place: numbers[place])
    found: list[Edit] = []
    taken: set[int] = set()
    for turn, place in product(range(len(kinds)), order):
        if len(found) == wanted:
            break
        kind = kinds[((numbers[place][1] * len(kinds) >> 32) + turn) % len(kinds)]
        change = CHANGES[kind](whole, place, numbers[place][2])
        # The neighbours stay as they are, so that each edit can be told from the next.
        if change and taken.isdisjoint(range(place - 1, place + change[0] + 1)):
            end = place + change[0]
            taken.update(range(place, end))
            old = "".join(clusters[place:end])
            found.append(Edit(kind, starts[place], starts[end], old, change[1]))
    return sorted(found, key=lambda edit: edit.start)


def apply_edits(gold: str, edits: Sequence[Edit]) -> str:
    """Return the noisy text: `gold` with every edit carried out."""
    for edit in sorted(edits, key=lambda edit: -edit.start):
        gold = gold[: edit.start] + edit.noisy + gold[edit.end :]
    return gold


def characters(text: str) -> list[str]:
    """Cut a text into extended grapheme clusters."""
    found: list[str] = _CLUSTER.findall(text)
    return found


def is_letter(cluster: str) -> bool:
    """Whether a grapheme cluster begins with a letter."""
    return unicodedata.category(cluster[0])[0] == "L"


def _check(rate: float, kinds: Sequence[str]) -> None:
    if not 0 <= rate <= 0.3:
        raise GlotliftError(
            "GL-WORLD-032",
            f"{rate:g} is no rate of misspelt characters",
            fix="give 0 to 0.3; beyond that the text cannot be read",
        )
    unknown = [kind for kind in kinds if kind not in CHANGES]
    if unknown or not kinds:
        raise GlotliftError(
            "GL-WORLD-033",
            f"there is no kind of noise {unknown[0]!r}" if unknown else "no kind of noise is given",
            fix=f"use some of {', '.join(KINDS)}",
        )


def _read(clusters: list[str]) -> Characters:
    likes: dict[tuple[str, bool], dict[str, None]] = defaultdict(dict)
    for cluster in filter(is_letter, clusters):
        likes[_kin(cluster)][cluster] = None
    return Characters(clusters, {kin: tuple(members) for kin, members in likes.items()})


@cache
def _kin(cluster: str) -> tuple[str, bool]:
    """Return what a letter has in common with those that can stand for it: script and case."""
    return unicodedata.name(cluster[0], "").partition(" ")[0], cluster[0].isupper()
