"""Stories of the sample world that are reasoned about: rules, examples, times, places, bridges.

Every story names both answers, or what both are made of, as often and in any order, so that what
is mentioned says nothing; both answers are of the split.
"""

import itertools
from functools import cache
from importlib.resources import files
from itertools import combinations as pairs

import yaml

from glotlift.evaluation.reasoning.items import (
    Address,
    Item,
    Pair,
    apart,
    event,
    events,
    item,
    like,
    likings,
    women,
)
from glotlift.world.asking import ask_among, plain
from glotlift.world.combinations import split_of
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar
from glotlift.world.scenes import Scene, draws, pick
from glotlift.world.tasks.shuffling import few, shuffled

_TIMES = ("morning", "evening", "night")  # in their order
_RELATIONS = ("on_top", "under", "beside")  # of what is in one place with the other
# Who has the job, said with one gender in all languages: two women and four men.
_WORKERS = {
    "teaching": "teacher",
    "singing": "singer",
    "healing": "doctor",
    "cooking": "chef",
    "driving": "driver",
    "gardening": "gardener",
}
_BY_WOMEN = ("teaching", "singing")
# What an action is done to; of two groups that are asked against one another, no thing of one
# could be meant by an action of the other.
_SUITED = {
    "read": ("book", "letter", "newspaper", "map"),
    "play": ("guitar", "violin", "flute", "drum"),
    "cook": ("soup", "rice", "egg", "fish_meal"),
    "plant": ("flower", "tree", "rose"),
    "close": ("door", "window", "box", "suitcase"),
}
_UNCLEAR = ({"read", "close"}, {"cook", "plant"})  # one closes books, and plants rice


def deductive(spoken: Grammar, split: str, address: Address) -> Item:
    """Two rules and the condition of one: what follows? (modus ponens; bAbI's task 15 is alike)."""
    asked, told = _both(split, address)
    rules = [_rule(given, then) for given, then in zip(told, asked, strict=True)]
    return _concluded(spoken, rules, told, asked, "follows", address)


def abductive(spoken: Grammar, split: str, address: Address) -> Item:
    """Two rules and the consequence of one: why? (the rules of deduction, read backwards)."""
    asked, told = _both(split, address)
    rules = [_rule(given, then) for given, then in zip(asked, told, strict=True)]
    return _concluded(spoken, rules, told, asked, "why", address)


def inductive(spoken: Grammar, split: str, address: Address) -> Item:
    """Two examples, and someone who is like one of them: what is to be expected? (bAbI's 16)."""
    person, *pets = pick(_keepers(split), draws("keeper", *address)[0])
    own = few(pets, 2, "pets", *address)
    names = tuple(name for name in inventory().of("names") if name != person)
    jobs = few(inventory().of("jobs"), 2, "jobs", *address)
    examples = [
        (_fact("job", name, job), _fact("pet", name, pet))
        for name, job, pet in zip(few(names, 2, "names", *address), jobs, own, strict=True)
    ]
    told = [one for example in shuffled(examples, "examples", *address) for one in example]
    story = [*told, _fact("job", person, jobs[0])]
    asked = question(spoken.code, "follows")
    return item(spoken, story, [_fact("pet", person, pet) for pet in own], asked)


def temporal(spoken: Grammar, split: str, address: Address) -> Item:
    """Two events at two times of the day: which comes first, or last?"""
    first, second, third, *_ = draws("times", *address)
    person, deeds = pick(_doers(split), first)
    both = apart(deeds, 2, "deeds", *address)
    times = pick(tuple(pairs(_TIMES, 2)), second)
    asked = pick(("first", "last"), third)
    ordered = times if asked == "first" else times[::-1]
    told = [event(person, deed, time=time) for deed, time in zip(both, ordered, strict=True)]
    story = shuffled(told, "told", *address)
    options = [event(person, deed) for deed in both]
    return item(spoken, story, options, question(spoken.code, asked))


def spatial(spoken: Grammar, split: str, address: Address) -> Item:
    """Two things on, under or beside two others, which are in two places: where is one?"""
    thing, *free = pick(_placed(split), draws("thing", *address)[0])
    places = few(free, 2, "places", *address)
    supports = few(inventory().frames["placing"].slots["support"], 2, "supports", *address)
    others = tuple(name for name in _movable() if name != thing)
    things = (thing, *few(others, 1, "other", *address))
    near = [
        Scene(few(_RELATIONS, 1, "near", place, *address)[0], {"thing": one, "support": support})
        for place, (one, support) in enumerate(zip(things, supports, strict=True))
    ]
    where = [_at(support, place) for support, place in zip(supports, places, strict=True)]
    story = [*shuffled(near, "near", *address), *shuffled(where, "where", *address)]
    asked = Scene("ask_where", {"thing": thing})
    return item(spoken, story, [_at(thing, place) for place in places], spoken.say(asked))


def multi_hop(spoken: Grammar, split: str, address: Address) -> Item:
    """Who has which job, and who of a job does what: who does it? The job is the bridge."""
    first, second, *_ = draws("gender", *address)
    female = first % 2 == 0
    deed, able = pick(_shared(split, female), second)
    people = few(able, 2, "people", *address)
    jobs = few([job for job in _WORKERS if (job in _BY_WOMEN) == female], 2, "jobs", *address)
    (other,) = few([one for one in events("train") if not {*one} & {*deed}], 1, "other", *address)
    work = [_fact("job", person, job) for person, job in zip(people, jobs, strict=True)]
    deeds = [event(_WORKERS[job], what) for job, what in zip(jobs, (deed, other), strict=True)]
    asked = Scene("ask_who", {"action": deed[0], "patient": deed[1]})
    story = [*shuffled(work, "work", *address), *shuffled(deeds, "deeds", *address)]
    return item(spoken, story, [event(person, deed) for person in people], spoken.say(asked))


def commonsense(spoken: Grammar, split: str, address: Address) -> Item:
    """To which of two things is something done? Nothing is told, so it must be known."""
    first, second, third, *_ = draws("sense", *address)
    groups = pick(_against(), first)
    action, instead = groups if second % 2 else groups[::-1]
    (other,) = few(_SUITED[instead], 1, "wrong", *address)
    known = [(deed, who) for deed, who in events(split).items() if deed[0] == action]
    known = [(deed, who) for deed, who in known if deed[1] in _SUITED[action]]
    ((deed, able),) = few(known, 1, "right", *address)
    asked = ask_among(
        spoken, event(pick(able, third), deed), "patient", [other], address, "ask_what"
    )
    right = asked.options[asked.answer]
    return Item(asked.question, [right, *(one for one in asked.options if one != right)])


def question(code: str, name: str) -> str:
    """Return a question in a language."""
    return plain(code).written(_questions()[code][name])


@cache
def _questions() -> dict[str, dict[str, str]]:
    text = (files("glotlift.evaluation.reasoning") / "questions.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def _both(split: str, address: Address) -> tuple[list[Pair], list[Pair]]:
    """Return two likings of the split and two of any, which have nothing in common."""
    for attempt in itertools.count():
        asked = apart(likings(split), 2, "asked", *address, attempt)
        told = apart(likings("train"), 2, "told", *address, attempt)
        if not {name for pair in asked for name in pair} & {name for one in told for name in one}:
            return asked, told
    raise AssertionError


def _rule(given: Pair, then: Pair) -> Scene:
    said = {"agent": given[0], "patient": given[1], "companion": then[0], "other": then[1]}
    return Scene("if", said)


def _concluded(
    spoken: Grammar,
    rules: list[Scene],
    told: list[Pair],
    asked: list[Pair],
    name: str,
    address: Address,
) -> Item:
    story = [*shuffled(rules, "rules", *address), like(told[0])]
    return item(spoken, story, map(like, asked), question(spoken.code, name))


def _fact(pattern: str, person: str, value: str) -> Scene:
    return Scene(pattern, {"person": person, "value": value})


def _at(thing: str, place: str) -> Scene:
    return Scene("location", {"thing": thing, "place": place})


@cache
def _keepers(split: str) -> tuple[tuple[str, ...], ...]:
    """Return persons, each with two animals or more that would be theirs in the split."""
    animals = inventory().frames["keeping"].slots["value"]
    names = inventory().of("names")
    found = [(n, *(a for a in animals if split_of("pet", n, a) == split)) for n in names]
    return tuple(row for row in found if len(row) > 2)


@cache
def _doers(split: str) -> tuple[tuple[str, tuple[Pair, ...]], ...]:
    """Return persons, each with all that they do in the split."""
    found: dict[str, tuple[Pair, ...]] = {}
    for deed, able in events(split).items():
        for person in able:
            found[person] = (*found.get(person, ()), deed)
    return tuple(found.items())


@cache
def _movable() -> tuple[str, ...]:
    """Return what lies on something."""
    things = inventory().of("things")
    return tuple(name for name in inventory().frames["placing"].slots["thing"] if name in things)


@cache
def _placed(split: str) -> tuple[tuple[str, ...], ...]:
    """Return things, each with two places or more of the split."""
    places = inventory().of("places")
    found = [(t, *(p for p in places if split_of(p, t) == split)) for t in _movable()]
    return tuple(row for row in found if len(row) > 2)


@cache
def _shared(split: str, female: bool) -> tuple[tuple[Pair, tuple[str, ...]], ...]:
    """Return what two or more women, or men, do in the split."""
    found = [
        (deed, tuple(name for name in able if (name in women()) == female))
        for deed, able in events(split).items()
    ]
    return tuple((deed, able) for deed, able in found if len(able) > 1)


@cache
def _against() -> tuple[Pair, ...]:
    return tuple(pair for pair in pairs(_SUITED, 2) if {*pair} not in _UNCLEAR)
