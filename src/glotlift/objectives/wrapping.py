"""The model under what training wraps around it."""

import inspect
import sys
from typing import Any, cast

from torch import nn
from torch.distributed.fsdp import FSDPModule


def accepts(model: nn.Module, argument: str) -> bool:
    """Tell whether the model's forward pass takes an argument of that name."""
    return argument in inspect.signature(plain(model).forward).parameters


def keeps_apart(model: nn.Module, mask_maker: str) -> bool:
    """Tell whether the model can keep documents of one block apart.

    It must be told positions, must make its attention mask by transformers' `mask_maker`, and must
    carry no state from token to token beside attention (Mamba, Griffin, linear attention).
    """
    return (
        accepts(model, "position_ids")
        and not getattr(plain(model), "_is_stateful", False)
        and makes_mask_by(model, mask_maker)
    )


def makes_mask_by(model: nn.Module, mask_maker: str) -> bool:
    """Tell whether the model's module, or one that it inherits from, uses a mask maker."""
    return any(
        hasattr(sys.modules[parent.__module__], mask_maker) for parent in kind(model).__mro__
    )


def kind(model: nn.Module) -> type[nn.Module]:
    """Return the class of the model under its wrappers; sharding puts one of its own in front."""
    found = type(plain(model))
    return found.__bases__[-1] if issubclass(found, FSDPModule) else found


def plain(model: nn.Module) -> Any:
    """Return the model under data-parallel wrappers and peft's."""
    inner = unwrapped(model)
    return inner.get_base_model() if hasattr(inner, "get_base_model") else inner


def unwrapped(model: nn.Module) -> Any:
    """Return the model under data-parallel wrappers."""
    while isinstance(getattr(model, "module", None), nn.Module):
        model = cast(nn.Module, model.module)
    return model
