"""Deltas: which parameters may move.

What may not move is parametrised apart from what may, so that neither weight decay nor momentum
can leak into it. `apply` prepares a model for training, `remove` gives back a plain model that
carries what was learnt. Deltas of other kinds stand beside this file: `chosen` (neurons, experts,
named parts) and `adapters`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn
from torch.nn.utils import parametrize
from transformers import PreTrainedModel

from glotlift.runs.protocols import Delta as Delta


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


class Patched(nn.Module):
    """A weight whose places `ids` along dimension `dim` are a parameter of their own, `rows`."""

    def __init__(self, ids: torch.Tensor, rows: nn.Parameter, dim: int = 0) -> None:
        super().__init__()
        self.register_buffer("ids", ids, persistent=False)
        self.rows, self.dim = rows, dim

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """Return `weight` with the patched places."""
        return weight.index_copy(self.dim, cast(torch.Tensor, self.ids), self.rows)


@dataclass(frozen=True)
class NewRows:
    """Only the embedding rows `ids` move: of the input, of the output and of its bias."""

    ids: tuple[int, ...]

    def apply(self, model: Any) -> Any:
        """Freeze `model` and parametrise its rows `ids`; modules that share a matrix share them."""
        model.requires_grad_(False)
        for matrix in piece_parameters(model):
            ids = torch.tensor(self.ids, device=matrix.device)
            rows = nn.Parameter(matrix.detach()[ids].clone())
            for module, name in holders(model, matrix):
                patch(module, name, ids, rows)
        return model

    def remove(self, model: Any) -> Any:
        """Write the rows into the weights and give the weights back their plain form."""
        return unpatched(model)


def piece_parameters(model: Any) -> list[nn.Parameter]:
    """Return the parameters with a row per piece, each once: input, output and output bias."""
    head = model.get_output_embeddings()
    stacks = [model.get_encoder(), model.get_decoder()] if model.config.is_encoder_decoder else []
    found = [
        model.get_input_embeddings().weight,
        *(stack.get_input_embeddings().weight for stack in stacks),
        getattr(head, "weight", None),
        getattr(head, "bias", None),
    ]
    return list({id(matrix): matrix for matrix in found if matrix is not None}.values())


def holders(model: nn.Module, parameter: nn.Parameter) -> list[tuple[nn.Module, str]]:
    """Return every module that holds `parameter`, with its name there."""
    return [
        (module, name)
        for module in model.modules()
        for name, held in module._parameters.items()
        if held is parameter
    ]


def patch(
    module: nn.Module, name: str, ids: torch.Tensor, rows: nn.Parameter, dim: int = 0
) -> None:
    """Parametrise `module.<name>` by its frozen self and `rows`, which lie along `dim`."""
    if not parametrize.is_parametrized(module):
        module.__dict__["parameter_order"] = tuple(module._parameters)
    parametrize.register_parametrization(module, name, Patched(ids, rows, dim), unsafe=True)


def unpatched(model: Any) -> Any:
    """Return the model with what was patched written into its weights, all free to move."""
    for module in [m for m in model.modules() if parametrize.is_parametrized(m)]:
        for name, chain in list(module.parametrizations.items()):
            if isinstance(chain[0], Patched):
                parametrize.remove_parametrizations(module, name, leave_parametrized=True)
        for name in module.__dict__.pop("parameter_order", ()):
            if name in module._parameters:  # as before: a weight before its bias
                module._parameters[name] = module._parameters.pop(name)
    model.requires_grad_(True)
    return model


@dataclass(frozen=True)
class LowRank:
    """Low-rank updates of the linear layers (LoRA, Hu et al. 2021), through peft."""

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: str | tuple[str, ...] = "all-linear"

    def apply(self, model: PreTrainedModel) -> Any:
        """Return `model` wrapped by peft; only the low-rank factors move."""
        from peft import LoraConfig, get_peft_model

        settings = LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=self.targets if isinstance(self.targets, str) else list(self.targets),
        )
        return get_peft_model(model, settings)

    def remove(self, model: Any) -> PreTrainedModel:
        """Add the updates to the weights and return the plain model, tied if it was."""
        tied = model.config.tie_word_embeddings
        plain: PreTrainedModel = model.merge_and_unload()
        plain.config.tie_word_embeddings = tied  # peft does not see that patched rows stay tied
        plain.requires_grad_(True)
        return plain


@dataclass(frozen=True)
class Together:
    """Several deltas at once, applied in order: new rows and low-rank updates, say."""

    deltas: tuple[Delta, ...]

    def apply(self, model: PreTrainedModel) -> Any:
        """Apply each delta in turn; what any of them lets move moves."""
        moving: list[nn.Parameter] = []
        for delta in self.deltas:
            model = delta.apply(model)
            moving += [parameter for _, parameter in movable(model)]
        for parameter in moving:
            parameter.requires_grad_(True)
        return model

    def remove(self, model: Any) -> PreTrainedModel:
        """Remove each delta, last first."""
        plain: PreTrainedModel = model
        for delta in reversed(self.deltas):
            plain = delta.remove(plain)
        return plain


def movable(model: nn.Module) -> Iterable[tuple[str, nn.Parameter]]:
    """Yield the names and parameters that may move, each once."""
    return ((name, p) for name, p in model.named_parameters() if p.requires_grad)
