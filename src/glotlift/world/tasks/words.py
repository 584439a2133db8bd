"""Typed pairs of words of one language: antonyms, hypernyms, co-hyponyms, synonyms."""

from collections.abc import Mapping
from functools import cache
from itertools import combinations as pairs
from typing import Any, NamedTuple

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.world.concepts import inventory
from glotlift.world.grammar import grammar
from glotlift.world.scenes import draws, pick
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.senses import citation, concept_split
from glotlift.world.tasks.shuffling import shuffled

RELATIONS = ("antonym", "hypernym", "co-hyponym", "synonym")
# Opposites, by part of speech: a pair of one line is never asked with a pair of another.
_OPPOSITES = (
    "good/bad beautiful/ugly new/old expensive/cheap big/small white/black happy/sad",
    "open/close buy/sell laugh/cry hide/find",
    "summer/winter morning/evening",
)
_DRINKS_AND_DOUBTFUL = ("water", "milk", "tea", "fish_meal")
_VEHICLES = ("car", "bicycle", "boat", "bus", "train")
# Of these kinds nothing is both, whatever one thinks of (a hen may be food; man is an animal).
_APART = ("food/clothes", "food/people", "clothes/animals", "clothes/people")
# Second words that could pass for words of the other concept: to cry may be to yell, and some
# language says car and train with one word.
_NEAR = ({"cry", "shout"}, {"car", "train"})
_SHARES = {"train": (0.0, 0.5), "validation": (0.5, 0.7), "test": (0.7, 1.0)}


class Group(NamedTuple):
    """Lines of words of which each one of `firsts` is related to each other one of `seconds`."""

    firsts: tuple[str, ...]
    seconds: tuple[str, ...]


def word_pairs(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return pairs of words with a relation: does the second stand in it to the first?

    Columns first, second, relation (one of `RELATIONS`; hypernym: the second is the hypernym) and
    label (yes, no). Each relation, and each answer within it, comes twice in eight rows. A pair is
    drawn from two groups of related words: both words from one group (yes) or from different ones
    (no), so that each word is first, and second, as often with yes as with no, and neither word
    nor its length or frequency says anything alone. No word of one split is in another, except the
    hypernyms and the synonyms, of which a language has few: those it shares with none are asked.
    Chance is 0.5. Raises GL-WORLD-001 (language), -002 (split), -052 (too few synonyms).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {
        name: [] for name in ("first", "second", "relation", "label", "concepts")
    }
    for row in addresses:
        block, place = divmod(row, 2 * len(RELATIONS))
        turn = shuffled(range(2 * len(RELATIONS)), "words", seed, split, block)[place]
        relation, related = RELATIONS[turn // 2], turn % 2 == 0
        lines = _drawn(_questions(language, relation, split), related, (seed, split, row))
        fields["first"].append(citation(spoken, lines[0]))
        fields["second"].append(citation(spoken, lines[1]))
        fields["relation"].append(relation)
        fields["label"].append("yes" if related else "no")
        fields["concepts"].append([line.partition(" (")[0] for line in lines])
    ids = [f"world/word_pairs/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def _drawn(
    questions: tuple[tuple[Group, Group], ...], related: bool, address: tuple[object, ...]
) -> tuple[str, str]:
    which, side, head, tail, *_ = draws("word_pairs", *address)
    groups = pick(questions, which)
    one, other = groups if side % 2 else groups[::-1]
    first = pick(one.firsts, head)
    seconds = one.seconds if related else other.seconds
    return first, pick(tuple(line for line in seconds if line != first), tail)


@cache
def _questions(language: str, relation: str, split: str) -> tuple[tuple[Group, Group], ...]:
    """Return the pairs of groups from which a relation is asked. Raises GL-WORLD-052 for none."""
    if relation == "synonym":
        found = _synonyms(language, split)
    else:
        found = {"antonym": _antonyms, "hypernym": _hypernyms, "co-hyponym": _siblings}[relation](
            split
        )
    if not found:
        raise GlotliftError(
            "GL-WORLD-052",
            f"there are too few pairs of {relation}s in split {split!r}",
            place=f"world/languages/{language}.yaml",
            fix="give ten concepts of the language a second word",
        )
    return found


def _antonyms(split: str) -> tuple[tuple[Group, Group], ...]:
    found: list[tuple[Group, Group]] = []
    for kind in _OPPOSITES:
        opposites = [tuple(pair.split("/")) for pair in kind.split()]
        groups = [Group(pair, pair) for pair in opposites if concept_split(pair[0]) == split]
        found += pairs(groups, 2)
    return tuple(found)


def _hypernyms(split: str) -> tuple[tuple[Group, Group], ...]:
    groups = {kind: Group(_own(members, split), (kind,)) for kind, members in _kinds().items()}
    named = [tuple(apart.split("/")) for apart in _APART]
    return tuple((groups[a], groups[b]) for a, b in named if groups[a].firsts and groups[b].firsts)


def _siblings(split: str) -> tuple[tuple[Group, Group], ...]:
    kinds = {name: members for name, members in _kinds().items() if name != "people"}
    things = inventory().of("things")
    music = tuple(
        name for name in things if inventory().concepts[name].topic == "music" and name != "song"
    )
    kinds |= {"music": music, "travel": _VEHICLES, "materials": inventory().of("materials")}
    lists = [_own(members, split) for members in kinds.values()]
    return tuple(pairs([Group(own, own) for own in lists if len(own) > 1], 2))


def _synonyms(language: str, split: str) -> tuple[tuple[Group, Group], ...]:
    known = grammar(language).synonyms
    order = shuffled(sorted(known), "synonyms")
    low, high = (round(share * len(order)) for share in _SHARES[split])
    return tuple(
        (Group(known[one], known[one]), Group(known[other], known[other]))
        for one, other in pairs(order[low:high], 2)
        if {one, other} not in _NEAR
    )


@cache
def _kinds() -> Mapping[str, tuple[str, ...]]:
    """Return the concepts of which a topic is truly the hypernym (music is none of a flute)."""
    world = inventory()
    things = [c for c in world.concepts.values() if c.category == "things"]
    return {
        "food": tuple(
            c.name for c in things if c.topic == "food" and c.name not in _DRINKS_AND_DOUBTFUL
        ),
        "clothes": tuple(c.name for c in things if c.topic == "clothes"),
        "animals": world.of("animals"),
        "people": world.of("people"),
    }


def _own(members: tuple[str, ...], split: str) -> tuple[str, ...]:
    return tuple(name for name in members if concept_split(name) == split)
