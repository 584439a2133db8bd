"""What the world is made of, in no language: concepts, frames and patterns from `scenes.yaml`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from glotlift.runs.yaml_text import read_yaml

FOLDER = Path(__file__).parent
SPLITS = ("train", "validation", "test")
_OBJECTS = ("things", "animals")


@dataclass(frozen=True)
class Concept:
    """Something that can stand in a slot; `fits` holds the lists that name what goes with it."""

    name: str
    category: str
    topic: str | None = None
    sentiment: str = "neutral"
    size: int = 0
    fits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def answers_to(self, names: Iterable[str]) -> bool:
        """Whether one of `names` is this concept, its category or (objects only) its topic."""
        own = {self.category} if self.category == "topics" else {self.name, self.category}
        if self.category in _OBJECTS and self.topic:
            own.add(self.topic)
        return not own.isdisjoint(names)


@dataclass(frozen=True)
class Frame:
    """Which concepts go together: the domain of each slot and the conditions between slots."""

    name: str
    lead: str
    slots: Mapping[str, tuple[str, ...]]
    key: tuple[str, ...]
    where: tuple[str, ...]


@dataclass(frozen=True)
class Pattern:
    """One way of saying a frame; `says` is the triple of slots or words that it states."""

    name: str
    frame: str
    topic: str
    says: tuple[str, str, str]
    weight: int
    sentiment: str = "neutral"
    free: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    splits: tuple[str, ...] = SPLITS
    fact: bool = False


@dataclass(frozen=True)
class Inventory:
    """Everything in `scenes.yaml`, by name."""

    concepts: Mapping[str, Concept]
    frames: Mapping[str, Frame]
    patterns: Mapping[str, Pattern]

    def domain(self, names: tuple[str, ...]) -> tuple[Concept, ...]:
        """Return the concepts that answer to `names`, in the order of the file."""
        return tuple(concept for concept in self.concepts.values() if concept.answers_to(names))

    def of(self, category: str) -> tuple[str, ...]:
        """Return the names of the concepts of a category, in the order of the file."""
        return tuple(c.name for c in self.concepts.values() if c.category == category)


@cache
def inventory() -> Inventory:
    """Read `scenes.yaml`, once."""
    raw = read_yaml((FOLDER / "scenes.yaml").read_text(encoding="utf-8"))
    concepts: dict[str, Concept] = {}
    for category, members in raw["concepts"].items():
        for name, known in members.items():
            if name in concepts:
                raise ValueError(f"scenes.yaml has two concepts named {name!r}")
            topic = category if category in raw["concepts"]["topics"] else None
            concepts[name] = _concept(name, category, {"topic": topic, **known})
    frames = {name: _frame(name, known) for name, known in raw["frames"].items()}
    patterns = {name: _pattern(name, known) for name, known in raw["patterns"].items()}
    return Inventory(concepts, frames, patterns)


def _concept(name: str, category: str, known: dict[str, Any]) -> Concept:
    own = {"topic", "sentiment", "size"}
    return Concept(
        name=name,
        category=category,
        topic=name if category == "topics" else known["topic"],
        sentiment=known.get("sentiment", "neutral"),
        size=known.get("size", 0),
        fits={key: tuple(value) for key, value in known.items() if key not in own},
    )


def _frame(name: str, known: dict[str, Any]) -> Frame:
    slots = {slot: tuple(names) for slot, names in known["slots"].items()}
    key = tuple(known.get("key", slots))
    return Frame(name, known["lead"], slots, tuple(sorted(key)), tuple(known.get("where", ())))


def _pattern(name: str, known: dict[str, Any]) -> Pattern:
    subject, relation, object_ = known["says"]
    return Pattern(
        name=name,
        frame=known["frame"],
        topic=known["topic"],
        says=(subject, relation, object_),
        weight=known["weight"],
        sentiment=known.get("sentiment", "neutral"),
        free={slot: tuple(names) for slot, names in known.get("free", {}).items()},
        splits=tuple(known.get("splits", SPLITS)),
        fact=known.get("fact", False),
    )
