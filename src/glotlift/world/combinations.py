"""Every combination of concepts that a pattern allows, dealt to splits by its hash."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache, partial
from hashlib import blake2b

from glotlift.world.concepts import SPLITS, Frame, inventory

Said = dict[str, str]
Groups = tuple[tuple[Said, ...], ...]
# (agent, topic) -> choices; None stands for any, "" for scenes in which nobody acts.
Choices = dict[tuple[str | None, str | None], Groups]
# Upper bounds in hundredths: of the combinations, and of the facts that are asked for.
_TRAIN, _VALIDATION = 80, 90
_TRAIN_FACTS, _VALIDATION_FACTS = 50, 70


def split_of(*names: str) -> str:
    """Return the split to which a combination of concepts belongs, whatever the seed."""
    number = hundredth(*names)
    if number < _TRAIN:
        return "train"
    return "validation" if number < _VALIDATION else "test"


def hundredth(*names: str) -> int:
    """Return a number of 0 to 99 that depends on `names` alone."""
    digest = blake2b("/".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 100


@cache
def combinations(pattern: str, split: str) -> Choices:
    """Return the choices of a pattern in a split, by agent and topic, grouped by the lead slot."""
    shape = inventory().patterns[pattern]
    if shape.fact:
        facts = tuple(stated[pattern] for stated in fact_base().values())
        return _grouped(facts, "person", shape.topic)
    return _dealt(shape.frame, shape.topic)[split]


@cache
def _dealt(frame_name: str, topic: str) -> dict[str, Choices]:
    """Return the choices of a frame in each split; patterns of one frame share them."""
    frame = inventory().frames[frame_name]
    dealt: dict[str, list[Said]] = {split: [] for split in SPLITS}
    for said in _enumerated(frame_name):
        dealt[split_of(*[said[slot] for slot in frame.key])].append(said)
    return {split: _grouped(rows, frame.lead, topic) for split, rows in dealt.items()}


def _grouped(rows: Iterable[Said], lead: str, source: str) -> Choices:
    """Group rows by their lead, for each agent and topic; all rows have the same slots."""
    topics = {name: concept.topic or "" for name, concept in inventory().concepts.items()}
    found: dict[tuple[str | None, str | None], dict[str, list[Said]]]
    found = defaultdict(lambda: defaultdict(list))
    groups_of: dict[tuple[str, str, str], list[list[Said]]] = {}
    for said in rows:
        agent = said.get("agent", said.get("person", ""))
        topic = topics[said[source]] if source in said else source
        first = said.get(lead, lead)
        if (agent, topic, first) not in groups_of:
            keys = [(None, None), (agent, None), (None, topic), (agent, topic)]
            groups_of[agent, topic, first] = [found[key][first] for key in keys]
        for group in groups_of[agent, topic, first]:
            group.append(said)
    return {
        key: tuple(tuple(members) for members in groups.values()) for key, groups in found.items()
    }


@cache
def fact_base() -> dict[str, dict[str, Said]]:
    """Return what is true of each named person for ever: person -> pattern -> slots.

    The values of a relation are dealt round to the persons asked about in each split, so each is
    held by about as many as any other and guessing the commonest is no better than chance.
    """
    world = inventory()
    base: dict[str, dict[str, Said]] = {person: {} for person in world.of("names")}
    for pattern in (p for p in world.patterns.values() if p.fact):
        values = world.domain(world.frames[pattern.frame].slots["value"])
        for split in SPLITS:
            asked = [person for person in base if fact_split(person, pattern.name) == split]
            first = hundredth(pattern.name, split)
            for place, person in enumerate(asked):
                value = values[(first + place) % len(values)].name
                base[person][pattern.name] = {"person": person, "value": value}
    return base


def fact_split(person: str, pattern: str) -> str:
    """Return the split of `tasks.facts` that asks for a fact: 50, 20 and 30 per cent."""
    number = hundredth("fact", person, pattern)
    if number < _TRAIN_FACTS:
        return "train"
    return "validation" if number < _VALIDATION_FACTS else "test"


def topic_of(source: str, said: Said) -> str:
    """Return the topic of a scene; `source` is the slot whose topic it has, or the topic itself."""
    return inventory().concepts[said[source]].topic or "" if source in said else source


@cache
def _enumerated(frame_name: str) -> tuple[Said, ...]:
    """Fill the slots one after another, keeping what meets every condition so far."""
    frame = inventory().frames[frame_name]
    rows: list[Said] = [{}]
    filled: set[str] = set()
    for slot in sorted(frame.slots, key=lambda slot: slot != frame.lead):
        names = tuple(concept.name for concept in inventory().domain(frame.slots[slot]))
        others = [other for other in frame.slots if other in filled and _meet(frame, slot, other)]
        fitting = cache(partial(_fitting, frame, slot, names, tuple(others)))
        rows = [{**row, slot: name} for row in rows for name in fitting(*[row[o] for o in others])]
        filled.add(slot)
    return tuple(rows)


def _meet(frame: Frame, slot: str, other: str) -> bool:
    """Whether a condition stands between two slots."""
    return any({slot, other} == {left, right} for left, _, right in map(_parts, frame.where))


def _fitting(
    frame: Frame, slot: str, names: tuple[str, ...], others: tuple[str, ...], *said: str
) -> tuple[str, ...]:
    """Return the names that may stand in a slot beside what is said in the others."""
    known = dict(zip(others, said, strict=True))
    return tuple(name for name in names if _fits(frame, slot, {**known, slot: name}))


def allows(frame: Frame, said: Said) -> bool:
    """Whether what stands in the slots goes together."""
    return all(_fits(frame, slot, said) for slot in frame.slots)


def _fits(frame: Frame, slot: str, said: Said) -> bool:
    for condition in frame.where:
        left, relation, right = _parts(condition)
        both = slot in (left, right) and left in said and right in said
        if both and not _holds(said[left], relation, said[right]):
            return False
    return True


@cache
def _parts(condition: str) -> tuple[str, str, str]:
    """Split "agent fits action.agents" into the two slots and what is asked of them."""
    left, relation = condition.split(" ", 1)
    relation, right = relation.rsplit(" ", 1)
    slot, _, attribute = right.partition(".")
    return left, f"{relation} {attribute}".strip(), slot


@cache
def _holds(left: str, relation: str, right: str) -> bool:
    if relation == "is not":
        return left != right
    first, second = inventory().concepts[left], inventory().concepts[right]
    if relation == "larger":
        return first.size > second.size
    return first.answers_to(second.fits.get(relation.removeprefix("fits "), ()))
