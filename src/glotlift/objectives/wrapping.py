"""The model under what training wraps around it."""

import inspect
from typing import Any, cast

from torch import nn


def accepts(model: nn.Module, argument: str) -> bool:
    """Tell whether the model's forward pass takes an argument of that name."""
    inner = unwrapped(model)
    if hasattr(inner, "get_base_model"):
        inner = inner.get_base_model()
    return argument in inspect.signature(inner.forward).parameters


def unwrapped(model: nn.Module) -> Any:
    """Return the model under data-parallel wrappers."""
    while isinstance(getattr(model, "module", None), nn.Module):
        model = cast(nn.Module, model.module)
    return model
