"""Figures of the world, and proof that it is sound: speed, variety, leaks, labels, alignments."""

import time
from collections.abc import Iterable, Sequence
from itertools import combinations as pairs
from typing import Any

from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import grammar
from glotlift.world.parsing import parse
from glotlift.world.scenes import scene
from glotlift.world.sentences import parallel
from glotlift.world.truth import entities_of, links, tokens_of, truth


def speed(languages: Sequence[str], rows: int = 20_000) -> float:
    """Return the rows of two-language text made per second of one core, tables read beforehand."""
    pair = (languages[0], languages[-1])
    parallel(pair, rows, seed=1)
    started = time.process_time()
    parallel(pair, rows, seed=2)
    return rows / (time.process_time() - started)


def size(language: str) -> dict[str, Any]:
    """Return the number of concepts, patterns, words and forms that a language has."""
    spoken, patterns = grammar(language), inventory().patterns
    forms = {cell for known in spoken.forms.values() for cell in known.values()}
    return {
        "language": language,
        "concepts": sum(concept in spoken.forms for concept in inventory().concepts),
        "patterns": sum(patterns[name].weight > 0 for name in spoken.patterns),
        "task patterns": sum(patterns[name].weight == 0 for name in spoken.patterns),
        "second words": sum(len(words) - 1 for words in spoken.synonyms.values()),
        "forms": len(forms),
    }


def variety(language: str, rows: int = 20_000) -> dict[str, float]:
    """Return the share of different sentences among `rows`, and types over tokens."""
    spoken = grammar(language)
    scenes = [scene(0, "train", row) for row in range(rows)]
    words = [token.text for drawn in scenes[: rows // 10] for token in tokens_of(spoken, drawn)]
    return {
        "distinct sentences": len({spoken.say(drawn) for drawn in scenes}) / rows,
        "tokens": len(words),
        "types": len(set(words)),
        "type-token ratio": len(set(words)) / len(words),
    }


def leaks(languages: Iterable[str], rows: int = 3000) -> dict[str, int]:
    """Count the sentences, and the combinations of concepts, that two splits share."""
    scenes = {split: [scene(0, split, row) for row in range(rows)] for split in SPLITS}
    keys = {split: {_combination(drawn) for drawn in found} for split, found in scenes.items()}
    shared = {"combinations": sum(len(keys[a] & keys[b]) for a, b in pairs(SPLITS, 2))}
    for language in languages:
        spoken = grammar(language)
        texts = {split: {spoken.say(drawn) for drawn in found} for split, found in scenes.items()}
        shared[language] = sum(len(texts[a] & texts[b]) for a, b in pairs(SPLITS, 2))
    return shared


def _combination(drawn: Any) -> tuple[str, ...]:
    pattern = inventory().patterns[drawn.pattern]
    key = inventory().frames[pattern.frame].key
    return (pattern.frame, *(drawn.said[slot] for slot in key))


def label_agreement(language: str, rows: int = 300) -> float:
    """Return the share of sentences that a parser of the text reads as the scene they came from.

    The parser knows the language file, not the scene; labels made from what it read must be those
    that came with the sentence.
    """
    spoken = grammar(language)
    hits = 0
    for row in range(rows):
        drawn = scene(7, SPLITS[row % 3], row)
        label = truth(spoken, drawn)
        read = parse(language, label.text)
        hits += len(read) == 1 and truth(spoken, read[0]) == label
    return hits / rows


def alignment_consistency(languages: Sequence[str], rows: int = 100) -> float:
    """Return the share of links that compose and invert rightly over all pairs of languages.

    Each word aligned from a first to a second language and on to a third must be aligned so
    directly, each link must hold the other way round, and every entity must be aligned.
    """
    good = total = 0
    for row in range(rows):
        drawn = scene(8, SPLITS[row % 3], row)
        first, second, third = (
            grammar(languages[(row * step + step) % len(languages)]) for step in (1, 5, 7)
        )
        there, on = links(first, second, drawn), links(second, third, drawn)
        direct = set(links(first, third, drawn))
        composed = {(i, k) for i, j in there for middle, k in on if middle == j}
        back = {(j, i) for i, j in links(second, first, drawn)}
        named = len(entities_of(drawn, tokens_of(first, drawn)))
        checks = [composed <= direct, set(there) == back, len({i for i, _ in there}) >= named]
        good += sum(checks)
        total += len(checks)
    return good / total
