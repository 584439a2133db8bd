"""Graded similarity: how much two sentences of two languages say in common.

The pairs are those of a query's answer with itself, with the two hard documents that have nearly
its words, with something else told of its protagonist, and with another row's answer.
"""

from typing import Any

from datasets import Dataset

from glotlift.world.grammar import grammar
from glotlift.world.scenes import Scene
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.queries import DOCUMENTS, drawn_row

PAIRS = DOCUMENTS + 1  # kinds of pairs, which rows take by turns
SAME, ELSEWHERE = 0, DOCUMENTS


def similarity(
    source: str, target: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return pairs of sentences, source_text in source_language and text, with their `degree`.

    The degree is the share of what both say, pattern and slots with their concepts, in what either
    says (Jaccard 1912): 1 for translations, less where roles are swapped or one word is another, 0
    where nothing is the same. Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken, heard = grammar(source), grammar(target)
    addresses = numbers(rows, split, start)
    pairs = [drawn_pair(seed, split, row) for row in addresses]
    fields: dict[str, list[Any]] = {
        "source_language": [source] * rows,
        "source_text": [spoken.say(first) for first, _ in pairs],
        "text": [heard.say(second) for _, second in pairs],
        "degree": [degree(*pair) for pair in pairs],
    }
    ids = [f"world/similarity/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [target] * rows, fields)


def drawn_pair(seed: int, split: str, row: int) -> tuple[Scene, Scene]:
    """Return the scenes of a row."""
    query, documents = drawn_row(seed, split, row)
    answer = Scene(query.kind.says, dict(query.said))
    which = row % PAIRS
    if which == SAME:
        return answer, answer
    if which == ELSEWHERE:
        other, _ = drawn_row(seed, split, row + 1)
        return answer, Scene(other.kind.says, dict(other.said))
    hard = [document.scene for document in documents if document.hard]
    others = [d.scene for d in documents if not d.hard and d.scene != answer]
    return answer, [*hard, *others][which - 1]


def degree(one: Scene, other: Scene) -> float:
    """Return the share of what both scenes say in what either says."""
    first, second = ({("pattern", drawn.pattern), *drawn.said.items()} for drawn in (one, other))
    return len(first & second) / len(first | second)
