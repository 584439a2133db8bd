"""A knowledge graph of the world: entities with labels, relations, held-out triples, questions.

The facts about named persons are those of `tasks.facts`: what that task asks for in a split is held
out in it here, too. All of them are stated in the training split of `documents`, so that a reader
of text can know what the training triples do not tell.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations as sets
from typing import Any, NamedTuple

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.world.asking import ask_among
from glotlift.world.combinations import fact_base, fact_split
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.scenes import Scene, check_split, draws, pick
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.senses import citation
from glotlift.world.tasks.shuffling import shuffled

_OPTIONS = 4
# No language: ISO 639's code for what has no linguistic content.
NO_LANGUAGE = "zxx"


class Relation(NamedTuple):
    """How a relation is said: a pattern, the slots of head and tail, and the question for it.

    `asked` is whether `link_prediction` asks for the tail; `before` is a pattern that names the
    head in a sentence of its own, for a pattern that has only the tail.
    """

    pattern: str
    head: str
    tail: str
    question: str | None = None
    asked: bool = True
    before: str | None = None


RELATIONS: Mapping[str, Relation] = {
    "lives in": Relation("home", "person", "value", "ask_home"),
    "works as": Relation("job", "person", "value", "ask_job"),
    "keeps": Relation("pet", "person", "value", "ask_pet"),
    "likes most": Relation("favourite_food", "person", "value", "ask_favourite_food"),
    "favourite colour": Relation("favourite_colour", "person", "value", "ask_favourite_colour"),
    "has topic": Relation("about", "thing", "topic", before="ask_where"),
    "is found at": Relation("location", "thing", "place", "ask_where"),
    # Of four animals the smallest would always be the right one, and a table may well be of glass.
    "is bigger than": Relation("bigger", "more", "less", asked=False),
    "can be made of": Relation("made_of", "thing", "material", asked=False),
}


class Triple(NamedTuple):
    """An edge of the graph, in concepts."""

    head: str
    relation: str
    tail: str


def entities(language: str) -> Dataset:
    """Return every node of the graph: columns entity, kind (category) and label in the language.

    Raises GL-WORLD-001 (language), GL-WORLD-050 (no form to show).
    """
    spoken, world = grammar(language), inventory()
    linked = {node for triple in _dealt() for node in (triple.head, triple.tail)}
    nodes = [concept for concept in world.concepts.values() if concept.name in linked]
    fields: dict[str, list[Any]] = {
        "entity": [node.name for node in nodes],
        "kind": [node.category for node in nodes],
        "label": [citation(spoken, node.name) for node in nodes],
    }
    return dataset([f"world/entity/{node.name}" for node in nodes], [language] * len(nodes), fields)


def relations(language: str) -> Dataset:
    """Return every relation with a template and an example in a language.

    In `template`, {head} and {tail} stand for what says them, with its article, case or
    adposition; the words around them are those of `text`, the example, and may agree with it.
    Raises GL-WORLD-001 (language).
    """
    spoken = grammar(language)
    first = {triple.relation: triple for triple in reversed(list(_dealt()))}
    fields: dict[str, list[Any]] = {
        "relation": list(RELATIONS),
        "template": [_template(spoken, first[name]) for name in RELATIONS],
        "text": [statement(spoken, first[name]) for name in RELATIONS],
    }
    ids = [f"world/relation/{name.replace(' ', '_')}" for name in RELATIONS]
    return dataset(ids, [language] * len(ids), fields)


def triples(split: str = "train", *, language: str | None = None) -> Dataset:
    """Return the edges of a split (50, 20 and 30 per cent): columns head, relation, tail.

    Every head and tail of validation and test is in a training triple. Given a language, `text`
    states each edge in it. Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    check_split(split)
    found = [triple for triple, own in _dealt().items() if own == split]
    fields: dict[str, list[Any]] = {
        name: [getattr(triple, name) for triple in found] for name in Triple._fields
    }
    if language:
        fields["text"] = [statement(grammar(language), triple) for triple in found]
    ids = ["world/triple/" + "/".join(triple).replace(" ", "_") for triple in found]
    return dataset(ids, [language or NO_LANGUAGE] * len(found), fields)


def link_prediction(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return questions for the tail of an edge of a split: prompt, four options, answer.

    Four tails are drawn first, so that each is true of some head of the split of which no other one
    is; then which of them is right, evenly. So the options alone say nothing, and each position is
    right as often as any other. Adds head, relation and tail. Chance is 0.25.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split), GL-WORLD-053 (too few edges).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {
        name: [] for name in ("prompt", "options", "answer", *Triple._fields)
    }
    for row in addresses:
        block, place = divmod(row, _OPTIONS)
        answer = shuffled(range(_OPTIONS), "position", "link", seed, split, block)[place]
        triple, others = _asked(split, (seed, split, row))
        prompt, options = _question(spoken, triple, others, (seed, split, row))
        options.insert(answer, options.pop(0))
        row_fields = {"prompt": prompt, "options": options, "answer": answer, **triple._asdict()}
        for name, value in row_fields.items():
            fields[name].append(value)
    ids = [f"world/link_prediction/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def statement(spoken: Grammar, triple: Triple) -> str:
    """Return the sentence (or two) that states an edge."""
    known = RELATIONS[triple.relation]
    if not known.before:
        return spoken.say(_scene(triple))
    named = spoken.say(Scene(known.before, {known.head: triple.head}))
    return spoken.join([named, spoken.say(_scene(triple))])


def _template(spoken: Grammar, triple: Triple) -> str:
    known = RELATIONS[triple.relation]
    holes = {known.head: "{head}", known.tail: "{tail}"}
    scenes = [Scene(known.before, {known.head: triple.head})] if known.before else []
    return spoken.join(
        spoken.written("".join(holes.get(slot or "", text) for slot, text in spoken.pieces(scene)))
        for scene in [*scenes, _scene(triple)]
    )


def _scene(triple: Triple) -> Scene:
    known = RELATIONS[triple.relation]
    if known.before:
        return Scene(known.pattern, {known.tail: triple.tail})
    return Scene(known.pattern, {known.head: triple.head, known.tail: triple.tail})


def _question(
    spoken: Grammar, triple: Triple, others: tuple[str, ...], address: tuple[object, ...]
) -> tuple[str, list[str]]:
    """Return what is asked and the options, the right one first."""
    known = RELATIONS[triple.relation]
    asked = ask_among(spoken, _scene(triple), known.tail, [*others], address, known.question)
    options = asked.options
    options.insert(0, options.pop(asked.answer))
    if not known.before:
        return asked.question, options
    named = spoken.say(Scene(known.before, {known.head: triple.head}))
    return spoken.join([named, asked.question]), options


def _asked(split: str, address: tuple[object, ...]) -> tuple[Triple, tuple[str, ...]]:
    """Draw a relation, four tails, the right one among them and a head of it alone."""
    which, few, side, head, *_ = draws("link_prediction", *address)
    relation, choices = pick(_choices(split), which)
    tails, heads = pick(choices, few)
    right = pick(tails, side)
    others = tuple(tail for tail in tails if tail != right)
    return Triple(pick(heads[right], head), relation, right), others


Choice = tuple[tuple[str, ...], Mapping[str, tuple[str, ...]]]


@cache
def _choices(split: str) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """Return, for each relation that is asked, the sets of four tails and the heads of each."""
    found = []
    for relation in (name for name, known in RELATIONS.items() if known.asked):
        edges = [triple for triple in _dealt() if triple.relation == relation]
        true = {head: {e.tail for e in edges if e.head == head} for head, _, _ in edges}
        held = [triple for triple in edges if _dealt()[triple] == split]
        tails = tuple(dict.fromkeys(triple.tail for triple in held))
        choices = tuple(_sets(tails, held, true))
        if choices:
            found.append((relation, choices))
    if not found:
        raise GlotliftError(
            "GL-WORLD-053",
            f"no relation has four tails to ask in {split!r}",
            place="world/scenes.yaml",
            fix="give a relation more values",
        )
    return tuple(found)


def _sets(
    tails: tuple[str, ...], held: list[Triple], true: Mapping[str, set[str]]
) -> Iterator[Choice]:
    for few in sets(tails, _OPTIONS):
        heads = {
            tail: tuple(t.head for t in held if t.tail == tail and true[t.head] & {*few} == {tail})
            for tail in few
        }
        if all(heads.values()):
            yield few, heads


@cache
def _dealt() -> Mapping[Triple, str]:
    """Return the split of each edge, less those of which a node would be in no training edge."""
    dealt = {triple: _hashed(triple) for triple in _edges()}
    known = {node for triple, split in dealt.items() if split == "train" for node in triple[::2]}
    return {triple: split for triple, split in dealt.items() if {triple.head, triple.tail} <= known}


def _hashed(triple: Triple) -> str:
    known = RELATIONS[triple.relation]
    if inventory().patterns[known.pattern].fact:
        return fact_split(triple.head, known.pattern)
    return fact_split("/".join(triple), "graph")


def _edges() -> Iterator[Triple]:
    world = inventory()
    for person, stated in fact_base().items():
        for relation, known in RELATIONS.items():
            if known.pattern in stated:
                yield Triple(person, relation, stated[known.pattern]["value"])
    things = [world.concepts[name] for name in world.of("things")]
    animals = [world.concepts[name] for name in world.of("animals")]
    for thing in things:
        yield Triple(thing.name, "has topic", thing.topic or "")
    for found in world.domain(world.frames["locating"].slots["thing"]):
        for place in world.domain(("places",)):
            if found.answers_to(place.fits["topics"]):
                yield Triple(found.name, "is found at", place.name)
    for more in animals:
        for less in animals:
            if more.size > less.size:
                yield Triple(more.name, "is bigger than", less.name)
    for material in world.domain(("materials",)):
        for thing in things:
            if thing.answers_to(material.fits["things"]):
                yield Triple(thing.name, "can be made of", material.name)
