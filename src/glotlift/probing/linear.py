"""Linear probes: what can be read off a frozen model's vectors by a logistic regression.

The vectors are standardised by those that are learnt from. What a probe reads is there to be used;
what it does not read may still be there in another form (Alain and Bengio 2017, arXiv:1610.01644).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from glotlift.runs.errors import GlotliftError

DECAY = 1e-3  # of the squared weights
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LinearProbe:
    """A fitted probe: vectors [n, width] to scores [n, classes]."""

    mean: Floats
    spread: Floats
    weights: Floats
    bias: Floats

    def scores(self, vectors: NDArray[np.floating]) -> Floats:
        """Return the classes' scores, [n, classes]."""
        return ((vectors - self.mean) / self.spread) @ self.weights.T + self.bias

    def classes(self, vectors: NDArray[np.floating]) -> NDArray[np.int64]:
        """Return the best class of each vector, [n]."""
        return np.asarray(self.scores(vectors).argmax(1), np.int64)


def fit_probe(
    vectors: NDArray[np.floating], labels: Sequence[int], *, decay: float = DECAY
) -> LinearProbe:
    """Fit a logistic regression by L-BFGS, without a draw of chance.

    `vectors` are [n, width], `labels` [n] numbers of classes from 0. Raises GL-PROBING-055 where
    they do not pair or there is only one class.
    """
    x, y = np.asarray(vectors, np.float64), torch.tensor(list(labels))
    if x.ndim != 2 or len(x) != len(y) or len(set(labels)) < 2:
        raise GlotliftError(
            "GL-PROBING-055",
            f"vectors {x.shape} and labels of {len(set(labels))} classes teach a probe nothing",
            fix="give one label per vector, and two classes or more",
        )
    return fitted(x, int(y.max()) + 1, lambda scores: cross_entropy(scores, y), decay)


def fit_labels(
    vectors: NDArray[np.floating], labels: NDArray[np.floating], *, decay: float = DECAY
) -> LinearProbe:
    """Fit a logistic regression for each of several labels, of which a row may have any number.

    `vectors` are [n, width], `labels` [n, labels] of 0 and 1. A score of the probe is the log-odds
    of a label. Raises GL-PROBING-056 where they do not pair or there is no label.
    """
    x, y = np.asarray(vectors, np.float64), torch.from_numpy(np.asarray(labels, np.float64))
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or not y.shape[1]:
        raise GlotliftError(
            "GL-PROBING-056",
            f"vectors {x.shape} and labels {tuple(y.shape)} teach a probe nothing",
            fix="give one row of labels per vector, and one label or more",
        )
    return fitted(
        x,
        y.shape[1],
        lambda scores: binary_cross_entropy_with_logits(scores, y, reduction="sum") / len(y),
        decay,
    )


def fitted(
    vectors: Floats, outputs: int, loss_of: Callable[[torch.Tensor], torch.Tensor], decay: float
) -> LinearProbe:
    """Return the probe of least loss, found by L-BFGS from zero."""
    mean, spread = vectors.mean(0), vectors.std(0) + 1e-6
    inputs = torch.from_numpy((vectors - mean) / spread)
    layer = torch.nn.Linear(vectors.shape[1], outputs, dtype=torch.float64)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = loss_of(layer(inputs)) + decay * layer.weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return LinearProbe(mean, spread, layer.weight.detach().numpy(), layer.bias.detach().numpy())
