"""Rows of a benchmark of five kinds of task in one language, of the sample world or real.

The kinds are those of CLUB (Armengol-Estapé et al. 2021): parts of speech, named entities, likeness
of two sentences, topics, and answers in a text. Where a language has no data of a kind, what stands
in for it is said at the function that reads it.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from glotlift import world
from glotlift.evaluation.tasks.treebanks import treebank as treebank
from glotlift.languages import language
from glotlift.languages.sentences import sentence_spans
from glotlift.recipes.starting_point import locate
from glotlift.recipes.topics import topic_rows
from glotlift.world.grammar import grammar
from glotlift.world.scenes import scene

POS, NER, STS, TOPIC, QA = "parts of speech", "entities", "likeness", "topics", "answers"
TASKS = (POS, NER, STS, TOPIC, QA)
WORLD = "world"
CANDIDATES, DRAWN = 60, 2000
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
Splits = dict[str, Dataset]


def five_tasks(values: Mapping[str, Any]) -> dict[str, Splits]:
    """Return task -> train and test rows, at most ``values["task_rows"]`` of each split.

    ``values["language"]`` is the language and ``values["tasks"]`` "world" or a folder that holds
    the sets as `real_tasks` names them.
    """
    code, most = values["language"], values["task_rows"]
    topics = topic_rows({**values, "languages": [code], "topic_rows": most}).rows[code]
    find = world_task if values["tasks"] == WORLD else real_task
    found: dict[str, Splits] = {
        task: {
            split: find(values["tasks"], task, code, split, rows) for split, rows in most.items()
        }
        for task in (POS, NER, STS, QA)
    }
    return found | {TOPIC: dict(topics)}


def world_task(_: str, task: str, code: str, split: str, rows: int) -> Dataset:
    """Return rows of the sample world; sentences are alike by the concepts that they share."""
    if task == STS:
        scenes = [scene(0, split, row) for row in range(DRAWN)]
        texts = list(map(grammar(code).say, scenes))
        return pairs_of(texts, [{drawn.pattern, *drawn.said.values()} for drawn in scenes], rows)
    if task == QA:
        asked = world.tasks.question_answering(code, rows, split=split)
        return answers_of(((row, row["answers"]["answer_start"][0]) for row in asked), code)
    named = {POS: world.tasks.pos, NER: world.tasks.ner}
    return named[task](code, rows, split=split).select_columns(["id", "tokens", "tags"])


def real_task(address: str, task: str, code: str, split: str, rows: int) -> Dataset:
    """Return rows of the real sets of a language, of which Turkish has a set for each kind.

    Parts of speech are Universal Dependencies'. xSID's slots (van der Goot et al. 2021) stand in
    for named entities, and the share of an utterance's frame (intent, and slots with their words)
    that another has in common stands in for judged likeness. Answers are XQuAD's, in the sentence
    that holds them with one before and one after, as a small encoder reads no whole paragraphs.
    """
    folder, short = Path(locate(address)), code[:3]
    tongue = language(code).bcp47.split("-")[0]
    if task == POS:
        part = "train" if split == "train" else "dev"
        tagged = treebank(folder / "ud" / f"{short}.{part}.conllu.gz")
        return Dataset.from_list([row for row, _ in zip(tagged, range(rows), strict=False)])
    if task == QA:
        return squad(folder / "xquad", code, split, rows)
    part = "valid" if split == "train" else "test"
    spoken = list(lines(folder / "xsid" / f"{tongue}.{part}.jsonl.gz"))
    if task == STS:
        texts = [row["text"] for row in spoken]
        return pairs_of(texts, [frame(row) for row in spoken], rows)
    return Dataset.from_dict(
        {
            "id": [f"{part}/{number}" for number in range(len(spoken[:rows]))],
            "tokens": [row["tokens"] for row in spoken[:rows]],
            "tags": [row["slots"] for row in spoken[:rows]],
        }
    )


def frame(row: Mapping[str, Any]) -> set[str]:
    """Return what an utterance of xSID says: its intent, and every word with its slot."""
    said = zip(row["slots"], row["tokens"], strict=True)
    return {row["intent"]} | {f"{tag[2:]} {word.lower()}" for tag, word in said if tag != "O"}


def pairs_of(texts: Sequence[str], contents: Sequence[set[str]], rows: int) -> Dataset:
    """Return pairs of texts with their likeness: the share of all contents that both have.

    Of some candidates the one nearest to a drawn level is taken, so that all degrees of likeness
    are there; two texts are never the same. Columns id, first, second, likeness (Jaccard's index).
    """
    rng = np.random.default_rng(len(texts))
    found: dict[str, list[Any]] = {"id": [], "first": [], "second": [], "likeness": []}
    for number in range(rows):
        first, *others = rng.integers(len(texts), size=CANDIDATES + 1).tolist()
        level = LEVELS[number % len(LEVELS)]
        degrees = {
            other: len(contents[first] & contents[other]) / len(contents[first] | contents[other])
            for other in others
            if texts[other] != texts[first]
        }
        second = min(degrees, key=lambda other: abs(degrees[other] - level))
        values = (str(number), texts[first], texts[second], degrees[second])
        for name, value in zip(found, values, strict=True):
            found[name].append(value)
    return Dataset.from_dict(found)


def squad(folder: Path, code: str, split: str, rows: int) -> Dataset:
    """Return XQuAD's rows; every fourth paragraph, with all its questions, is of the test."""
    contexts = {
        row["context_id"]: row["text"] for row in lines(folder / f"{code}.contexts.jsonl.gz")
    }
    asked = [
        near(row, contexts[row["context_id"]], code)
        for row in lines(folder / f"{code}.questions.jsonl.gz")
        if (row["context_id"] % 4 == 0) == (split != "train")
    ]
    return answers_of(asked[:rows], code)


def near(row: Mapping[str, Any], context: str, code: str) -> tuple[dict[str, Any], int]:
    """Return a question with the sentences around its answer, and where the answer begins there."""
    answer = row["answers"][0]
    spans = sentence_spans(context, code)
    held = [
        place for place, (start, end) in enumerate(spans)
        if start < answer["start"] + len(answer["text"]) and answer["start"] < end
    ]  # fmt: skip
    first, last = spans[max(0, held[0] - 1)][0], spans[min(len(spans) - 1, held[-1] + 1)][1]
    told = {"context": context[first:last], "answers": {"text": [answer["text"]]}}
    return {**row, **told}, answer["start"] - first


def answers_of(asked: Iterable[tuple[Mapping[str, Any], int]], code: str) -> Dataset:
    """Return questions as rows, each with its answer and the answer's place in the context."""
    return Dataset.from_list(
        [
            {
                "id": row["id"],
                "language": code,
                "context": row["context"],
                "question": row["question"],
                "answer": row["answers"]["text"][0],
                "start": start,
            }
            for row, start in asked
        ]
    )


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        yield from map(json.loads, stream)
