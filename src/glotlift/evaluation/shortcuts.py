"""What can be answered without reading: classifiers that see only trivial features.

A task whose answer follows from length, first word, or the place or length of an option measures
something else than it claims (Gururangan et al. 2018, "Annotation Artifacts in Natural Language
Inference Data"; Poliak et al. 2018, hypothesis-only baselines).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from datasets import Dataset

from glotlift.runs.errors import GlotliftError

BINS = 8
Row = Mapping[str, Any]


def shortcut_accuracies(
    train: Dataset, test: Dataset, *, reads: Sequence[str], answer: str
) -> dict[str, float]:
    """Return the accuracy on `test` of a reader of each trivial feature who learnt it on `train`.

    `reads` are the columns shown to a solver; a text, or the contents of messages, gives the
    features length and first word, the column "options" position, length and the options alone.
    `answer` holds the label or the position of the right option. Raises GL-EVALUATION-013 for an
    empty split.
    """
    if not len(train) or not len(test):
        raise GlotliftError(
            "GL-EVALUATION-013",
            "a shortcut is looked for in rows to learn it from and rows to try it on",
            fix="give at least one row of each",
        )
    scores = {}
    for column in reads:
        if column != "options":
            texts = [[_text(value) for value in rows[column]] for rows in (train, test)]
            first = [[_first(text) for text in known] for known in texts]
            labels = train[answer], test[answer]
            scores[f"{column}: length"] = _label_accuracy(_lengths(*texts), *labels)
            scores[f"{column}: first word"] = _label_accuracy(first, *labels)
        else:
            for name, feature in _OF_OPTIONS.items():
                scores[f"options: {name}"] = _option_accuracy(train, test, answer, feature)
    return scores


def _first(text: str) -> str:
    return text.split()[0] if text.split() else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else " ".join(turn["content"] for turn in value)


def _lengths(train: Sequence[str], test: Sequence[str]) -> list[list[int]]:
    known = np.array([len(text) for text in train])
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    return [
        np.searchsorted(edges, [len(text) for text in texts]).tolist() for texts in (train, test)
    ]


def _label_accuracy(
    features: Sequence[Sequence[Hashable]], train: Sequence[Any], test: Sequence[Any]
) -> float:
    """Answer with the commonest label of the feature's value, or the commonest of all."""
    seen: dict[Hashable, Counter[Any]] = defaultdict(Counter)
    for feature, label in zip(features[0], train, strict=True):
        seen[feature][label] += 1
    commonest = Counter(train).most_common(1)[0][0]
    best = {feature: counts.most_common(1)[0][0] for feature, counts in seen.items()}
    hits = [
        best.get(feature, commonest) == label
        for feature, label in zip(features[1], test, strict=True)
    ]
    return float(np.mean(hits))


_OF_OPTIONS: dict[str, Callable[[Row, int], Hashable]] = {
    "position": lambda row, place: place,
    "length": lambda row, place: _rank(row["options"], place),
    "first word": lambda row, place: _first(row["options"][place]),
    "alone": lambda row, place: row["options"][place],
}


def _rank(options: Sequence[str], place: int) -> tuple[int, int]:
    """Return how many options are shorter, and how many are longer."""
    lengths = [len(option) for option in options]
    own = lengths[place]
    return sum(other < own for other in lengths), sum(other > own for other in lengths)


def _option_accuracy(
    train: Dataset, test: Dataset, answer: str, feature: Callable[[Row, int], Hashable]
) -> float:
    """Choose the option whose feature was right most often; ties share the point."""
    shown: Counter[Hashable] = Counter()
    right: Counter[Hashable] = Counter()
    for row in train:
        for place in range(len(row["options"])):
            shown[feature(row, place)] += 1
        right[feature(row, row[answer])] += 1
    points = []
    for row in test:
        rates = [
            (right[kind] + 0.5) / (shown[kind] + 1)
            for kind in (feature(row, place) for place in range(len(row["options"])))
        ]
        best = max(rates)
        points.append((rates[row[answer]] == best) / rates.count(best))
    return float(np.mean(points))
