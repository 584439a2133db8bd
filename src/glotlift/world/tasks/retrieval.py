"""Cross-lingual retrieval: queries in one language, documents in another, graded judgements.

Each row is a query and four documents: one that answers it (grade 2), one about its protagonist
that does not (1), and two hard ones with nearly the same words: in one of them somebody else acts
(roles swapped where they can be; grade 0), in the other the protagonist does it, but with another
place, number or thing than asked for (1). Documents of other rows are graded by the same rule.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import comb, log2
from typing import Any

from datasets import Dataset

from glotlift.world.grammar import grammar
from glotlift.world.scenes import Scene
from glotlift.world.sentences import dataset, numbers
from glotlift.world.tasks.graph import NO_LANGUAGE
from glotlift.world.tasks.queries import (
    DOCUMENTS,
    Document,
    Query,
    asked,
    drawn_row,
    protagonist_of,
    surrounded,
)

ANSWER, RELATED = 2, 1


def retrieval_queries(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return questions and sentences to find documents for: columns text and kind.

    Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = grammar(language)
    addresses = numbers(rows, split, start)
    queries = [drawn_row(seed, split, row)[0] for row in addresses]
    fields: dict[str, list[Any]] = {
        "text": [spoken.say(asked(query)) for query in queries],
        "kind": [query.kind.query for query in queries],
    }
    return dataset([_id(seed, split, row) for row in addresses], [language] * rows, fields)


def retrieval_corpus(
    language: str, rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return the four documents of each of `rows` queries, three sentences each: column text.

    Raises GL-WORLD-001 (language), GL-WORLD-002 (split).
    """
    spoken = grammar(language)
    ids, texts = [], []
    for row in numbers(rows, split, start):
        for document in drawn_row(seed, split, row)[1]:
            ids.append(f"{_id(seed, split, row)}/{document.number}")
            scenes = surrounded(document.scene, split, (seed, split, row, document.number))
            texts.append(spoken.join(map(spoken.say, scenes)))
    return dataset(ids, [language] * len(ids), {"text": texts})


def retrieval_judgements(
    rows: int, *, split: str = "test", seed: int = 0, start: int = 0
) -> Dataset:
    """Return grades of the documents for the queries of the same rows, in no language.

    Columns query_id, document_id, grade and hard. Grade 2 says what is asked, or the same event; 1
    tells something else of the same protagonist (who acts, owns, gives); 0 is anything else, listed
    only for the hard documents of the query's own row: what is not listed has grade 0.
    Raises GL-WORLD-002 (split).
    """
    judged = _judged(rows, split, seed, start)
    fields: dict[str, list[Any]] = {
        "query_id": [query for query, *_ in judged],
        "document_id": [document for _, document, *_ in judged],
        "grade": [grade for *_, grade, _ in judged],
        "hard": [hard for *_, hard in judged],
    }
    ids = [f"{query}>{document.rpartition('retrieval/')[2]}" for query, document, *_ in judged]
    return dataset(ids, [NO_LANGUAGE] * len(ids), fields)


def retrieval_chance(
    rows: int, *, split: str = "test", seed: int = 0, start: int = 0, cutoff: int = 10
) -> dict[str, float]:
    """Return what a random order of the corpus is expected to score: nDCG and MRR at `cutoff`.

    Gains are the grades, as in trec_eval; for the reciprocal rank, documents of grade 2 count.
    Raises GL-WORLD-002 (split).
    """
    grades: dict[str, list[int]] = defaultdict(list)
    for query, _, grade, _ in _judged(rows, split, seed, start):
        grades[query].append(grade)
    total = rows * DOCUMENTS
    ndcg = [chance_ndcg(known, total, cutoff) for known in grades.values()]
    ranks = [chance_reciprocal(known.count(ANSWER), total, cutoff) for known in grades.values()]
    count = max(1, len(grades))
    return {f"nDCG@{cutoff}": sum(ndcg) / count, f"MRR@{cutoff}": sum(ranks) / count}


def chance_ndcg(grades: Sequence[int], documents: int, cutoff: int = 10) -> float:
    """Return the expected nDCG of a random order; `grades` are those of the judged documents.

    Each rank holds the mean gain: sum(grades) / documents times the sum of the discounts, over the
    DCG of the best order.
    """
    ranks = range(1, min(cutoff, documents) + 1)
    best = sum(gain / log2(1 + rank) for rank, gain in enumerate(_best(grades, cutoff), start=1))
    mean = sum(grades) / documents
    return mean * sum(1 / log2(1 + rank) for rank in ranks) / best if best else 0.0


def chance_reciprocal(relevant: int, documents: int, cutoff: int = 10) -> float:
    """Return the expected reciprocal rank of the first of `relevant` documents in a random order.

    The first stands at rank r with probability C(documents - r, relevant - 1) / C(documents,
    relevant).
    """
    return sum(
        comb(documents - rank, relevant - 1) / comb(documents, relevant) / rank
        for rank in range(1, min(cutoff, documents) + 1)
        if relevant
    )


def _best(grades: Sequence[int], cutoff: int) -> list[int]:
    return sorted(grades, reverse=True)[:cutoff]


def grade(query: Query, said: Scene) -> int:
    """Return how relevant a document that says a scene is for a query."""
    implied = said.said | ({"action": "sell"} if said.pattern == "sale" else {})
    same = all(implied.get(slot) == query.said[slot] for slot in query.kind.asks)
    if same and said.pattern in query.kind.answers:
        return ANSWER
    return RELATED if protagonist_of(said.said) == protagonist_of(query.said) else 0


def _judged(rows: int, split: str, seed: int, start: int) -> list[tuple[str, str, int, bool]]:
    """Return query, document, grade and whether it is a hard document of the query's own row."""
    made = {row: drawn_row(seed, split, row) for row in numbers(rows, split, start)}
    told: dict[str, list[tuple[int, Document]]] = defaultdict(list)
    for row, (_, documents) in made.items():
        for document in documents:
            told[protagonist_of(document.scene.said)].append((row, document))
    found = []
    for row, (query, documents) in made.items():
        near = told[protagonist_of(query.said)]
        hard = [(row, document) for document in documents if document.hard]
        for other, document in [*near, *(pair for pair in hard if pair not in near)]:
            names = (_id(seed, split, row), f"{_id(seed, split, other)}/{document.number}")
            found.append((*names, grade(query, document.scene), (other, document) in hard))
    return found


def _id(seed: int, split: str, row: int) -> str:
    return f"world/retrieval/{seed}/{split}/{row}"
