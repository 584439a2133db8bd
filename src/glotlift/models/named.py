"""Deltas by name."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, cast

from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Delta

DELTAS = {
    "all": "glotlift.models.deltas:AllWeights",
    "rows": "glotlift.models.deltas:NewRows",
    "lora": "glotlift.models.deltas:LowRank",
    "adapter": "glotlift.models.adapters:Bottleneck",
    "invertible": "glotlift.models.adapters:Invertible",
    "neurons": "glotlift.models.chosen:Neurons",
    "experts": "glotlift.models.chosen:Experts",
    "parts": "glotlift.models.chosen:Parts",
    "together": "glotlift.models.named:together",
}


def delta_named(name: str, /, **settings: Any) -> Delta:
    """Return the delta of that name; lists in its settings become tuples.

    Raises GL-MODEL-040 (an unknown name), -041 (settings that it does not take), and what the delta
    itself refuses.
    """
    if name not in DELTAS:
        raise GlotliftError(
            "GL-MODEL-040",
            f"unknown delta {name!r}",
            place="delta",
            fix=f"choose one of {', '.join(DELTAS)}",
        )
    module, _, attribute = DELTAS[name].partition(":")
    make: Callable[..., Any] = getattr(import_module(module), attribute)
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in settings.items()}
    try:
        return cast(Delta, make(**values))
    except TypeError as error:
        raise GlotliftError(
            "GL-MODEL-041",
            f"the delta {name} does not take these settings: {error}",
            place="delta.settings",
            fix=f"see the fields of {attribute}",
        ) from error


def together(deltas: Sequence[Mapping[str, Any]]) -> Delta:
    """Return several deltas as one; each is given by its `name` and its `settings`."""
    from glotlift.models.deltas import Together

    return Together(tuple(delta_named(one["name"], **one.get("settings", {})) for one in deltas))
