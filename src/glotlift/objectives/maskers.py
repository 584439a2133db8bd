"""Which positions of a text are hidden: maskers for masked language modelling.

A masker is a pure function of ids, of what is known about each token, and of a generator.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Masker(Protocol):
    """Chooses what is hidden. `columns` names the features of tokens that it asks for."""

    columns: tuple[str, ...]

    def __call__(
        self,
        ids: NDArray[np.int64],
        beside: NDArray[np.int64],
        allowed: NDArray[np.bool_],
        fraction: float,
        rng: np.random.Generator,
    ) -> NDArray[np.bool_]:
        """Return [n] which positions are hidden, among those `allowed` [n].

        `ids` is [n], `beside` [n, columns], and `fraction` the share of allowed tokens to hide.
        """
        ...


@dataclass(frozen=True)
class RandomTokens:
    """Each token is hidden by itself with the same probability (Devlin et al. 2019, 3.1)."""

    columns: tuple[str, ...] = ()

    def __call__(
        self,
        ids: NDArray[np.int64],
        beside: NDArray[np.int64],
        allowed: NDArray[np.bool_],
        fraction: float,
        rng: np.random.Generator,
    ) -> NDArray[np.bool_]:
        """Return [n] which positions are hidden."""
        return allowed & (rng.random(len(ids)) < fraction)
