"""Configuration: one pydantic model per command, read from YAML, overridden by ``a.b=c``."""

import copy
import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from glotlift.runs.errors import GlotliftError


class Config(BaseModel):
    """A frozen configuration that refuses keys it does not know."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, protected_namespaces=(), use_attribute_docstrings=True
    )


C = TypeVar("C", bound=Config)
BRANCH = re.compile(r"constrained-|literal\[|function-")


def load_config(
    model: type[C],
    source: Path | Mapping[str, Any] | None = None,
    overrides: Sequence[str] = (),
) -> C:
    """Read a configuration from YAML or a mapping, apply ``a.b=c`` overrides, and check it.

    Raises GL-CONFIG-001 to 009, each naming the key and, for an unknown one, the nearest known.
    """
    place = str(source) if isinstance(source, Path) else "configuration"
    values = read_yaml(source) if isinstance(source, Path) else copy.deepcopy(dict(source or {}))
    for override in overrides:
        assign(values, override)
    return validate(model, values, place)


def validate(model: type[C], values: Mapping[str, Any], place: str) -> C:
    """Build `model` from `values`, turning pydantic's first complaint into a coded error."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise explain(model, error, place) from None


def read_yaml(path: Path) -> dict[str, Any]:
    """Read one YAML mapping.

    Raises GL-CONFIG-001 (no such file), -002 (not YAML) or -003 (not a mapping).
    """
    if not path.is_file():
        raise GlotliftError(
            "GL-CONFIG-001", "no such configuration file", place=str(path), fix="check the path"
        )
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not UTF-8 text"
        raise GlotliftError(
            "GL-CONFIG-002", f"not valid YAML: {problem}", place=f"{path}{line}", fix="mend it"
        ) from None
    if not isinstance(values, dict):
        raise GlotliftError(
            "GL-CONFIG-003",
            "not a mapping of keys to values",
            place=str(path),
            fix="write 'key: value' lines",
        )
    return values


def assign(values: dict[str, Any], override: str) -> None:
    """Apply one ``a.b=c`` override in place; the value is read as YAML.

    Raises GL-CONFIG-004 when it is not of that form and GL-CONFIG-009 when it runs through
    something that has no keys.
    """
    key, equals, text = override.partition("=")
    parts = key.split(".")
    if not equals or not all(parts):
        raise GlotliftError(
            "GL-CONFIG-004", f"not an override: {override!r}", place=override, fix="write key=value"
        )
    for part in parts[:-1]:
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            raise GlotliftError(
                "GL-CONFIG-009",
                f"{part!r} has no keys below it",
                place=override,
                fix=f"set {part}=...",
            )
        values = inner
    try:
        values[parts[-1]] = yaml.safe_load(text)
    except yaml.YAMLError:
        values[parts[-1]] = text


def explain(model: type[BaseModel], error: ValidationError, place: str) -> GlotliftError:
    """Turn pydantic's first complaint into one coded line."""
    complaints = error.errors()
    unknown = (found for found in complaints if found["type"] == "extra_forbidden")
    first = next(unknown, complaints[0])
    # pydantic also names the branch of a union ("constrained-int"), which is no key of the user's.
    location = tuple(part for part in first["loc"] if not BRANCH.match(str(part)))
    key = ".".join(str(part) for part in location)
    where = f"{place}: {key}" if key else place
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, GlotliftError):
        return cause
    if first["type"] == "extra_forbidden":
        known = sorted(owner(model, location).model_fields)
        near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.0)
        return GlotliftError(
            "GL-CONFIG-005",
            f"unknown key {location[-1]!r}",
            place=where,
            fix=f"did you mean {near[0]!r}?" if near else "remove it",
        )
    if first["type"] == "missing":
        return GlotliftError("GL-CONFIG-006", f"{key!r} is required", place=where, fix=f"set {key}")
    if first["type"] in {"value_error", "assertion_error"}:
        message = str(cause) if cause else first["msg"]
        return GlotliftError("GL-CONFIG-008", message, place=where, fix=f"change {key or 'it'}")
    return GlotliftError(
        "GL-CONFIG-007",
        f"{key!r}: {first['msg'].lower()}, not {first['input']!r:.80}",
        place=where,
        fix=f"change {key}",
    )


def owner(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the (nested) model that the last part of a pydantic location belongs to."""
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        if field is None:
            continue
        candidates = (field.annotation, *get_args(field.annotation))
        nested = [c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)]
        model = nested[0] if nested else model
    return model
