"""Tasks with labels: sentiment of a text; named things and parts of speech, token by token."""

from functools import cache
from typing import Any

from datasets import Dataset

from glotlift.world.combinations import Said, combinations
from glotlift.world.concepts import inventory
from glotlift.world.grammar import grammar
from glotlift.world.scenes import Scene, draws, pick, scene, scene_of
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.shuffling import few, shuffled
from glotlift.world.truth import Entity, Token, entities_of, tokens_of

SENTIMENTS = ("positive", "negative", "neutral")
KINDS = ("person", "animal", "thing", "place", "city", "name")
# What carries a feeling, and the slot that says which: the same sentence has all three labels.
_MOODS = {"state": "state", "state_time": "state", "quality": "quality", "cause_deed": "cause"}
# Of these a reader might doubt that they are praise, blame or neither.
_DOUBTFUL = ("cheap", "expensive", "heavy")
_NEUTRAL = (
    "event",
    "event_place",
    "event_time",
    "event_colour",
    "event_count",
    "motion",
    "journey",
    "location",
    "count_place",
    "meeting",
    "origin",
)
_NEUTRAL_COUNTS = (2, 3, 4)


def sentiment(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return texts of three to five sentences of which one praises, laments, or only states.

    Columns id, language, text, label (positive, negative, neutral), source, license. Three rows
    (0 to 2, 3 to 5...) share everything but that one sentence, have it at the same place and in the
    same pattern, and bear the three labels, so length and first word say nothing (the first
    sentence is never the one). Bodily needs (hungry, thirsty, tired) and weather are neutral.
    Chance is 1/3. Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    texts, labels = [], []
    for row in addresses:
        block, place = divmod(row, len(SENTIMENTS))
        address = ("sentiment", seed, split, block)
        labels.append(shuffled(SENTIMENTS, *address)[place])
        texts.append(spoken.join(map(spoken.say, _told(labels[-1], split, address))))
    ids = [f"world/sentiment/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, {"text": texts, "label": labels})


def ner(language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0) -> Dataset:
    """Return the sentences of `world.parallel` with the mentions in them.

    Columns id, language, text, tokens, tags (one per token: B-kind opens a mention, I-kind goes on,
    O is outside), entities (start and end in characters of `text`, kind, concept), source, license.
    The kinds are person (the baker), name (Anna), animal, thing, place and city; articles and
    adpositions stay outside, and jobs, materials, weather and times are no mentions.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {"text": [], "tokens": [], "tags": [], "entities": []}
    for row in addresses:
        drawn = scene(seed, split, row)
        tokens = tokens_of(spoken, drawn)
        entities = entities_of(drawn, tokens)
        fields["text"].append(spoken.say(drawn))
        fields["tokens"].append([token.text for token in tokens])
        fields["tags"].append([_tag(token, entities) for token in tokens])
        fields["entities"].append([entity._asdict() for entity in entities])
    ids = [f"world/ner/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def pos(language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0) -> Dataset:
    """Return the sentences of `world.parallel` with the part of speech of each token.

    Columns id, language, text, tokens, tags (Universal Dependencies' UPOS), source, license.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-012 (a word without a tag).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    scenes = [scene(seed, split, row) for row in addresses]
    sentences = [tokens_of(spoken, drawn) for drawn in scenes]
    fields: dict[str, list[Any]] = {
        "text": [spoken.say(drawn) for drawn in scenes],
        "tokens": [[token.text for token in tokens] for tokens in sentences],
        "tags": [[token.pos for token in tokens] for tokens in sentences],
    }
    ids = [f"world/pos/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def _tag(token: Token, entities: list[Entity]) -> str:
    for entity in entities:
        if entity.start <= token.start < entity.end:
            return f"{'B' if token.start == entity.start else 'I'}-{entity.kind}"
    return "O"


def _told(label: str, split: str, address: tuple[object, ...]) -> list[Scene]:
    """Return neutral scenes and, not first, one with a feeling."""
    first, second, third, *_ = draws(*address)
    count = pick(_NEUTRAL_COUNTS, first)
    told = [
        scene_of(pattern, (*address, pattern), split)
        for pattern in few(_NEUTRAL, count, "neutral", *address)
    ]
    pattern = pick(tuple(_MOODS), second)
    told.insert(1 + third % count, _felt(pattern, label, split, address))
    return told


def _felt(pattern: str, label: str, split: str, address: tuple[object, ...]) -> Scene:
    first, second, third, *_ = draws(pattern, label, *address)
    said = pick(pick(_felt_scenes(pattern, split)[label], first), second)
    if pattern == "state_time":
        said = said | {"time": pick(inventory().of("times"), third)}
    return Scene(pattern, said)


@cache
def _felt_scenes(pattern: str, split: str) -> dict[str, tuple[tuple[Said, ...], ...]]:
    """Return the scenes of a pattern by sentiment, grouped by what is felt."""
    found: dict[str, dict[str, tuple[Said, ...]]] = {label: {} for label in SENTIMENTS}
    slot = _MOODS[pattern]
    for group in combinations(pattern, split)[None, None]:
        for said in group:
            felt = inventory().concepts[said[slot]]
            if felt.name not in _DOUBTFUL:
                groups = found[felt.sentiment]
                groups[felt.name] = (*groups.get(felt.name, ()), said)
    return {label: tuple(groups.values()) for label, groups in found.items()}
