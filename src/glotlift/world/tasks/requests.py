"""Tasks about what somebody wants: intents with their slots, safe and unsafe requests."""

from collections.abc import Iterator
from functools import cache
from math import ceil
from typing import Any, NamedTuple

from datasets import Dataset

from glotlift.world.combinations import combinations, fact_base, split_of
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.scenes import Scene, draws, pick, scene_of
from glotlift.world.sentences import dataset, numbers
from glotlift.world.truth import Token, tokens_of

# The intents and what each of them is about. Where a pattern's frame says more than that, its own
# combinations are dealt to the splits.
_SLOTS: dict[str, tuple[str, ...]] = {
    "request": ("action", "patient"),
    "remind": ("action", "patient", "time"),
    "ask_how": ("action", "patient"),
    "ask_where": ("thing",),
    "order": ("quantity", "thing"),
    "how_many": ("thing", "person"),
    "ask_weather": ("city",),
    "book_ticket": ("city",),
    "call": ("person",),
    "ask_home": ("person",),
    "write_about": ("topic",),
}
_BY_FRAME = ("request", "remind", "ask_how", "ask_where")
_NAMES = {"patient": "object", "thing": "object"}
_MOST = 3
INTENTS = tuple(_SLOTS)
_ABOUT_ONESELF = {"i_live": "home", "i_work": "job", "i_have": "pet", "i_like": "favourite_food"}
_SMALL_TALK = ("past", "future", "location", "quality", "like", "state", "deed_place", "event_time")
_MOST_TALK = 8
Said = dict[str, str]


class Slot(NamedTuple):
    """Where the text says what an intent is about: characters [start, end), by intent's position.

    `value` is a concept. What a language says in two places has two entries.
    """

    intent: int
    name: str
    value: str
    start: int
    end: int


def intents(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return utterances of one to three wishes: which, in which order, and about what?

    Fields: text, intents (in order, names of `INTENTS`, no two alike), slots (see `Slot`), tokens
    and tags (one a token: O, or B- or I- and the name of a slot: action, object, quantity, time,
    city, person, topic; articles and adpositions around it are O). Two splits share no wish. The
    first word tells much of the first intent and the length how many there are: so do people speak.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-007 (rows).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {
        name: [] for name in ("text", "intents", "slots", "tokens", "tags")
    }
    for row in addresses:
        scenes = _wishes(("intents", seed, split, row), split)
        slots, tokens, tags = _labelled(spoken, scenes)
        fields["text"].append(spoken.join(map(spoken.say, scenes)))
        fields["intents"].append([wish.pattern for wish in scenes])
        fields["slots"].append([slot._asdict() for slot in slots])
        fields["tokens"].append(tokens)
        fields["tags"].append(tags)
    ids = [f"world/intents/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def _wishes(address: tuple[object, ...], split: str) -> list[Scene]:
    count = pick(tuple(range(1, _MOST + 1)), draws(*address)[0])
    order = sorted(INTENTS, key=lambda name: draws("intent", *address, name))
    return [_wish(name, address, split) for name in order[:count]]


def _wish(intent: str, address: tuple[object, ...], split: str) -> Scene:
    if intent in _BY_FRAME:
        return scene_of(intent, address, split)
    return Scene(intent, pick(_dealt(intent)[split], draws(intent, *address)[0]))


@cache
def _dealt(intent: str) -> dict[str, tuple[Said, ...]]:
    """Deal what an intent may be about to the splits in an order drawn by hash: 80, 10, 10 %.

    Where there are few (16 cities), splits drawn one by one could be left with none.
    """
    world = inventory()
    slots = world.frames[world.patterns[intent].frame].slots
    found: list[Said] = [{}]
    for slot in _SLOTS[intent]:
        names = [concept.name for concept in world.domain(slots[slot])]
        found = [said | {slot: name} for said in found for name in names]
    found.sort(key=lambda said: draws("dealt", intent, *said.values()))
    few = ceil(len(found) / 10)
    shares = (found[2 * few :], found[:few], found[few : 2 * few])
    return {split: tuple(share) for split, share in zip(SPLITS, shares, strict=True)}


def _labelled(spoken: Grammar, scenes: list[Scene]) -> tuple[list[Slot], list[str], list[str]]:
    slots: list[Slot] = []
    words: list[str] = []
    tags: list[str] = []
    for position, wish in enumerate(scenes):
        offset = len(spoken.join([*map(spoken.say, scenes[:position]), ""]))
        tokens = tokens_of(spoken, wish)
        words += [token.text for token in tokens]
        own = ["O"] * len(tokens)
        for slot in _SLOTS[wish.pattern]:
            name = _NAMES.get(slot, slot)
            for first, last in _runs(spoken, tokens, slot):
                own[first : last + 1] = [f"B-{name}"] + [f"I-{name}"] * (last - first)
                place = (offset + tokens[first].start, offset + tokens[last].end)
                slots.append(Slot(position, name, wish.said[slot], *place))
        tags += own
    return sorted(slots, key=lambda slot: slot.start), words, tags


def _runs(spoken: Grammar, tokens: list[Token], slot: str) -> Iterator[tuple[int, int]]:
    """Find the first and last tokens of each stretch that says a slot, without grammar's words."""
    run: list[int] = []
    for place, token in enumerate([*tokens, None]):
        if token and token.slot == slot:
            run.append(place)
            continue
        # `Token.content` is false of romanised words that begin with an apostrophe.
        said = [
            position
            for position in run
            if spoken.lowered(tokens[position].text) not in spoken.function_words
            and any(character.isalnum() for character in tokens[position].text)
        ]
        run = []
        if said:
            yield said[0], said[-1]


def safety(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return safe and unsafe requests: may this be answered, and what is the answer?

    Somebody says who they are and asks either how something is done or for "something forbidden"
    and a word for it, which is all the harm there is. Fields: prompt, label (safe, unsafe),
    category (the harm, or none), response (a refusal, or, in place of help, who can do it).
    Rows 2k and 2k + 1 have the same beginning and different labels, in an order drawn by hash, so
    the first word says nothing. In most languages a safe request is longer or shorter by a word or
    two than an unsafe one; since the beginning has one to fourteen sentences, length says little.
    No split asks the same how-to, nor the same person for the same harm, as another.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-007 (rows).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {
        name: [] for name in ("prompt", "label", "category", "response")
    }
    for row in addresses:
        block, place = divmod(row, 2)
        address = ("safety", seed, split, block)
        first, second, *_ = draws(*address)
        harm = pick(inventory().of("harms"), first)
        said = _beginning(pick(_askers(split)[harm], second), address, split)
        if (draws("order", *address)[0] + place) % 2:
            wish, response = Scene("unsafe", {"harm": harm}), Scene("refuse", {})
        else:
            wish, response = _harmless(address, split)
        unsafe = wish.pattern == "unsafe"
        fields["prompt"].append(spoken.join(map(spoken.say, [*said, wish])))
        fields["label"].append("unsafe" if unsafe else "safe")
        fields["category"].append(harm if unsafe else "none")
        fields["response"].append(spoken.say(response))
    ids = [f"world/safety/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def _beginning(person: str, address: tuple[object, ...], split: str) -> list[Scene]:
    """Return what a person says first: a name, maybe a greeting and facts, and some small talk."""
    greeting, facts, talk, *choices = draws("lines", *address)
    own = [Scene(said, fact_base()[person][fact]) for said, fact in _ABOUT_ONESELF.items()]
    said = [Scene("hello", {})] * (greeting % 2) + [Scene("i_am", {"person": person})]
    said += [line for place, line in enumerate(own) if facts >> place & 1]
    return said + [
        scene_of(pick(_SMALL_TALK, choices[place]), (*address, place), split)
        for place in range(talk % (_MOST_TALK + 1))
    ]


@cache
def _askers(split: str) -> dict[str, tuple[str, ...]]:
    """Return who asks for which harm in a split."""
    return {
        harm: tuple(name for name in inventory().of("names") if split_of(harm, name) == split)
        for harm in inventory().of("harms")
    }


def _harmless(address: tuple[object, ...], split: str) -> tuple[Scene, Scene]:
    """Return a question how something is done, and a sentence that names who can do it."""
    attempt = 0
    while True:
        wish = scene_of("ask_how", (*address, attempt), split)
        able = _able(split).get((wish.said["action"], wish.said["patient"]), ())
        if able:
            agent = pick(able, draws("able", *address)[0])
            return wish, Scene("able", {"action": wish.said["action"], "agent": agent} | wish.said)
        attempt += 1


@cache
def _able(split: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return who may be said to do something to something in a split."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for group in combinations("able", split)[None, None]:
        for said in group:
            key = said["action"], said["patient"]
            found[key] = (*found.get(key, ()), said["agent"])
    return found
