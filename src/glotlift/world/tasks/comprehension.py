"""Reading: questions on a text, answered by a stretch of it, or by one of four such stretches."""

from collections.abc import Callable
from functools import cache
from itertools import combinations as pairs
from typing import Any, NamedTuple

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.world.asking import plain
from glotlift.world.combinations import Said, combinations
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar
from glotlift.world.scenes import Scene, draws, pick, scene_of
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.shuffling import few, shuffled
from glotlift.world.truth import tokens_of

Address = tuple[object, ...]
_STATEMENTS = 4
_ASIDE = ("state", "quality", "colour", "weather_city")
# The question about a person (or a thing), the pattern that answers it, its subject, its answer.
_PERSONAL = ("home", "job", "pet", "favourite_food", "favourite_colour")
_ABOUT_ONE = {
    **{f"ask_{name}": (name, "person", "value") for name in _PERSONAL},
    "ask_where": ("location", "thing", "place"),
}
# Deeds of which none is a way of doing another, and places where one can do them all.
_DEEDS = ("sleep", "laugh", "cry", "shout", "sing", "dance", "wait", "study", "labour")
_PLACES = ("market", "kitchen", "library", "theatre", "park", "station", "farm", "forest", "beach")
# Who reads also sees; who washes, cleans; and so on.
_VAGUE = ("see", "hear")
_SIMILAR = ({"wash", "clean"}, {"draw", "paint"}, {"carry", "bring"}, {"carry", "wear"})


class Text(NamedTuple):
    """Four statements of one kind, which of them is asked for, and in which slot the answer is."""

    question: Scene
    statements: tuple[Scene, ...]
    asked: int
    slot: str


class Passage(NamedTuple):
    """A text to read: the answers that its statements would give, and where the right one is."""

    kind: str
    context: str
    question: str
    spans: list[str]
    asked: int
    start: int


def question_answering(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return short texts with a question, answered by a stretch of the text (as in SQuAD).

    Columns id, language, context, question, answers (lists text and answer_start, in characters of
    the context; one answer), kind (the question's pattern), source, license. A text has four
    statements that could answer questions of the same kind, in any order, and one or two sentences
    about something else; each of the four is asked for as often, so place says nothing. Where
    somebody lives or what they like is invented for the text and is not what `facts` asks for.
    Every statement belongs to the split. One word stands for a concept, no second ones. Guessing
    among words of the right kind reaches 1/4; articles and adpositions are no part of the answer.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-040 (an answer without words).
    """
    addresses = numbers(rows, split, start)
    passages = _passages(language, addresses, seed, split)
    answers = [
        {"text": [found.spans[found.asked]], "answer_start": [found.start]} for found in passages
    ]
    fields: dict[str, list[Any]] = {
        "context": [found.context for found in passages],
        "question": [found.question for found in passages],
        "answers": answers,
        "kind": [found.kind for found in passages],
    }
    ids = [f"world/question_answering/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def reading(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return the questions of `question_answering` with options: what the four statements say.

    Columns id, language, prompt (text and question), options, answer (the position of the right
    one), kind, source, license. Every option stands in the text. Four rows (0 to 3, 4 to 7...) have
    the right option at each position once. Chance is 1/4. Raises as `question_answering`.
    """
    spoken = plain(language)
    addresses = numbers(rows, split, start)
    passages = _passages(language, addresses, seed, split)
    options, answers = [], []
    for row, found in zip(addresses, passages, strict=True):
        block, place = divmod(row, _STATEMENTS)
        answers.append(shuffled(range(_STATEMENTS), "position", seed, split, block)[place])
        wrong = [span for number, span in enumerate(found.spans) if number != found.asked]
        listed = list(shuffled(wrong, "options", seed, split, row))
        listed.insert(answers[-1], found.spans[found.asked])
        options.append(listed)
    prompts = [spoken.join((found.context, found.question)) for found in passages]
    fields: dict[str, list[Any]] = {
        "prompt": prompts,
        "options": options,
        "answer": answers,
        "kind": [found.kind for found in passages],
    }
    ids = [f"world/reading/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def _passages(language: str, addresses: range, seed: int, split: str) -> list[Passage]:
    spoken = plain(language)
    passages = []
    for row in addresses:
        block, turn = divmod(row, len(KINDS))
        kind = shuffled(KINDS, "question_answering", seed, split, "kinds", block)[turn]
        address = ("question_answering", seed, split, row)
        passages.append(_passage(spoken, _ASKING[kind](kind, split, address), split, address))
    return passages


def _passage(spoken: Grammar, text: Text, split: str, address: Address) -> Passage:
    aside = _aside(text, split, address)
    told = shuffled((*text.statements, *aside), "text", *address)
    asked = text.statements[text.asked]
    sentences = [spoken.say(drawn) for drawn in told]
    place = told.index(asked)
    before = len(spoken.join((*sentences[:place], "")))
    spans = [_span(spoken, drawn, text.slot) for drawn in text.statements]
    return Passage(
        text.question.pattern,
        spoken.join(sentences),
        spoken.say(text.question),
        [word for word, _ in spans],
        text.asked,
        before + spans[text.asked][1],
    )


def _span(spoken: Grammar, drawn: Scene, slot: str) -> tuple[str, int]:
    """Return the words that say a slot, from its first content word to its last, and where."""
    said = [token for token in tokens_of(spoken, drawn) if token.slot == slot and token.content]
    if not said:
        raise GlotliftError(
            "GL-WORLD-040",
            f"nothing in {drawn.pattern!r} but words of grammar says {drawn.said[slot]!r}",
            place=f"world/languages/{spoken.code}.yaml",
            fix="take its word off the function words",
        )
    return spoken.say(drawn)[said[0].start : said[-1].end], said[0].start


def _aside(text: Text, split: str, address: Address) -> list[Scene]:
    """Return one or two scenes that share no concept with the statements."""
    named = {concept for drawn in text.statements for concept in drawn.said.values()}
    found: list[Scene] = []
    count = 1 + draws("aside", *address)[0] % 2
    for pattern in few(_ASIDE, count, "aside", *address):
        for attempt in range(100):
            drawn = scene_of(pattern, (*address, "aside", attempt), split)
            if named.isdisjoint(drawn.said.values()):
                found.append(drawn)
                named |= set(drawn.said.values())
                break
    return found


def _about_one(kind: str, split: str, address: Address) -> Text:
    """Return four statements of one relation, about four persons or things, with four values."""
    pattern, subject, value = _ABOUT_ONE[kind]
    for attempt in range(1000):
        said: list[Said] = []
        for one in few(_said(kind, split), 3 * _STATEMENTS, *address, attempt):
            if all(one[slot] != other[slot] for other in said for slot in (subject, value)):
                said.append(one)
        if len(said) >= _STATEMENTS:
            break
    statements = tuple(Scene(pattern, one) for one in said[:_STATEMENTS])
    asked = draws("asked", *address)[0] % _STATEMENTS
    return Text(Scene(kind, said[asked]), statements, asked, value)


def _where_deed(kind: str, split: str, address: Address) -> Text:
    """Return where four persons do the same."""
    first, second, *_ = draws("deed", *address)
    action = pick(tuple(_doers(split)), first)
    agents = few(_doers(split)[action], _STATEMENTS, "agents", *address)
    places = few(_PLACES, _STATEMENTS, "places", *address)
    said = [{"action": action, "agent": agent} for agent in agents]
    statements = tuple(
        Scene("deed_place", one | {"place": place}) for one, place in zip(said, places, strict=True)
    )
    asked = second % _STATEMENTS
    return Text(Scene(kind, said[asked]), statements, asked, "place")


def _crossed(kind: str, split: str, address: Address) -> Text:
    """Return four events: two persons who do two things, or two things to which two are done."""
    shared, own = ("agent", "patient") if kind == "ask_what" else ("patient", "agent")
    for attempt in range(1000):
        here = (*address, attempt)
        first, *bits = draws("crossed", *here)
        actions, both = pick(_crossings(shared, split), first)
        twice = few(both, 2, "shared", *here)
        taken: list[str] = []
        for action, one in ((a, o) for a in actions for o in twice):
            known = _events(shared, split)[action][one]
            free = tuple(name for name in known if name not in taken and name not in twice)
            taken += [pick(free, bits[len(taken)])] if free else []
        if len(taken) == _STATEMENTS:
            break
    slots = [(action, one) for action in actions for one in twice]
    said = [
        {"action": action, shared: one, own: other}
        for (action, one), other in zip(slots, taken, strict=True)
    ]
    asked = bits[4] % _STATEMENTS
    statements = tuple(_event(one, (*address, place)) for place, one in enumerate(said))
    return Text(Scene(kind, said[asked]), statements, asked, own)


def _event(said: Said, address: Address) -> Scene:
    """Say an event plainly, or that it is today, or where."""
    first, second, *_ = draws("event", *address)
    if first % 3 == 0:
        return Scene("event", said)
    if first % 3 == 1:
        return Scene("event_time", said | {"time": "today"})
    topic = inventory().concepts[said["patient"]].topic
    fitting = tuple(
        name
        for name in inventory().of("places")
        if topic in inventory().concepts[name].fits["topics"]
    )
    return Scene("event_place", said | {"place": pick(fitting, second)})


@cache
def _said(kind: str, split: str) -> tuple[Said, ...]:
    pattern = "location" if kind == "ask_where" else kind
    things = inventory().of("things")
    return tuple(
        said
        for group in combinations(pattern, split)[None, None]
        for said in group
        if kind != "ask_where" or said["thing"] in things
    )


@cache
def _doers(split: str) -> dict[str, tuple[str, ...]]:
    """Return who does each deed, where there are enough of them."""
    groups = combinations("ask_where_deed", split)[None, None]
    animals = inventory().of("animals")
    found = {
        group[0]["action"]: tuple(said["agent"] for said in group if said["agent"] not in animals)
        for group in groups
        if group[0]["action"] in _DEEDS
    }
    return {action: agents for action, agents in found.items() if len(agents) >= _STATEMENTS}


@cache
def _events(shared: str, split: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the events of a split: action -> agent -> patients, or action -> patient -> agents."""
    own = "patient" if shared == "agent" else "agent"
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for group in combinations("ask_what", split)[None, None]:
        for said in group:
            if said["action"] not in _VAGUE:
                known = found.setdefault(said["action"], {})
                known[said[shared]] = (*known.get(said[shared], ()), said[own])
    return found


@cache
def _crossings(shared: str, split: str) -> tuple[tuple[tuple[str, str], tuple[str, ...]], ...]:
    """Return pairs of actions with the persons who do both, or the things to which both is done."""
    events = _events(shared, split)
    found = []
    for one, other in pairs(events, 2):
        both = tuple(name for name in events[one] if name in events[other])
        if {one, other} not in _SIMILAR and len(both) > 1:
            found.append(((one, other), both))
    return tuple(found)


_ASKING: dict[str, Callable[[str, str, Address], Text]] = {
    **dict.fromkeys(_ABOUT_ONE, _about_one),
    "ask_what": _crossed,
    "ask_who": _crossed,
    "ask_where_deed": _where_deed,
}
KINDS = tuple(_ASKING)
