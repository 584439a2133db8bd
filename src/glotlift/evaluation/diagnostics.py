"""Inference measured by phenomenon and by label, beside what trivial rules reach on the same rows.

A set with one label is answered by a constant, and one whose words overlap by counting them, so an
accuracy alone proves nothing (McCoy et al. 2019, "Right for the Wrong Reasons"; Poliak et al. 2018,
"Hypothesis Only Baselines in Natural Language Inference").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from glotlift.evaluation.perturbations import INFERENCE_COLUMNS
from glotlift.evaluation.rows import check_columns
from glotlift.languages import language
from glotlift.languages.words import split_words

if TYPE_CHECKING:
    from datasets import Dataset

ENTAILED = "entailment"
OVERLAP = 0.9  # of the hypothesis's words, from which the rule of overlap answers "entailment"
Rule = Callable[["Dataset"], list[str]]


def overlap_rule(train: Dataset) -> Rule:
    """Return the rule that says entailment where the premise has the words of the hypothesis.

    Nine in ten of them, punctuation aside; characters where words are not parted by spaces. Else it
    gives the commonest other label of `train`.
    """
    others = [label for label in train["label"] if label != ENTAILED]
    other = Counter(others).most_common(1)[0][0] if others else ENTAILED
    return lambda rows: [
        ENTAILED if shared >= OVERLAP else other for shared in overlap(rows).tolist()
    ]


def overlap(rows: Dataset) -> Any:
    """Return [rows] the share of the hypothesis's words, each as often as it stands there."""
    found = []
    for row in rows:
        asked, told = (
            Counter(_words(row[side], row["language"])) for side in ("hypothesis", "premise")
        )
        found.append((asked & told).total() / max(1, asked.total()))
    return np.array(found)


def hypothesis_rule(train: Dataset) -> Rule:
    """Return a naive Bayes classifier of `train` that reads the hypothesis alone.

    It sees single words and pairs of neighbours, or characters where words are not spaced, and
    adds one to every count.
    """
    labels = sorted(set(train["label"]))
    counts: dict[str, Counter[str]] = {label: Counter() for label in labels}
    for row in train:
        counts[row["label"]].update(_features(row))
    size = len(set().union(*counts.values()))
    shares = Counter(train["label"])

    def answer(row: Any) -> str:
        def score(label: str) -> float:
            total = counts[label].total() + size
            said = [np.log((counts[label][feature] + 1) / total) for feature in _features(row)]
            return float(np.log(shares[label]) + sum(said))

        best: str = max(labels, key=score)
        return best

    return lambda rows: [answer(row) for row in rows]


def majority_rule(train: Dataset) -> Rule:
    """Return the rule that always gives the commonest label of `train`."""
    commonest = Counter(train["label"]).most_common(1)[0][0]
    return lambda rows: [commonest] * len(rows)


RULES: dict[str, Callable[[Dataset], Rule]] = {
    "majority": majority_rule,
    "hypothesis alone": hypothesis_rule,
    "overlap": overlap_rule,
}


def diagnose(
    rows: Dataset, answers: Sequence[str] | None = None, *, train: Dataset
) -> list[dict[str, Any]]:
    """Return for each category and phenomenon what was reached, by label, and what rules reach.

    `answers` are labels, one a row; `train` holds the rows that whoever gave them learnt from, in
    the language of `rows`. A line has category, phenomenon, rows, accuracy (if there are answers),
    one accuracy for each gold label, "best constant" (what the commonest label of the set itself
    scores) and one accuracy for each of `RULES`. Raises GL-EVALUATION-006 and -007.
    """
    for known in (rows, train):
        check_columns(known, INFERENCE_COLUMNS)
    check_columns(rows, ("category", "phenomenon"))
    gold = np.array(rows["label"])
    given = {name: np.array(made(train)(rows)) == gold for name, made in RULES.items()}
    right = None if answers is None else np.array(answers) == gold
    kinds = list(zip(rows["category"], rows["phenomenon"], strict=True))
    found = []
    for kind in dict.fromkeys(kinds):
        chosen = np.array([other == kind for other in kinds])
        line: dict[str, Any] = {"category": kind[0], "phenomenon": kind[1]}
        line["rows"] = int(chosen.sum())
        if right is not None:
            line["accuracy"] = float(right[chosen].mean())
            line |= {
                str(label): float(right[chosen & (gold == label)].mean())
                for label in sorted(set(gold[chosen]))
            }
        line["best constant"] = Counter(gold[chosen]).most_common(1)[0][1] / line["rows"]
        line |= {name: float(hits[chosen].mean()) for name, hits in given.items()}
        found.append(line)
    return found


def trivial_baselines(rows: Dataset, *, train: Dataset) -> list[dict[str, Any]]:
    """Return what `diagnose` does of the rules alone: print it with every set."""
    return diagnose(rows, train=train)


def _words(text: str, code: str) -> list[str]:
    return [word.lower() for word in split_words(text, code) if any(map(str.isalnum, word))]


def _features(row: Any) -> list[str]:
    words = _words(row["hypothesis"], row["language"])
    joint = " " if language(row["language"]).spaced else ""
    return words + [joint.join(pair) for pair in pairwise(words)]
