"""Answers about a text of the sample world, with hallucinations planted where they are known.

The kinds are those of FAVA (Mishra et al. 2024, arXiv:2401.06855, section 2), with numbers apart
from other entities. Each of them changes a scene and not its words, so that an answer and what is
wrong with it are the same in every language.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from datasets import Dataset

from glotlift.evaluation.hallucination import check_share
from glotlift.world.asking import alternatives, plain
from glotlift.world.combinations import combinations
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar
from glotlift.world.scenes import Scene, draws, pick, scene_of
from glotlift.world.sentences import dataset, numbers
from glotlift.world.truth import tokens_of

TOLD, RETOLD = 3, 2  # sentences of the reference, and of the answer
PATTERNS = (
    *("event", "event_place", "event_time", "event_colour", "event_count"),
    *("past", "gift", "company", "state"),
)
DEEDS = PATTERNS[:5]
TRIES = 200
OPINIONS = ("good", "beautiful", "ugly", "bad")
Address = tuple[object, ...]
Reference = Sequence[Scene]


class Wrong(NamedTuple):
    """A sentence that its reference does not bear out; `slot` is what is wrong, None for all."""

    scene: Scene
    kind: str
    slot: str | None


def planted_answers(
    language: str,
    rows: int,
    *,
    share: float,
    split: str = "test",
    seed: int = 0,
    start: int = 0,
) -> Dataset:
    """Return answers that retell two sentences of three, each made wrong with chance `share`.

    Columns id, language, reference, text (the answer), spans (start and end in characters of the
    answer, and kind), source, license. A word is wrong alone for the kinds entity, relation and
    number, and the whole sentence for those that are contradictory, invented, unverifiable or
    subjective. The id is shared by languages, and so is what is wrong; the reference is the same
    for every share.

    Raises GL-EVALUATION-075 (share), GL-WORLD-001 (language), -002 (split), -007 (rows).
    """
    check_share(share)
    spoken = plain(language)
    addresses = numbers(rows, split, start)
    fields: dict[str, list[Any]] = {"reference": [], "text": [], "spans": []}
    for row in addresses:
        address = ("hallucinations", seed, split, row)
        reference = told(split, address)
        text, spans = written(spoken, retold(reference, share, split, address))
        fields["reference"].append(spoken.join(map(spoken.say, reference)))
        fields["text"].append(text)
        fields["spans"].append(spans)
    ids = [f"world/hallucinations/{seed}/{split}/{share}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def told(split: str, address: Address) -> list[Scene]:
    """Return the scenes of a reference, which are about different agents."""
    found: list[Scene] = []
    for attempt in range(TRIES):
        pattern = pick(PATTERNS, draws("pattern", *address, attempt)[0])
        drawn = scene_of(pattern, (*address, attempt), split)
        if drawn.said["agent"] not in {scene.said["agent"] for scene in found}:
            found.append(drawn)
        if len(found) == TOLD:
            break
    return found


def retold(reference: Reference, share: float, split: str, address: Address) -> list[Wrong]:
    """Return the scenes of an answer in any order; kind is "" for one that is right."""
    order = sorted(range(len(reference)), key=lambda place: draws("order", *address, place))
    found = []
    for place in order[:RETOLD]:
        here = (*address, place)
        right = Wrong(reference[place], "", None)
        wrong = draws("wrong", *here)[0] < share * 2**32
        found.append(spoilt(reference, right.scene, split, here) if wrong else right)
    return found


def spoilt(reference: Reference, drawn: Scene, split: str, address: Address) -> Wrong:
    """Return a sentence made wrong, each kind that it allows of as often."""
    kinds = sorted(SPOILERS, key=lambda name: draws("kind", *address, name))
    ways = (SPOILERS[kind](reference, drawn, split, address) for kind in kinds)
    return next(filter(None, ways))


def another(slots: Sequence[str], kind: str) -> Callable[..., Wrong | None]:
    """Return what says something else in one of the slots."""

    def spoil(reference: Reference, drawn: Scene, split: str, address: Address) -> Wrong | None:
        first, second, *_ = draws(kind, *address)
        known = {slot: alternatives(drawn, slot) for slot in slots if slot in drawn.said}
        able = tuple(slot for slot, names in known.items() if names)
        if not able:
            return None
        slot = pick(able, first)
        changed = Scene(drawn.pattern, drawn.said | {slot: pick(known[slot], second)})
        return Wrong(changed, kind, slot) if changed not in reference else None

    return spoil


def contradictory(reference: Reference, drawn: Scene, split: str, address: Address) -> Wrong | None:
    """Return the sentence denied."""
    denied = {"state": "state_not", **dict.fromkeys(DEEDS, "event_not")}.get(drawn.pattern)
    return Wrong(Scene(denied, drawn.said), "contradictory", None) if denied else None


def invented(reference: Reference, drawn: Scene, split: str, address: Address) -> Wrong | None:
    """Return a sentence of which nothing is in the reference."""
    named = {concept for scene in reference for concept in scene.said.values()}
    for attempt in range(TRIES):
        pattern = pick(PATTERNS, draws("invented", *address, attempt)[0])
        other = scene_of(pattern, ("invented", *address, attempt), split)
        if named.isdisjoint(other.said.values()):
            return Wrong(other, "invented", None)
    return None


def unverifiable(reference: Reference, drawn: Scene, split: str, address: Address) -> Wrong | None:
    """Return what the same agent might have done besides."""
    named = {concept for scene in reference for concept in scene.said.values()}
    for attempt in range(TRIES):
        first, second, *_ = draws("more", *address, attempt)
        said = pick(pick(combinations("event", split)[drawn.said["agent"], None], first), second)
        if named.isdisjoint((said["action"], said["patient"])):
            return Wrong(Scene("event", said), "unverifiable", None)
    return None


def subjective(reference: Reference, drawn: Scene, split: str, address: Address) -> Wrong | None:
    """Return an opinion of a thing that the sentence names."""
    known = opinions().get(drawn.said.get("patient", ""), ())
    if not known:
        return None
    said = {"thing": drawn.said["patient"], "quality": pick(known, draws("view", *address)[0])}
    return Wrong(Scene("quality", said), "subjective", None)


@cache
def opinions() -> dict[str, tuple[str, ...]]:
    """Return the opinions that one may have of a thing."""
    found: dict[str, tuple[str, ...]] = {}
    for name in OPINIONS:
        for thing in inventory().domain(inventory().concepts[name].fits["things"]):
            found[thing.name] = (*found.get(thing.name, ()), name)
    return found


SPOILERS: dict[str, Callable[..., Wrong | None]] = {
    "entity": another(("agent", "patient", "recipient", "companion", "place"), "entity"),
    "relation": another(("action",), "relation"),
    "number": another(("quantity",), "number"),
    "contradictory": contradictory,
    "invented": invented,
    "unverifiable": unverifiable,
    "subjective": subjective,
}
KINDS = tuple(SPOILERS)


def written(spoken: Grammar, answer: Sequence[Wrong]) -> tuple[str, list[dict[str, Any]]]:
    """Return an answer in a language, and its spans that are wrong."""
    texts: list[str] = []
    spans: list[dict[str, Any]] = []
    for scene, kind, slot in answer:
        before = len(spoken.join((*texts, "")))
        texts.append(spoken.say(scene))
        tokens = [token for token in tokens_of(spoken, scene) if token.pos != "PUNCT"]
        wrong = [token for token in tokens if not slot or (token.slot == slot and token.content)]
        if kind:
            ends = {"start": before + wrong[0].start, "end": before + wrong[-1].end}
            spans.append({**ends, "kind": kind})
    return spoken.join(texts), spans
