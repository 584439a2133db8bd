"""A client asked for vectors of the rows of a task, which are compared by their cosine.

There are no prompts: texts are encoded as they stand, once, in one formulation.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.evaluation.embeddings import (
    bitext_scores,
    cosines,
    pair_cosines,
    retrieval_scores,
    similarity_scores,
)
from glotlift.evaluation.tasks.asking import Sample
from glotlift.evaluation.tasks.sources import TaskSource
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Encoder
from glotlift.world.tasks.retrieval import chance_ndcg

Floats = NDArray[np.float64]
SHOWN = 3  # documents of a ranking that a sample keeps
CHANCE = "chance"


def embed_rows(client: Encoder, source: TaskSource, code: str, rows: Dataset) -> list[Sample]:
    """Return a sample of each row: what was nearest, its cosines and its score.

    The mean of the scores is the measure of the kind; `notes` hold what guessing scores. Raises
    GL-EVALUATION-096 for a query whose relevant document there is not.
    """
    if source.kind == "retrieval":
        return retrieved(client, source, code, rows)
    one, other = client.encode(list(rows["source_text"])), client.encode(list(rows["text"]))
    if source.kind == "bitext":
        scores, alike = bitext_scores(one, other), cosines(one, other)
        nearest = alike.argmax(1)
        answers = [rows["text"][int(place)] for place in nearest]
        kept = [[float(row[best]), float(row[n])] for n, (row, best) in
                enumerate(zip(alike, nearest, strict=True))]  # fmt: skip
        chance = 1 / len(rows)
    else:
        scores = similarity_scores(one, other, rows["degree"])
        kept = [[float(value)] for value in pair_cosines(one, other)]
        answers = [f"{value:.3f}" for (value,) in kept]
        chance = 0.0
    return [
        sample(source, code, row, given, [], cosine, said, float(score), chance)
        for row, given, cosine, said, score in zip(
            rows, (shown(source.kind, row) for row in rows), kept, answers, scores, strict=True
        )
    ]


def retrieved(client: Encoder, source: TaskSource, code: str, rows: Dataset) -> list[Sample]:
    """Return a sample of each query: the documents that came first, and nDCG@10."""
    documents = source.documents(code, len(rows))
    texts = dict(zip(documents["id"], documents["text"], strict=True))
    grades = graded(rows, list(texts), f"{source.address}, {code}")
    queries, corpus = client.encode(list(rows["text"])), client.encode(list(texts.values()))
    scores, alike = retrieval_scores(queries, corpus, grades), cosines(queries, corpus)
    first, known = np.argsort(-alike, axis=1, kind="stable")[:, :SHOWN], list(texts.values())
    return [
        sample(
            source,
            code,
            row,
            shown(source.kind, row, texts),
            [known[place] for place in order],
            [float(alike[number, place]) for place in order],
            known[order[0]],
            float(score),
            chance_ndcg(row["grades"], len(texts)),
        )
        for number, (row, order, score) in enumerate(zip(rows, first, scores, strict=True))
    ]


def graded(rows: Dataset, ids: Sequence[str], place: str) -> Floats:
    """Return grades [queries, documents] of what rows say is relevant."""
    columns = {id: column for column, id in enumerate(ids)}
    found = np.zeros((len(rows), len(ids)))
    for number, row in enumerate(rows):
        lost = [id for id in row["relevant"] if id not in columns]
        if lost:
            raise GlotliftError(
                "GL-EVALUATION-096",
                f"document {lost[0]!r} is relevant to query {row['id']!r}, but is not there",
                place=place,
                fix="add the document, or take it out of what is relevant",
            )
        found[number, [columns[id] for id in row["relevant"]]] = row["grades"]
    return found


def shown(
    kind: str, row: Mapping[str, Any], texts: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """Return what is asked of a row, and what is right; `texts` are documents by id."""
    if kind == "bitext":
        return row["source_text"], row["text"]
    if kind == "similarity":
        return f"{row['source_text']}\n{row['text']}", f"{row['degree']:.3f}"
    best = row["relevant"][int(np.argmax(row["grades"]))] if row["relevant"] else ""
    return row["text"], (texts or {}).get(best, best)


def sample(
    source: TaskSource,
    code: str,
    row: Mapping[str, Any],
    given: tuple[str, str],
    options: list[str],
    cosine: list[float],
    said: str,
    score: float,
    chance: float,
) -> Sample:
    """Return a row's sample; `given` is what was asked and what is right."""
    return Sample(
        id=str(row["id"]),
        language=code,
        task=source.name,
        formulation=0,
        prompt=given[0],
        options=options,
        scores=cosine,
        answer=said,
        right=given[1],
        score=score,
        notes={CHANCE: chance},
    )
