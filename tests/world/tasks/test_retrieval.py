"""Retrieval: grades recomputed from the texts, chance against shuffled orders, disjoint splits."""

import random
from collections import Counter, defaultdict
from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.world.concepts import SPLITS
from glotlift.world.parsing import parse
from glotlift.world.tasks.queries import drawn_row
from glotlift.world.tasks.retrieval import (
    chance_ndcg,
    chance_reciprocal,
    retrieval_chance,
    retrieval_corpus,
    retrieval_judgements,
    retrieval_queries,
)

_ROWS = 24
# Which statements answer a question, and what they must share with it.
_ANSWERS = {
    "ask_where_deed": ({"deed_place"}, ("agent", "action")),
    "ask_what": ({"event", "cause"}, ("agent", "action")),
    "ask_why": ({"cause"}, ("agent", "action", "patient")),
    "ask_why_deed": ({"cause_deed"}, ("agent", "action")),
    "how_many": ({"owning"}, ("person", "thing")),
}


def _read(code, text):
    found = parse(code, text)
    assert len(found) == 1, text
    return found[0]


def _protagonist(said):
    return said.get("agent") or said.get("person")


def test_grades_are_what_a_reader_of_the_english_texts_would_give():
    corpus = retrieval_corpus("eng_Latn", _ROWS)
    told = {}
    for row in corpus:
        sentences = [part.strip() + "." for part in row["text"].split(".") if part.strip()]
        scenes = [_read("eng_Latn", sentence) for sentence in sentences]
        told[row["id"]] = next(scene for scene in scenes if _protagonist(scene.said))
    judged = {
        (row["query_id"], row["document_id"]): row["grade"] for row in retrieval_judgements(_ROWS)
    }
    for row in retrieval_queries("eng_Latn", _ROWS):
        asked = _read("eng_Latn", row["text"])
        patterns, shared = _ANSWERS.get(asked.pattern, ({asked.pattern}, tuple(asked.said)))
        for document, scene in told.items():
            same = all(scene.said.get(slot) == asked.said[slot] for slot in shared)
            sold = asked.pattern == "ask_what" and asked.said["action"] == "sell"
            sold = sold and scene.pattern == "sale" and scene.said["agent"] == asked.said["agent"]
            answers = (scene.pattern in patterns and same) or sold
            near = _protagonist(scene.said) == _protagonist(asked.said)
            assert judged.get((row["id"], document), 0) == (2 if answers else near)


@settings(deadline=None, max_examples=10)
@given(st.sampled_from(("validation", "test")), st.integers(0, 999), st.integers(0, 500))
def test_each_row_has_an_answer_a_related_and_two_hard_documents(split, seed, start):
    judged = retrieval_judgements(6, split=split, seed=seed, start=start)
    own = defaultdict(list)
    for row in judged:
        if row["document_id"].startswith(row["query_id"] + "/"):
            own[row["query_id"]].append((row["grade"], row["hard"]))
    assert len(own) == 6
    for grades in own.values():
        assert sorted(grades) == [(0, True), (1, False), (1, True), (2, False)]


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_texts_share_ids_and_are_addressable_in_every_language(code):
    queries, corpus = retrieval_queries(code, 8, seed=3), retrieval_corpus(code, 8, seed=3)
    assert queries["id"] == retrieval_queries("eng_Latn", 8, seed=3)["id"]
    assert corpus["id"] == retrieval_corpus("eng_Latn", 8, seed=3)["id"]
    assert len(set(corpus["id"])) == 32
    assert retrieval_queries(code, 3, seed=3, start=5).to_list() == queries.to_list()[5:]
    assert retrieval_corpus(code, 3, seed=3, start=5).to_list() == corpus.to_list()[20:]
    for query in queries:
        own = [row["text"] for row in corpus if row["id"].startswith(query["id"] + "/")]
        assert len(set(own)) == 4


def test_answers_stand_at_every_place_of_a_row_alike():
    judged = retrieval_judgements(200, split="validation")
    places = Counter(
        row["document_id"][-1]
        for row in judged
        if row["grade"] == 2 and row["document_id"].startswith(row["query_id"] + "/")
    )
    assert set(places) == set("0123")
    assert all(30 <= count <= 70 for count in places.values())


def test_no_document_of_one_split_says_what_one_of_another_says():
    told = {
        split: {
            (document.scene.pattern, *document.scene.said.values())
            for row in range(60)
            for document in drawn_row(0, split, row)[1]
        }
        for split in SPLITS
    }
    assert not told["train"] & told["validation"]
    assert not told["train"] & told["test"]
    assert not told["validation"] & told["test"]


def test_chance_is_the_mean_over_random_orders():
    grades, total, shuffle = [2, 1, 1, 2], 30, random.Random(0)
    order = grades + [0] * (total - len(grades))
    ndcg = reciprocal = 0.0
    best = sum(g / log2(1 + r) for r, g in enumerate(sorted(grades, reverse=True), 1))
    for _ in range(20_000):
        shuffle.shuffle(order)
        ndcg += sum(g / log2(1 + r) for r, g in enumerate(order[:10], 1)) / best
        reciprocal += next((1 / r for r, g in enumerate(order[:10], 1) if g == 2), 0.0)
    assert chance_ndcg(grades, total) == pytest.approx(ndcg / 20_000, abs=0.005)
    assert chance_reciprocal(2, total) == pytest.approx(reciprocal / 20_000, abs=0.005)
    assert chance_ndcg([2], 1) == 1.0
    assert chance_reciprocal(0, 5) == 0.0
    assert 0 < retrieval_chance(20)["MRR@10"] < retrieval_chance(5)["MRR@10"] < 1


def test_wrong_calls_are_refused():
    with pytest.raises(GlotliftError, match="GL-WORLD-002"):
        retrieval_judgements(1, split="dev")
    with pytest.raises(GlotliftError, match="GL-WORLD-001"):
        retrieval_corpus("tlh_Latn", 1)
