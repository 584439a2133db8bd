"""Models that lie in shards over the processes (FSDP2), and how they become whole again."""

import copy
from collections import Counter
from typing import Any

import torch
from torch import nn
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import Shard

from glotlift.runs.errors import GlotliftError


def shard(model: nn.Module, plugin: Any, processes: int) -> None:
    """Lay `model` in shards, in place, as accelerate's `plugin` says.

    Each layer is a group that is gathered when it is needed. What is left, and every weight that
    several modules share, belongs to the whole model: accelerate's own grouping parts tied
    embeddings, parametrised rows and the shared biases of masked models, which torch refuses.

    Raises GL-TRAINING-007 for the first version of FSDP.
    """
    if plugin.fsdp_version != 2:
        raise GlotliftError(
            "GL-TRAINING-007",
            "the first version of FSDP is asked for",
            place="accelerate's configuration: fsdp_version",
            fix="set it to 2",
        )

    def placement(parameter: nn.Parameter) -> Shard:
        even = [d for d, size in enumerate(parameter.shape) if size % processes == 0]
        return Shard(even[0] if even else 0)  # no process is left with an empty shard

    settings: dict[str, Any] = {
        "reshard_after_forward": plugin.reshard_after_forward,
        "offload_policy": plugin.cpu_offload,
        "mp_policy": plugin.mixed_precision_policy or MixedPrecisionPolicy(),
        "shard_placement_fn": placement,
    }
    for layer in layers(model):
        fully_shard(layer, **settings)
    fully_shard(model, **settings)
    plugin.auto_wrap_policy = None  # nothing is left for it to group


def layers(model: nn.Module) -> list[nn.Module]:
    """Return the modules that transformers never splits and that share no weight with others."""
    uses = Counter(id(p) for module in model.modules() for p in own(module))
    names = {name for module in model.modules() for name in unsplit(module)}
    return [
        module
        for module in model.modules()
        if type(module).__name__ in names
        and all(uses[id(p)] == 1 for part in module.modules() for p in own(part))
    ]


def own(module: nn.Module) -> list[nn.Parameter]:
    """Return a module's own parameters, those that other modules share included."""
    return list(module.parameters(recurse=False))


def unsplit(module: nn.Module) -> list[str]:
    """Return the names of the layer classes that a transformers model keeps in one piece."""
    return list(getattr(module, "_no_split_modules", None) or [])


def hollow_copy(model: nn.Module) -> nn.Module:
    """Return a copy of `model` that shares its structure and ties but holds no weights."""
    return copy.deepcopy(
        model,
        {
            id(p): nn.Parameter(torch.empty_like(p, device="meta"), p.requires_grad)
            for p in model.parameters()
        },
    )


def filled(hollow: nn.Module, sharded: nn.Module) -> nn.Module:
    """Return `hollow` with the weights of a model that lies in shards over the processes."""
    weights: dict[str, Any] = dict(sharded.named_parameters())
    return copy.deepcopy(
        hollow,
        {
            id(p): nn.Parameter(weights[name].full_tensor().cpu(), p.requires_grad)
            for name, p in hollow.named_parameters()
        },
    )
