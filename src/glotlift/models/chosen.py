"""Deltas that let chosen weights move and no others: neurons, experts, parts by name.

Where only some rows or columns of a matrix may move, they are parametrised apart (`Patched`), since
an optimiser knows whole parameters alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from glotlift.models.deltas import movable, patch, unpatched
from glotlift.runs.errors import GlotliftError

# Beside a projection that writes a feed-forward layer's neurons: what writes them too, what reads.
NEURONS = {
    "up_proj": (("gate_proj",), "down_proj"),  # Llama, Qwen, Mistral, Gemma
    "intermediate.dense": ((), "output.dense"),  # BERT, RoBERTa
    "c_fc": ((), "c_proj"),  # GPT-2
    "wi_1": (("wi_0",), "wo"),  # mT5, T5 v1.1
    "wi": ((), "wo"),  # T5
    "fc1": ((), "fc2"),  # BART, M2M-100, XGLM
}


class Slice(NamedTuple):
    """Places of one weight: `module.<weight>`, taken at `ids` along dimension `dim`."""

    module: nn.Module
    weight: str
    dim: int
    ids: torch.Tensor

    @property
    def values(self) -> torch.Tensor:
        """The values there, a copy."""
        whole: torch.Tensor = getattr(self.module, self.weight)
        return whole.detach().index_select(self.dim, self.ids)


@dataclass(frozen=True)
class Neurons:
    """Only chosen neurons move (Zhang et al. 2024, arXiv:2407.19672; Zhao et al., 2402.18815).

    `chosen` names, by the projection that writes them, which of its outputs move:
    ``{"model.layers.0.mlp.up_proj": [3, 17]}``; or it is the path of a JSON file that does. A
    neuron is a row of that projection with its bias; one of a feed-forward layer has a row of the
    gate and a column of the projection that reads it as well (`NEURONS`).
    """

    chosen: Mapping[str, Sequence[int]] | str

    def apply(self, model: Any) -> Any:
        """Freeze the model and parametrise the chosen rows and columns; raises GL-MODEL-042."""
        model.requires_grad_(False)
        for module, weight, dim, ids in list(neuron_slices(model, self.neurons())):
            rows = nn.Parameter(Slice(module, weight, dim, ids).values)
            patch(module, weight, ids, rows, dim)
        return model

    def remove(self, model: Any) -> Any:
        """Write what moved into the weights and return the plain model."""
        return unpatched(model)

    def neurons(self) -> Mapping[str, Sequence[int]]:
        """Return the chosen neurons, read from their file where a path was given."""
        if not isinstance(self.chosen, str):
            return self.chosen
        found: dict[str, list[int]] = json.loads(Path(self.chosen).read_text(encoding="utf-8"))
        return found


def neuron_slices(model: nn.Module, chosen: Mapping[str, Sequence[int]]) -> Iterator[Slice]:
    """Yield every part of the chosen neurons.

    Raises GL-MODEL-042 for a projection that the model does not have, or neurons past its last.
    """
    for name, numbers in chosen.items():
        if not numbers:
            continue
        writer = submodule(model, name)
        size = 0 if writer is None else outputs(writer)
        if writer is None or not 0 <= min(numbers) <= max(numbers) < size:
            raise GlotliftError(
                "GL-MODEL-042",
                f"the model has no neurons {name}: {list(numbers)[:3]}",
                place="neurons",
                fix="name projections of this model, and outputs that they have",
            )
        ids = torch.tensor(sorted(numbers), device=next(writer.parameters()).device)
        writers, reader = beside(model, name)
        for module in (writer, *writers):
            rows = 1 if isinstance(module, Conv1D) else 0  # Conv1D's weight is [in, out]
            yield Slice(module, "weight", rows, ids)
            if module.bias is not None:
                yield Slice(module, "bias", 0, ids)
        if reader is not None:
            yield Slice(reader, "weight", 0 if isinstance(reader, Conv1D) else 1, ids)


def beside(model: nn.Module, name: str) -> tuple[list[nn.Module], nn.Module | None]:
    """Return what else writes the neurons of a projection, and what reads them, if they are known.

    The inputs of a reader are these neurons alone, which is so in feed-forward layers.
    """
    for suffix, (writers, reader) in NEURONS.items():
        if name == suffix or name.endswith(f".{suffix}"):
            stem = name.removesuffix(suffix)
            return [model.get_submodule(stem + w) for w in writers], submodule(model, stem + reader)
    return [], None


def submodule(model: nn.Module, name: str) -> Any:
    """Return the module of that name, or None."""
    try:
        return model.get_submodule(name)
    except AttributeError:
        return None


def outputs(projection: Any) -> int:
    """Return how many neurons a projection writes."""
    weight: torch.Tensor = projection.weight
    return int(weight.shape[1 if isinstance(projection, Conv1D) else 0])


@dataclass(frozen=True)
class Experts:
    """Only experts of a mixture move: those of these numbers, or all, in modules named `pattern`.

    The experts of a layer are the members of a module list, or stacked along the first dimension of
    its parameters.
    """

    numbers: tuple[int, ...] | None = None
    pattern: str = "*.experts"

    def apply(self, model: Any) -> Any:
        """Freeze all but the experts; raises GL-MODEL-043 where there are none of these numbers."""
        model.requires_grad_(False)
        for name, module in list(model.named_modules()):
            if fnmatchcase(name, self.pattern):
                self.free(module)
        if not any(True for _ in movable(model)):
            raise GlotliftError(
                "GL-MODEL-043",
                f"nothing named {self.pattern} has experts {self.numbers or ''}",
                place="delta",
                fix="name the modules that hold experts, and numbers that there are",
            )
        return model

    def free(self, module: nn.Module) -> None:
        """Let the chosen experts of one module move."""
        if isinstance(module, nn.ModuleList):
            for number, expert in enumerate(module):
                expert.requires_grad_(self.numbers is None or number in self.numbers)
        elif self.numbers is None:
            module.requires_grad_(True)
        else:
            for name, stacked in list(module.named_parameters(recurse=False)):
                there = [number for number in self.numbers if number < len(stacked)]
                if there:
                    ids = torch.tensor(there, device=stacked.device)
                    patch(module, name, ids, nn.Parameter(stacked.detach()[ids].clone()))

    def remove(self, model: Any) -> Any:
        """Return the plain model with what the experts learnt."""
        return unpatched(model)


@dataclass(frozen=True)
class Parts:
    """Only parameters whose names match one of the patterns move: ``classifier.*``, say."""

    patterns: tuple[str, ...]

    def apply(self, model: Any) -> Any:
        """Freeze all other parameters; raises GL-MODEL-044 where none matches."""
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(any(fnmatchcase(name, one) for one in self.patterns))
        if not any(True for _ in movable(model)):
            raise GlotliftError(
                "GL-MODEL-044",
                f"no parameter is named {' or '.join(self.patterns)}",
                place="delta",
                fix="give patterns of names as model.named_parameters() has them",
            )
        return model

    def remove(self, model: Any) -> Any:
        """Return the model as it is."""
        model.requires_grad_(True)
        return model
