"""Rows of tasks that are learnt in sequence, and of skills that a model had before, as answers.

A row is asked something and answered; training rows have a reason too: the steps of a word
problem, or else the word that tells most of the answer. Rows are the sample world's, or real.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.corpus import split_rows
from glotlift.probing.similarity import derangement
from glotlift.recipes.starting_point import locate
from glotlift.synthesis.rationales import final_answer, telling_words, with_rationale
from glotlift.world.tasks import TASKS, fulfils

SPARE = {"intents": 4, "ner": 2}  # times as many rows are made, as not all have a short answer
RAREST = ("animal", "city", "person", "place", "thing", "name")  # of named things, about so
HELD_OUT = 0.2  # of the ids of a file that has no test split
PLAIN, REASONS, OTHERS = "answer", "reason and answer", "another row's reason and answer"
Row = dict[str, Any]
Splits = dict[str, Dataset]


def answered_rows(name: str, spec: Mapping[str, Any], asked: int) -> Splits:
    """Return the train and test rows of a task, of the latter at most so many.

    `spec` holds the `language`, how many `rows` are learnt from, and `world`, the name of a task of
    the sample world; or instead `train` and `test`, two files of rows with `text` and `label` (or
    what `label` names), or one file that is parted by id. With `characters`, no more of a text are
    read. Prompts begin with the task's name.
    """
    splits = {}
    for split, count in (("train", spec["rows"]), ("test", asked)):
        found = world_rows(spec, split, count) if "world" in spec else read_rows(spec, split, count)
        for row in found:
            row["asked"] = row["asked"][: spec.get("characters")]
        if split == "train" and not any(row["reason"] for row in found):
            given = [row["asked"] for row in found], [row["answer"] for row in found]
            for row, word in zip(found, telling_words(*given, spec["language"]), strict=True):
                row["reason"] = word
        splits[split] = Dataset.from_list(
            [row | {"prompt": f"{name}: {row['asked']}"} for row in found]
        )
    return splits


def world_rows(spec: Mapping[str, Any], split: str, count: int) -> list[Row]:
    """Return rows of a task of the sample world; some tasks ask less than the world's own do."""
    name = spec["world"]
    made = TASKS[name].make(spec["language"], SPARE.get(name, 1) * count, split=split)
    return list(islice((found for row in made if (found := world_row(name, row))), count))


def world_row(name: str, row: Mapping[str, Any]) -> Row | None:
    """Return what a row asks, or nothing where it has no short answer.

    Of named things, what kind one of them is; of wishes, which it is where there is only one.
    """
    asked, answer, beside = row.get("prompt") or row["text"], row.get("label"), {}
    match name:
        case "arithmetic":
            answer = str(row["answer"])
        case "topic":
            answer = row["options"][row["answer"]]
        case "intents":
            answer = row["intents"][0] if len(row["intents"]) == 1 else None
        case "ner":
            things = sorted(row["entities"], key=lambda thing: RAREST.index(thing["kind"]))
            for thing in things[:1]:
                asked = f"{asked} {asked[thing['start'] : thing['end']]}?"
                answer = thing["kind"]
        case "instructions":
            answer, beside = row["response"], {"constraints": row["constraints"]}
        case "safety":
            answer, beside = row["response"], {"unsafe": row["label"] == "unsafe"}
    return answered(row["id"], asked, answer, row.get("steps", "")) | beside if answer else None


def read_rows(spec: Mapping[str, Any], split: str, count: int) -> list[Row]:
    """Return real rows of a split in an order drawn by chance: files are often sorted."""
    with gzip.open(locate(spec[split]), "rt", encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    label = spec.get("label", "label")
    found = [
        answered(str(row.get("id", number)), row["text"], row[label], "")
        for number, row in enumerate(read)
        if row[label]
    ]
    order = np.random.default_rng(0).permutation(len(found))
    rows = Dataset.from_list([found[at] for at in order])
    if spec["train"] == spec["test"]:
        rows = split_rows(rows, validation=0, test=HELD_OUT)[split]
    return rows.select(range(min(count, len(rows)))).to_list()  # type: ignore[no-any-return]


def answered(id: str, asked: str, answer: str, reason: str) -> Row:
    """Return a row."""
    return {"id": id, "asked": asked, "answer": answer, "reason": reason}


def conversations(rows: Dataset, says: str, seed: int = 0) -> Dataset:
    """Return rows to learn from, whose answers say so much."""
    reasons: Sequence[str] = rows["reason"]
    if says == OTHERS:
        reasons = [reasons[int(at)] for at in derangement(len(rows), seed)]
    responses = [
        answer if says == PLAIN else with_rationale(reason, answer)
        for reason, answer in zip(reasons, rows["answer"], strict=True)
    ]
    found = []
    for id, prompt, response in zip(rows["id"], rows["prompt"], responses, strict=True):
        turns = [turn("user", prompt), turn("assistant", response)]
        found.append({"id": id, "text": f"{prompt} {response}", "messages": turns})
    return Dataset.from_list(found)


def told(rows: Dataset) -> Dataset:
    """Return text as conversations in which nothing is asked, and all is learnt."""
    return Dataset.from_list(
        [
            {"id": id, "text": text, "messages": [turn("assistant", text)]}
            for id, text in zip(rows["id"], rows["text"], strict=True)
        ]
    )


def turn(role: str, content: str) -> dict[str, str]:
    """Return a message."""
    return {"role": role, "content": content}


def right(rows: Dataset, written: Sequence[str], spec: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return how right each text is, [rows], between 0 and 1.

    Instructions are fulfilled in part; of requests it counts whether they are refused when they
    should; all else is right when its last line is the answer.
    """
    finals = [final_answer(text) for text in written]
    match spec.get("world"):
        case "instructions":
            pairs = zip(finals, rows["constraints"], strict=True)
            code = spec["language"]
            return np.array([np.mean(fulfils(text, asked, code)) for text, asked in pairs])
        case "safety":
            refusals = {row["answer"] for row in rows if row["unsafe"]}
            refused = np.array([text in refusals for text in finals])
            return np.asarray(refused == np.array(rows["unsafe"]), np.float64)
    return np.array(
        [text == answer for text, answer in zip(finals, rows["answer"], strict=True)], np.float64
    )
