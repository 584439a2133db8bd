"""Rows of the sample world: single sentences, documents, labelled sentences, word alignments."""

from collections.abc import Iterable
from typing import Any

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.world.grammar import grammar
from glotlift.world.scenes import Scene, check_split, document, scene
from glotlift.world.truth import links, truth

SOURCE, LICENSE = "world", "CC0-1.0"


def parallel(
    languages: Iterable[str],
    rows: int,
    *,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
) -> Dataset:
    """Return `rows` single sentences in each language: one row per sentence and language.

    Columns id, language, text, source, license; translations share the id ("world/0/train/17") and
    follow one another. `start` is the first row, so start=5 gives what a longer call gives from its
    row 5 on. Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    grammars = [grammar(code) for code in _codes(languages)]
    ids: list[str] = []
    texts: list[str] = []
    for row in numbers(rows, split, start):
        drawn = scene(seed, split, row)
        ids += [f"world/{seed}/{split}/{row}"] * len(grammars)
        texts += [spoken.say(drawn) for spoken in grammars]
    return dataset(ids, [spoken.code for spoken in grammars] * rows, {"text": texts})


def documents(
    language: str,
    rows: int,
    *,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
    sentences: int = 6,
) -> Dataset:
    """Return `rows` documents of `sentences` sentences about one protagonist and one topic.

    The same id ("world/documents/0/train/17") is the same document in every language. Training
    documents also state the facts that `tasks.facts` asks for. Columns as of `parallel`; raises
    GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-010 (sentences).
    """
    spoken = grammar(language)
    if sentences < 1:
        raise GlotliftError(
            "GL-WORLD-010",
            f"a document of {sentences} sentences says nothing",
            fix="give sentences=1 or more",
        )
    addresses = numbers(rows, split, start)
    texts = [
        spoken.join(map(spoken.say, document(seed, split, row, sentences))) for row in addresses
    ]
    ids = [f"world/documents/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, {"text": texts})


def labelled(
    language: str,
    rows: int,
    *,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
) -> Dataset:
    """Return the sentences of `parallel` in one language with the truth about each.

    Adds pattern, topic, sentiment (positive, negative, neutral), tokens, pos (their parts of
    speech), entities (start and end in characters of `text`, kind, concept) and facts (triples of
    concept, relation, concept).
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    labels = [truth(spoken, scene(seed, split, row)) for row in addresses]
    ids = [f"world/{seed}/{split}/{row}" for row in addresses]
    fields: dict[str, list[Any]] = {
        name: [getattr(label, name) for label in labels]
        for name in ("text", "pattern", "topic", "sentiment", "tokens", "pos", "facts")
    }
    fields["entities"] = [[entity._asdict() for entity in label.entities] for label in labels]
    return dataset(ids, [language] * rows, fields)


def alignment(id: str, source: str, target: str) -> list[tuple[int, int]]:
    """Return the aligned token positions (source, target) of one sentence in two languages.

    Positions index the `tokens` of `labelled`; words that only mark grammar are left unaligned.
    Raises GL-WORLD-001 (language) and GL-WORLD-003 when `id` is no id of a single sentence.
    """
    drawn = _scene_of_id(id)
    return links(grammar(source), grammar(target), drawn)


def _scene_of_id(id: str) -> Scene:
    match id.split("/"):
        case ["world", seed, split, row] if seed.lstrip("-").isdigit() and row.isdigit():
            check_split(split)
            return scene(int(seed), split, int(row))
    raise GlotliftError(
        "GL-WORLD-003", f"{id!r} names no sentence", fix='use an id like "world/0/train/17"'
    )


def _codes(languages: Iterable[str]) -> list[str]:
    return [languages] if isinstance(languages, str) else list(languages)


def numbers(rows: int, split: str, start: int) -> range:
    """Return the row numbers of a call, checked. Raises GL-WORLD-002 and GL-WORLD-007."""
    check_split(split)
    if rows < 0 or start < 0:
        raise GlotliftError(
            "GL-WORLD-007",
            f"rows={rows}, start={start} is no stretch of rows",
            fix="give numbers that are not negative",
        )
    return range(start, start + rows)


def dataset(ids: list[str], languages: list[str], fields: dict[str, list[Any]]) -> Dataset:
    """Return rows with the columns that every row of the world has."""
    columns = {"id": ids, "language": languages, **fields}
    columns["source"], columns["license"] = [SOURCE] * len(ids), [LICENSE] * len(ids)
    return Dataset.from_dict(columns)
