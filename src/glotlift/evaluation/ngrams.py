"""What needs no pretrained model: linear models on character n-grams weighed by TF-IDF.

The classical baseline of a task with labels, and hard to beat where rows are few. Features are
strings, so that texts, pairs of texts and words in their sentence all go the same way: n-grams
inside words with their edges; what two texts have in common and what not; a word with its
neighbours. Weights are those of Salton and Buckley (1988, Inf. Process. Manag. 24(5)), smoothed:
counts times ln((1 + n) / (1 + n with it)) + 1, rows of length one.
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy, one_hot

from glotlift.runs.errors import GlotliftError

LONGEST = 4  # characters of an n-gram
STRENGTH = 10.0  # of the fit against the squared weights
Features = Sequence[Sequence[str]]  # a row's features, each as often as it stands there


def text_features(text: str) -> list[str]:
    """Return the character n-grams of each word, up to four long, a space at both its edges."""
    return [
        word[start : start + size]
        for word in (f" {word} " for word in text.lower().split())
        for size in range(1, LONGEST + 1)
        for start in range(len(word) - size + 1)
        if word[start : start + size] != " "
    ]


def pair_features(first: str, second: str) -> list[str]:
    """Return which n-grams are in both texts, in one alone, and how large the common part is."""
    one, other = set(text_features(first)), set(text_features(second))
    shared = len(one & other) / max(1, len(one | other))
    return [
        *(f"both:{gram}" for gram in sorted(one & other)),
        *(f"first:{gram}" for gram in sorted(one - other)),
        *(f"second:{gram}" for gram in sorted(other - one)),
        f"alike:{round(10 * shared)}",
    ]


def word_features(words: Sequence[str], place: int) -> list[str]:
    """Return a word's n-grams, the word, those beside it, and how these end and begin."""
    padded = ["<", *words, ">"]
    before, word, after = padded[place : place + 3]
    return [
        *text_features(word),
        f"word:{word}",
        f"before:{before}",
        f"after:{after}",
        f"before:...{before[-3:]}",
        f"after:{after[:3]}...",
    ]


@dataclass(frozen=True)
class Weights:
    """The weights of known features: rows of features to rows of numbers, [n, known]."""

    places: dict[str, int]
    rarity: NDArray[np.float64]

    def vectors(self, features: Features) -> torch.Tensor:
        """Return rows of length one as a sparse matrix; features that are not known are dropped."""
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for number, row in enumerate(features):
            counts = Counter(self.places[name] for name in row if name in self.places)
            weights = np.array(list(counts.values())) * self.rarity[list(counts)]
            rows += [number] * len(counts)
            columns += counts
            values += (weights / max(1e-12, float(np.linalg.norm(weights)))).tolist()
        shape = (len(features), len(self.places))
        made: torch.Tensor = torch.sparse_coo_tensor(
            torch.tensor([rows, columns]),
            torch.tensor(values, dtype=torch.float64),
            shape,
            check_invariants=True,
        )
        return made.coalesce()


def learn_weights(features: Features) -> Weights:
    """Return the weights of all features of some rows."""
    counts = Counter(name for row in features for name in set(row))
    places = {name: place for place, name in enumerate(sorted(counts))}
    there = np.array([counts[name] for name in places], np.float64)
    return Weights(places, np.log((1 + len(features)) / (1 + there)) + 1)


@dataclass(frozen=True)
class LinearModel:
    """A fitted model: features to numbers, [n, outputs]; `classes` name the outputs, if any."""

    weights: Weights
    matrix: torch.Tensor
    bias: torch.Tensor
    classes: tuple[str, ...] = ()

    def scores(self, features: Features) -> NDArray[np.float64]:
        """Return the numbers of each row, [n, outputs]."""
        vectors = self.weights.vectors(features)
        found: NDArray[np.float64] = (torch.sparse.mm(vectors, self.matrix) + self.bias).numpy()
        return found

    def labels(self, features: Features) -> list[str]:
        """Return the best class of each row."""
        return [self.classes[number] for number in self.scores(features).argmax(1)]

    @property
    def parameters(self) -> int:
        """How many numbers the model holds."""
        return self.matrix.numel() + self.bias.numel() + len(self.weights.places)


def fit_classifier(
    features: Features, labels: Sequence[str], *, strength: float = STRENGTH
) -> LinearModel:
    """Fit a multinomial logistic regression by L-BFGS, without a draw of chance.

    It makes the sum of `strength` times the loss of each row and half of the squared weights least.
    Raises GL-EVALUATION-115 where rows and labels do not pair or there is only one class.
    """
    check(features, labels, 2)
    weights = learn_weights(features)
    classes = tuple(sorted(set(labels)))
    x, y = weights.vectors(features), torch.tensor([classes.index(label) for label in labels])
    with warnings.catch_warnings(action="ignore"):  # that row-wise tensors are new in torch
        by_row, by_feature = x.to_sparse_csr(), x.T.coalesce().to_sparse_csr()
    matrix = torch.zeros(x.shape[1], len(classes), dtype=torch.float64)
    bias = torch.zeros(len(classes), dtype=torch.float64)
    optimiser = torch.optim.LBFGS(
        [matrix, bias], max_iter=100, history_size=10, line_search_fn="strong_wolfe"
    )
    right = one_hot(y, len(classes)).double()

    def closure() -> torch.Tensor:
        scores = by_row @ matrix + bias
        wrong = strength * (scores.softmax(1) - right)
        matrix.grad = (by_feature @ wrong + matrix) / len(labels)
        bias.grad = wrong.sum(0) / len(labels)
        loss = strength * cross_entropy(scores, y, reduction="sum") + matrix.square().sum() / 2
        return loss / len(labels)

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return LinearModel(weights, matrix, bias, classes)


def fit_regression(
    features: Features, numbers: Sequence[float], *, strength: float = STRENGTH
) -> LinearModel:
    """Fit a ridge regression about the mean, in closed form over rows (Saunders et al. 1998).

    It makes the sum of `strength` times the squared errors and of the squared weights least. Raises
    GL-EVALUATION-115 where rows and numbers do not pair.
    """
    check(features, numbers, 1)
    weights = learn_weights(features)
    x, y = weights.vectors(features), torch.tensor(list(numbers), dtype=torch.float64)
    dense = x.to_dense()
    kernel = dense @ dense.T + torch.eye(len(y), dtype=torch.float64) / strength
    matrix = dense.T @ torch.linalg.solve(kernel, y - y.mean())
    return LinearModel(weights, matrix[:, None], y.mean()[None])


def check(features: Features, targets: Sequence[object], kinds: int) -> None:
    """Refuse rows that teach nothing."""
    if len(features) != len(targets) or len(set(targets)) < kinds:
        raise GlotliftError(
            "GL-EVALUATION-115",
            f"{len(features)} rows with {len(targets)} labels of {len(set(targets))} kinds teach "
            "a linear model nothing",
            fix=f"give one label for each row, and {kinds} kinds or more",
        )
