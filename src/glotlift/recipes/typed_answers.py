"""Part of chatgpt-mmm: spans of answers that are wrong, typed as contradictions or as inventions.

What is wrong was planted, so that its type and each scripted model's rates are known. Answers say
the same in every language, so a rule may also read the English answer in place of the other's.
"""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.evaluation.hallucination_types import (
    EXTRINSIC,
    INTRINSIC,
    guessed_types,
    true_types,
    type_confusion,
    with_types,
)
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Kind
from glotlift.recipes.hallucination_data import REAL, WORLD, Values, answers, key_of, languages

RULE, IN_ENGLISH, ONE, CHANCE = "rule", "rule, in English", "all intrinsic", "types at random"
HOME, ABROAD, FALL = "right, English", "right, other languages", "English less others"
MISSED = "extrinsic answers missed"
SHARE, ANSWERS = "share of spans", "answers per hundred"
ASKED = ("answers", "pivot", "languages")
Floats = NDArray[np.float64]
Types = list[list[str]]
Typing = Callable[[Dataset, Dataset, np.random.Generator], Types]  # of answers, in English too


def types_of(rows: Dataset) -> Types:
    """Return the kinds of the spans of each answer."""
    return [[span["kind"] for span in spans] for spans in rows["spans"]]


def by_rule(rows: Dataset, english: Dataset, rng: np.random.Generator) -> Types:
    """Return what the rule says in the answers' own language."""
    return types_of(guessed_types(rows))


def by_english(rows: Dataset, english: Dataset, rng: np.random.Generator) -> Types:
    """Return what the rule says of the English answers."""
    return types_of(guessed_types(english))


def by_one(rows: Dataset, english: Dataset, rng: np.random.Generator) -> Types:
    """Return that all contradict."""
    return [[INTRINSIC] * len(spans) for spans in rows["spans"]]


def by_chance(rows: Dataset, english: Dataset, rng: np.random.Generator) -> Types:
    """Return the rule's types in a random order."""
    found = by_rule(rows, english, rng)
    mixed = iter(rng.permutation([one for row in found for one in row]).tolist())
    return [[next(mixed) for _ in row] for row in found]


@lru_cache(maxsize=8)
def planted(key: str, seed: int, share: float, count: int) -> dict[str, Dataset]:
    """Return the answers of a scripted model of which a share is wrong, by language."""
    values = json.loads(key)
    draw = partial(answers, values, split="test", rows=range(count), share=share, seed=seed)
    return {code: draw(code=code) for code in languages(values)}


def extrinsic(rows: Dataset) -> float:
    """Return how many of a hundred answers say what cannot be verified."""
    return 100 * float(np.mean([EXTRINSIC in kinds for kinds in types_of(rows)]))


def alike(found: list[str], truth: list[str]) -> float:
    """Return the share of an answer's spans that have their type; of none, 1."""
    hits = [one == other for one, other in zip(found, truth, strict=True)]
    return float(np.mean(hits)) if hits else 1.0


def type_answers(setting: Setting, seed: int, folder: Path, *, typing: Typing) -> Measurement:
    """Type the spans of answers that are all wrong, and count types where fewer are.

    Rows of the shares are answers; one in which nothing could be planted counts as right. Rows of
    what is missed are languages at a model's share of wrong sentences.
    """
    del folder
    values, key = setting.values, key_of(setting.values)
    pivot, rng = values["pivot"], np.random.default_rng([seed, 0x545950])
    wrong = planted(key, seed, 1.0, values["tested"])
    right: dict[str, Floats] = {}
    cost: dict[str, float] = {}
    spans = 0
    for code, rows in wrong.items():
        found = typing(rows, wrong[pivot], rng)
        truth = types_of(true_types(rows))
        right[code] = np.array([alike(*both) for both in zip(found, truth, strict=True)])
        told = type_confusion(with_types(rows, found), rows)
        cost |= {f"{kind}, {code}": share for kind, share in told.by_kind.items()}
        spans += sum(map(len, truth))
    missed: dict[str, float] = {}
    for share in values["shares"]:
        some = planted(key, seed, share, values["tested"])
        for code, rows in some.items():
            guessed = with_types(rows, typing(rows, some[pivot], rng))
            missed[f"{code}, {share}"] = abs(extrinsic(guessed) - extrinsic(true_types(rows)))
    abroad = np.mean([right[code] for code in values["languages"]], axis=0)
    ids = [f"answer {number}" for number in range(values["tested"])]
    scores = {HOME: right[pivot], ABROAD: abroad, FALL: right[pivot] - abroad}
    return Measurement(
        spans,
        {**scores, MISSED: np.array(list(missed.values()))},
        {**dict.fromkeys(scores, ids), MISSED: list(missed)},
        cost=cost,
    )


def arm(name: str, description: str, typing: Typing) -> Arm:
    """Return the arm that types in this way."""
    return Arm(name, description, partial(type_answers, typing=typing), trained=False)


def claim(
    id: str, text: str, what: tuple[str, str, str | float], kind: Kind, margin: float
) -> Claim:
    """Claim something of a metric, an arm and what it is held against."""
    return Claim(id, text, *what, kind, margin, ANSWERS if what[0] == MISSED else SHARE)


def values_of(values: Values) -> dict[str, Any]:
    """Return the values of a setting of the recipe hallucination that are needed here."""
    return {name: values[name] for name in ASKED} | {"tested": 120, "shares": [0.1, 0.2, 0.4]}


HALLUCINATION = Recipe(
    name="chatgpt-mmm",
    part="hallucination",
    question="Can a rule tell contradictions from inventions in many languages?",
    difference="how wrong spans are given a type",
    budget_unit="wrong spans",
    seeds=(0, 1, 2),
    arms=(
        arm(RULE, "contradicts, if the reference has a sentence about the same", by_rule),
        arm(IN_ENGLISH, "the same, of the same answer in English", by_english),
        arm(ONE, "everything contradicts", by_one),
        arm(CHANCE, "the rule's types in random order", by_chance),
    ),
    claims=(
        claim("English", "the rule is right of over 0.7 in English", (HOME, RULE, 0.0), "greater",
              0.7),
        claim("abroad", "it is right less often in other languages, by over 0.02",
              (FALL, RULE, 0.0), "greater", 0.02),
        claim("above one type", "there it is over 0.1 better than one type for all",
              (ABROAD, RULE, ONE), "greater", 0.1),
        claim("above chance", "and over 0.1 better than its own types in random order",
              (ABROAD, RULE, CHANCE), "greater", 0.1),
        claim("by translation", "reading the answer in English is over 0.02 better",
              (ABROAD, IN_ENGLISH, RULE), "greater", 0.02),
        claim("rate", "it misses the rate of answers with inventions by under 5 in a hundred",
              (MISSED, RULE, 0.0), "less", -5.0),
        claim("rate, one type", "and by less than one type for all does",
              (MISSED, RULE, ONE), "less", 0.0),
    ),
    metrics={
        **{name: Metric(SHARE, higher_is_better=True) for name in (HOME, ABROAD, FALL)},
        MISSED: Metric(ANSWERS, higher_is_better=False),
    },
    settings=(Setting("world", values_of(WORLD)), Setting("real", values_of(REAL))),
)  # fmt: skip
