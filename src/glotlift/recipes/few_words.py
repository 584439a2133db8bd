"""Sentences of few words in many languages: what a very small model can learn to translate."""

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from glotlift.corpus import read
from glotlift.languages.sentences import sentence_spans
from glotlift.recipes.starting_point import locate
from glotlift.world.grammar import grammar
from glotlift.world.scenes import Scene, scene_of

Values = Mapping[str, Any]
Texts = dict[str, list[str]]
WORLD = "world"


@dataclass(frozen=True)
class Said:
    """Translations to learn from and held-out ones, row by row, and plain text; by language."""

    pairs: Texts
    held_out: Texts
    plain: Texts


@lru_cache(maxsize=2)
def said(values: str) -> Said:
    """Return the sentences of a setting, made once a process; `values` are its JSON."""
    chosen = json.loads(values)
    codes = [chosen["pivot"], *chosen["languages"]]
    if chosen["text"] == WORLD:
        return of_the_world(chosen, codes)
    known = {code: lines(chosen["text"].format(code)) for code in codes}
    kept = alike(known, chosen["longest"])
    rows = {code: [texts[place] for place in kept] for code, texts in known.items()}
    held = chosen["asked"]
    tested = {code: texts[:held] for code, texts in rows.items()}
    return Said(
        {code: texts[held : held + chosen["pairs"]] for code, texts in rows.items()},
        tested,
        {code: written(chosen, code, tested[code]) for code in codes if chosen["plain"]},
    )


def of_the_world(values: Values, codes: list[str]) -> Said:
    """Return sentences of the sample world that name none but its most frequent concepts."""
    drawn = scenes(values, "train", values["drawn"])
    counts = Counter(name for one in drawn for name in one.said.values())
    known = {name for name, _ in counts.most_common(values["concepts"])}
    taught = [one for one in drawn if known.issuperset(one.said.values())]
    tested = scenes(values, "test", values["drawn"] // 4)
    tested = [one for one in tested if known.issuperset(one.said.values())]
    parts = taught[: values["pairs"]], tested[: values["asked"]], taught[values["pairs"] :]
    return Said(*({code: [*map(grammar(code).say, one)] for code in codes} for one in parts))


def scenes(values: Values, split: str, count: int) -> list[Scene]:
    """Return as many different scenes of the setting's patterns as there are among `count`."""
    patterns = values["patterns"]
    drawn = (
        scene_of(patterns[number % len(patterns)], ("few words", split, number), split)
        for number in range(count)
    )
    return list({(one.pattern, *one.said.items()): one for one in drawn}.values())


def lines(address: str) -> list[str]:
    """Return the lines of a compressed file, blank ones too: a line's number is its row."""
    with gzip.open(locate(address), "rt", encoding="utf-8") as found:
        return [line.strip() for line in found]


def alike(known: Mapping[str, list[str]], longest: int) -> list[int]:
    """Return the rows that have text of at most so many characters in every language."""
    rows = zip(*known.values(), strict=True)
    return [n for n, row in enumerate(rows) if all(0 < len(text) <= longest for text in row)]


def written(values: Values, code: str, tested: list[str]) -> list[str]:
    """Return the sentences of plain text, each once, no longer than the pairs and none tested."""
    rows = read(locate(values["plain_text"].format(code)), language=code, rows=values["documents"])
    texts = (
        text[start:end].strip()
        for text in rows["text"]
        for start, end in sentence_spans(text, code)
    )
    kept = dict.fromkeys(text for text in texts if 0 < len(text) <= values["longest"])
    return [text for text in kept if text not in tested]
