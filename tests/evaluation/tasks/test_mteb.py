"""Clients in mteb, and tasks of mteb asked of clients: the two must say the same."""

import sys

import numpy as np
import pytest
from datasets import Dataset

from glotlift.clients import ScriptedModel
from glotlift.evaluation.mteb_encoder import MtebEncoder
from glotlift.evaluation.tasks.config import EvaluateConfig
from glotlift.evaluation.tasks.running import evaluate
from glotlift.evaluation.tasks.sources import task_source
from glotlift.runs.errors import GlotliftError

RANDOM = np.random.default_rng(0)
WORDS = ["sun", "rain", "tree", "house", "dog", "cat", "river", "hill", "bread", "boat"]
SENTENCES = [" ".join(RANDOM.choice(WORDS, 4)) + f" {n}" for n in range(40)]


def letters(text):
    found = np.zeros(26)
    for letter in text:
        found[ord(letter) % 26] += 1
    return found.tolist()


CLIENT = ScriptedModel(vector=letters)


def described(mteb, kind, score):
    from mteb.abstasks.task_metadata import TaskMetadata

    return TaskMetadata(
        name=f"Made{kind}", description="made up", type=kind, category="t2t", modalities=["text"],
        reference=None, dataset={"path": "made/up", "revision": "1"}, eval_splits=["test"],
        eval_langs=["eng-Latn"], main_score=score, date=None, domains=None, task_subtypes=None,
        license=None, annotations_creators=None, dialect=None, sample_creation=None,
        bibtex_citation=None,
    )  # fmt: skip


@pytest.fixture
def made(monkeypatch):
    """Return three tasks that mteb knows by name and that need no download."""
    mteb = pytest.importorskip("mteb", reason="the extra mteb is not installed")
    from mteb.abstasks import AbsTaskBitextMining, AbsTaskRetrieval, AbsTaskSTS

    pairs = {"sentence1": SENTENCES[:20], "sentence2": SENTENCES[20:]}
    scored = Dataset.from_dict({**pairs, "score": RANDOM.integers(0, 6, 20).tolist()})
    near = [text.replace("sun", "moon") + " x" for text in SENTENCES]
    corpus = {
        "corpus": Dataset.from_dict(
            {"id": [f"d{n}" for n in range(40)], "title": [""] * 40, "text": near}
        ),
        "queries": Dataset.from_dict({"id": ["q0", "q1", "q2"], "text": SENTENCES[:3]}),
        "relevant_docs": {f"q{n}": {f"d{n}": 1, f"d{n + 5}": 2} for n in range(3)},
        "top_ranked": None,
    }
    data = {
        "STS": (AbsTaskSTS, "cosine_spearman", {"test": scored}),
        "BitextMining": (
            AbsTaskBitextMining, "accuracy",
            {"test": Dataset.from_dict({"sentence1": SENTENCES, "sentence2": near})},
        ),
        "Retrieval": (AbsTaskRetrieval, "ndcg_at_10", {"default": {"test": corpus}}),
    }  # fmt: skip
    tasks = {}
    for kind, (base, score, dataset) in data.items():

        def load_data(self, dataset=dataset, **_):
            self.dataset, self.data_loaded = dataset, True

        named = {"metadata": described(mteb, kind, score), "load_data": load_data}
        tasks[f"Made{kind}"] = type(f"Made{kind}", (base,), named)
    monkeypatch.setattr(mteb, "get_task", lambda name, **_: tasks[name]())
    return tasks


@pytest.mark.parametrize("kind", ["STS", "BitextMining", "Retrieval"])
def test_a_client_scores_in_mteb_what_it_scores_here(made, kind, tmp_path):
    import mteb

    result = mteb.evaluate(
        MtebEncoder(CLIENT, "made/letters"), made[f"Made{kind}"](), cache=None, co2_tracker=False
    )
    theirs = result.task_results[0].get_score()
    config = EvaluateConfig(
        model="m", tasks=[f"mteb:Made{kind}"], languages=["eng_Latn", "deu_Latn"]
    )
    (ours,) = evaluate(CLIENT, config, tmp_path)["tasks"]
    assert ours["estimate"] == pytest.approx(theirs, abs=1e-5)
    assert 0.05 < abs(theirs) < 0.999


def test_tasks_that_there_are_not_and_types_that_are_not_taken_are_refused(made):
    with pytest.raises(GlotliftError) as error:
        task_source("mteb:Nothing")
    assert error.value.code == "GL-EVALUATION-098"
    made["MadeSTS"].metadata.type = "Clustering"
    with pytest.raises(GlotliftError) as error:
        task_source("mteb:MadeSTS")
    assert error.value.code == "GL-EVALUATION-099"


def test_without_mteb_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mteb", None)
    for ask in (lambda: task_source("mteb:STS17"), lambda: MtebEncoder(CLIENT, "a/b")):
        with pytest.raises(GlotliftError) as error:
            ask()
        assert error.value.code == "GL-EVALUATION-097"
        assert "glotlift[mteb]" in str(error.value)
