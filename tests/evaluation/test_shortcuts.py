"""Trivial readers: found where a shortcut is planted, at chance where there is none."""

import numpy as np
import pytest
from datasets import Dataset

from glotlift.evaluation.shortcuts import shortcut_accuracies
from glotlift.runs.errors import GlotliftError


def _options(seed, rows=4000, *, longest_right=0.0):
    drawn = np.random.default_rng(seed)
    made = []
    for _ in range(rows):
        options = ["x" * int(length) for length in drawn.permutation(np.arange(1, 5))]
        answer = int(drawn.integers(4))
        if drawn.random() < longest_right:
            answer = int(np.argmax([len(option) for option in options]))
        made.append({"prompt": "which", "options": options, "answer": answer})
    return Dataset.from_list(made)


def test_a_planted_length_shortcut_is_found_at_its_rate():
    train, test = _options(0, longest_right=0.4), _options(1, longest_right=0.4)
    found = shortcut_accuracies(train, test, reads=("prompt", "options"), answer="answer")
    assert abs(found["options: length"] - (0.4 + 0.6 * 0.25)) < 0.03
    assert abs(found["options: position"] - 0.25) < 0.03
    assert abs(found["prompt: first word"] - 0.25) < 0.03


def test_without_a_shortcut_every_feature_is_at_chance():
    train, test = _options(2), _options(3)
    found = shortcut_accuracies(train, test, reads=("prompt", "options"), answer="answer")
    assert max(found.values()) < 0.28


def test_labels_are_read_off_length_and_first_word():
    drawn = np.random.default_rng(4)
    labels = [str(label) for label in drawn.integers(2, size=2000)]
    rows = Dataset.from_dict(
        {
            "text": [("no " if label == "1" else "oh ") + "a" * 9 for label in labels],
            "other": ["same"] * 2000,
            "label": labels,
        }
    )
    train, test = rows.select(range(1000)), rows.select(range(1000, 2000))
    found = shortcut_accuracies(train, test, reads=("text", "other"), answer="label")
    assert found["text: first word"] == 1
    assert found["text: length"] < 0.56
    assert found["other: first word"] < 0.56


def test_no_rows_are_refused():
    rows = _options(5, rows=3)
    with pytest.raises(GlotliftError, match="GL-EVALUATION-013"):
        shortcut_accuracies(rows.select([]), rows, reads=("options",), answer="answer")
