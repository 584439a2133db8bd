"""What a small decoder reads to learn reasoning, and what it is asked.

It reads plain text, and lessons: rows of reasoning with their answers. It is asked rows made by
rule, or published ones where a setting names them.
"""

import gzip
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from glotlift.corpus import hand, read
from glotlift.evaluation.reasoning.suites import CATEGORIES, reasoning
from glotlift.evaluation.tasks.sources import task_source
from glotlift.evaluation.tasks.wording import wordings
from glotlift.recipes.small_decoders import kept_decoder
from glotlift.recipes.starting_point import locate

LESSONS = "lessons"
NONE, ENGLISH, EVERY, WRONG = "no lessons", "English lessons", "lessons in all", "wrong lessons"
TAUGHT = 1  # the formulation of a choice that lessons have
QUESTIONS = 0.1  # share of unanswered questions in what is read first
NUMBERS = 4  # that a published problem is asked with
Values = Mapping[str, Any]


@lru_cache(maxsize=64)
def lesson_rows(category: str, code: str, count: int, start: int) -> Dataset:
    """Return rows that lessons are made of."""
    return reasoning(category, code, count, split="train", start=start)


def lessons(values: Values, kind: str, seed: int) -> Dataset:
    """Return what an arm is taught, in an order of the seed: solved rows, each a document.

    Lessons in all languages are the same items, each in one of them; the answer of a wrong one is
    drawn anew among its options.
    """
    codes = values["languages"] if kind == EVERY else values["languages"][:1]
    draw, each = np.random.default_rng([seed, 0x4D4D4D]), values["lessons"] // len(codes)
    solved = []
    for place, code in enumerate(codes):
        way = wordings("choice", code)[TAUGHT]
        for category in CATEGORIES:
            for row in lesson_rows(category, code, each, place * each):
                asked = way.ask(row)
                chosen = draw.integers(len(asked.options)) if kind == WRONG else asked.answer
                solved.append(conversation(row["id"], asked.prompt, asked.options[chosen]))
    order = draw.permutation(len(solved))
    return Dataset.from_list([solved[place] for place in order])


def conversation(id: str, prompt: str, response: str) -> dict[str, str]:
    """Return a row of which only the response carries loss; `text` is both."""
    return {"id": id, "prompt": prompt, "response": response, "text": prompt + response}


@lru_cache(maxsize=2)
def plain_text(values: str) -> dict[str, Dataset]:
    """Return beginnings of plain text by language, all of which carry loss; `values` are JSON."""
    chosen, found = json.loads(values), {}
    for code in chosen["languages"]:
        rows = read(locate(chosen["text"].format(code)), language=code, rows=chosen["documents"])
        begun = [(row["id"], row["text"][: chosen["characters"]]) for row in rows]
        found[code] = Dataset.from_list([conversation(id, "", text) for id, text in begun])
    return found


@lru_cache(maxsize=2)
def reading_decoder(values: str) -> Path:
    """Return the folder of the decoder that all arms and seeds begin from, made once.

    It has read plain text, and questions of lessons in all languages without their answers.
    """
    chosen, sources = json.loads(values), dict(plain_text(values))
    asked = lessons(chosen, EVERY, 0)
    shares = dict.fromkeys(sources, (1 - QUESTIONS) / len(sources)) | {LESSONS: QUESTIONS}
    sources[LESSONS] = Dataset.from_dict({"id": asked["id"], "text": asked["prompt"]})
    return kept_decoder("reading", chosen, sources, hand(shares), 0)


@lru_cache(maxsize=64)
def asked_rows(values: str, category: str, code: str) -> Dataset:
    """Return the rows of a category that are asked in a language."""
    chosen = json.loads(values)
    address = chosen["published"].get(category, {}).get(code)
    if not address:
        return reasoning(category, code, chosen["asked"])
    return PUBLISHED[address.partition(":")[0]](address, code, chosen["asked"])


def causes(address: str, code: str, count: int) -> Dataset:
    """Return rows of XCOPA: premises with two causes or effects."""
    layout, _, where = address.partition(":")
    return task_source(f"{layout}:{locate(where)}").rows(code, count)


def problems(address: str, code: str, count: int) -> Dataset:
    """Return rows of MGSM, each asked with the answers of three others as wrong numbers.

    So every number is wrong three times for each time it is right; the place of the right one goes
    round.
    """
    rows = list(causes(address, code, count))
    numbers = [row["answer"] for row in rows]
    found = []
    for place, row in enumerate(rows):
        others = [one for one in np.roll(numbers, -place) if one != row["answer"]]
        options = list(dict.fromkeys(map(str, others)))[: NUMBERS - 1]
        answer = place % NUMBERS
        options.insert(answer, row["answer"])
        kept = {"id": row["id"], "language": code, "prompt": row["text"]}
        found.append(kept | {"options": options, "answer": answer})
    return Dataset.from_list(found)


def pronouns(address: str, code: str, count: int) -> Dataset:
    """Return rows of XWinograd: a sentence up to a pronoun, and its end with either candidate."""
    folder = Path(locate(address.partition(":")[2]))
    found = []
    with gzip.open(folder / f"{code}.jsonl.gz", "rt", encoding="utf-8") as file:
        for number, line in zip(range(count), map(json.loads, file), strict=False):
            start, stop = line["pronoun_span"]
            end = " ".join(line["tokens"][stop:])
            found.append(
                {
                    "id": f"xwinograd/{number}",
                    "language": code,
                    "prompt": " ".join(line["tokens"][:start]),
                    "options": [f"{candidate} {end}" for candidate in line["candidates"]],
                    "answer": line["label"],
                }
            )
    return Dataset.from_list(found)


PUBLISHED = {"xcopa": causes, "mgsm": problems, "xwinograd": pronouns}
