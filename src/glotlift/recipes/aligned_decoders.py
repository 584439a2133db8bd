"""Small decoders that know languages alike well but are tied to a pivot by more or fewer pairs.

All read as much plain text of every language; of translations, a pivot's sentence and its own on
the next line, each language has a number drawn from a list. So languages differ in one thing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import set_seed

from glotlift import world
from glotlift.clients.local import LocalModel
from glotlift.corpus import hand, natural, read
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.recipes.small_decoders import kept_decoder
from glotlift.recipes.starting_point import locate
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES

Values = Mapping[str, Any]
WORLD = "world"
SHOWN = 100  # sentences that alignment is measured on, held out
PLAIN = 0.5  # share of the bytes that is plain text, the languages alike; the rest are pairs
PAIRS = "pairs:"


@dataclass(frozen=True)
class Sentences:
    """Translations by language, row by row: some to learn from, some held out."""

    taught: dict[str, list[str]]
    held_out: dict[str, list[str]]


@lru_cache(maxsize=2)
def sentences(values: str) -> Sentences:
    """Return the sentences of all languages of a setting, made once a process."""
    chosen = json.loads(values)
    codes, most = [chosen["pivot"], *chosen["languages"]], max(chosen["pairs"])
    if chosen["parallel"] == WORLD:
        rows = {
            split: {
                code: [row["text"] for row in world.parallel([code], count, split=split)]
                for code in codes
            }
            for split, count in (("train", most), ("test", SHOWN))
        }
        return Sentences(rows["train"], rows["test"])
    found = {
        code: list(read(locate(chosen["parallel"].format(code)), language=code)["text"])
        for code in codes
    }
    return Sentences(
        {code: rows[SHOWN : SHOWN + most] for code, rows in found.items()},
        {code: rows[:SHOWN] for code, rows in found.items()},
    )


def pair_counts(values: Values, seed: int) -> dict[str, int]:
    """Return how many pairs each language has: the list's numbers, dealt out by the seed."""
    languages: Sequence[str] = values["languages"]
    dealt = np.resize(np.asarray(values["pairs"]), len(languages))
    order = np.random.default_rng([seed, 0x4D455841]).permutation(len(languages))
    return {languages[place]: int(count) for place, count in zip(order, dealt, strict=True)}


def texts(values: Values, seed: int) -> dict[str, Dataset]:
    """Return what a decoder reads, by source: plain text of each language, and its pairs."""
    known, pivot = sentences(json.dumps(dict(values), sort_keys=True)), values["pivot"]
    sources = {
        code: read(locate(values["text"].format(code)), language=code)
        for code in (pivot, *values["languages"])
    }
    if values.get("documents"):
        sources = {
            code: rows.select(range(min(values["documents"], len(rows))))
            for code, rows in sources.items()
        }
    for code, count in pair_counts(values, seed).items():
        both = zip(known.taught[pivot][:count], known.taught[code][:count], strict=True)
        if count:
            joined = ["\n".join(pair[:: 1 - 2 * (n % 2)]) for n, pair in enumerate(both)]
            sources[f"{PAIRS}{code}"] = Dataset.from_dict(
                {"id": [f"{code}/{n}" for n in range(count)], "text": joined}
            )
    return sources


def tied_decoder(values: Values, seed: int, *, trained: bool = True) -> LocalModel:
    """Return a decoder of a seed, trained on its texts (once for all that decides it), or not."""
    sources = texts(values, seed)
    plain = [name for name in sources if not name.startswith(PAIRS)]
    policy = hand(dict.fromkeys(plain, PLAIN / len(plain)), rest=natural)
    path = kept_decoder("tied", values, sources, policy, seed)
    tokenizer = load_tokenizer(path)
    if trained:
        return LocalModel(load_model(find_model(str(path))), tokenizer)
    set_seed(seed)
    return LocalModel(build("decoder", SIZES[values["size"]], tokenizer), tokenizer)
