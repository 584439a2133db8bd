"""What an item of reasoning is, and the scenes of a split that items are made of."""

import itertools
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from glotlift.world.asking import plain
from glotlift.world.combinations import combinations
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar
from glotlift.world.scenes import Scene
from glotlift.world.tasks.shuffling import few

Address = tuple[object, ...]
Pair = tuple[str, str]


class Item(NamedTuple):
    """What is told and asked, and what may be answered, the right answer first."""

    prompt: str
    options: list[str]


# The item of a category in a language: of its grammar, the split and the item's address.
Maker = Callable[[Grammar, str, Address], Item]


def item(spoken: Grammar, told: Iterable[Scene], options: Iterable[Scene], asked: str) -> Item:
    """Return an item: a story, the question behind it, and the sentences that may answer it."""
    return Item(spoken.join([*map(spoken.say, told), asked]), list(map(spoken.say, options)))


def apart(pairs: tuple[Pair, ...], count: int, *address: object) -> list[Pair]:
    """Return `count` pairs that have nothing in common, drawn by an address until that is so."""
    for attempt in itertools.count():
        found = few(pairs, count, *address, attempt)
        if len({name for pair in found for name in pair}) == 2 * count:
            return list(found)
    raise AssertionError


def like(who: Pair) -> Scene:
    """Return that a person likes a thing."""
    return Scene("like", {"agent": who[0], "patient": who[1]})


@cache
def likings(split: str) -> tuple[Pair, ...]:
    """Return which named person may like which thing in a split; animals are said otherwise."""
    world = inventory()
    return tuple(
        (said["agent"], said["patient"])
        for group in combinations("like", split)[None, None]
        for said in group
        if said["agent"] in world.of("names") and said["patient"] in world.of("things")
    )


@cache
def events(split: str) -> dict[Pair, tuple[str, ...]]:
    """Return what is done to which thing in a split, with the named persons who do it.

    An event is one that can be asked about by "who?".
    """
    world = inventory()
    things, names = world.of("things"), world.of("names")
    actions = world.frames["asking"].slots["action"]
    found: dict[Pair, tuple[str, ...]] = {}
    for group in combinations("event", split)[None, None]:
        for said in group:
            if said["action"] in actions and said["patient"] in things and said["agent"] in names:
                deed = said["action"], said["patient"]
                found[deed] = (*found.get(deed, ()), said["agent"])
    return found


def event(agent: str, deed: Pair, **more: str) -> Scene:
    """Return that someone does something to a thing, and when if a time is given."""
    said = {"agent": agent, "action": deed[0], "patient": deed[1], **more}
    return Scene("event_time" if "time" in more else "event", said)


@cache
def women() -> frozenset[str]:
    """Return the names of women, on which all languages agree."""
    forms = plain("eng_Latn").forms
    return frozenset(name for name in inventory().of("names") if forms[name]["class"] == "she")
