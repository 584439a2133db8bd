"""What one room may ask of another: the shapes that methods and clients share.

A room that needs a model's answers takes a client as an argument, typed by one of these; a method
is one function or small class behind one of these. Nothing here imports torch when it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray
    from torch import Tensor, nn
    from transformers import PreTrainedModel


Message = Mapping[str, str]  # of a `role`, "user" or "assistant", and `content`


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
class Talker(Protocol):
    """A client that answers conversations."""

    def chat(
        self,
        conversations: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int,
        stop: Sequence[str] = (),
    ) -> list[str]:
        """Return the next message of each conversation, cut before the first `stop` string."""
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
    """Rows for the pieces that a vocabulary edit adds.

    It is called for the input rows, the output rows and the output bias (d = 1) apart; `aids` say
    which, and hold what the method may need. Rows of kept pieces come back bit-equal.
    """

    def __call__(
        self, edit: Any, source_rows: Tensor, aids: Mapping[str, Any]
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Turn [V_old, d] into [V_new, d], or into coordinates [V_new, r] and primitives [r, d]."""
        ...


class Objective(Protocol):
    """What a batch teaches. `overlap` counts the tokens that neighbouring blocks share.

    `columns` names the features that `prepare` returns beside `input_ids` with one number for each
    token (its word, its part of speech, its side of a pair). With them the pieces that `collate`
    is given are [tokens, 1 + columns], the ids first; without, [tokens].
    """

    overlap: int
    columns: tuple[str, ...]

    def packs(self, model: nn.Module) -> bool:
        """Tell whether documents may share a block."""
        ...

    def prepare(self, rows: Dataset) -> Dataset:
        """Turn text rows into features once, so that lengths are known before packing."""
        ...

    def collate(
        self, blocks: Sequence[Sequence[NDArray[np.int32]]], seeds: Sequence[int]
    ) -> dict[str, Any]:
        """Turn blocks of token ids, with one seed each for what is drawn, into one batch."""
        ...

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the summed loss in nats and what to log beside it."""
        ...


class Delta(Protocol):
    """Which parameters may move. Outside of them every weight stays bit-equal."""

    def apply(self, model: PreTrainedModel) -> Any:
        """Return the model with only this delta's parameters trainable."""
        ...

    def remove(self, model: Any) -> PreTrainedModel:
        """Return the plain model that carries what was learnt."""
        ...
