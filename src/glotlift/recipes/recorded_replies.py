"""What chat models replied to one question in many languages, and labelled rows to learn it from.

Real replies are those that GPT-3.5 and GPT-4 gave when asked for the topic of a sentence in some
two hundred languages (Adelani et al. 2024, arXiv:2309.07445; the files lie with the data set). In
the sample world replies are written here, by scripts that are right, refuse and name two labels as
often as a setting says, in some languages more than in others.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from glotlift import world
from glotlift.evaluation.replies import Reply, read_reply
from glotlift.recipes.starting_point import locate
from glotlift.runs.errors import GlotliftError

WORLD = "world"
FIELD = 1_000_000  # characters that a reply may have
TELLS = (
    "The text is {}.",
    "This is {}, since it says how things went.",
    "I would say that it is {}.",
)
TWO = "It might be {} or {}."
REFUSES = (
    "I'm sorry, but I cannot tell from this text. Could you please provide more of it?",
    "The text does not seem to be a review.",
)


@dataclass(frozen=True)
class Asked:
    """The question in one language: rows to learn from, and test rows with what models replied.

    `replies` are by model, each as long as `texts`; `ids` are shared by all languages.
    """

    known: tuple[list[str], list[str]]  # texts, labels
    ids: list[str]
    texts: list[str]
    labels: list[str]
    replies: dict[str, list[Reply]]


@lru_cache(maxsize=1)
def asked(values: str) -> dict[str, Asked]:
    """Return the question of a setting in each of its languages."""
    chosen = json.loads(values)
    codes = [code for group in chosen["groups"].values() for code in group]
    ask = scripted if chosen["replies"] == WORLD else recorded
    return {code: ask(chosen, code) for code in codes}


def recorded(values: Mapping[str, Any], code: str) -> Asked:
    """Return real rows and replies; raises GL-RECIPE-019 where replies are not to the test rows."""
    known, test = (
        lines(values["labelled"].format(code=code, split=split)) for split in ("train", "test")
    )
    ids, replies = [row["index_id"] for row in test], {}
    for model in values["models"]:
        path = values["replies"].format(model=model, code=code)
        found = lines(path)
        if [row["index_id"] for row in found] != ids:
            raise GlotliftError(
                "GL-RECIPE-019",
                f"{len(found)} replies are not to the {len(ids)} test rows in their order",
                place=locate(path),
                fix="take the replies and the rows from one snapshot of the data set",
            )
        column = next(name for name in found[0] if name.startswith("gpt"))
        replies[model] = [read_reply(row[column], values["spellings"], code) for row in found]
    return Asked(
        ([row["text"] for row in known], [row["category"] for row in known]),
        ids,
        [row["text"] for row in test],
        [row["category"] for row in test],
        replies,
    )


def lines(address: str) -> list[dict[str, str]]:
    """Return the rows of a table with tabs between its columns."""
    csv.field_size_limit(FIELD)
    with Path(locate(address)).open(encoding="utf-8", newline="") as file:
        return [dict(row) for row in csv.DictReader(file, delimiter="\t")]


def scripted(values: Mapping[str, Any], code: str) -> Asked:
    """Return rows of the sample world, and replies that are as good as the setting says."""
    known = world.tasks.sentiment(code, values["known"], split="train")
    test = world.tasks.sentiment(code, values["asked"], split="test")
    group = next(name for name, codes in values["groups"].items() if code in codes)
    labels = list(test["label"])
    replies = {}
    for number, (model, told) in enumerate(values["models"].items()):
        draw = np.random.default_rng([number, *code.encode()])
        texts = [script(right, told[group], list(values["spellings"]), draw) for right in labels]
        replies[model] = [read_reply(text, values["spellings"], code) for text in texts]
    return Asked(
        (list(known["text"]), list(known["label"])),
        list(test["id"]),
        list(test["text"]),
        labels,
        replies,
    )


def script(
    right: str, told: Mapping[str, float], labels: list[str], draw: np.random.Generator
) -> str:
    """Return a reply that refuses, names two labels, or names one, which may be right."""
    refuses, two = told["refuses"], told["two"]
    other = str(draw.choice([label for label in labels if label != right]))
    kind, knows = draw.random(), draw.random() < told["knows"]
    if kind < refuses:
        return str(draw.choice(REFUSES))
    if kind < refuses + two:
        return TWO.format(*((right, other) if knows else (other, right)))
    return str(draw.choice(TELLS)).format(right if knows else other)
