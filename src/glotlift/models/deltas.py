"""Deltas: which parameters may move.

What may not move is parametrised apart from what may, so that neither weight decay nor momentum
can leak into it. `apply` prepares a model for training, `remove` gives back a plain model that
carries what was learnt.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn
from torch.nn.utils import parametrize
from transformers import PreTrainedModel


@dataclass(frozen=True)
class AllWeights:
    """Every parameter moves."""

    def apply(self, model: PreTrainedModel) -> PreTrainedModel:
        """Let every parameter of `model` move."""
        model.requires_grad_(True)
        return model

    def remove(self, model: PreTrainedModel) -> PreTrainedModel:
        """Return the model as it is."""
        return model


class PatchedRows(nn.Module):
    """A weight whose rows `ids` are replaced by a parameter of their own."""

    def __init__(self, ids: torch.Tensor, rows: nn.Parameter) -> None:
        super().__init__()
        self.register_buffer("ids", ids, persistent=False)
        self.rows = rows

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """Return `weight` [vocabulary, width] or [vocabulary] with the patched rows."""
        return weight.index_copy(0, cast(torch.Tensor, self.ids), self.rows)


@dataclass(frozen=True)
class NewRows:
    """Only the embedding rows `ids` move: of the input, of the output and of its bias."""

    ids: tuple[int, ...]

    def apply(self, model: Any) -> Any:
        """Freeze `model` and parametrise its rows `ids`; a tied output shares them."""
        model.requires_grad_(False)
        embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
        ids = torch.tensor(self.ids, device=embedding.weight.device)
        tied = head is not None and head.weight is embedding.weight
        rows = nn.Parameter(embedding.weight.detach()[ids].clone())
        patch(embedding, "weight", ids, rows)
        if head is None:
            return model
        patch(
            head, "weight", ids, rows if tied else nn.Parameter(head.weight.detach()[ids].clone())
        )
        if getattr(head, "bias", None) is not None:
            patch(head, "bias", ids, nn.Parameter(head.bias.detach()[ids].clone()))
        return model

    def remove(self, model: Any) -> Any:
        """Write the rows into the weights and give the weights back their plain form."""
        embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
        tied = head is not None and (
            embedding.parametrizations.weight[0].rows is head.parametrizations.weight[0].rows
        )
        for module in [embedding] if head is None else [embedding, head]:
            for name in list(module.parametrizations):
                parametrize.remove_parametrizations(module, name, leave_parametrized=True)
        if tied:
            head.weight = embedding.weight
        model.requires_grad_(True)
        return model


def patch(module: nn.Module, name: str, ids: torch.Tensor, rows: nn.Parameter) -> None:
    """Parametrise `module.<name>` by its frozen self and the movable `rows`."""
    parametrize.register_parametrization(module, name, PatchedRows(ids, rows), unsafe=True)


@dataclass(frozen=True)
class LowRank:
    """Low-rank updates of the linear layers (LoRA, Hu et al. 2021), through peft."""

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: str | list[str] = "all-linear"

    def apply(self, model: PreTrainedModel) -> Any:
        """Return `model` wrapped by peft; only the low-rank factors move."""
        from peft import LoraConfig, get_peft_model

        settings = LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=self.targets,
        )
        movable = [parameter for parameter in model.parameters() if parameter.requires_grad]
        wrapped = get_peft_model(model, settings)
        if isinstance(model.get_input_embeddings(), nn.Module) and is_patched(model):
            for parameter in movable:
                parameter.requires_grad_(True)
        return wrapped

    def remove(self, model: Any) -> PreTrainedModel:
        """Add the updates to the weights and return the plain model, tied if it was."""
        tied = model.config.tie_word_embeddings
        plain: PreTrainedModel = model.merge_and_unload()
        plain.config.tie_word_embeddings = tied  # peft does not see that patched rows stay tied
        return plain


def is_patched(model: PreTrainedModel) -> bool:
    """Tell whether the model's embedding rows are parametrised apart."""
    return bool(parametrize.is_parametrized(model.get_input_embeddings()))


@dataclass(frozen=True)
class Together:
    """Several deltas at once, applied in order: new rows and low-rank updates, say."""

    deltas: tuple[NewRows | LowRank, ...]

    def apply(self, model: PreTrainedModel) -> Any:
        """Apply each delta in turn."""
        for delta in self.deltas:
            model = delta.apply(model)
        return model

    def remove(self, model: Any) -> PreTrainedModel:
        """Remove each delta, last first."""
        plain: PreTrainedModel = model
        for delta in reversed(self.deltas):
            plain = delta.remove(plain)
        return plain


Delta = AllWeights | NewRows | LowRank | Together


def movable(model: nn.Module) -> Iterable[tuple[str, nn.Parameter]]:
    """Yield the names and parameters that may move, each once."""
    return ((name, p) for name, p in model.named_parameters() if p.requires_grad)
