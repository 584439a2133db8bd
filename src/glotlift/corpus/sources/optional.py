"""The libraries of the extra `data`, asked for only when a file needs them."""

from importlib import import_module
from typing import Any

from glotlift.runs.errors import GlotliftError


def library(name: str, purpose: str) -> Any:
    """Return a module of an optional library.

    Raises GL-CORPUS-080 when the library is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        cause = f"{name.partition('.')[0]} is not installed, and {purpose} by it"
        raise GlotliftError("GL-CORPUS-080", cause, fix="pip install 'glotlift[data]'") from None
