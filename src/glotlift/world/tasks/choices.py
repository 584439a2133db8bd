"""Tasks with options: topic, cause, facts.

Each row has id, language, prompt, options (grammatical continuations of the prompt, to be joined to
it with a space) and answer (the position of the right one). Every position is right equally often:
each block of as many rows as there are options uses each position once, in an order drawn by hash.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from datasets import Dataset

from glotlift.runs.errors import GlotliftError
from glotlift.world.combinations import combinations, fact_base, fact_split
from glotlift.world.concepts import inventory
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.scenes import Scene, check_split, draws, pick, scene_of
from glotlift.world.sentences import dataset, numbers

_CAUSE_PATTERNS = ("cause", "cause", "cause_deed")
# No place is named, lest it speak for a topic of its own; and no topic is "people", since people
# are in most sentences.
_TOPIC_PATTERNS = ("event", "event_time", "event_not", "gift", "deed_time", "state", "state_time")
# A prompt and its options, the right one first.
Question = tuple[str, list[str]]


def topic(
    language: str,
    rows: int,
    *,
    split: str = "test",
    seed: int = 0,
    start: int = 0,
    options: int = 4,
) -> Dataset:
    """Return sentences followed by "this is about": which topic?

    Training documents use the same closing sentence. Chance is 1 / `options` (0.25).
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = grammar(language)

    def ask(address: tuple[object, ...]) -> Question:
        first, second, *_ = draws(*address)
        topics = tuple(name for name in inventory().of("topics") if name != "people")
        right = pick(topics, first)
        drawn = scene_of(pick(_patterns(right, split), second), address, split, right)
        others = tuple(name for name in topics if name != right)
        answers = (right, *_draw_few(others, options - 1, address))
        prompt, endings = _cloze(spoken, Scene("about", {}), "topic", answers)
        return spoken.join((spoken.say(drawn), prompt)), endings

    return _dataset("topic", language, numbers(rows, split, start), (seed, split), ask)


def cause(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return events up to "because" with two causes, of which one is a reason for the event.

    Each pair of causes is asked about as often with one right as with the other, so the options
    alone say nothing. Chance is 0.5. Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = grammar(language)

    def ask(address: tuple[object, ...]) -> Question:
        first, second, third, *_ = draws(*address)
        pattern = pick(_CAUSE_PATTERNS, first)
        events = _events(pattern, split)
        right, wrong = pick(tuple(events), second)
        drawn = Scene(pattern, pick(events[right, wrong], third))
        return _cloze(spoken, drawn, "cause", (right, wrong))

    return _dataset("cause", language, numbers(rows, split, start), (seed, split), ask)


def facts(
    language: str,
    rows: int,
    *,
    split: str = "test",
    seed: int = 0,
    start: int = 0,
    options: int = 4,
) -> Dataset:
    """Return statements about named persons, cut before what is to be known: city, job, pet...

    The facts are the same for every seed and are stated in the training split of `documents`; the
    split here says which of them are asked (50, 20 and 30 per cent). Chance is
    1 / `options` (0.25). Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = grammar(language)
    check_split(split)
    relations = tuple(_asked(split).items())

    def ask(address: tuple[object, ...]) -> Question:
        first, second, third, *_ = draws(*address)
        pattern, holders = pick(relations, first)
        right = pick(tuple(holders), second)
        said = {"person": pick(holders[right], third), "value": right}
        others = tuple(value for value in holders if value != right)
        answers = (right, *_draw_few(others, options - 1, address))
        return _cloze(spoken, Scene(pattern, said), "value", answers)

    return _dataset("facts", language, numbers(rows, split, start), (seed, split), ask)


@cache
def _asked(split: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the facts asked in a split: pattern -> value -> the persons of whom it is true.

    Each value that someone holds is right as often as it is wrong, so options alone say nothing.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for person, stated in fact_base().items():
        for pattern, said in stated.items():
            if fact_split(person, pattern) == split:
                holders = found.setdefault(pattern, {})
                holders[said["value"]] = (*holders.get(said["value"], ()), person)
    return found


@cache
def _patterns(topic: str, split: str) -> tuple[str, ...]:
    return tuple(name for name in _TOPIC_PATTERNS if (None, topic) in combinations(name, split))


@cache
def _events(pattern: str, split: str) -> dict[tuple[str, str], tuple[dict[str, str], ...]]:
    """Return the events for each (right, wrong) pair of causes that can be asked either way."""
    found: dict[tuple[str, str], tuple[dict[str, str], ...]] = {}
    groups = combinations(pattern, split)[None, None]
    for right, group in ((group[0]["cause"], group) for group in groups):
        for wrong in (group[0]["cause"] for group in groups):
            events = tuple(said for said in group if wrong not in _possible(said["action"]))
            if events:
                found[right, wrong] = events
    return {pair: events for pair, events in found.items() if pair[::-1] in found}


def _possible(action: str) -> tuple[str, ...]:
    fits = inventory().concepts[action].fits
    return (*fits["causes"], *fits.get("maybe", ()))


def _draw_few(names: tuple[str, ...], count: int, address: tuple[object, ...]) -> tuple[str, ...]:
    """Return `count` different names, each equally likely. Raises GL-WORLD-011 for too many."""
    if not 1 <= count <= len(names):
        raise GlotliftError(
            "GL-WORLD-011",
            f"{count + 1} options were asked for, where there are {len(names) + 1}",
            fix=f"give options=2 to options={len(names) + 1}",
        )
    return tuple(sorted(names, key=lambda name: draws("wrong", *address, name))[:count])


def _cloze(
    spoken: Grammar, drawn: Scene, slot: str, answers: tuple[str, ...]
) -> tuple[str, list[str]]:
    """Cut a sentence before `slot` and return the prompt and the ending with each answer."""
    prompts, endings = [], []
    for answer in answers:
        pieces = spoken.pieces(Scene(drawn.pattern, drawn.said | {slot: answer}))
        cut = next(i for i, piece in enumerate(pieces) if piece.slot == slot)
        prompts.append("".join(piece.text for piece in pieces[:cut]))
        endings.append(spoken.written("".join(piece.text for piece in pieces[cut:])))
    if len(set(prompts)) > 1 or not prompts[0].endswith(" "):
        raise GlotliftError(
            "GL-WORLD-008",
            f"the words before {{{slot}}} in pattern {drawn.pattern!r} give the answer away",
            place=f"world/languages/{spoken.code}.yaml",
            fix=f"move what depends on it (article, preposition) into the form of {{{slot}}}",
        )
    return spoken.written(prompts[0].rstrip()), endings


def _dataset(
    task: str,
    language: str,
    addresses: range,
    where: tuple[int, str],
    ask: Callable[[tuple[object, ...]], Question],
) -> Dataset:
    seed, split = where
    ids, prompts, options, answers = [], [], [], []
    for row in addresses:
        prompt, endings = ask((task, seed, split, row))
        block, place = divmod(row, len(endings))
        positions = tuple(range(len(endings)))
        answer = sorted(positions, key=lambda p: draws("position", task, seed, split, block, p))[
            place
        ]
        endings.insert(answer, endings.pop(0))
        ids.append(f"world/{task}/{seed}/{split}/{row}")
        prompts.append(prompt)
        options.append(endings)
        answers.append(answer)
    fields: dict[str, list[Any]] = {"prompt": prompts, "options": options, "answer": answers}
    return dataset(ids, [language] * len(ids), fields)
