"""Rows of nine kinds of task in one language, of the sample world or real, in four forms.

Each task is named by an address: ``world:TASK``, what `evaluation.tasks` reads (``nli:FOLDER``), or
one of the forms read here: a treebank, xSID's slots, intents and frames, and the punctuation of the
language's own text. xSID's slots stand in for named entities, and the share of two utterances'
frames that is the same for judged likeness (`club_data`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from glotlift import world
from glotlift.evaluation.tasks.sources import task_source
from glotlift.languages import language
from glotlift.recipes.club_data import STS as WORLD_PAIRS
from glotlift.recipes.club_data import frame, lines, pairs_of, treebank, world_task
from glotlift.recipes.starting_point import locate

POS, ENTITIES, MARKS = "parts of speech", "entities", "punctuation"
SENTIMENT, TOPICS, INTENTS = "sentiment", "topics", "intents"
INFERENCE, CAUSES, LIKENESS = "inference", "causes", "likeness"
TASKS = (POS, ENTITIES, MARKS, SENTIMENT, TOPICS, INTENTS, INFERENCE, CAUSES, LIKENESS)
TAGS, LABEL, CHOICE, DEGREE = "tags", "label", "choice", "degree"
FORMS = {
    **dict.fromkeys((POS, ENTITIES, MARKS), TAGS),
    **dict.fromkeys((SENTIMENT, TOPICS, INTENTS, INFERENCE), LABEL),
    CAUSES: CHOICE,
    LIKENESS: DEGREE,
}
COLUMNS = {
    TAGS: ("tokens", "tags"),
    LABEL: ("first", "second", "label"),
    CHOICE: ("prompt", "options", "answer"),
    DEGREE: ("first", "second", "likeness"),
}
MARK = re.compile(r"(.*?)([.,?!;:।]?)$")
WORDS = 12  # of a row whose punctuation is taken away
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """A task's rows to tune on and to test, with the columns of its form."""

    name: str
    train: Dataset
    test: Dataset

    @property
    def form(self) -> str:
        """How it is asked and answered."""
        return FORMS[self.name]


def nine_tasks(values: Mapping[str, Any], held_out: Mapping[str, Sequence[str]]) -> dict[str, Task]:
    """Return the tasks of ``values["tasks"]``, at most ``values["task_rows"]`` of a split.

    `held_out` are texts of the language by split, that no encoder reads, to take punctuation from.
    """
    code, most = values["language"], values["task_rows"]
    found = {}
    for name, address in values["tasks"].items():
        splits = {
            split: punctuated(held_out[split], rows)
            if name == MARKS
            else rows_at(locate_after(address), name, code, split, rows)
            for split, rows in most.items()
        }
        columns = ["id", *COLUMNS[FORMS[name]]]
        found[name] = Task(name, **{s: rows.select_columns(columns) for s, rows in splits.items()})
    return found


def locate_after(address: str) -> str:
    """Return an address with the folder that GLOTLIFT_DATA names, which follows its form."""
    form, _, where = address.partition(":")
    return f"{form}:{locate(where)}"


def rows_at(address: str, name: str, code: str, split: str, most: int) -> Dataset:
    """Return a task's rows of a split in its form's columns."""
    form, _, where = address.partition(":")
    if form == "treebank":
        return treebank_rows(Path(where), code, split, most)
    if form == "xsid":
        return xsid_rows(Path(where), name, code, split, most)
    if address == "world:pairs":
        return world_task("", WORLD_PAIRS, code, split, most)
    if form == "world":
        rows = world.tasks.TASKS[where].make(code, most, split=split)
    else:
        rows = task_source(address).rows(code, most, split=split)
    shapes: dict[str, Callable[[Row], dict[str, Any]]] = {
        LABEL: with_label,
        CHOICE: dict,
        TAGS: dict,
    }
    return Dataset.from_list([{"id": row["id"], **shapes[FORMS[name]](row)} for row in rows])


def with_label(row: Row) -> dict[str, Any]:
    """Return one or two texts and a label; of several intents the first is the label."""
    first, second = (row["premise"], row["hypothesis"]) if "premise" in row else (row["text"], "")
    label = row["intents"][0] if "intents" in row else row["label"]
    return {"first": first, "second": second, "label": str(label)}


def treebank_rows(folder: Path, code: str, split: str, most: int) -> Dataset:
    """Return sentences of a treebank's dev part: the last ones are the test."""
    found = list(treebank(folder / f"{code[:3]}.dev.conllu.gz"))
    return Dataset.from_list(found[:most] if split == "train" else found[-most:])


def xsid_rows(folder: Path, name: str, code: str, split: str, most: int) -> Dataset:
    """Return utterances with slots or intent, or pairs of them; its valid part is to tune on."""
    part = "valid" if split == "train" else "test"
    tongue = language(code).bcp47.split("-")[0]
    rows = list(lines(folder / f"{tongue}.{part}.jsonl.gz"))
    if name == LIKENESS:
        return pairs_of([row["text"] for row in rows], [frame(row) for row in rows], most)
    return Dataset.from_list(
        [
            {"id": f"{part}/{number}", "tokens": row["tokens"], "tags": row["slots"]}
            if name == ENTITIES
            else {
                "id": f"{part}/{number}",
                "first": row["text"],
                "second": "",
                "label": row["intent"],
            }
            for number, row in enumerate(rows[:most])
        ]
    )


def punctuated(texts: Iterable[str], most: int) -> Dataset:
    """Return stretches of words without punctuation, each word's tag the mark that followed it."""
    stretches = (
        words[start : start + WORDS]
        for text in texts
        for words in [text.split()]
        for start in range(0, len(words), WORDS)
    )
    rows = []
    for number, words in enumerate(islice(stretches, most)):
        parted = [found.groups() for word in words if (found := MARK.match(word)) and found[1]]
        tokens, tags = zip(
            *((bare, f"B-{mark}" if mark else "O") for bare, mark in parted), strict=True
        )
        rows.append({"id": str(number), "tokens": list(tokens), "tags": list(tags)})
    return Dataset.from_list(rows)


def text_of(task: Task, rows: Dataset) -> list[str]:
    """Return all that a row shows, as one text."""
    if task.form == TAGS:
        return [" ".join(words) for words in rows["tokens"]]
    if task.form == CHOICE:
        return [" ".join([row["prompt"], *row["options"]]) for row in rows]
    return [f"{row['first']} {row['second']}".strip() for row in rows]


def weights_of(task: Task) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Return the words of each test row, which weigh its share of right tags; else None."""
    if task.name != POS:
        return None
    return np.array([len(tags) for tags in task.test["tags"]], dtype=np.float64)
