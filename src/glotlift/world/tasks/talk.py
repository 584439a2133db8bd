"""Dialogues of a named person with an assistant, and answers that agree with them or do not.

A dialogue is a list of lines, each an act of one speaker; what one speaker says in a row is one
message. All facts about persons are those of `combinations.fact_base`.
"""

from functools import cache
from typing import Any, NamedTuple

from datasets import Dataset

from glotlift.world.asking import plain
from glotlift.world.combinations import combinations, fact_base, fact_split
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar
from glotlift.world.scenes import Scene, draws, pick, scene_of
from glotlift.world.sentences import dataset, numbers

# Relation -> how it is said of oneself, and how one asks for it.
_RELATIONS = {
    "home": ("i_live", "ask_home"),
    "job": ("i_work", "ask_job"),
    "pet": ("i_have", "ask_pet"),
    "favourite_food": ("i_like", "ask_favourite_food"),
}
_PLACES = ("on_top", "under", "beside")
_TURNS = (2, 3, 4, 5)
_USER, _ASSISTANT = "user", "assistant"
ACTS = ("greet", "tell", "ask", "answer", "thank", "part")
Address = tuple[object, ...]


class Line(NamedTuple):
    """What somebody says at once; `act` is one of `ACTS`."""

    role: str
    act: str
    scene: Scene


def dialogues(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return dialogues of two to five turns, a message of the user and one of the assistant each.

    The user greets, tells a name and other facts, asks where things are, who does what, what is
    true of somebody else or of the user (whose name is known), and parts; now and then it is the
    assistant who asks. No answer contradicts what was said or is true. Fields: messages (role and
    content, as chat templates take them), persona (whose name the user bears), facts (what the
    user tells of that person, as triples) and acts (for each sentence: message, by position, act
    of `ACTS`, text and fact, the triple that it states or asks for). A concept has one word in all
    dialogues, so nobody wonders if the mug is the cup. No question has the same answer in two
    splits; greetings, and what is told without being asked for, may recur.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-007 (rows).
    """
    spoken = plain(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {name: [] for name in ("messages", "persona", "facts", "acts")}
    for row in addresses:
        persona, lines = _dialogue(("dialogues", seed, split, row), split)
        _add(fields, spoken, persona, lines)
    ids = [f"world/dialogues/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def persona_consistency(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return dialogues whose last message answers a question: does it agree with what was said?

    The user tells the same kind of fact of two (where each lives, or where two things are) and asks
    for one of them; the answer is what was told of it, or of the other. Rows 2k and 2k + 1 are the
    same dialogue with the right answer and the wrong one, in an order drawn by hash, and either of
    the two is asked for, so neither length nor the words that occur tell which is right. Where
    persons are asked about (`kind` persona, half of the rows), who knows all facts of the world
    needs no dialogue; where things are (`kind` place) the answer alone says nothing. An answer that
    repeats an earlier sentence is right, as is to be expected.
    Fields as of `dialogues`, with kind and consistent. Chance is 0.5.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-007 (rows).
    """
    spoken = plain(language)
    addresses = numbers(rows, split, start)
    names = ("messages", "persona", "facts", "acts", "kind", "consistent")
    fields: dict[str, list[Any]] = {name: [] for name in names}
    for row in addresses:
        block, place = divmod(row, 2)
        address = ("persona_consistency", seed, split, block)
        kind = ("persona", "place")[(block + draws("kind", seed, split, block // 2)[0]) % 2]
        consistent = (draws("order", *address)[0] + place) % 2 == 0
        persona, lines = _questioned(address, split, kind, consistent)
        _add(fields, spoken, persona, lines)
        fields["kind"].append(kind)
        fields["consistent"].append(consistent)
    ids = [f"world/persona_consistency/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def _add(fields: dict[str, list[Any]], spoken: Grammar, persona: str, lines: list[Line]) -> None:
    messages: list[dict[str, str]] = []
    acts: list[dict[str, Any]] = []
    for line in lines:
        text = spoken.say(line.scene)
        if messages and messages[-1]["role"] == line.role:
            messages[-1]["content"] = spoken.join((messages[-1]["content"], text))
        else:
            messages.append({"role": line.role, "content": text})
        place = len(messages) - 1
        acts.append({"message": place, "act": line.act, "text": text, "fact": _fact(line.scene)})
    own = [act["fact"] for act in acts if act["act"] == "tell" and act["fact"][0] == persona]
    fields["messages"].append(messages)
    fields["persona"].append(persona)
    fields["facts"].append(own)
    fields["acts"].append(acts)


def _fact(said: Scene) -> list[str]:
    """Return what a sentence states or asks for: "what", "where" and "who" are unknown."""
    if not said.said:
        return []
    if said.pattern == "i_am":
        return [said.said["person"], "is called", said.said["person"]]
    triple = inventory().patterns[said.pattern].says
    return [said.said.get(part, part) for part in triple]


def _dialogue(address: Address, split: str) -> tuple[str, list[Line]]:
    first, second, third, fourth, *_ = draws(*address)
    asked = pick(_asked(split), first)
    persona = asked[0]
    count = pick(_TURNS, second)
    others = [name for name in _RELATIONS if name != asked[1]]
    told = sorted(others, key=lambda name: draws("told", *address, name))
    lines = _introduction(persona, asked[1])
    wondered = _place(address, split) if count > 2 and third % 2 else None
    if wondered:
        lines += _place_lines(wondered, _ASSISTANT, _USER)
    moves = {
        "tell": _told(persona, told[0]),
        "where": _place_lines(_elsewhere(address, split, wondered), _USER, _ASSISTANT),
        "who": _deed(address, split),
        "other": _other(address, split, persona),
        "own": _answered(persona, asked[1]),
    }
    order = sorted(moves, key=lambda name: draws("move", *address, name))
    chosen = order[: max(1, count - 2)]
    # A dialogue of two turns ends with an answer; a longer one with farewells.
    if count == 2:
        return persona, lines + moves[pick(("where", "who", "other", "own"), fourth)]
    lines += [line for name in chosen for line in moves[name]]
    thanks = Line(_USER, "thank", Scene("thanks", {}))
    parting = [Line(role, "part", Scene("goodbye", {})) for role in (_USER, _ASSISTANT)]
    return persona, [*lines, thanks, *parting]


def _introduction(persona: str, relation: str = "") -> list[Line]:
    """Return greetings, the user's with a name and, where one is given, a fact."""
    own = [Line(_USER, "tell", Scene("i_am", {"person": persona}))]
    if relation:
        own.append(_of_oneself(persona, relation))
    greetings = [Line(role, "greet", Scene("hello", {})) for role in (_USER, _ASSISTANT)]
    return [greetings[0], *own, greetings[1]]


def _of_oneself(persona: str, relation: str) -> Line:
    return Line(_USER, "tell", Scene(_RELATIONS[relation][0], fact_base()[persona][relation]))


def _told(persona: str, relation: str) -> list[Line]:
    thanks = Line(_ASSISTANT, "thank", Scene("thanks", {}))
    return [_of_oneself(persona, relation), thanks]


def _answered(person: str, relation: str) -> list[Line]:
    """Return a question of the user about a person and the assistant's right answer."""
    fact = fact_base()[person][relation]
    question = Scene(_RELATIONS[relation][1], {"person": person})
    return [Line(_USER, "ask", question), Line(_ASSISTANT, "answer", Scene(relation, fact))]


def _other(address: Address, split: str, persona: str) -> list[Line]:
    asked = tuple((name, relation) for name, relation in _asked(split) if name != persona)
    return _answered(*pick(asked, draws("other", *address)[0]))


def _place(address: Address, split: str) -> Scene:
    return scene_of(pick(_PLACES, draws("place", *address)[0]), address, split)


def _elsewhere(address: Address, split: str, told: Scene | None) -> Scene:
    """Return where another thing is than the one of which it was told."""
    attempt = 0
    while True:
        found = _place((*address, "where", attempt), split)
        if told is None or found.said["thing"] != told.said["thing"]:
            return found
        attempt += 1


def _place_lines(answer: Scene, by: str, to: str) -> list[Line]:
    question = Scene("ask_where", {"thing": answer.said["thing"]})
    return [Line(by, "ask", question), Line(to, "answer", answer)]


def _deed(address: Address, split: str) -> list[Line]:
    answer = pick(_deeds(split), draws("deed", *address)[0])
    asked = {slot: answer.said[slot] for slot in ("action", "patient")}
    question = Line(_USER, "ask", Scene("ask_who", asked))
    return [question, Line(_ASSISTANT, "answer", answer)]


@cache
def _deeds(split: str) -> tuple[Scene, ...]:
    """Return the events of a split for whose agent the same split may ask."""
    asked = {
        (said["action"], said["patient"])
        for group in combinations("ask_who", split)[None, None]
        for said in group
    }
    return tuple(
        Scene("event", said)
        for group in combinations("event", split)[None, None]
        for said in group
        if (said["action"], said["patient"]) in asked
    )


@cache
def _asked(split: str) -> tuple[tuple[str, str], ...]:
    """Return which facts a split asks for: (person, relation), as `facts` does."""
    return tuple(
        (person, relation)
        for person in inventory().of("names")
        for relation in _RELATIONS
        if fact_split(person, relation) == split
    )


def _questioned(
    address: Address, split: str, kind: str, consistent: bool
) -> tuple[str, list[Line]]:
    """Return a dialogue in which two facts are told and one is asked for."""
    first, second, third, fourth, *_ = draws(*address)
    if kind == "persona":
        pairs = _pairs(split)
        (persona, relation), (other, _) = pick(pairs, first)
        own, friend = (fact_base()[name][relation] for name in (persona, other))
        told = [_of_oneself(persona, relation), Line(_USER, "tell", Scene(relation, friend))]
        about, contrary = (own, friend) if second % 2 else (friend, own)
        question = Scene(_RELATIONS[relation][1], {"person": about["person"]})
        value = about["value"] if consistent else contrary["value"]
        answer = Scene(relation, {"person": about["person"], "value": value})
    else:
        persona = pick(inventory().of("names"), fourth)
        stated = _two_places(address, split)
        told = [Line(_USER, "tell", one) for one in stated]
        this, that = stated if second % 2 else stated[::-1]
        question = Scene("ask_where", {"thing": this.said["thing"]})
        answer = this if consistent else Scene(that.pattern, this.said)
    thanks = Line(_ASSISTANT, "thank", Scene("thanks", {}))
    if third % 2:
        told.reverse()
    lines = [*_introduction(persona), told[0], thanks, told[1]]
    if fourth % 2:
        lines += [thanks, *_deed(address, split)]
    final = [Line(_USER, "ask", question), Line(_ASSISTANT, "answer", answer)]
    return persona, [*lines, *final]


@cache
def _pairs(split: str) -> tuple[tuple[tuple[str, str], tuple[str, str]], ...]:
    """Return two persons, a relation that the split asks of both and values that differ."""
    base = fact_base()
    return tuple(
        (one, other)
        for one in _asked(split)
        for other in _asked(split)
        if one[1] == other[1] and base[one[0]][one[1]]["value"] != base[other[0]][one[1]]["value"]
    )


def _two_places(address: Address, split: str) -> list[Scene]:
    """Return two things, one on and one under the same thing, say: any place fits either."""
    first, *_ = draws("places", *address)
    groups = combinations("on_top", split)[None, None]
    group = pick(tuple(group for group in groups if len(group) > 1), first)
    things = sorted(group, key=lambda said: draws("thing", *address, said["thing"]))[:2]
    patterns = sorted(_PLACES, key=lambda name: draws("way", *address, name))[:2]
    return [Scene(pattern, said) for pattern, said in zip(patterns, things, strict=True)]
