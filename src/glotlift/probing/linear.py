"""Linear probes: what can be read off a frozen model's vectors by a logistic regression.

The vectors are standardised by those that are learnt from. What a probe reads is there to be used;
what it does not read may still be there in another form (Alain and Bengio 2017, arXiv:1610.01644).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

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
    mean, spread = x.mean(0), x.std(0) + 1e-6
    inputs = torch.from_numpy((x - mean) / spread)
    layer = torch.nn.Linear(x.shape[1], int(y.max()) + 1, dtype=torch.float64)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = cross_entropy(layer(inputs), y) + decay * layer.weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return LinearProbe(mean, spread, layer.weight.detach().numpy(), layer.bias.detach().numpy())
