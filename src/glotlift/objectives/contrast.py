"""Contrast among pairs of vectors: how hard each is told from all others by its partner."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import distributed
from torch.nn import functional

from glotlift.runs.errors import GlotliftError

SIMILARITIES, NEGATIVES = ("cosine", "dot"), ("both sides", "other side")


@dataclass(frozen=True)
class Contrast:
    """InfoNCE in both directions (van den Oord et al. 2018, arXiv:1807.03748, equation 4).

    A softmax over similarities, divided by `temperature`, tells a vector's partner from its
    `negatives`: all other vectors of ``both sides`` (NT-Xent: Chen et al. 2020, arXiv:2002.05709,
    equation 1; so TransliCo's released code has it), or those of the ``other side`` alone. The same
    text as a vector's own or its partner's is never a negative. The released code takes ``dot``
    products at a temperature of 1, which grow with the model's width; ``cosine`` does not.
    """

    similarity: Literal["cosine", "dot"] = "cosine"
    temperature: float = 0.05
    negatives: Literal["both sides", "other side"] = "both sides"

    def __post_init__(self) -> None:
        """Raises GL-OBJECTIVE-062 (no such similarity or negatives) and -063 (temperature)."""
        for name, known in (("similarity", SIMILARITIES), ("negatives", NEGATIVES)):
            given = getattr(self, name)
            if given not in known:
                fix = f"choose {' or '.join(known)}"
                raise GlotliftError("GL-OBJECTIVE-062", f"{name} is {given!r}", place=name, fix=fix)
        if not self.temperature > 0:
            cause = f"similarities cannot be divided by a temperature of {self.temperature}"
            fix = "give one above 0: 0.05 for cosines, 1 for dot products, say"
            raise GlotliftError("GL-OBJECTIVE-063", cause, place="temperature", fix=fix)

    def losses(
        self,
        vectors: torch.Tensor,
        texts: torch.Tensor | None = None,
        whole: torch.Tensor | None = None,
        mine: slice = slice(None),
    ) -> torch.Tensor:
        """Return [pairs of mine that are whole, 2] the loss of each side, in nats.

        `vectors` is [pairs, 2, width], `texts` [pairs, 2] numbers that are equal where texts are
        (by default none are), `whole` [pairs] tells which have both sides (by default all), and
        `mine` whose losses are asked for: all are contrasted with all.
        """
        count, device = len(vectors), vectors.device
        places = torch.arange(2 * count, device=device)
        texts = places if texts is None else texts.flatten()
        whole = torch.ones(count, dtype=torch.bool, device=device) if whole is None else whole
        keys = vectors.flatten(0, 1).to(torch.promote_types(vectors.dtype, torch.float32))
        if self.similarity == "cosine":
            keys = functional.normalize(keys, dim=1)
        own = places.view(count, 2)[mine][whole[mine]].flatten()
        partner = own ^ 1
        hidden = (texts[own, None] == texts) | (texts[partner, None] == texts)
        hidden |= ~whole.repeat_interleave(2)
        if self.negatives == "other side":
            hidden |= (own[:, None] ^ places) % 2 == 0
        hidden[torch.arange(len(own), device=device), partner] = False
        with torch.autocast(device.type, enabled=False):
            scores = keys[own] @ keys.T / self.temperature
        masked = scores.masked_fill(hidden, float("-inf"))
        return functional.cross_entropy(masked, partner, reduction="none").view(-1, 2)


def gathered(rows: torch.Tensor) -> torch.Tensor:
    """Return the rows of all processes, in their order; gradients flow back to each one's own."""
    if not distributed_training():
        return rows
    together: torch.Tensor = _Gathered.apply(rows)  # type: ignore[no-untyped-call]
    return together


def rank() -> int:
    """Return the number of this process among those that train together."""
    return distributed.get_rank() if distributed_training() else 0


def distributed_training() -> bool:
    """Tell whether several processes train together."""
    return distributed.is_available() and distributed.is_initialized()


class _Gathered(torch.autograd.Function):
    """All processes' rows; backward, each gets the sum of what all found for its own."""

    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor) -> torch.Tensor:
        parts = [torch.empty_like(rows) for _ in range(distributed.get_world_size())]
        distributed.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, slopes: torch.Tensor) -> torch.Tensor:
        total = slopes.contiguous()
        distributed.all_reduce(total)
        return total.chunk(distributed.get_world_size())[distributed.get_rank()]
