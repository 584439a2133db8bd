"""Queries of the world and the documents that are drawn for each: answers and hard ones."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from glotlift.world.combinations import Said, combinations
from glotlift.world.concepts import inventory
from glotlift.world.scenes import Scene, draws, pick, scene_of
from glotlift.world.tasks.shuffling import shuffled

DOCUMENTS = 4  # per query
# Sentences that stand around what a document says: nobody acts in them and no query asks for them.
_AROUND = ("weather_time", "weather_city", "colour", "quality", "made_of", "on_top", "beside")
_ABOUT_PROTAGONIST = ("state", "journey", "motion", "origin", "like")


class Kind(NamedTuple):
    """A way to ask: `query` is the pattern of the query, `says` that of an answer.

    `asks` are the slots that an answer must share, `answers` all patterns that may answer. One hard
    document has another protagonist (whoever stood in `swap`, if that is given, in return for the
    first one), the other one differs in the slot `change`.
    """

    query: str
    says: str
    asks: tuple[str, ...]
    answers: tuple[str, ...]
    change: str
    swap: str = ""


_EVENTS = ("event", "cause", "sale")
KINDS = (
    Kind("ask_where_deed", "deed_place", ("agent", "action"), ("deed_place",), "action"),
    Kind("ask_what", "event", ("agent", "action"), _EVENTS, "action"),
    Kind("ask_why", "cause", ("agent", "action", "patient"), ("cause",), "patient"),
    Kind("ask_why_deed", "cause_deed", ("agent", "action"), ("cause_deed",), "action"),
    Kind("how_many", "owning", ("person", "thing"), ("owning",), "thing"),
    Kind("owning", "owning", ("person", "thing", "quantity"), ("owning",), "quantity"),
    Kind("deed_place", "deed_place", ("agent", "action", "place"), ("deed_place",), "place"),
    Kind("gift", "gift", ("agent", "patient", "recipient"), ("gift",), "patient", "recipient"),
    Kind("sale", "sale", ("agent", "patient", "recipient"), ("sale",), "patient", "recipient"),
    Kind("event", "event", ("agent", "action", "patient"), ("event",), "patient", "patient"),
)


class Query(NamedTuple):
    """What is asked: a kind and the scene of a right answer."""

    kind: Kind
    said: Said


class Document(NamedTuple):
    """The scene that a document says, where it stands in its row, and if it is a hard one."""

    number: int
    scene: Scene
    hard: bool


def drawn_row(seed: int, split: str, row: int) -> tuple[Query, list[Document]]:
    """Draw a query and its documents, in the order in which the corpus has them."""
    which, answer, free_one, swapped, changed, related, *_ = draws("retrieval", seed, split, row)
    kind = pick(KINDS, which)
    free = inventory().patterns[kind.says].free
    drawn = {slot: pick(_names(free[slot]), free_one) for slot in free}
    said = pick(_answers(kind, split), answer) | drawn
    others = _others(kind, said, split)
    elsewhere = pick(others[0], swapped), pick(others[1], changed)
    about = pick(_told(protagonist_of(said), split), related)
    scenes = [Scene(kind.says, one) for one in (said, *elsewhere)] + [about]
    documents = [
        Document(number, scenes[place], place in (1, 2))
        for number, place in enumerate(shuffled(range(DOCUMENTS), "order", seed, split, row))
    ]
    return Query(kind, said), documents


def asked(query: Query) -> Scene:
    """Return the scene of a query, which knows nothing of the answer.

    A hash of all that a scene says chooses between the words for a concept, so the slots stand in
    the order in which scenes are drawn, and no more of them than are said.
    """
    frame = inventory().frames[inventory().patterns[query.kind.query].frame]
    order = [*sorted(frame.slots, key=lambda slot: slot != frame.lead), *query.said]
    return Scene(
        query.kind.query, {slot: query.said[slot] for slot in order if slot in query.kind.asks}
    )


def _others(kind: Kind, said: Said, split: str) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
    """Return the scenes with somebody else acting, and those with something else changed."""
    actor = "person" if "person" in said else "agent"
    if kind.swap:
        others: tuple[Said, ...] = (said | {actor: said[kind.swap], kind.swap: said[actor]},)
    else:
        others = _varied(kind, said, actor, split)
    return others, _varied(kind, said, kind.change, split)


def _varied(kind: Kind, said: Said, slot: str, split: str) -> tuple[Said, ...]:
    """Return the scenes of a split that differ from one in a slot alone."""
    free = inventory().patterns[kind.says].free
    if slot in free:
        return tuple(said | {slot: name} for name in _names(free[slot]) if name != said[slot])
    found = _index(kind.says, slot, split)[_rest(said, slot, free)]
    return tuple(said | {slot: name} for name in found if name != said[slot])


def protagonist_of(said: Mapping[str, str]) -> str:
    """Return who acts, owns or gives in a scene."""
    return said.get("agent") or said["person"]


@cache
def _answers(kind: Kind, split: str) -> tuple[Said, ...]:
    """Return the answers of a kind for which the split has all hard documents."""
    return tuple(
        said
        for said in _held(kind.says, split)
        if _askable(kind, said) and all(_known(kind, said, split))
    )


def _askable(kind: Kind, said: Said) -> bool:
    """Whether the query can be said, and a person is its protagonist."""
    actor = inventory().concepts[protagonist_of(said)].category
    if actor not in ("people", "names") or (kind.swap and actor != "people"):
        return False
    if kind.query == "event":
        return inventory().concepts[said["patient"]].category == "people"
    return kind.query != "ask_what" or inventory().concepts[said["patient"]].category == "things"


def _known(kind: Kind, said: Said, split: str) -> Iterator[bool]:
    """Say of each hard document whether the split can tell it."""
    if kind.swap:
        swapped = said | {"agent": said[kind.swap], kind.swap: said["agent"]}
        yield swapped["agent"] in _index(kind.says, "agent", split).get(
            _rest(swapped, "agent", ()), ()
        )
    for slot in (*(() if kind.swap else _actor(said)), kind.change):
        free = inventory().patterns[kind.says].free
        yield slot in free or len(_index(kind.says, slot, split)[_rest(said, slot, free)]) > 1


def _actor(said: Said) -> tuple[str]:
    return ("person",) if "person" in said else ("agent",)


@cache
def _index(pattern: str, slot: str, split: str) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Return what may stand in a slot in a split, by what stands in the others."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for said in _held(pattern, split):
        rest = _rest(said, slot, ())
        found[rest] = (*found.get(rest, ()), said[slot])
    return found


def _rest(said: Said, slot: str, free: Iterable[str]) -> tuple[str, ...]:
    return tuple(said[other] for other in sorted(said) if other != slot and other not in free)


@cache
def _held(pattern: str, split: str) -> tuple[Said, ...]:
    groups = combinations(pattern, split)[None, None]
    return tuple(
        said
        for group in groups
        for said in group
        if inventory().concepts[protagonist_of(said)].category in ("people", "names")
    )


@cache
def _told(agent: str, split: str) -> tuple[Scene, ...]:
    """Return what else can be said of somebody; a time, where needed, is drawn by the name."""
    found = []
    for pattern in _ABOUT_PROTAGONIST:
        free = inventory().patterns[pattern].free
        for group in combinations(pattern, split).get((agent, None), ()):
            for said in group:
                number = draws("told", pattern, *said.values())[0]
                found.append(
                    Scene(pattern, said | {s: pick(_names(free[s]), number) for s in free})
                )
    return tuple(found)


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(concept.name for concept in inventory().domain(names))


def surrounded(said: Scene, split: str, address: tuple[object, ...]) -> list[Scene]:
    """Put a scene among two others, in which nobody acts."""
    place = draws("around", *address)[0] % 3
    names = shuffled(_AROUND, "around", *address)[:2]
    scenes = [scene_of(name, ("around", *address), split) for name in names]
    scenes.insert(place, said)
    return scenes
