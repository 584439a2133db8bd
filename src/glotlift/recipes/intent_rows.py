"""Requests of several intents, in several languages, and vectors of their words.

Rows are parallel: the same request in every language has one id, and is either learnt from or
tested. Real requests (xSID) have one intent each, so two that follow one another are said together.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from glotlift import world
from glotlift.corpus.pairing.glossing import gloss
from glotlift.corpus.pairing.lexicon import induce_lexicon
from glotlift.recipes.aligned_decoders import sentences
from glotlift.recipes.small_encoders import Floats
from glotlift.recipes.small_word_encoders import (
    WordEncoder,
    Words,
    learn_translations,
    words_of,
)
from glotlift.recipes.starting_point import locate

WORLD, MOST = "world", 400  # requests of a split that are made of the sample world
XSID = {"eng_Latn": "en", "deu_Latn": "de", "ind_Latn": "id", "tur_Latn": "tr", "zho_Hans": "zh"}


@dataclass(frozen=True)
class Request:
    """A request: its words with their tags of slots, and its intents."""

    id: str
    tokens: list[str]
    tags: list[str]
    intents: frozenset[str]


Requests = dict[str, dict[str, list[Request]]]  # by split and language


@lru_cache(maxsize=1)
def requests(values: str) -> Requests:
    """Return the requests of a setting."""
    chosen = json.loads(values)
    codes = [chosen["pivot"], *chosen["languages"]]
    made = of_world if chosen["requests"] == WORLD else of_xsid
    return {
        split: {code: made(chosen["requests"], code, split)[:count] for code in codes}
        for split, count in chosen["rows"].items()
    }


def of_world(_: str, code: str, split: str) -> list[Request]:
    """Return requests of the sample world, which have up to three intents."""
    rows = world.tasks.intents(code, MOST, split=split)
    return [Request(r["id"], r["tokens"], r["tags"], frozenset(r["intents"])) for r in rows]


def of_xsid(address: str, code: str, split: str) -> list[Request]:
    """Return pairs of xSID's requests (van der Goot et al. 2021); it is learnt from `valid`."""
    name = "valid" if split == "train" else "test"
    path = Path(locate(address)) / f"{XSID[code]}.{name}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Request(
            f"{split}/{number}",
            [*one["tokens"], *other["tokens"]],
            [*one["slots"], *other["slots"]],
            frozenset((one["intent"], other["intent"])),
        )
        for number, (one, other) in enumerate(zip(rows, rows[1:] + rows[:1], strict=True))
    ]


@lru_cache(maxsize=2)
def word_encoder(values: str, seed: int, tied: bool) -> WordEncoder:
    """Return vectors of words that a seed drew together by translations, or left as they began."""
    chosen, known = json.loads(values), sentences(values).taught
    codes = [chosen["pivot"], *chosen["languages"]]
    rows = [
        dict(zip(codes, row, strict=True)) for row in zip(*(known[c] for c in codes), strict=True)
    ]
    words = Words.of(rows, least=2, spelt=True)
    encoder = WordEncoder.untrained(words, chosen["width"], seed)
    if tied:
        learn_translations(encoder, rows, **chosen["learning"], seed=seed)
    return encoder


def word_vectors(encoder: WordEncoder, words: Sequence[str], code: str) -> Floats:
    """Return the vector of each word of a sentence, [words, width]; zero for marks."""
    parts = [encoder.words.parts_of(word, code) for word in words]
    with torch.no_grad():
        found: Floats = encoder.encode(parts).double().numpy()
    return found


def sentence_features(encoder: WordEncoder, rows: Sequence[Request], code: str) -> Floats:
    """Return the mean and the largest of the words' vectors of each request, [rows, 2 width]."""
    found = [word_vectors(encoder, row.tokens, code) for row in rows]
    return np.stack([np.concatenate([one.mean(0), one.max(0)]) for one in found])


def word_features(encoder: WordEncoder, rows: Sequence[Request], code: str) -> Floats:
    """Return each word's vector with those of its neighbours, [words of all rows, 3 width]."""
    found = []
    for row in rows:
        own = word_vectors(encoder, row.tokens, code)
        edge = np.zeros_like(own[:1])
        found.append(np.hstack([np.vstack([edge, own[:-1]]), own, np.vstack([own[1:], edge])]))
    return np.concatenate(found)


def glossed(rows: Sequence[Request], lexicon: Mapping[str, str]) -> list[Request]:
    """Return requests word by word in another language; words that it lacks stay as they are."""
    return [
        Request(row.id, [lexicon.get(w.casefold(), w) for w in row.tokens], row.tags, row.intents)
        for row in rows
    ]


@lru_cache(maxsize=8)
def lexicon(values: str, code: str) -> dict[str, str]:
    """Return the likeliest partner of each word of the pivot, by IBM Model 1 on translations."""
    chosen, known = json.loads(values), sentences(values).taught
    pivot = chosen["pivot"]
    entries = induce_lexicon(
        [words_of(text, pivot) for text in known[pivot]],
        [words_of(text, code) for text in known[code]],
    ).forward
    return {word: gloss([word], entries)[0] for word in entries if entries[word]}
