"""Arithmetic word problems: someone has some things, buys and sells, and has how many now?"""

from functools import cache
from itertools import accumulate, product
from typing import Any, NamedTuple

from datasets import Dataset

from glotlift.world.asking import plain
from glotlift.world.combinations import split_of
from glotlift.world.concepts import inventory
from glotlift.world.scenes import Scene, draws, pick
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.shuffling import shuffled

Address = tuple[object, ...]
_LEAST, _MOST = 2, 10
ANSWERS = tuple(range(_LEAST, _MOST + 1))
# What is bought or sold at a time: more would give the answer away.
_AMOUNTS = (2, 3, 4, 5)
# How often it changes, and what is told besides. Who buys beside one who sells keeps the length of
# the two words from telling.
_SHAPES = ((1, ""), (1, "change"), (1, "change"), (1, "owning"), (2, ""), (2, ""))


class Problem(NamedTuple):
    """What is told, what is asked, the changes one after another, and the answer said."""

    story: list[Scene]
    question: Scene
    start: int
    changes: tuple[int, ...]
    answer: Scene


def arithmetic(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return word problems of two or three sentences and a question, worked out step by step.

    Columns id, language, text (story and question), steps ("3 + 4 = 7", one a line), answer (the
    number), answer_text (the sentence that says it), source, license. Someone has some things and
    buys or sells some once or twice; half of the stories also tell of other things, or of
    someone else. Every number lies in 2 to 10, so each has its word. Nine rows (0 to 8, 9 to 17...)
    have each answer once; chance is 1/9. Given the last number alone the best guess is right in
    one row of seven, given the largest alone in two of eleven. Who has what decides the split.
    Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = plain(language)
    addresses = numbers(rows, split, start)
    texts, steps, answers, said = [], [], [], []
    for row in addresses:
        block, place = divmod(row, len(ANSWERS))
        answer = shuffled(ANSWERS, "arithmetic", seed, split, block)[place]
        problem = _problem(answer, split, ("arithmetic", seed, split, row))
        texts.append(spoken.join(map(spoken.say, (*problem.story, problem.question))))
        steps.append("\n".join(_steps(problem.start, problem.changes)))
        answers.append(answer)
        said.append(spoken.say(problem.answer))
    fields: dict[str, list[Any]] = {
        "text": texts,
        "steps": steps,
        "answer": answers,
        "answer_text": said,
    }
    ids = [f"world/arithmetic/{seed}/{split}/{row}" for row in addresses]
    return dataset(ids, [language] * rows, fields)


def _problem(answer: int, split: str, address: Address) -> Problem:
    first, second, third, fourth, *_ = draws(*address)
    person, thing = pick(_holdings(split), first)
    steps, beside = pick(_SHAPES, second)
    begin, changes = pick(_sums(answer, steps), third)
    story = [_owning(person, begin, thing), *(_change(person, by, thing) for by in changes)]
    if beside:
        told = _aside(beside, person, thing, -1 if changes[0] > 0 else 1, address)
        story.insert(fourth % (len(story) + 1), told)
    question = Scene("how_many", {"person": person, "thing": thing, "quantity": "many"})
    return Problem(story, question, begin, changes, _owning(person, answer, thing))


def _aside(kind: str, person: str, thing: str, sign: int, address: Address) -> Scene:
    """Return what changes nothing: the same of someone else, or something else of the same."""
    first, second, third, *_ = draws("aside", *address)
    if first % 2:
        person = pick(tuple(n for n in inventory().of("names") if n != person), second)
    else:
        thing = pick(tuple(name for name in _countable() if name != thing), second)
    if kind == "owning":
        return _owning(person, pick(ANSWERS, third), thing)
    return _change(person, sign * pick(_AMOUNTS, third), thing)


def _owning(person: str, count: int, thing: str) -> Scene:
    return Scene("owning", {"quantity": _word(count), "person": person, "thing": thing})


def _change(person: str, by: int, thing: str) -> Scene:
    action = "buy" if by > 0 else "sell"
    said = {"action": action, "agent": person, "patient": thing, "quantity": _word(abs(by))}
    return Scene("event_count", said)


def _word(count: int) -> str:
    return inventory().of("quantities")[count - _LEAST]


def _steps(begin: int, changes: tuple[int, ...]) -> list[str]:
    values = tuple(accumulate(changes, initial=begin))
    return [
        f"{before} {'+' if by > 0 else '-'} {abs(by)} = {after}"
        for before, by, after in zip(values, changes, values[1:], strict=False)
    ]


@cache
def _sums(answer: int, steps: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return every beginning and changes that lead to `answer` without leaving 2 to 10."""
    changes = product((sign * amount for amount in _AMOUNTS for sign in (1, -1)), repeat=steps)
    return tuple(
        (answer - sum(by), by)
        for by in changes
        if all(value in ANSWERS for value in accumulate(by, initial=answer - sum(by)))
    )


@cache
def _holdings(split: str) -> tuple[tuple[str, str], ...]:
    """Return who can have, buy and sell what, in a split."""
    return tuple(
        (person, thing)
        for person in inventory().of("names")
        for thing in _countable()
        if split_of(person, thing) == split
    )


@cache
def _countable() -> tuple[str, ...]:
    frames = inventory().frames
    owned = frames["owning"].slots["thing"]
    return tuple(name for name in frames["doing_counted"].slots["patient"] if name in owned)
