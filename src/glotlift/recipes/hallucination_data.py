"""Answers with planted hallucinations to learn from and to be tested on, of the world or real."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from glotlift.evaluation.hallucination import plan_swaps, plant, word_labels
from glotlift.evaluation.planted_answers import planted_answers
from glotlift.languages.sentences import sentence_spans
from glotlift.recipes.club_data import lines
from glotlift.recipes.starting_point import locate

SAMPLE = "world"
PARTS = {"train": (1, 2, 3, 5), "validation": (0,), "test": (4, 6, 7)}  # of eight passages
LONGEST = {"reference": 430, "text": 240}  # characters of what is read, in every language

WORLD: dict[str, Any] = {
    "answers": SAMPLE,
    "text": "world:{}?rows=800&sentences=3",
    "pivot": "eng_Latn",
    "languages": ["rus_Cyrl", "spa_Latn", "tur_Latn"],
    "size": "tiny",
    "kind": "bpe",
    "pieces": 1000,
    "steps": 200,
    "share": 0.5,
    "taught": 240,
    "tested": 120,
    "epochs": 3,
    "learning_rate": 2e-3,
    "labelled": 80,
    "asked": 160,
    "shares": [0.1, 0.2, 0.4],
    "counted": 1000,
}
REAL: dict[str, Any] = WORLD | {
    "answers": "$GLOTLIFT_DATA/xquad",
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "languages": ["hin_Deva", "spa_Latn", "tur_Latn"],
    "documents": 200,
    "pieces": 3000,
    "tested": 100,
    "labelled": 50,
    "asked": 100,
    "counted": 600,
}
Values = Mapping[str, Any]


def key_of(values: Values) -> str:
    """Return a setting's values as what caches are keyed by."""
    return json.dumps(dict(values), sort_keys=True)


def languages(values: Values) -> list[str]:
    """Return English and the others."""
    return [values["pivot"], *values["languages"]]


def answers(
    values: Values, *, code: str, split: str, rows: range, share: float, seed: int
) -> Dataset:
    """Return answers in a language of which a share is wrong: id, language, reference, text, spans.

    Ids are shared by languages. In the sample world the share is of sentences; of real answers it
    is of answers, and `rows` that are more than there are begin again, planted otherwise.
    """
    if values["answers"] == SAMPLE:
        numbers = {"rows": len(rows), "start": rows.start}
        return planted_answers(code, share=share, split=split, seed=seed, **numbers)
    known = true_answers(values["answers"], (values["pivot"], *values["languages"]))
    parts = {name: of_split(each, split) for name, each in known.items()}
    found = []
    for turn in range(rows.stop // len(parts[code]) + 1):
        plan = plan_swaps(parts[values["pivot"]], share=share, seed=1000 * seed + turn)
        found += plant(parts[code], plan).to_list()
    features = plant(parts[code].select(range(1)), {}).features
    return Dataset.from_list(found[rows.start : rows.stop], features=features)


def of_split(rows: Dataset, split: str) -> Dataset:
    """Return the rows whose passage belongs to a split."""
    return rows.select(np.flatnonzero(np.isin(np.asarray(rows["group"]) % 8, PARTS[split])))


@lru_cache(maxsize=1)
def true_answers(address: str, languages: tuple[str, ...]) -> dict[str, Dataset]:
    """Return XQuAD's questions with their passage, by language: what `plan_swaps` reads.

    The reference is the sentence that holds a question's answer with a neighbour of it; the text,
    which answers in a sentence, is that sentence, and the key the answer itself. Kept are questions
    for which these are short enough in all languages.
    """
    folder = Path(locate(address))
    found = {code: read_questions(folder, code) for code in languages}
    kept = set.intersection(
        *(
            {
                id
                for id, row in each.items()
                if all(len(row[n]) <= most for n, most in LONGEST.items())
            }
            for each in found.values()
        )
    )
    return {
        code: Dataset.from_list([row for id, row in each.items() if id in kept])
        for code, each in found.items()
    }


def read_questions(folder: Path, code: str) -> dict[str, dict[str, Any]]:
    """Return the questions of a language by id."""
    passages = {
        row["context_id"]: row["text"] for row in lines(folder / f"{code}.contexts.jsonl.gz")
    }
    found = {}
    for row in lines(folder / f"{code}.questions.jsonl.gz"):
        passage, answer = passages[row["context_id"]], row["answers"][0]
        spans = sentence_spans(passage, code)
        held = [
            place for place, (start, end) in enumerate(spans)
            if start < answer["start"] + len(answer["text"]) and answer["start"] < end
        ]  # fmt: skip
        first, last = spans[held[0]][0], spans[held[-1]][1]
        near = spans[max(0, held[0] - 1)][0]
        beyond = spans[min(len(spans) - 1, held[-1] + (near == first))][1]
        found[row["id"]] = {
            "id": row["id"],
            "language": code,
            "group": row["context_id"],
            "reference": passage[near:beyond].strip(),
            "text": passage[first:last].strip(),
            "key": answer["text"],
            "start": answer["start"] - first - leading(passage[first:last]),
        }
    return found


def leading(text: str) -> int:
    """Return how many characters of white space a text begins with."""
    return len(text) - len(text.lstrip())


@lru_cache(maxsize=32)
def true_rate(values: str, code: str, share: float) -> float:
    """Return the share of wrong words among all answers of which a share is wrong.

    A sentence (of real answers: an answer) is wrong by itself, so the expected words, and those of
    them that are wrong, are known from answers that are all wrong and from the same all right.
    """
    wrong, many, few = expected(values, code)
    return share * wrong / (share * many + (1 - share) * few)


@lru_cache(maxsize=16)
def expected(values: str, code: str) -> tuple[float, float, float]:
    """Return wrong words and words of answers that are all wrong, and words of right ones."""
    chosen = json.loads(values)
    rows = range(chosen["counted"])
    bad, good = (
        word_labels(answers(chosen, code=code, split="test", rows=rows, share=share, seed=99))
        for share in (1.0, 0.0)
    )
    return float(sum(map(sum, bad))), float(sum(map(len, bad))), float(sum(map(len, good)))
