"""What one room may ask of another: the shapes that methods and clients share.

A room that needs a model's answers takes a client as an argument, typed by one of these; a method
is one function or small class behind one of these. Nothing here imports torch when it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel


class Scores(NamedTuple):
    """Log-probabilities of continuations.

    `log_probabilities` [n] are natural logarithms summed over the continuation's tokens;
    `tokens` [n] says over how many.
    """

    log_probabilities: NDArray[np.float64]
    tokens: NDArray[np.int64]


@runtime_checkable
class Generator(Protocol):
    """A client that writes text."""

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, stop: Sequence[str] = ()
    ) -> list[str]:
        """Return one continuation per prompt, cut before the first of the `stop` strings."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """A client that says how probable text is."""

    def score(self, contexts: Sequence[str], continuations: Sequence[str]) -> Scores:
        """Return the log-probability of each continuation after its context."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """A client that turns text into vectors."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector per text, [n, width]."""
        ...


class Initialiser(Protocol):
    """Rows for the pieces that a `VocabularyEdit` adds.

    It is called for input rows, output rows and biases (as one column) apart. Rows of kept pieces
    come back bit-equal.
    """

    def __call__(
        self, edit: Any, rows: Tensor, aids: Mapping[str, Any]
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Turn `rows` [V_old, d] into [V_new, d], or coordinates [V_new, r], primitives [r, d]."""
        ...


class Objective(Protocol):
    """What a batch teaches."""

    def prepare(self, rows: Dataset) -> Dataset:
        """Turn text rows into features once; lengths are known before packing."""
        ...

    def collate(self, features: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
        """Turn features into one batch."""
        ...

    def loss(
        self, model: PreTrainedModel, batch: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, float]]:
        """Return the scalar to minimise and what to log beside it."""
        ...


class Delta(Protocol):
    """Which parameters may move. Outside of them every weight stays bit-equal."""

    def apply(self, model: PreTrainedModel) -> PreTrainedModel:
        """Return the model with only this delta's parameters trainable."""
        ...

    def remove(self, model: PreTrainedModel) -> PreTrainedModel:
        """Return the plain model with what was learnt merged in."""
        ...

    def save(self, model: PreTrainedModel, folder: Path) -> None:
        """Write what was learnt, and only that, as safetensors."""
        ...
