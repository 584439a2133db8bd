"""What a corpus holds and how it came about, the same however it was cut into shards."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from glotlift.corpus.description.reasons import group_of
from glotlift.corpus.description.samples import Example, WordSample, add_example, smallest
from glotlift.corpus.description.text_counts import (
    Counts,
    Split,
    count_texts,
    length_bins,
    quantile,
    spaced,
    words_in,
)
from glotlift.runs.errors import GlotliftError

SCHEMA = 1
CHUNK_CHARACTERS = 1_000_000
# What was masked stays masked: an example of it never shows the text as it was.
SECRET = frozenset({"masked"})

Count = Callable[[Sequence[str]], Sequence[int]]


class Cell(NamedTuple):
    """Where a kept row belongs."""

    language: str
    source: str
    license: str


@dataclass
class Amount:
    """How much there is: rows, bytes of UTF-8, characters, words (0 in unspaced scripts), tokens.

    `tokens` is 0 where no tokenizer counted.
    """

    rows: int = 0
    bytes: int = 0
    characters: int = 0
    words: int = 0
    tokens: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(*(mine + its for mine, its in zip(self.tuple(), other.tuple(), strict=True)))

    def tuple(self) -> tuple[int, ...]:
        """Return the five figures."""
        return self.rows, self.bytes, self.characters, self.words, self.tokens


@dataclass
class Statistics:
    """Everything that is counted of a corpus, mergeable in any order.

    The statistics of a corpus are equal for any number of shards, any order of rows and any way of
    merging. Memory grows with languages, sources, licences, reasons and different characters, not
    with rows.

    `read` counts rows, and ``read == kept + dropped`` (see `check`). `cells` are the kept rows;
    `characters` (code point -> times), `lengths` (bin -> rows, see `text_counts`) and `words` are
    of the kept text of each language. `dropped` maps (group of reasons, language) to the amount.
    `counts` maps (section, name, language) to a number, `confusion` (stated, identified language)
    to rows. `examples` has texts for (section, name, language), with "dropped" and "changed" as
    sections.

    `counter` gives the tokens of each text; `split` cuts a text of a language into words for the
    sample of frequent words. Neither is saved.
    """

    read: int = 0
    cells: dict[Cell, Amount] = field(default_factory=dict)
    characters: dict[str, Counter[int]] = field(default_factory=dict)
    lengths: dict[str, Counter[int]] = field(default_factory=dict)
    words: dict[str, WordSample] = field(default_factory=dict)
    dropped: dict[tuple[str, str], Amount] = field(default_factory=dict)
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str, str], list[Example]] = field(default_factory=dict)
    counter: Count | None = field(default=None, compare=False, repr=False)
    split: Split = field(default=words_in, compare=False, repr=False)

    def keep(
        self,
        texts: Sequence[str],
        languages: Sequence[str],
        sources: Sequence[str],
        licenses: Sequence[str],
    ) -> None:
        """Count rows that stay; the four are equally long. The rows must also be in `read`."""
        for language, places in chunks(texts, languages):
            chosen = [texts[place] for place in places]
            found = count_texts(chosen)
            self.characters.setdefault(language, Counter()).update(found.characters)
            self.lengths.setdefault(language, Counter()).update(length_bins(found.lengths))
            split = partial(self.split, code=language)
            self.words.setdefault(language, WordSample()).add(chosen, split)
            cells = [Cell(language, sources[place], licenses[place]) for place in places]
            self.fill(cells, found, self.counter(chosen) if self.counter else None)

    def fill(self, cells: Sequence[Cell], found: Counts, tokens: Sequence[int] | None) -> None:
        """Add what was found in rows of one language to the cells they belong to."""
        words = found.words if spaced(cells[0].language) else np.zeros_like(found.words)
        counted = np.zeros_like(found.words) if tokens is None else np.asarray(tokens)
        figures = np.stack([np.ones_like(words), found.bytes, found.lengths, words, counted])
        order: dict[Cell, int] = {}
        positions = np.array([order.setdefault(cell, len(order)) for cell in cells])
        for cell, position in order.items():
            sums = figures[:, positions == position].sum(axis=1).tolist()
            self.cells[cell] = self.cells.get(cell, Amount()) + Amount(*sums)

    def drop(self, reason: str, language: str, text: str) -> None:
        """Count one row that is left out, in the language it was taken for ("" if unknown).

        It is counted under the group of its reason (see `group_of`). The first 200 characters of a
        few such texts are shown on the corpus's page, so give the text after personal data was
        masked.
        """
        amount = Amount(1, len(text.encode("utf-8", "replace")), len(text))
        key = (group_of(reason), language)
        self.dropped[key] = self.dropped.get(key, Amount()) + amount
        add_example(self.examples.setdefault(("dropped", *key), []), text, "", reason)

    def change(
        self, kind: str, language: str, after: str, *, before: str = "", places: int = 1
    ) -> None:
        """Count one row whose text was changed, in so many places.

        `kind` begins with what was done: "repaired mojibake", "masked EMAIL", "cut passage". Give
        the text `before` where it is at hand: the example then shows the place that was changed. Of
        what was masked, only the text after is kept.
        """
        self.counts["changed", kind, language] += 1
        self.counts["places", kind, language] += places
        examples = self.examples.setdefault(("changed", kind, language), [])
        done, _, name = kind.partition(" ")
        if done in SECRET and not before:
            # What stands in its place shows where it was.
            before = after.partition(f"<{name}>")[0]
        add_example(examples, before, after, secret=done in SECRET)

    def note(self, section: str, name: str, language: str, number: int = 1) -> None:
        """Count anything else: "duplicates" by kind, "personal" by kind, "contamination" by set."""
        self.counts[section, name, language] += number

    def merge(self, other: "Statistics") -> "Statistics":
        """Take in the statistics of other rows, and return self."""
        self.read += other.read
        for cell, amount in other.cells.items():
            self.cells[cell] = self.cells.get(cell, Amount()) + amount
        for key, amount in other.dropped.items():
            self.dropped[key] = self.dropped.get(key, Amount()) + amount
        for mine, its in ((self.characters, other.characters), (self.lengths, other.lengths)):
            for language, counter in its.items():
                mine.setdefault(language, Counter()).update(counter)
        for language, sample in other.words.items():
            self.words.setdefault(language, WordSample()).merge(sample)
        self.counts.update(other.counts)
        self.confusion.update(other.confusion)
        for place, found in other.examples.items():
            self.examples[place] = smallest([*self.examples.get(place, []), *found])
        return self

    def kept(self, **where: str) -> Amount:
        """Return how much was kept, of all or of one `language`, `source` or `license`."""
        return sum(
            (
                amount
                for cell, amount in self.cells.items()
                if all(getattr(cell, name) == value for name, value in where.items())
            ),
            Amount(),
        )

    def totals(self, axis: str) -> dict[str, Amount]:
        """Return the kept amount for each "language", "source" or "license", most bytes first."""
        found: dict[str, Amount] = {}
        for cell, amount in self.cells.items():
            value = getattr(cell, axis)
            found[value] = found.get(value, Amount()) + amount
        return dict(sorted(found.items(), key=lambda item: (-item[1].bytes, item[0])))

    def left_out(self, language: str | None = None) -> dict[str, Amount]:
        """Return group of reasons -> amount dropped, of all or of one language, most rows first."""
        found: dict[str, Amount] = {}
        for (reason, code), amount in self.dropped.items():
            if language is None or code == language:
                found[reason] = found.get(reason, Amount()) + amount
        return dict(sorted(found.items(), key=lambda item: (-item[1].rows, item[0])))

    def languages(self) -> list[str]:
        """Return all languages of kept and dropped rows, most rows first."""
        rows = Counter({code: amount.rows for code, amount in self.totals("language").items()})
        for (_, code), amount in self.dropped.items():
            rows[code] += amount.rows
        return sorted(rows, key=lambda code: (-rows[code], code))

    def length(self, language: str, share: float) -> float | None:
        """Return the length in characters that `share` of the kept texts stay below, within 5 %."""
        return quantile(self.lengths.get(language, Counter()), share)

    def check(self) -> None:
        """Raise GL-CORPUS-075 unless every row that was read was kept or dropped."""
        kept, dropped = self.kept().rows, sum(found.rows for found in self.dropped.values())
        if self.read != kept + dropped:
            cause = f"{self.read} rows were read, but {kept} kept and {dropped} dropped"
            fix = "count each row once: in `read`, and by `keep` or `drop`"
            raise GlotliftError("GL-CORPUS-075", cause, fix=fix)

    def to_json(self) -> dict[str, Any]:
        """Return the statistics as a JSON value; equal statistics give equal JSON."""
        return {
            "schema": SCHEMA,
            "read": self.read,
            "cells": [[*cell, *self.cells[cell].tuple()] for cell in sorted(self.cells)],
            "dropped": [[*key, *self.dropped[key].tuple()] for key in sorted(self.dropped)],
            "counts": [[*key, self.counts[key]] for key in sorted(self.counts)],
            "confusion": [[*key, self.confusion[key]] for key in sorted(self.confusion)],
            "characters": {code: pairs(self.characters[code]) for code in sorted(self.characters)},
            "lengths": {code: pairs(self.lengths[code]) for code in sorted(self.lengths)},
            "words": {code: self.words[code].to_json() for code in sorted(self.words)},
            "examples": [
                [*key, *found] for key in sorted(self.examples) for found in self.examples[key]
            ],
        }

    @classmethod
    def from_json(cls, value: Any, place: str = "") -> "Statistics":
        """Return the statistics that `to_json` wrote; `place` is where the value stood.

        Raises GL-CORPUS-076 for anything else.
        """
        try:
            if value["schema"] != SCHEMA:
                raise ValueError(value["schema"])
            return restore(value)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            cause = "these are no corpus statistics"
            fix = "count the corpus again, or restore the file"
            raise GlotliftError("GL-CORPUS-076", cause, place=place, fix=fix) from error


def restore(value: Mapping[str, Any]) -> Statistics:
    """Return statistics from their JSON value."""
    made = Statistics(
        read=value["read"],
        cells={Cell(*row[:3]): Amount(*row[3:]) for row in value["cells"]},
        dropped={(row[0], row[1]): Amount(*row[2:]) for row in value["dropped"]},
        counts=Counter({(row[0], row[1], row[2]): row[3] for row in value["counts"]}),
        confusion=Counter({(row[0], row[1]): row[2] for row in value["confusion"]}),
        characters={code: Counter(dict(found)) for code, found in value["characters"].items()},
        lengths={code: Counter(dict(found)) for code, found in value["lengths"].items()},
        words={code: WordSample.from_json(found) for code, found in value["words"].items()},
    )
    for section, name, language, *found in value["examples"]:
        made.examples.setdefault((section, name, language), []).append(Example(*found))
    return made


def pairs(counter: Counter[int]) -> list[list[int]]:
    """Return the keys of a counter with their numbers, in order."""
    return [[key, counter[key]] for key in sorted(counter)]


def chunks(texts: Sequence[str], languages: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """Yield (language, positions of its texts), in chunks of bounded size."""
    places: dict[str, list[int]] = {}
    held: Counter[str] = Counter()
    for place, (text, language) in enumerate(zip(texts, languages, strict=True)):
        places.setdefault(language, []).append(place)
        held[language] += len(text)
        if held[language] >= CHUNK_CHARACTERS:
            yield language, places.pop(language)
            held[language] = 0
    yield from places.items()


def merge_files(paths: Iterable[Path]) -> Statistics:
    """Merge the statistics that shards wrote as JSON. Raises GL-CORPUS-076 (not statistics)."""
    merged = Statistics()
    for path in paths:
        try:
            value = json.loads(path.read_bytes())
        except ValueError:
            value = None
        merged.merge(Statistics.from_json(value, str(path)))
    return merged
