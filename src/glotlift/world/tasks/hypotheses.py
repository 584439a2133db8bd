"""What hypotheses can be about: scenes of a split, and what a premise may set beside each."""

from functools import cache

from glotlift.world.combinations import Said, combinations, split_of
from glotlift.world.concepts import SPLITS, inventory

# What is denied, and each value that excludes it with the other things that both values fit.
Excluded = tuple[Said, tuple[tuple[str, tuple[str, ...]], ...]]
# Nothing is at two of these places at once.
_APART = ("market", "kitchen", "library", "theatre", "park", "station", "forest", "museum", "beach")
OPPOSITES = (
    ("good", "bad"),
    ("beautiful", "ugly"),
    ("new", "old"),
    ("cheap", "expensive"),
    ("big", "small"),
)
# Between animals further apart in size a reader would know the answer without the premise.
_ALIKE = 3


def _rows(pattern: str, split: str) -> list[Said]:
    return [said for group in combinations(pattern, split)[None, None] for said in group]


@cache
def likeable() -> tuple[str, ...]:
    """Return what one likes."""
    world = inventory()
    return tuple(c.name for c in world.domain(world.frames["liking"].slots["patient"]))


@cache
def given() -> tuple[str, ...]:
    """Return what is given and sold."""
    world = inventory()
    return tuple(c.name for c in world.domain(world.frames["giving"].slots["patient"]))


@cache
def similar(action: str, patient: str) -> tuple[str, ...]:
    """Return the things, but for `patient`, to which one can do the same, of the same topic."""
    world = inventory()
    topic = world.concepts[patient].topic
    return tuple(
        concept.name
        for concept in world.domain(world.concepts[action].fits["patients"])
        if concept.category == "things" and concept.topic == topic and concept.name != patient
    )


@cache
def excluded(pattern: str, split: str) -> tuple[Excluded, ...]:
    """Return what may be denied, with each value that excludes it and other things that fit both.

    A thing is dropped where nothing that fits it excludes it.
    """
    slot = "place" if pattern == "location" else "quality"
    holders: dict[str, set[str]] = {}
    for part in SPLITS:
        for said in _rows(pattern, part):
            holders.setdefault(said[slot], set()).add(said["thing"])
    found: list[Excluded] = []
    for said in _rows(f"{pattern}_not", split):
        others = []
        for instead in _excluding(said[slot]):
            both = holders.get(instead, set()) & holders[said[slot]]
            if said["thing"] in both and len(both) > 1:
                others.append((instead, tuple(sorted(both - {said["thing"]}))))
        if others:
            found.append((said, tuple(others)))
    return tuple(found)


def _excluding(value: str) -> tuple[str, ...]:
    if value in _APART:
        return tuple(place for place in _APART if place != value)
    return tuple(name for pair in OPPOSITES if value in pair for name in pair if name != value)


@cache
def mutual(split: str) -> tuple[Said, ...]:
    """Return who sees or looks for whom, where both could."""
    everyone = inventory().of("people")
    able = {"see": (*everyone, *inventory().of("animals")), "seek": everyone}
    return tuple(
        said
        for said in _rows("event", split)
        if said["agent"] in able.get(said["action"], ()) and said["patient"] in able[said["action"]]
    )


@cache
def bought(split: str) -> tuple[Said, ...]:
    """Return who buys what can be sold to them."""
    people, things = inventory().of("people"), given()
    return tuple(
        said
        for said in _rows("event", split)
        if said["action"] == "buy" and said["agent"] in people and said["patient"] in things
    )


@cache
def comparable(split: str) -> tuple[tuple[tuple[str, str], tuple[str, ...]], ...]:
    """Return pairs of animals of a split, smaller first, with the others of about their size."""
    sizes = {name: inventory().concepts[name].size for name in inventory().of("animals")}
    ordered = sorted(sizes, key=lambda name: (sizes[name], name))
    found = []
    for place, less in enumerate(ordered):
        for more in ordered[place + 1 :]:
            others = tuple(
                name
                for name in ordered
                if name not in (less, more)
                and max(sizes[name], sizes[more]) - min(sizes[name], sizes[less]) <= _ALIKE
            )
            if len(others) > 1 and split_of(less, more) == split:
                found.append(((less, more), others))
    return tuple(found)
