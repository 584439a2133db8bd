"""What makes a function the same function, so that its results may be reused."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import MethodType
from typing import Any

from glotlift.runs.hashing import hash_json


def fingerprint(function: Callable[..., Any]) -> str:
    """Return a hash of a function's source text and of the plain values it carries.

    Partial arguments, defaults and closed-over values count; what those in turn call does not.
    Objects other than plain values, dataclasses and functions count by their type alone.
    """
    return hash_json(described(function))


def described(value: Any) -> Any:
    """Return a JSON description of `value` that is the same in every process."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, functools.partial):
        return ["partial", *map(described, (value.func, value.args, value.keywords))]
    if isinstance(value, MethodType):
        return ["method", described(value.__func__), described(value.__self__)]
    if inspect.isfunction(value):
        return ["function", value.__module__, value.__qualname__, *carried(value)]
    if is_dataclass(value) and not isinstance(value, type):
        inner = {field.name: described(getattr(value, field.name)) for field in fields(value)}
        return [type(value).__qualname__, inner, described(vars(type(value)).get("__call__"))]
    if isinstance(value, Mapping):
        return {str(key): described(inner) for key, inner in value.items()}
    if isinstance(value, Set):
        return sorted((described(inner) for inner in value), key=str)
    if isinstance(value, Sequence):
        return [described(inner) for inner in value]
    return [getattr(value, "__qualname__", type(value).__qualname__)]


def carried(function: Any) -> list[Any]:
    """Return a function's source, or its byte code where there is none, and what it holds."""
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        source = function.__code__.co_code.hex() + repr(function.__code__.co_names)
    closed = (
        []
        if function.__closure__ is None
        else [cell.cell_contents for cell in function.__closure__]
    )
    # A function that closes over itself would never end; its source is here already.
    others = [value for value in closed if value is not function]
    return [
        source,
        described(others),
        described(function.__defaults__),
        described(function.__kwdefaults__),
    ]
