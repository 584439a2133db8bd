"""Trivial rules, by hand and beside scikit-learn; accuracy by phenomenon and label."""

import numpy as np
import pytest
from datasets import Dataset

from glotlift import world
from glotlift.evaluation.diagnostics import (
    diagnose,
    hypothesis_rule,
    majority_rule,
    overlap,
    overlap_rule,
    trivial_baselines,
)
from glotlift.runs.errors import GlotliftError


def _rows(*rows, code="eng_Latn"):
    names = ("premise", "hypothesis", "label", "category", "phenomenon")
    return Dataset.from_list(
        [
            {"id": str(place), "language": code} | dict(zip(names, row, strict=False))
            for place, row in enumerate(rows)
        ]
    )


SET = _rows(
    ("The cat sees the dog.", "The dog sees the cat.", "neutral", "heuristics", "overlap"),
    ("The cat sees the dog.", "The cat sees the dog.", "entailment", "heuristics", "overlap"),
    ("The cat is big.", "The cat is small.", "contradiction", "stress", "antonym"),
    ("The cat is old.", "The cat is new.", "contradiction", "stress", "antonym"),
)
TRAIN = _rows(
    ("A", "It is new.", "contradiction"),
    ("A", "It is small.", "contradiction"),
    ("A", "It sees the cat.", "neutral"),
    ("A", "It sees it.", "entailment"),
)


def test_overlap_counts_words_as_often_as_they_stand_and_characters_of_chinese():
    assert overlap(SET).tolist() == pytest.approx([1, 1, 3 / 4, 3 / 4])
    twice = _rows(("The cat sees.", "The cat the cat!", "neutral"))
    assert overlap(twice).tolist() == [0.5]
    chinese = _rows(("猫比老鼠大。", "老鼠比猫小", "neutral"), code="zho_Hans")
    assert overlap(chinese).tolist() == [0.8]


def test_rules_answer_as_they_say():
    assert majority_rule(TRAIN)(SET) == ["contradiction"] * 4
    assert overlap_rule(TRAIN)(SET) == ["entailment"] * 2 + ["contradiction"] * 2
    assert hypothesis_rule(TRAIN)(SET)[2:] == ["contradiction"] * 2


def test_the_hypothesis_alone_is_naive_bayes_worked_out_by_hand():
    train = _rows(("A", "cat dog", "entailment"), ("A", "cat", "neutral"), ("A", "cat", "neutral"))
    # Seen: cat, dog, "cat dog". P(entailment) = 1/3, each feature 2/6; P(neutral) = 2/3, cat 3/5,
    # the others 1/5.
    rule = hypothesis_rule(train)
    assert rule(_rows(("A", "cat", "x"))) == ["neutral"]  # 2/5 against 1/9
    assert rule(_rows(("A", "dog", "x"))) == ["neutral"]  # 2/15 against 1/9
    assert rule(_rows(("A", "cat dog", "x"))) == ["neutral"]  # 2/125 against 1/81
    assert rule(_rows(("A", "dog dog dog", "x"))) == ["entailment"]  # 1/81 against 2/375


@pytest.mark.parametrize("code", ["eng_Latn", "zho_Hans"])
def test_it_finds_what_is_planted_and_nothing_where_labels_are_balanced(code):
    train, test = world.tasks.nli(code, 300, split="train"), world.tasks.nli(code, 150)
    gold = np.array(test["label"])
    assert (np.array(hypothesis_rule(train)(test)) == gold).mean() == pytest.approx(1 / 3)
    planted = train.map(lambda row: {"hypothesis": f"{row['label']} {row['hypothesis']}"})
    told = test.map(lambda row: {"hypothesis": f"{row['label']} {row['hypothesis']}"})
    assert (np.array(hypothesis_rule(planted)(told)) == gold).mean() > 0.9


def test_accuracy_is_told_by_phenomenon_and_label_beside_the_rules():
    answers = ["entailment", "entailment", "contradiction", "neutral"]
    first, second = diagnose(SET, answers, train=TRAIN)
    assert first["phenomenon"] == "overlap"
    assert (first["accuracy"], first["entailment"], first["neutral"]) == (0.5, 1.0, 0.0)
    assert (first["best constant"], first["overlap"], first["majority"]) == (0.5, 0.5, 0.0)
    assert (second["rows"], second["accuracy"], second["contradiction"]) == (2, 0.5, 0.5)
    assert (second["best constant"], second["majority"]) == (1.0, 1.0)
    assert "entailment" not in second
    assert "accuracy" not in trivial_baselines(SET, train=TRAIN)[0]


def test_a_missing_column_is_named():
    with pytest.raises(GlotliftError, match="GL-EVALUATION-007"):
        diagnose(TRAIN.remove_columns("premise"), train=TRAIN)
    with pytest.raises(GlotliftError, match="GL-EVALUATION-006"):
        diagnose(SET, train=TRAIN.select([]))
