"""Scenes: abstract draws, addressable by seed, split and row, the same on every machine.

Every draw is a hash of its address, so row 1,000,000 costs as much as row 0 and any number of
workers give the same rows. The split of a scene is a property of the world, not of the seed: the
hash of its key combination (agent, action and patient, say) decides, so no combination is ever in
two splits, whatever the seeds.
"""

import struct
from functools import cache
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from glotlift.runs.errors import GlotliftError
from glotlift.world.combinations import Groups, combinations, fact_base, topic_of
from glotlift.world.concepts import SPLITS, inventory

Choice = TypeVar("Choice")
# The patterns that can be drawn, each as often as it weighs, with their choices.
Deck = tuple[tuple[str, Groups], ...]
_unpack = struct.Struct("<16I").unpack
_MINIMUM_PATTERNS = 5
_REDRAWS = 8


class Scene(NamedTuple):
    """A pattern and what stands in its slots: slot -> concept."""

    pattern: str
    said: dict[str, str]


def draws(*address: object) -> tuple[int, ...]:
    """Return 16 numbers of 32 bits that depend on `address` alone."""
    return _unpack(blake2b("/".join(map(str, address)).encode(), digest_size=64).digest())


def pick(choices: tuple[Choice, ...], number: int) -> Choice:
    """Choose by a 32-bit number, evenly."""
    return choices[number * len(choices) >> 32]


def check_split(split: str) -> None:
    """Raise GL-WORLD-002 unless `split` is train, validation or test."""
    if split not in SPLITS:
        raise GlotliftError(
            "GL-WORLD-002", f"the world has no split {split!r}", fix=f"use one of {SPLITS}"
        )


def scene(seed: int, split: str, row: int) -> Scene:
    """Return the scene of one row of single sentences."""
    return _draw(_deck(split, None, None), ("sentence", seed, split, row))


def scene_of(
    pattern: str, address: tuple[object, ...], split: str, topic: str | None = None
) -> Scene:
    """Return a scene of one pattern (and topic), in one split, drawn by `address`."""
    return _fill(pattern, combinations(pattern, split)[None, topic], draws(pattern, *address))


def document(seed: int, split: str, row: int, sentences: int) -> list[Scene]:
    """Return connected scenes: one protagonist, one topic.

    In the training split a third of the sentences about a named person state facts about that
    person, and a quarter of the documents end by naming their topic; the other splits have neither,
    because those sentences would be word for word the same in every split.
    """
    whole = draws("document", seed, split, row)
    protagonist = pick(_concepts("names" if whole[0] % 3 else "people"), whole[1])
    topic = pick(_subjects(split, protagonist), whole[2])
    deck = _deck(split, protagonist, topic)
    facts = [Scene(pattern, said) for pattern, said in fact_base().get(protagonist, {}).items()]
    turn = whole[3] % max(1, len(facts))
    facts = facts[turn:] + facts[:turn]
    scenes: list[Scene] = []
    for place in range(sentences):
        address = ("document", seed, split, row, place)
        if split == "train" and facts and draws(*address)[0] % 3 == 0:
            scenes.append(facts.pop(0))
        elif split == "train" and place == sentences - 1 and whole[4] % 4 == 0:
            scenes.append(Scene("about", {"topic": topic}))
        else:
            scenes.append(_draw_new(deck, address, scenes))
    return scenes


def _draw_new(deck: Deck, address: tuple[object, ...], seen: list[Scene]) -> Scene:
    told = {_key(earlier) for earlier in seen}
    for attempt in range(_REDRAWS):
        drawn = _draw(deck, (*address, attempt))
        if _key(drawn) not in told:
            break
    return drawn


def _key(drawn: Scene) -> tuple[str, ...]:
    return tuple([drawn.said[slot] for slot in _key_slots(drawn.pattern)])


@cache
def _key_slots(pattern: str) -> tuple[str, ...]:
    return inventory().frames[inventory().patterns[pattern].frame].key


@cache
def _concepts(category: str) -> tuple[str, ...]:
    return inventory().of(category)


def _draw(deck: Deck, address: tuple[object, ...]) -> Scene:
    numbers = draws(*address)
    pattern, groups = pick(deck, numbers[0])
    return _fill(pattern, groups, numbers)


def _fill(pattern: str, groups: Groups, numbers: tuple[int, ...]) -> Scene:
    said = pick(pick(groups, numbers[1]), numbers[2])
    free = _free(pattern, topic_of(inventory().patterns[pattern].topic, said))
    if free:
        said = said | {slot: pick(free[slot], numbers[3 + i]) for i, slot in enumerate(free)}
    return Scene(pattern, said)


@cache
def _free(pattern: str, topic: str) -> dict[str, tuple[str, ...]]:
    """Return what may stand in the slots outside the key; a place must suit the topic."""
    world = inventory()
    found = {}
    for slot, names in world.patterns[pattern].free.items():
        fitting = tuple(
            c.name for c in world.domain(names) if topic in c.fits.get("topics", (topic,))
        )
        found[slot] = fitting or tuple(c.name for c in world.domain(names))
    return found


@cache
def _deck(split: str, agent: str | None, topic: str | None) -> Deck:
    cards: list[tuple[str, Groups]] = []
    for pattern in inventory().patterns.values():
        groups = _groups(pattern.name, split, agent, topic) if pattern.weight else ()
        if groups and not (pattern.fact and topic):
            cards += [(pattern.name, groups)] * pattern.weight
    return tuple(cards)


def _groups(pattern: str, split: str, agent: str | None, topic: str | None) -> Groups:
    if split not in inventory().patterns[pattern].splits:
        return ()
    found = combinations(pattern, split)
    return found.get((agent, topic)) or found.get(("", topic), ())


@cache
def _subjects(split: str, agent: str) -> tuple[str, ...]:
    """Return the topics about which enough can be said of `agent` to fill a document."""
    return tuple(
        topic
        for topic in inventory().of("topics")
        if len({pattern for pattern, _ in _deck(split, agent, topic)}) >= _MINIMUM_PATTERNS
    )
