"""Metrics against their reference libraries, to 1e-9 (benchmarks/peers/metrics.py made these)."""

import json
from pathlib import Path

import numpy as np
import pytest

from glotlift.evaluation import (
    answer_scores,
    bleu,
    chrf,
    measure_calibration,
    ranking_scores,
    span_f1,
)

FIXTURES = json.loads((Path(__file__).parent / "fixtures" / "metrics.json").read_text("utf-8"))
SAME = {"rel": 0, "abs": 1e-9}


@pytest.mark.parametrize("code", sorted({row["language"] for row in FIXTURES["answers"]}))
def test_answers_are_scored_as_by_mlqa(code):
    rows = [row for row in FIXTURES["answers"] if row["language"] == code]
    found = answer_scores([r["answer"] for r in rows], [[r["reference"]] for r in rows], code)
    assert found.exact.tolist() == [row["exact"] for row in rows]
    assert found.f1.tolist() == pytest.approx([row["f1"] for row in rows], **SAME)
    assert 0 < found.f1.mean() < 1


def test_spans_are_scored_as_by_seqeval():
    for row in FIXTURES["spans"]:
        if any(tag != "O" for sentence in row["said"] + row["gold"] for tag in sentence):
            assert span_f1(row["said"], row["gold"]) == pytest.approx(row["f1"], **SAME)


def test_rankings_are_scored_as_by_trec_eval_and_scikit_learn():
    for row in FIXTURES["rankings"]:
        scores, grades = np.array([row["scores"]]), np.array([row["grades"]])
        found = ranking_scores(scores, grades, row["k"])
        assert found.ndcg[0] == pytest.approx(row["ndcg"], **SAME)
        assert found.ndcg[0] == pytest.approx(row["ndcg of scikit-learn"], **SAME)
        assert found.recall[0] == pytest.approx(row["recall"], **SAME)
        assert found.average_precision[0] == pytest.approx(row["average_precision"], **SAME)
        whole = ranking_scores(scores, grades, scores.shape[1])
        assert whole.reciprocal_rank[0] == pytest.approx(row["reciprocal_rank"], **SAME)


def test_calibration_is_that_of_netcal():
    for row in FIXTURES["calibrations"]:
        found = measure_calibration(np.array(row["said"]), np.array(row["right"]))
        assert found.error == pytest.approx(row["error"], **SAME)


def test_translations_are_scored_as_by_sacrebleu_with_the_tokenizer_of_the_language():
    for row in FIXTURES["texts"]:
        found = bleu(row["said"], row["right"], row["language"])
        assert found.score == pytest.approx(row["bleu"], **SAME)
        assert chrf(row["said"], row["right"]).score == pytest.approx(row["chrf"], **SAME)
