"""Inference rows that catch a rule of thumb: overlap of words, opposites, numbers, what is only so.

After HANS (McCoy et al. 2019), the stress tests (Naik et al. 2018, "Stress Test Evaluation for
Natural Language Inference") and the diagnostics of GLUE and CLUE, as Hu et al. (2021,
arXiv:2106.03983, section 4) bring them into Chinese. What perturbs any rows, such as tautologies
and misspelling, is in `evaluation.diagnostics`.
"""

from collections.abc import Mapping
from functools import cache

from glotlift.world.combinations import Said, combinations
from glotlift.world.concepts import inventory
from glotlift.world.grammar import grammar
from glotlift.world.scenes import Scene, draws, pick, scene_of
from glotlift.world.tasks.fragments import counted, likes, wanted
from glotlift.world.tasks.hypotheses import OPPOSITES, mutual, similar
from glotlift.world.tasks.inference import Address, Case
from glotlift.world.tasks.shuffling import few

# A premise, a hypothesis and the label of the pair.
Item = tuple[tuple[Scene, ...], Scene, str]
_NOT_NOW = {
    "modality": ("wants", "able", "must"),
    "tense": ("past", "future"),
}


def lexical_overlap(split: str, address: Address) -> tuple[Item, ...]:
    """Return who sees whom somewhere, and the other way round, in the same words."""
    first, second, *_ = draws("overlap", *address)
    said = pick(mutual(split), first)
    agent, patient = said["agent"], said["patient"]
    outside = [
        name
        for name in inventory().of("places")
        if "animals" in inventory().concepts[name].fits["topics"]
    ]
    place = pick(tuple(outside), second)

    def told(who: str, whom: str) -> tuple[Scene, ...]:
        seen = {"action": said["action"], "agent": who, "patient": whom, "place": place}
        return (Scene("event_place", seen),)

    asked = Scene("event", said)
    return (
        (told(agent, patient), asked, "entailment"),
        (told(patient, agent), asked, "neutral"),
    )


def subsequence(split: str, address: Address) -> tuple[Item, ...]:
    """Return one of two things that one likes both, or one or the other of."""
    (one, *_), (thing, other, *_) = wanted(split, address)
    asked = likes("like", one, thing)
    return (
        ((likes("likes_both", one, thing, other),), asked, "entailment"),
        ((likes("either", one, thing, other),), asked, "neutral"),
    )


def constituent(split: str, address: Address) -> tuple[Item, ...]:
    """Return one of two clauses, both of which are so, or one if the other."""
    (one, other, *_), (thing, instead, *_) = wanted(split, address)
    asked = likes("like", one, thing)
    then = Scene("if", {"agent": other, "patient": instead, "companion": one, "other": thing})
    return (
        ((likes("like", other, instead), asked), asked, "entailment"),
        ((then,), asked, "neutral"),
    )


def antonym(split: str, address: Address) -> tuple[Item, ...]:
    """Return a sentence with one of its words turned into its opposite: always contradicted."""
    said, other = pick(_opposite(split), draws("antonym", *address)[0])
    turned = Scene("quality", {**said, "quality": other})
    return (((Scene("quality", said),), turned, "contradiction"),)


@cache
def _opposite(split: str) -> tuple[tuple[Said, str], ...]:
    turned = dict(OPPOSITES) | {other: one for one, other in OPPOSITES}
    return tuple(
        (said, turned[said["quality"]])
        for group in combinations("quality", split)[None, None]
        for said in group
        if said["quality"] in turned and said["thing"] in _judged().get(turned[said["quality"]], ())
    )


@cache
def _judged() -> Mapping[str, frozenset[str]]:
    """Return the things of which a quality may be said."""
    world = inventory()
    return {
        name: frozenset(
            concept.name
            for concept in world.domain(world.concepts[name].fits["things"])
            if concept.category == "things"
        )
        for name in world.of("qualities")
    }


def synonym(split: str, address: Address, language: str) -> tuple[Item, ...]:
    """Return a sentence with one of its words in a second word for the same: always entailed.

    The words are the language's own, and so are the sentences.
    """
    known = grammar(language).synonyms
    for attempt in range(1000):
        drawn = scene_of("event", (*address, attempt), split)
        places = [slot for slot, concept in drawn.said.items() if concept in known]
        if places:
            break
    slot = places[0]
    first, second = few(known[drawn.said[slot]], 2, "synonym", *address)
    said, meant = (Scene("event", {**drawn.said, slot: word}) for word in (first, second))
    return (((said,), meant, "entailment"),)


def numerical(split: str, address: Address) -> tuple[Item, ...]:
    """Return a number and a bound on it: entailed, unknown where turned round, contradicted."""
    said, (low, middle, high) = counted(split, address)
    bound, right, wrong = "at_least", low, high
    if draws("numerical", *address)[0] % 2:
        bound, right, wrong = "at_most", high, low
    exact = Scene("owning", {**said, "quantity": middle})
    bounded, beyond = (Scene(bound, {**said, "quantity": number}) for number in (right, wrong))
    return (
        ((exact,), bounded, "entailment"),
        ((bounded,), exact, "neutral"),
        ((exact,), beyond, "contradiction"),
    )


def anaphora(split: str, address: Address) -> Case:
    """Return who does something, where a pronoun, or none, tells it."""
    drawn = scene_of("consequence", address, split)
    agent, action, patient = (drawn.said[slot] for slot in ("agent", "action", "patient"))
    people = [name for name in inventory().of("people") if name != agent]
    (other,) = few(people, 1, "other", *address)
    asked = {"action": action, "agent": agent, "patient": patient}
    (feeling,) = few(
        [name for name in inventory().of("states") if name != drawn.said["cause"]],
        1, "state", *address,
    )  # fmt: skip

    def so(who: str) -> Scene:
        return Scene("consequence", {**drawn.said, "agent": who})

    def feels(who: str) -> Scene:
        return Scene("state", {"agent": who, "state": feeling})

    return Case(
        Scene("event", asked),
        entailment=(feels(other), so(agent)),
        neutral=(feels(agent), so(other)),
        contradiction=(so(other), Scene("event_not", asked)),
    )


def _not_now(kind: str, split: str, address: Address) -> Case:
    """Return what one does now: entailed somewhere, unknown where it is only wanted, say."""
    first, second, *_ = draws(kind, *address)
    drawn = _doing(split, address)
    said = {slot: drawn.said[slot] for slot in ("action", "agent", "patient")}
    pattern = pick(_NOT_NOW[kind], first)
    others = similar(said["action"], said["patient"])
    beside = Scene(pattern, {**said, "patient": pick(others, second)})
    return Case(
        Scene("event", said),
        entailment=(drawn, beside),
        neutral=(drawn._replace(said={**drawn.said, "patient": beside.said["patient"]}),
                 Scene(pattern, said)),
        contradiction=(Scene("event_not", said), beside),
    )  # fmt: skip


def _doing(split: str, address: Address) -> Scene:
    for attempt in range(1000):
        drawn = scene_of("event_place", (*address, attempt), split)
        acting = inventory().concepts[drawn.said["agent"]].category in ("people", "names")
        if acting and similar(drawn.said["action"], drawn.said["patient"]):
            break
    return drawn


def modality(split: str, address: Address) -> Case:
    """Return what one does, or only wants to do, can or must."""
    return _not_now("modality", split, address)


def tense(split: str, address: Address) -> Case:
    """Return what one does now, or only did yesterday or will do tomorrow."""
    return _not_now("tense", split, address)
