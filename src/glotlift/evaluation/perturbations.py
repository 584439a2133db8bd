"""Inference rows changed so that the label is known: distraction, spelling, words, numbers.

Each takes any rows with `id`, `language`, `premise`, `hypothesis` and `label` (entailment, neutral,
contradiction) and returns such rows with `category` ("stress") and `phenomenon`; other columns are
dropped. Ids gain the name of the change, so that translations keep sharing theirs. After Naik et
al. 2018, "Stress Test Evaluation for Natural Language Inference", and Hu et al. 2021
(arXiv:2106.03983, section 4.2). Sentences and phrases stand in `perturbations.yaml`.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import regex
import yaml

from glotlift.evaluation.rows import check_columns
from glotlift.languages import language
from glotlift.languages.romanisation import romanise
from glotlift.languages.words import word_spans
from glotlift.runs.errors import GlotliftError
from glotlift.world.noise import characters, is_letter
from glotlift.world.scenes import draws, pick

if TYPE_CHECKING:
    from datasets import Dataset

INFERENCE_COLUMNS = ("id", "language", "premise", "hypothesis", "label")
Side = Literal["premise", "hypothesis"]
# 2 to 999 in figures, and no end of a date, a decimal or a rank.
_NUMBER = r"(?<![\d.,:/第-])(?<!(?!\p{Han})\p{L})([2-9]|[1-9]\d{1,2})"


def distracted(
    rows: Dataset, *, side: Side = "hypothesis", negated: bool = False, times: int = 1
) -> Dataset:
    """Return rows with a tautology said behind one side, `times` over; the labels stay.

    "True is true." tells nothing; `negated`, it holds a "not", which a reader may take for a
    contradiction. Raises GL-EVALUATION-006, -007 (no rows, a column missing) and -070 (language).
    """
    check_columns(rows, INFERENCE_COLUMNS)
    found = []
    for row in _plain(rows):
        said = _phrase(row["language"], "not_false" if negated else "truth")
        joint = " " if language(row["language"]).spaced else ""
        text = row[side].rstrip()
        if not unicodedata.category(text[-1]).startswith("P"):
            text += said[-1]
        found.append({**row, side: joint.join([text, *[said] * times])})
    return _changed(found, f"distraction, {side}{', negated' if negated else ''}")


def homophones(
    rows: Dataset, *, side: Side = "hypothesis", edits: int = 1, seed: int = 0
) -> Dataset:
    """Return rows in which letters of one side are others that sound alike; the labels stay.

    A letter gives way to another of the rows' own that is the same in Latin letters, tones aside:
    的 and 得, श and ष, η and ι. It must be new beside its neighbours: what the rows never have is a
    misspelling, and not another word. Rows without as many such letters are left out. For scripts
    that tell sounds apart `world.noise.misspell` swaps letters.
    Raises GL-EVALUATION-006, -007 and -071 (no row has such letters).
    """
    check_columns(rows, INFERENCE_COLUMNS)
    plain, found = _plain(rows), []
    codes = sorted(set(rows["language"]))
    known = {code: _Letters([row for row in plain if row["language"] == code]) for code in codes}
    for row in plain:
        letters = known[row["language"]]
        clusters = characters(row[side])
        for number in draws("homophones", seed, row["id"])[:edits]:
            changes = letters.changes(clusters)
            if not changes:
                break
            place, letter = pick(changes, number)
            clusters[place] = letter
        else:
            found.append({**row, side: "".join(clusters)})
    if not found:
        raise GlotliftError(
            "GL-EVALUATION-071",
            f"no {side} has {edits} letters that sound like others of these rows",
            place=f"languages {codes}",
            fix="give more rows, or swap letters with glotlift.world.noise.misspell",
        )
    return _changed(found, "spelling")


class _Letters:
    """Which letters of some rows of one language sound alike, and which stand side by side."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        texts = [characters(row[side]) for row in rows for side in ("premise", "hypothesis")]
        self.neighbours = {pair for text in texts for pair in pairwise(text)}
        letters = sorted({letter for text in texts for letter in text if _may_change(letter)})
        # The tables of Latin letters are slow to read.
        sounds = romanise(letters, rows[0]["language"]) if letters else []
        groups: dict[str, list[str]] = defaultdict(list)
        for letter, sound in zip(letters, sounds, strict=True):
            bare = "".join(c for c in unicodedata.normalize("NFD", sound) if c.isascii())
            groups[bare].append(letter)
        self.alike = {letter: members for members in groups.values() for letter in members}

    def changes(self, clusters: Sequence[str]) -> tuple[tuple[int, str], ...]:
        """Return every place and the letter that could be put there."""
        return tuple(
            (place, other)
            for place, letter in enumerate(clusters)
            for other in self.alike.get(letter, ())
            if other != letter
            and not self.neighbours.intersection(
                [(before, other) for before in clusters[max(0, place - 1) : place]]
                + [(other, behind) for behind in clusters[place + 1 : place + 2]]
            )
        )


def _may_change(letter: str) -> bool:
    return is_letter(letter) and not letter.isascii() and letter.lower() == letter


def swapped_words(
    rows: Dataset, pairs: Iterable[tuple[str, str]], *, label: str, phenomenon: str
) -> Dataset:
    """Return premises with the premise itself, one word changed, as their hypothesis.

    `pairs` are words of one language, each to be put for the other: opposites make a label of
    "contradiction", synonyms "entailment", as far as the list is right in every context. The first
    word of a premise that is in the list is changed; premises without one are left out, and each
    is used once. Inflection is not minded: list the forms that are to be met.
    Raises GL-EVALUATION-006, -007 and -072 (no premise has such a word).
    """
    check_columns(rows, INFERENCE_COLUMNS)
    other: dict[str, str] = {}
    for one, two in pairs:
        other.setdefault(one.lower(), two)
        other.setdefault(two.lower(), one)
    found, seen = [], set()
    for row in _plain(rows):
        text = row["premise"]
        for start, end in _spans(text, row["language"], other):
            if text not in seen:
                word = other[text[start:end].lower()]
                word = word[0].upper() + word[1:] if text[start].isupper() else word
                changed = text[:start] + word + text[end:]
                found.append({**row, "hypothesis": changed, "label": label})
                seen.add(text)
    if not found:
        raise GlotliftError(
            "GL-EVALUATION-072",
            "no premise has a word of the list",
            place=f"{len(rows)} rows, {len(other)} words",
            fix="give words as they stand in the text",
        )
    return _changed(found, phenomenon)


def _spans(text: str, code: str, words: Mapping[str, str]) -> Sequence[tuple[int, int]]:
    """Return where words of a list stand; without spaces, wherever their letters do, longest first.

    Two letters at least are asked of a word there, since one is often a part of others.
    """
    if language(code).spaced:
        return [span for span in word_spans(text, code) if text[slice(*span)].lower() in words]
    known = sorted((word for word in words if len(word) > 1), key=len, reverse=True)
    return [found.span() for found in regex.finditer("|".join(map(regex.escape, known)), text)]


def bounded_numbers(rows: Dataset, counted: Iterable[str], *, seed: int = 0) -> Dataset:
    """Return premises with a number beside the same with a bound on it: three rows of each.

    "12 people came" entails "at least 9 people came", contradicts "at least 15 people came", and
    follows from neither: the first pair the other way round is neutral. The bound is "at least" or
    "at most", off by 1 to a half of the number. A number is of 2 to 999, in figures, and `counted`
    are the words before one of which it must stand: units and things that are counted, so that no
    date or name is taken for an amount. That a premise says "not 12", or already bounds its number,
    is the caller's to rule out.
    Raises GL-EVALUATION-006, -007, -070 (language) and -074 (no premise has such a number).
    """
    check_columns(rows, INFERENCE_COLUMNS)
    things = "|".join(map(regex.escape, sorted(counted, key=len, reverse=True)))
    pattern = regex.compile(rf"{_NUMBER}(?=\s*({things})(?:\P{{L}}|(?=\p{{Han}})|$))")
    found, seen = [], set()
    for row in _plain(rows):
        text, number = row["premise"], pattern.search(row["premise"])
        if not number or text in seen:
            continue
        seen.add(text)
        which, far, *_ = draws("numbers", seed, row["id"])
        kind, sign = ("at_least", -1) if which % 2 else ("at_most", 1)
        phrase = _phrase(row["language"], kind)
        value = int(number[1])
        off = 1 + (far * max(1, value // 2) >> 32)
        right, wrong = (
            text[: number.start()] + phrase.format(n=value + change) + text[number.end() :]
            for change in (sign * off, -sign * off)
        )
        for premise, hypothesis, label in (
            (text, right, "entailment"),
            (right, text, "neutral"),
            (text, wrong, "contradiction"),
        ):
            id = f"{row['id']}/{label}"
            found.append(
                {**row, "id": id, "premise": premise, "hypothesis": hypothesis, "label": label}
            )
    if not found:
        raise GlotliftError(
            "GL-EVALUATION-074",
            "no premise has a number of 2 to 999 before a word of the list",
            place=f"{len(rows)} rows",
            fix="give rows that count something, and the words for it",
        )
    return _changed(found, "numerical")


def _plain(rows: Dataset) -> list[dict[str, Any]]:
    return list(rows.select_columns(list(INFERENCE_COLUMNS)))


def _changed(rows: Sequence[Mapping[str, Any]], phenomenon: str) -> Dataset:
    from datasets import Dataset

    return Dataset.from_list(
        [
            {
                **row,
                "id": f"{row['id']}/{phenomenon}",
                "category": "stress",
                "phenomenon": phenomenon,
            }
            for row in rows
        ]
    )


def _phrase(code: str, name: str) -> str:
    known = _phrases()
    if name not in known.get(code, {}):
        raise GlotliftError(
            "GL-EVALUATION-070",
            f"there are no words for “{name.replace('_', ' ')}” in {code!r}",
            place="evaluation/perturbations.yaml",
            fix=f"use one of {', '.join(code for code in known if name in known[code])}",
        )
    return known[code][name]


@cache
def _phrases() -> dict[str, dict[str, str]]:
    path = Path(__file__).parent / "perturbations.yaml"
    raw: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return raw
