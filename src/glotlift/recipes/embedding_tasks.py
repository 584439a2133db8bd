"""Small tasks for sentence encoders, of the sample world or of real text, a type in a language."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import DatasetDict
from numpy.typing import NDArray

from glotlift import world
from glotlift.corpus import read
from glotlift.recipes.starting_point import locate
from glotlift.recipes.topics import WORLD, topic_rows

Floats = NDArray[np.float64]
Texts = list[str]


@dataclass(frozen=True)
class Corpus:
    """Queries of a language, the same in another, documents, and grades [queries, documents]."""

    queries: Texts
    foreign: Texts
    documents: Texts
    grades: Floats


@dataclass(frozen=True)
class Tasks:
    """Tasks by name, and by language what encoders learn from: translations of `pivot`.

    `labelled` are rows with text and label by split, `bitexts` two sides, `similar` two sides and
    degrees; `corpora` are by language.
    """

    pivot: Texts
    translations: dict[str, Texts]
    labelled: dict[str, DatasetDict]
    bitexts: dict[str, tuple[Texts, Texts]]
    similar: dict[str, tuple[Texts, Texts, list[float]]]
    corpora: dict[str, Corpus]


@lru_cache(maxsize=2)
def embedding_tasks(values: str) -> Tasks:
    """Return the tasks of a setting, made once a process; `values` are JSON."""
    chosen = json.loads(values)
    return world_tasks(chosen) if chosen["parallel"] == WORLD else real_tasks(chosen)


def world_tasks(values: Mapping[str, Any]) -> Tasks:
    """Return topics, feelings, translations, similarities and retrieval of the sample world."""
    pivot, languages, rows = values["pivot"], values["languages"], values["rows"]
    texts = {
        code: {
            split: [row["text"] for row in world.parallel([code], most, split=split)]
            for split, most in (("train", values["pairs"]), ("test", rows))
        }
        for code in (pivot, *languages)
    }
    feelings = {
        code: DatasetDict(
            {s: world.tasks.sentiment(code, rows, split=s) for s in ("train", "test")}
        )
        for code in languages
    }
    pairs = {code: world.tasks.similarity(pivot, code, rows) for code in languages}
    return Tasks(
        texts[pivot]["train"],
        {code: texts[code]["train"] for code in languages},
        topics(values) | {f"sentiment {code}": feelings[code] for code in languages},
        {f"bitext {code}": (texts[pivot]["test"], texts[code]["test"]) for code in languages},
        {
            f"similarity {code}": (list(p["source_text"]), list(p["text"]), list(p["degree"]))
            for code, p in pairs.items()
        },
        {code: world_corpus(pivot, code, **values["retrieval"]) for code in languages},
    )


def world_corpus(pivot: str, code: str, *, queries: int, documents: int) -> Corpus:
    """Return the documents of `documents` queries, of which the first `queries` are asked."""
    own, other = (world.tasks.retrieval_queries(c, queries) for c in (code, pivot))
    corpus = world.tasks.retrieval_corpus(code, documents)
    rows = {id: row for row, id in enumerate(own["id"])}
    columns = {id: column for column, id in enumerate(corpus["id"])}
    grades = np.zeros((len(rows), len(columns)))
    for judged in world.tasks.retrieval_judgements(documents):
        if judged["query_id"] in rows:
            grades[rows[judged["query_id"]], columns[judged["document_id"]]] = judged["grade"]
    return Corpus(list(own["text"]), list(other["text"]), list(corpus["text"]), grades)


def topics(values: Mapping[str, Any]) -> dict[str, DatasetDict]:
    """Return the rows of topics by task."""
    return {f"topic {code}": rows for code, rows in topic_rows(values).rows.items()}


def real_tasks(values: Mapping[str, Any]) -> Tasks:
    """Return topics and translations of SIB-200 and of news, and retrieval of paragraphs."""
    pivot, languages, rows = values["pivot"], values["languages"], values["rows"]
    news = {
        code: list(read(locate(values["parallel"].format(code)), language=code)["text"])
        for code in (pivot, *languages)
    }
    known = topic_rows({**values, "languages": [pivot, *languages]}).rows
    wiki = {code: list(known[code]["test"]["text"][:rows]) for code in known}
    return Tasks(
        news[pivot][rows:],
        {code: news[code][rows:] for code in languages},
        {f"topic {code}": known[code] for code in languages},
        {f"bitext news {code}": (news[pivot][:rows], news[code][:rows]) for code in languages}
        | {f"bitext wiki {code}": (wiki[pivot], wiki[code]) for code in languages},
        {},
        {
            code: paragraphs(Path(locate(values["paragraphs"])), pivot, code, wiki[code], values)
            for code in values["asked"]
        },
    )


def paragraphs(
    folder: Path, pivot: str, code: str, more: Sequence[str], values: Mapping[str, Any]
) -> Corpus:
    """Return questions of XQuAD and the paragraphs that answer them, among other sentences.

    The paragraphs are the first of the file, and the questions evenly from those that they answer.
    """
    queries, documents = values["retrieval"]["queries"], values["retrieval"]["documents"]
    contexts = lines(folder / f"{code}.contexts.jsonl.gz")[:documents]
    places = {context["context_id"]: place for place, context in enumerate(contexts)}
    own, other = (
        [
            question
            for question in lines(folder / f"{each}.questions.jsonl.gz")
            if question["context_id"] in places
        ]
        for each in (code, pivot)
    )
    chosen = range(0, len(own), len(own) // queries)[:queries]
    grades = np.zeros((queries, len(contexts) + len(more)))
    for row, place in enumerate(chosen):
        grades[row, places[own[place]["context_id"]]] = 1
    return Corpus(
        [own[place]["question"] for place in chosen],
        [other[place]["question"] for place in chosen],
        [*(context["text"] for context in contexts), *more],
        grades,
    )


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
