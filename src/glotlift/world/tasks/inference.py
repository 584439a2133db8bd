"""Natural language inference: does a hypothesis follow from a premise, with diagnostic categories.

Three rows share one hypothesis and bear the three labels, and their premises are made of the same
words: neither hypothesis nor premise alone tells, nor does the overlap of their words (Poliak et
al. 2018, "Hypothesis Only Baselines in Natural Language Inference"; McCoy et al. 2019, "Right for
the Wrong Reasons"). Only what the premise says counts, not what is known of the world.
"""

from collections.abc import Callable
from typing import NamedTuple

from datasets import Dataset

from glotlift.world.asking import plain
from glotlift.world.combinations import combinations
from glotlift.world.concepts import inventory
from glotlift.world.scenes import Scene, draws, pick, scene_of
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.hypotheses import (
    bought,
    comparable,
    excluded,
    given,
    likeable,
    mutual,
    similar,
)
from glotlift.world.tasks.shuffling import few, shuffled

LABELS = ("entailment", "neutral", "contradiction")
Address = tuple[object, ...]
# What is so today is so; what is so on Mondays need not be so now, where a language tells the two.
_TIME = "today"


class Case(NamedTuple):
    """A hypothesis and the sentences of a premise under which it has each label."""

    hypothesis: Scene
    entailment: tuple[Scene, ...]
    neutral: tuple[Scene, ...]
    contradiction: tuple[Scene, ...]


def nli(language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0) -> Dataset:
    """Return premises of two or three sentences, each with a hypothesis and what it is to them.

    Columns id, language, premise, hypothesis, label (entailment, neutral, contradiction), category,
    source, license. Twelve rows (0 to 11, 12 to 23...) have each label once in each category:

        negation     who likes what and what not; what is at one place is not at another, what is
                     old is not new
        restriction  a place or time dropped (entailed), or a place added (neutral)
        roles        who sees whom; who buys when another sells
        comparison   bigger and smaller are converse

    Who goes or talks with whom, or gives to whom, is left out: no sentence of the world contradicts
    it. A restricted hypothesis is entailed by its own words (one row in twenty-four), since no
    sentence of training has two restrictions. The scene of the hypothesis decides the split. One
    word stands for a concept, no second ones. Chance is 1/3.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = plain(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[str]] = {
        name: [] for name in ("premise", "hypothesis", "label", "category")
    }
    for row in addresses:
        block, place = divmod(row, len(LABELS))
        address = ("nli", seed, split, block)
        group, turn = divmod(block, len(_CASES))
        category = shuffled(_CASES, "nli", seed, split, "group", group)[turn]
        label = shuffled(LABELS, *address)[place]
        case = _CASES[category](split, address)
        told = shuffled(case._asdict()[label], *address, label)
        fields["premise"].append(spoken.join(map(spoken.say, told)))
        fields["hypothesis"].append(spoken.say(case.hypothesis))
        fields["label"].append(label)
        fields["category"].append(category)
    ids = [f"world/nli/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def _negation(split: str, address: Address) -> Case:
    number = draws("negation", *address)[0]
    if number % 3 == 0:
        return _likes(split, address)
    return _excludes("location" if number % 3 == 1 else "quality", split, address)


def _likes(split: str, address: Address) -> Case:
    """Return what one of two persons likes: of three things each likes one and not another."""
    first, second, *bits = draws("likes", *address)
    choices = combinations("like", split)
    agent = pick(tuple(name for name in inventory().of("names") if (name, None) in choices), first)
    wanted = pick(pick(choices[agent, None], second), bits[0])["patient"]
    between, third = _few(likeable(), 2, (wanted,), address)
    (friend,) = _few(inventory().of("names"), 1, (agent,), address)

    def likes(who: str, one: str, other: str) -> Scene:
        return Scene("likes_one", {"agent": who, "patient": one, "other": other})

    liked = likes(agent, wanted, between), likes(friend, *_turned((between, third), bits[1]))
    spurned = likes(agent, between, wanted), likes(friend, *_turned((between, third), bits[1]))
    unknown = (
        likes(agent, *_turned((between, third), bits[2])),
        likes(friend, *_turned((between, wanted), bits[3])),
    )
    said = {"agent": agent, "patient": wanted}
    if bits[4] % 2:
        return Case(Scene("like", said), liked, unknown, spurned)
    return Case(Scene("dislike", said), spurned, unknown, liked)


def _excludes(pattern: str, split: str, address: Address) -> Case:
    """Return that something is not so, since it is otherwise: at another place, say."""
    first, second, third, *_ = draws(pattern, *address)
    said, others = pick(excluded(pattern, split), first)
    slot = "place" if pattern == "location" else "quality"
    instead, fitting = pick(others, second)
    thing, value, companion = said["thing"], said[slot], pick(fitting, third)

    def told(what: str, holds: bool, which: str) -> Scene:
        return Scene(pattern if holds else f"{pattern}_not", {"thing": what, slot: which})

    return Case(
        told(thing, False, value),
        entailment=(told(thing, True, instead), told(companion, False, value)),
        neutral=(told(thing, False, instead), told(companion, True, value)),
        contradiction=(told(thing, True, value), told(companion, False, instead)),
    )


def _restriction(split: str, address: Address) -> Case:
    """Return who does what, where or when: a limit that is dropped or added."""
    first, *_ = draws("restriction", *address)
    added = first % 2 == 0
    drawn, others = _restricted(split, address)
    action, limit = drawn.said["action"], {"place": drawn.said["place"]}
    limited = "event_place"
    if first % 4 == 1:
        limited, limit = "event_time", {"time": _TIME}
    first_one = drawn.said["agent"], drawn.said["patient"]
    people = (*inventory().of("people"), *inventory().of("names"))
    second_one, third_one = zip(_few(people, 2, first_one, address), others, strict=True)

    def told(pattern: str, who: str, what: str) -> Scene:
        said = {"action": action, "agent": who, "patient": what}
        return Scene(pattern, said | limit if pattern == limited else said)

    entailment = (
        told(limited, *first_one),
        told("event", *second_one),
        told("event_not", *third_one),
    )
    contradiction = (
        told("event_not", *first_one),
        told(limited, *second_one),
        told("event", *third_one),
    )
    if added:
        neutral = told("event", *first_one), told(limited, *second_one), entailment[2]
        return Case(drawn, entailment, neutral, contradiction)
    crossed = (
        told(limited, first_one[0], second_one[1]),
        told("event", second_one[0], first_one[1]),
        entailment[2],
    )
    return Case(told("event", *first_one), entailment, crossed, contradiction)


def _restricted(split: str, address: Address) -> tuple[Scene, tuple[str, str]]:
    """Return an event at a place, and two more things of its topic that fit it."""
    for attempt in range(1000):
        drawn = scene_of("event_place", (*address, attempt), split)
        acting = inventory().concepts[drawn.said["agent"]].category in ("people", "names")
        alike = similar(drawn.said["action"], drawn.said["patient"])
        if acting and len(alike) > 1:
            break
    first, second = _few(alike, 2, (), address)
    return drawn, (first, second)


def _roles(split: str, address: Address) -> Case:
    return (_sees if draws("roles", *address)[0] % 2 else _buys)(split, address)


def _sees(split: str, address: Address) -> Case:
    """Return who sees or looks for whom: not entailed by the other way round."""
    first, second, third, *_ = draws("sees", *address)
    said = pick(mutual(split), first)
    beings = inventory().of("people")
    if said["action"] == "see":
        beings += inventory().of("animals")
    agent, patient = said["agent"], said["patient"]
    (other,) = _few(beings, 1, (agent, patient), address)
    outside = tuple(
        name
        for name in inventory().of("places")
        if "animals" in inventory().concepts[name].fits["topics"]
    )
    pattern, extra = pick(
        (
            ("event_place", {"place": pick(outside, third)}),
            ("event_time", {"time": _TIME}),
        ),
        second,
    )

    def told(who: str, whom: str, holds: bool) -> Scene:
        seen = {"action": said["action"], "agent": who, "patient": whom}
        return Scene(pattern, seen | extra) if holds else Scene("event_not", seen)

    return Case(
        Scene("event", said),
        entailment=(told(agent, patient, True), told(patient, other, False)),
        neutral=(told(patient, agent, True), told(other, patient, False)),
        contradiction=(told(agent, patient, False), told(patient, other, True)),
    )


def _buys(split: str, address: Address) -> Case:
    """Return who buys what: entailed by that another sells it to them."""
    said = pick(bought(split), draws("buys", *address)[0])
    buyer, thing = said["agent"], said["patient"]
    other, seller = _few(inventory().of("people"), 2, (buyer,), address)
    (instead,) = _few(given(), 1, (thing,), address)

    def sells(what: str, to: str) -> Scene:
        return Scene("sale", {"agent": seller, "patient": what, "recipient": to})

    def refuses(who: str, what: str) -> Scene:
        return Scene("event_not", {"action": "buy", "agent": who, "patient": what})

    return Case(
        Scene("event", said),
        entailment=(sells(thing, buyer), refuses(other, instead)),
        neutral=(sells(instead, buyer), refuses(other, thing)),
        contradiction=(sells(instead, other), refuses(buyer, thing)),
    )


def _comparison(split: str, address: Address) -> Case:
    """Return which of two animals is bigger, where they are compared, or each with another."""
    first, *bits = draws("comparison", *address)
    pair, beings = pick(comparable(split), first)
    more, less = _turned(pair, bits[0])
    third, fourth = _few(beings, 2, (), address)
    asked, converse = _turned(("bigger", "smaller"), bits[1])
    word = pick((asked, converse), bits[2])
    one_word, other_word = _turned((converse, word), bits[3])

    def told(pattern: str, one: str, other: str) -> Scene:
        return Scene(pattern, {"more": one, "less": other})

    beside = told(word, third, fourth)
    return Case(
        told(asked, more, less),
        entailment=(told(converse, more, less), beside),
        neutral=(
            told(one_word, *_turned((more, third), bits[4])),
            told(other_word, *_turned((less, fourth), bits[5])),
        ),
        contradiction=(told(converse, less, more), beside),
    )


_CASES: dict[str, Callable[[str, Address], Case]] = {
    "negation": _negation,
    "restriction": _restriction,
    "roles": _roles,
    "comparison": _comparison,
}
CATEGORIES = tuple(_CASES)


def _turned(pair: tuple[str, str], number: int) -> tuple[str, str]:
    return pair if number % 2 else (pair[1], pair[0])


def _few(
    names: tuple[str, ...], count: int, without: tuple[str, ...], address: Address
) -> tuple[str, ...]:
    left = tuple(name for name in names if name not in without)
    return few(left, count, *address)
