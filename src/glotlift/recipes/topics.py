"""Rows of topic classification, of the sample world or real, by language and split."""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict

from glotlift import world
from glotlift.recipes.starting_point import locate

WORLD = "world"


@dataclass(frozen=True)
class Topics:
    """Rows of topic classification by language: splits with columns id, text and label.

    `label` is the number of a class; ids, and so labels, are shared by translations.
    """

    rows: dict[str, DatasetDict]
    classes: tuple[str, ...]

    def training(self, languages: Iterable[str]) -> tuple[list[str], list[int]]:
        """Return texts and labels of the training rows of some languages, one after the other."""
        rows = [row for code in languages for row in self.rows[code]["train"]]
        return [row["text"] for row in rows], [row["label"] for row in rows]


def topic_rows(values: Mapping[str, Any]) -> Topics:
    """Return the topics of ``values["languages"]``, at most ``values["topic_rows"]`` of a split.

    ``values["topics"]`` is "world" or a folder like SIB-200's (Adelani et al. 2024,
    arXiv:2309.07445), some of whose languages have a test split alone.
    """
    return read_topics(
        values["topics"], tuple(values["languages"]), tuple(values["topic_rows"].items())
    )


@lru_cache(maxsize=4)
def read_topics(
    address: str, languages: tuple[str, ...], sizes: tuple[tuple[str, int], ...]
) -> Topics:
    """Return what `topic_rows` says; all arms and seeds ask for the same."""
    find = world_topics if address == WORLD else sib_topics
    found = {
        code: {split: rows for split, most in sizes if (rows := find(address, code, split, most))}
        for code in languages
    }
    classes = tuple(
        sorted({row["label"] for splits in found.values() for r in splits.values() for row in r})
    )
    numbered = {
        code: DatasetDict(
            {
                split: Dataset.from_list(
                    [row | {"label": classes.index(row["label"])} for row in rows]
                )
                for split, rows in splits.items()
            }
        )
        for code, splits in found.items()
    }
    return Topics(numbered, classes)


def world_topics(_: str, code: str, split: str, most: int) -> list[dict[str, str]]:
    """Return sentences of the sample world; the English of an answer names its class."""
    named = world.tasks.topic("eng_Latn", most, split=split)
    asked = world.tasks.topic(code, most, split=split)
    return [
        {"id": row["id"], "text": row["prompt"], "label": english["options"][english["answer"]]}
        for row, english in zip(asked, named, strict=True)
    ]


def sib_topics(address: str, code: str, split: str, most: int) -> list[dict[str, str]]:
    """Return a language's rows of a split, by id; none where there is no such file."""
    folder = Path(locate(address)) / code
    rows = []
    for path in sorted(folder.glob(f"{split}.jsonl*")):
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            rows += [json.loads(line) for line in lines]
    rows.sort(key=lambda row: int(row["id"]))
    return [{**row, "id": str(row["id"])} for row in rows[:most]]
