"""Fragments of logic as inference: only, and/or, everyone, at least, if, bigger than.

Each is a small piece of language with a known consequence relation (Richardson et al. 2020,
"Probing Natural Language Inference Models through Semantic Fragments"; Hu et al. 2021,
arXiv:2106.03983, section 4.4, in Chinese). Their words stand in `fragments.yaml`.
"""

from dataclasses import replace
from functools import cache
from typing import Any

from glotlift.runs.yaml_text import read_yaml
from glotlift.world.asking import plain
from glotlift.world.combinations import Said, combinations, split_of
from glotlift.world.concepts import FOLDER, inventory
from glotlift.world.grammar import Grammar
from glotlift.world.scenes import Scene, draws, pick
from glotlift.world.tasks.hypotheses import comparable
from glotlift.world.tasks.inference import Address, Case
from glotlift.world.tasks.shuffling import few

NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@cache
def logical(code: str) -> Grammar:
    """Return a grammar with one word for a concept that knows the fragments' patterns too.

    Raises GL-WORLD-001 (language).
    """
    spoken = plain(code)
    lines = dict(_lines().get(code, {}))
    words = lines.pop("words", {})
    return replace(
        spoken,
        forms={**spoken.forms, **words},
        patterns={**spoken.patterns, **lines},
        compiled={},
    )


@cache
def _lines() -> dict[str, Any]:
    raw: dict[str, Any] = read_yaml((FOLDER / "fragments.yaml").read_text(encoding="utf-8"))
    return raw


def likes(pattern: str, agent: str, patient: str, other: str = "") -> Scene:
    """Return who likes what, `other` where the pattern speaks of a second thing."""
    said = {"agent": agent, "patient": patient}
    return Scene(pattern, said | {"other": other} if other else said)


@cache
def _liked(split: str) -> tuple[Said, ...]:
    """Return which named person likes which thing; a language may treat animals otherwise."""
    world = inventory()
    return tuple(
        said
        for group in combinations("like", split)[None, None]
        for said in group
        if said["agent"] in world.of("names") and said["patient"] in world.of("things")
    )


def wanted(split: str, address: Address) -> tuple[list[str], list[str]]:
    """Return three persons and four things; that the first likes the first is of the split."""
    said = pick(_liked(split), draws("liking", *address)[0])
    names = [name for name in inventory().of("names") if name != said["agent"]]
    things = sorted({row["patient"] for row in _liked("train")} - {said["patient"]})
    return (
        [said["agent"], *few(names, 2, "names", *address)],
        [said["patient"], *few(things, 3, "things", *address)],
    )


def _polar(case: Case, address: Address) -> Case:
    """Return a case about liking, or about not liking: then what entailed contradicts."""
    if draws("polar", *address)[0] % 2:
        return case
    denied = case.hypothesis._replace(pattern="dislike")
    return Case(denied, case.contradiction, case.neutral, case.entailment)


def negation(split: str, address: Address) -> Case:
    """Return what follows where persons like one thing only."""
    (one, other, third), (thing, instead, *_) = wanted(split, address)
    return _polar(
        Case(
            likes("like", one, thing),
            entailment=(likes("only", one, thing), likes("only", other, instead)),
            neutral=(likes("only", third, instead), likes("only", other, thing)),
            contradiction=(likes("only", one, instead), likes("only", other, thing)),
        ),
        address,
    )


def boolean(split: str, address: Address) -> Case:
    """Return what follows from "or" and the denial of one of two things."""
    (one, other, _), (thing, instead, *_) = wanted(split, address)
    either = likes("either", one, *_turned((thing, instead), draws("or", *address)[0]))
    return _polar(
        Case(
            likes("like", one, thing),
            entailment=(either, likes("dislike", one, instead)),
            neutral=(either, likes("dislike", other, instead)),
            contradiction=(either, likes("dislike", one, thing)),
        ),
        address,
    )


def quantifier(split: str, address: Address) -> Case:
    """Return what follows for one person from everyone, nobody and someone."""
    (one, *_), (thing, instead, *_) = wanted(split, address)

    def told(pattern: str, beside: str) -> tuple[Scene, ...]:
        return Scene(pattern, {"patient": thing}), Scene(beside, {"patient": instead})

    kinds = ("everyone", "nobody", "someone")
    beside = pick(kinds, draws("beside", *address)[0])
    return _polar(
        Case(
            likes("like", one, thing),
            *(told(kind, beside) for kind in ("everyone", "someone", "nobody")),
        ),
        address,
    )


def counting(split: str, address: Address) -> Case:
    """Return what follows from bounds of a number."""
    said, (low, middle, high) = counted(split, address)

    def told(bound: str, quantity: str) -> Scene:
        return Scene(bound, {**said, "quantity": quantity})

    least, most = told("at_least", high), told("at_most", low)
    if draws("bound", *address)[0] % 2:
        return Case(told("at_least", middle), (least,), (told("at_least", low),), (most,))
    return Case(told("at_most", middle), (most,), (told("at_most", high),), (least,))


def counted(split: str, address: Address) -> tuple[Said, list[str]]:
    """Return who has what, and three numbers in order: a lower, theirs in the split, a higher."""
    first, second, third, *_ = draws("owner", *address)
    person, quantity, thing = pick(_owned(split), first)
    place = NUMBERS.index(quantity)
    numbers = [pick(NUMBERS[:place], second), quantity, pick(NUMBERS[place + 1 :], third)]
    return {"person": person, "thing": thing}, numbers


@cache
def _owned(split: str) -> tuple[tuple[str, str, str], ...]:
    """Return who has how many of what; with any number the two are of the same split."""
    return tuple(
        (said["person"], said["quantity"], said["thing"])
        for group in combinations("owning", split)[None, None]
        for said in group
        if said["quantity"] in NUMBERS[1:-1]
        and split_of("counted", said["person"], said["thing"]) == split
    )


def conditional(split: str, address: Address) -> Case:
    """Return what follows from "if": by its condition, by its denial, and not by its consequence.

    Entailed is the consequent of a condition that holds (modus ponens), contradicted a condition
    whose consequent is denied (modus tollens); that a consequent holds tells nothing.
    """
    (one, other, _), (thing, instead, *_) = wanted(split, address)
    then = Scene("if", {"agent": other, "patient": instead, "companion": one, "other": thing})
    when = Scene("if", {"agent": one, "patient": thing, "companion": other, "other": instead})
    return _polar(
        Case(
            likes("like", one, thing),
            entailment=(then, likes("like", other, instead)),
            neutral=(when, likes("like", other, instead)),
            contradiction=(when, likes("dislike", other, instead)),
        ),
        address,
    )


def comparative(split: str, address: Address) -> Case:
    """Return which of two animals is bigger, by way of a third."""
    first, second, *_ = draws("chain", *address)
    pair, beings = pick(comparable(split), first)
    more, less = _turned(pair, second)
    (between,) = few(beings, 1, "between", *address)

    def bigger(one: str, other: str) -> Scene:
        return Scene("bigger", {"more": one, "less": other})

    return Case(
        bigger(more, less),
        entailment=(bigger(more, between), bigger(between, less)),
        neutral=(bigger(more, between), bigger(less, between)),
        contradiction=(bigger(less, between), bigger(between, more)),
    )


def _turned(pair: tuple[str, str], number: int) -> tuple[str, str]:
    return pair if number % 2 else (pair[1], pair[0])
