"""Tasks of vectors, asked of an encoder that knows everything and of one that knows nothing."""

import json

import numpy as np
import pytest

from glotlift.clients import ScriptedModel
from glotlift.evaluation.tasks.config import EvaluateConfig
from glotlift.evaluation.tasks.embedding import CHANCE, embed_rows
from glotlift.evaluation.tasks.kinds import VECTORS, WORLD
from glotlift.evaluation.tasks.running import compare_runs, evaluate, run_scores
from glotlift.evaluation.tasks.sources import task_source
from glotlift.runs.errors import GlotliftError

TASKS = [f"world:{name}" for name, kind in WORLD.items() if kind in VECTORS]
QUERIES = [
    {"id": "q1", "text": "who sings", "relevant": ["a"]},
    {"id": "q2", "text": "what rains", "relevant": {"b": 2, "c": 1}},
]
CORPUS = [
    {"_id": "a", "title": "Ada", "text": "sings"}, {"_id": "b", "text": "cats and dogs"},
    {"_id": "c", "text": "it rains"}, {"_id": "d", "text": "none of it"},
]  # fmt: skip


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def knowing(vectors):
    """Return an encoder with a vector for each text, which counts what it is asked."""
    asked = []

    def vector(text):
        asked.append(text)
        return vectors[text]

    return ScriptedModel(vector=vector), asked


def random_client(seed=0):
    random = np.random.default_rng(seed)
    known = {}
    return ScriptedModel(vector=lambda text: known.setdefault(text, random.normal(size=8).tolist()))


def test_translations_with_the_same_vector_are_found():
    source = task_source("world:bitext")
    rows = source.rows("hin_Deva", 8)
    vectors = {}
    for number, row in enumerate(rows):
        vectors[row["source_text"]] = vectors[row["text"]] = np.eye(8)[number].tolist()
    client, asked = knowing(vectors)
    samples = embed_rows(client, source, "hin_Deva", rows)
    assert [sample.score for sample in samples] == [1.0] * 8
    assert [sample.answer for sample in samples] == [sample.right for sample in samples]
    assert samples[0].notes[CHANCE] == 1 / 8
    assert len(asked) == 16


def test_similarity_of_cosines_that_are_the_degrees_is_one():
    source = task_source("world:similarity")
    rows = source.rows("deu_Latn", 30)
    vectors, chosen = {}, []
    for number, row in enumerate(rows):
        degree, own = row["degree"], np.eye(90)[3 * number : 3 * number + 2]
        if row["source_text"] not in vectors and row["text"] not in vectors:
            vectors[row["source_text"]] = own[0].tolist()
            vectors[row["text"]] = (degree * own[0] + np.sqrt(1 - degree**2) * own[1]).tolist()
            chosen.append(number)
    assert len(chosen) > 10
    samples = embed_rows(knowing(vectors)[0], source, "deu_Latn", rows.select(chosen))
    assert np.mean([sample.score for sample in samples]) == pytest.approx(1)
    assert samples[0].answer == samples[0].right


def test_retrieval_from_files_is_graded_by_hand(tmp_path):
    write(tmp_path / "eng_Latn.queries.jsonl", QUERIES)
    write(tmp_path / "eng_Latn.corpus.jsonl", CORPUS)
    source = task_source(f"retrieval:{tmp_path}")
    rows = source.rows("eng_Latn", 9)
    texts = source.documents("eng_Latn", 9)["text"]
    assert texts[0] == "Ada\nsings"
    vectors = {
        "who sings": [1, 0, 0], texts[0]: [1, 0, 0], "what rains": [0, 1, 0.1],
        "cats and dogs": [0, 0.5, 1], "it rains": [0, 1, 0], "none of it": [1, 0, 1],
    }  # fmt: skip
    one, two = embed_rows(knowing(vectors)[0], source, "eng_Latn", rows)
    assert one.score == 1
    assert (one.answer, one.right) == ("Ada\nsings", "Ada\nsings")
    # Grade 1 came first and grade 2 second.
    assert two.score == pytest.approx((1 + 2 / np.log2(3)) / (2 + 1 / np.log2(3)))
    assert two.options[:2] == ["it rains", "cats and dogs"]
    assert two.right == "cats and dogs"


def test_a_relevant_document_that_is_not_there_is_named(tmp_path):
    write(tmp_path / "eng_Latn.queries.jsonl", [QUERIES[0] | {"relevant": ["z"]}])
    write(tmp_path / "eng_Latn.corpus.jsonl", CORPUS)
    source = task_source(f"retrieval:{tmp_path}")
    with pytest.raises(GlotliftError) as error:
        embed_rows(random_client(), source, "eng_Latn", source.rows("eng_Latn", 9))
    assert error.value.code == "GL-EVALUATION-096"


def test_lines_of_texts_are_translations_only_if_they_are_as_many(tmp_path):
    (tmp_path / "eng_Latn.txt").write_text("one\n\nthree\n")
    (tmp_path / "deu_Latn.txt").write_text("eins\nzwei\ndrei\n")
    (row, last) = task_source(f"bitext:{tmp_path}").rows("deu_Latn", 9)
    assert (row["source_text"], row["text"]) == ("one", "eins")
    assert last["text"] == "drei"
    (tmp_path / "deu_Latn.txt").write_text("eins\n")
    with pytest.raises(GlotliftError) as error:
        task_source(f"bitext:{tmp_path}").rows("deu_Latn", 9)
    assert error.value.code == "GL-EVALUATION-094"


def test_layouts_of_several_files_need_a_folder(tmp_path):
    for name in ("retrieval", "bitext"):
        with pytest.raises(GlotliftError) as error:
            task_source(f"{name}:{tmp_path}/nowhere").rows("deu_Latn", 9)
        assert error.value.code == "GL-EVALUATION-095"


def test_an_evaluation_goes_on_and_is_compared_and_random_vectors_are_near_chance(tmp_path):
    config = EvaluateConfig(
        model="m", tasks=TASKS, languages=["eng_Latn", "spa_Latn"], rows=20, shots=2
    )
    found = evaluate(random_client(), config, tmp_path / "a")
    assert evaluate(ScriptedModel(), config, tmp_path / "a") == found  # nothing is asked again
    assert [row["kind"] for row in found["tasks"]] == [WORLD[t[6:]] for t in TASKS for _ in "ab"]
    for row in found["tasks"]:
        assert row["low"] - 0.15 <= row["chance"] <= row["high"] + 0.15
        assert row["by_formulation"] == [pytest.approx(row["estimate"])]
    evaluate(random_client(1), config, tmp_path / "b")
    changes = compare_runs(run_scores(tmp_path / "a"), run_scores(tmp_path / "b"))
    assert len(changes) == len(found["tasks"])
