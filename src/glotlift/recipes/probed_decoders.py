"""Decoders that read languages in unequal shares, and scores of every language by probes.

The shares are dealt out to the languages by the seed, so that nothing else about a language goes
with them.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from datasets import Dataset
from transformers import set_seed

from glotlift.clients.local import LocalModel
from glotlift.corpus import hand
from glotlift.evaluation.tasks.sources import read_lines
from glotlift.probing.layers.sources import Pairs, tag_source, word_pairs
from glotlift.probing.linear import fit_probe
from glotlift.probing.similarity import derangement, translation_excess
from glotlift.probing.tags import LayerEncoder, TaggedTexts, learn_tags, read_tags
from glotlift.recipes.aligned_decoders import SHOWN, WORLD, sentences
from glotlift.recipes.small_decoders import tokenizer_of, train_decoder
from glotlift.recipes.starting_point import locate
from glotlift.recipes.topics import Topics, topic_rows
from glotlift.training.schedule import Budget
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES

WORDS, SENTENCES, TAGS, CARRIED, TOPICS = SCORES = (
    "words", "sentences", "parts of speech of new words", "parts of speech, carried over", "topics",
)  # fmt: skip
SELECTIVITY, MISMATCHED = "selectivity", "words, mismatched"
RANGE = 64  # how many times as often as the last language the first is read
PIVOT = 0.25  # share of the bytes that is the pivot's
Values = Mapping[str, Any]
Scores = dict[str, dict[str, float]]  # by score, then by language


class Material(NamedTuple):
    """What is asked: words and sentences in pairs with the pivot's, tags, and topics."""

    words: dict[str, Pairs]
    sentences: dict[str, Pairs]
    tags: dict[str, dict[str, TaggedTexts]]
    topics: Topics


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return what the arms of a setting ask, made once a process; `values` are its JSON."""
    chosen = json.loads(values)
    pivot, languages = chosen["pivot"], chosen["languages"]
    shown = sentences(values).held_out
    first, _, where = chosen["tags"].partition(":")
    tags = tag_source(f"{first}:{locate(where)}")
    return Material(
        pairs_of_words(chosen),
        {code: (shown[pivot], shown[code]) for code in languages},
        {
            code: {split: tags(code, most, split) for split, most in chosen["tag_rows"].items()}
            for code in (pivot, *languages)
        },
        topic_rows(chosen),
    )


def pairs_of_words(values: Values) -> dict[str, Pairs]:
    """Return words of the pivot and of each language that has a list, concept by concept."""
    pivot, languages = values["pivot"], values["languages"]
    if values["words"] == WORLD:
        return {code: word_pairs(WORLD, pivot, code, SHOWN) for code in languages}
    listed = {row["lang"]: row["words"] for row in read_lines(Path(locate(values["words"])))}
    found = {}
    for code in languages:
        if (own := code[:3]) in listed:
            concepts = zip(listed[pivot[:3]], listed[own], strict=True)
            both = [(one[0], other[0]) for one, other in concepts if one and other]
            found[code] = [one for one, _ in both], [other for _, other in both]
    return found


def shares(values: Values, seed: int) -> dict[str, float]:
    """Return each language's share of the bytes: of a geometric row that the seed deals out."""
    languages = values["languages"]
    row = np.geomspace(RANGE, 1, len(languages))
    dealt = np.random.default_rng([seed, 0x50524F42]).permutation((1 - PIVOT) * row / row.sum())
    return {values["pivot"]: PIVOT, **dict(zip(languages, dealt.tolist(), strict=True))}


def texts(values: Values) -> dict[str, Dataset]:
    """Return what there is to read of each language: sentences, half behind the pivot's."""
    taught = sentences(json.dumps(dict(values), sort_keys=True)).taught
    pivot = taught[values["pivot"]]
    sources = {}
    for code in (values["pivot"], *values["languages"]):
        both = enumerate(zip(pivot, taught[code], strict=True))
        alone = code == values["pivot"]
        rows = [other if alone or n % 2 else f"{one}\n{other}" for n, (one, other) in both]
        ids = [f"{code}/{number}" for number in range(len(rows))]
        sources[code] = Dataset.from_dict({"id": ids, "text": rows})
    return sources


@lru_cache(maxsize=1)
def reading(values: str) -> tuple[dict[str, Dataset], Any]:
    """Return what there is to read and the tokenizer of all of it, made once a process."""
    chosen = json.loads(values)
    sources = texts(chosen)
    return sources, tokenizer_of(chosen, sources)


def decoder(values: Values, seed: int, folder: Path, *, trained: bool) -> LocalModel:
    """Return a decoder that has read the languages in the seed's shares, or has read nothing."""
    sources, tokenizer = reading(json.dumps(dict(values), sort_keys=True))
    if not trained:
        set_seed(seed)
        return LocalModel(build("decoder", SIZES[values["size"]], tokenizer), tokenizer)
    policy, budget = hand(shares(values, seed)), Budget(values["steps"], "steps")
    made = train_decoder(
        values, tokenizer, sources, policy, seed, folder / "training", budget=budget
    )
    return LocalModel(made.model, tokenizer)


def scores(client: LayerEncoder, asked: Material, pivot: str) -> Scores:
    """Return every score by language, each a mean over layers and rows."""
    words = {code: tuple(map(client.encode_layers, sides)) for code, sides in asked.words.items()}
    moved = {
        code: (one, other[:, derangement(other.shape[1], 0)])
        for code, (one, other) in words.items()
    }
    told = asked.tags[pivot]["train"]
    reader = learn_tags(client.encode_words(told.texts, told.spans), told.tags_of_words)
    found: Scores = {
        WORDS: {code: excess(one, other) for code, (one, other) in words.items()},
        SENTENCES: {
            code: excess(*map(client.encode_layers, sides))
            for code, sides in asked.sentences.items()
        },
        MISMATCHED: {code: excess(one, other) for code, (one, other) in moved.items()},
        TOPICS: topics_told(client, asked.topics),
        **{name: {} for name in (TAGS, CARRIED, SELECTIVITY)},
    }
    for code in asked.sentences:
        train, test = asked.tags[code]["train"], asked.tags[code]["test"]
        read = read_tags(client, train, test)
        found[TAGS][code] = float(read.task[:, ~read.known].mean())
        found[SELECTIVITY][code] = float(read.task.mean() - read.control.mean())
        found[CARRIED][code] = float(reader.right(read.states, test.tags_of_words).mean())
    return found


def excess(one: Any, other: Any) -> float:
    """Return the mean likeness of translations above that of others, over layers and texts."""
    return float(translation_excess(one, other).mean())


def topics_told(client: LayerEncoder, topics: Topics) -> dict[str, float]:
    """Return the accuracy of a probe of topics in each language that has rows to learn from."""
    found = {}
    for code, splits in topics.rows.items():
        if "train" in splits:
            states = client.encode_layers(list(splits["train"]["text"]))
            tested = client.encode_layers(list(splits["test"]["text"]))
            labels, right = list(splits["train"]["label"]), np.array(splits["test"]["label"])
            layers = zip(states, tested, strict=True)
            named = [fit_probe(one, labels).classes(other) for one, other in layers]
            found[code] = float((np.stack(named) == right).mean())
    return found
