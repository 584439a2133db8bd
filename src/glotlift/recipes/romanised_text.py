"""Held-out sentences in native letters and in Latin ones, and topics to tell in them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift import world
from glotlift.corpus import read
from glotlift.recipes.starting_point import locate
from glotlift.recipes.topics import topic_rows
from glotlift.vocabulary.romanised_forms import cached_romaniser

ENGLISH = "eng_Latn"


@dataclass(frozen=True)
class Tested:
    """Held-out sentences by language, row by row translations of one another, and topics."""

    ids: list[str]
    native: dict[str, list[str]]
    roman: dict[str, list[str]]
    topic_ids: list[str]
    topics: NDArray[np.int64]
    topic_texts: dict[str, list[str]]


@lru_cache(maxsize=2)
def tested(values: str) -> Tested:
    """Return held-out rows, native and romanised, the same for all arms and seeds."""
    chosen = json.loads(values)
    others = chosen["romanised"]
    said = together(sentences(chosen, [*others, *chosen["latin"]]), chosen["items"])
    ids = list(said[ENGLISH])
    native = {code: list(rows.values()) for code, rows in said.items()}
    spoken = topic_rows(chosen | {"languages": [ENGLISH, *others]}).rows
    by_id = {
        code: dict(zip(splits["test"]["id"], splits["test"]["text"], strict=True))
        for code, splits in spoken.items()
    }
    answers = spoken[ENGLISH]["test"]
    labels = dict(zip(answers["id"], answers["label"], strict=True))
    asked = [id for id in labels if all(id in rows for rows in by_id.values())]
    romaniser = cached_romaniser()
    texts = {code: [by_id[code][id] for id in asked] for code in [ENGLISH, *others]}
    return Tested(
        ids,
        native,
        {code: list(romaniser(native[code])) for code in others},
        [str(id) for id in asked],
        np.array([labels[id] for id in asked]),
        {code: t if code == ENGLISH else list(romaniser(t)) for code, t in texts.items()},
    )


def studied(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return ``values["pairs"]`` sentences by language, translations of one another, to learn from.

    In the sample world they are of the training split, elsewhere those after the tested ones.
    """
    codes = [*values["romanised"], ENGLISH]
    if values["parallel"] == "world":
        said = together(sentences(values, codes, "train"), values["pairs"])
        return {code: list(rows.values()) for code, rows in said.items()}
    said = together(
        sentences(values, [*codes, *values["latin"]]), values["items"] + values["pairs"]
    )
    return {code: list(said[code].values())[values["items"] :] for code in codes}


def sentences(
    values: Mapping[str, Any], codes: Sequence[str], split: str = "test"
) -> dict[str, dict[str, str]]:
    """Return sentences of each language by the id that translations share."""
    found: dict[str, dict[str, str]] = {}
    for code in codes:
        if values["parallel"] == "world":
            most = values["items"] if split == "test" else values["pairs"]
            rows = world.parallel([code], 2 * most, split=split)
        else:
            rows = read(locate(values["parallel"].format(code)), language=code)
        numbers = (id.rpartition("#")[2] for id in rows["id"])
        found[code] = dict(zip(numbers, rows["text"], strict=True))
    return found


def together(said: Mapping[str, Mapping[str, str]], items: int) -> dict[str, dict[str, str]]:
    """Return the first items that every language says, none of them twice in any."""
    kept: list[str] = []
    seen: set[tuple[str, str]] = set()
    for id in said[ENGLISH]:
        texts = {(code, rows.get(id, "")) for code, rows in said.items()}
        if all(text for _, text in texts) and not texts & seen:
            kept.append(id)
            seen |= texts
    return {code: {id: rows[id] for id in kept[:items]} for code, rows in said.items()}


@lru_cache(maxsize=2)
def respelt(values: str) -> dict[str, list[str]]:
    """Return the test sentences as written in Latin letters by others, by native language."""
    chosen, ids = json.loads(values), tested(values).ids
    pairs = chosen["spelling"]
    said = sentences(chosen, list(pairs.values()))
    return {native: [said[written][id] for id in ids] for native, written in pairs.items()}
