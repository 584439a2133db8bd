"""Adapters on disk, as the `adapters` library writes and reads them.

A folder holds ``adapter_config.json`` and ``adapter.safetensors``; older ones on the Hub hold
``pytorch_adapter.bin``, of which tensors alone are read. What is written here loads there, and the
other way round, for the families whose layers both treat alike: BERT, RoBERTa, Llama, Mistral,
Qwen, GPT-2, T5 and BART. Two things differ. In ModernBERT that library adapts another sum, so its
adapters are refused. And its classes with a fixed head (``BertForMaskedLM``) leave the inverse of
an invertible adapter out at the head, which its classes with flexible heads and these here do not.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from glotlift.models.adapters import (
    ACTIVATIONS,
    Bottleneck,
    Invertible,
    fill,
    learnt,
)
from glotlift.models.deltas import Together
from glotlift.runs import atomic
from glotlift.runs.errors import GlotliftError

CONFIG, WEIGHTS, OLD_WEIGHTS = "adapter_config.json", "adapter.safetensors", "pytorch_adapter.bin"
# What an adapter here always is. A configuration that says otherwise is of another kind.
FIXED: dict[str, Any] = {
    "adapter_residual_before_ln": False,
    "cross_adapter": False,
    "is_parallel": False,
    "leave_out": [],
    "ln_after": False,
    "ln_before": False,
    "original_ln_after": True,
    "output_adapter": True,
    "phm_layer": False,
    "residual_before_ln": True,
    "scaling": 1.0,
    "use_gating": False,
}
UNUSED: dict[str, Any] = {"dropout": 0.0, "init_weights": "bert", "stochastic_depth": 0.0}
LIBRARY = "adapters."


def write_adapter(model: Any, delta: Bottleneck | Together, folder: Path) -> None:
    """Write the adapter that `delta` put into `model`, whole or not at all.

    `delta` is a `Bottleneck`, or one together with an `Invertible` of the same name. Raises
    GL-MODEL-049 for others.
    """
    bottleneck, invertible = parts_of(delta)
    double = bottleneck.placement == "double_seq_bn"
    config = {
        **FIXED,
        **UNUSED,
        "original_ln_before": not double,
        "mh_adapter": double,
        "non_linearity": bottleneck.activation or ACTIVATIONS[bottleneck.placement],
        "reduction_factor": bottleneck.reduction,
        "inv_adapter": "nice" if invertible else None,
        "inv_adapter_reduction_factor": invertible.reduction if invertible else None,
    }
    told = {
        "config": dict(sorted(config.items())),
        "hidden_size": model.get_input_embeddings().weight.shape[1],
        "model_class": type(model).__name__,
        "model_name": model.config._name_or_path,
        "model_type": model.config.model_type,
        "name": bottleneck.name,
        "version": "glotlift",
    }
    with atomic.folder(folder) as whole:
        weights = learnt(model, bottleneck.name)
        save_file({name: value.cpu().contiguous() for name, value in weights.items()},
                  whole / WEIGHTS)  # fmt: skip
        atomic.write_json(whole / CONFIG, told)


def parts_of(delta: Bottleneck | Together) -> tuple[Bottleneck, Invertible | None]:
    """Return the two adapters that make one in the library; raises GL-MODEL-049."""
    match delta:
        case Bottleneck():
            return delta, None
        case Together(deltas=(Bottleneck() as one, Invertible() as two)) if (
            one.name == two.name and two.activation == (one.activation or ACTIVATIONS["seq_bn"])
        ):
            return one, two
    raise GlotliftError(
        "GL-MODEL-049",
        "only bottleneck adapters, alone or with an invertible one of like name and activation, "
        "are written as adapters",
        place="delta",
        fix="save the model itself, which carries what other deltas learnt",
    )


def read_adapter(model: Any, folder: Path, *, name: str | None = None) -> Bottleneck | Together:
    """Put an adapter from disk into `model` and return the delta that it is.

    It goes by its own name, or by `name`, on top of those that are there. Raises GL-MODEL-050
    (files that are missing or no adapter), -051 (a kind of adapter that is not known here) and
    what `Bottleneck`, `Invertible` and `fill` raise.
    """
    told = configuration(folder)
    old = str(told.get("name", "adapter"))
    delta = delta_of(told, name or old, folder)
    weights = weights_of(folder)
    delta.apply(model)
    bottleneck, _ = parts_of(delta)
    fill(model, renamed(model, weights, old, bottleneck.name))
    return delta


def configuration(folder: Path) -> dict[str, Any]:
    """Return an adapter's configuration; raises GL-MODEL-050."""
    try:
        told = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if isinstance(told.get("config"), dict):
            return dict(told)
    except (OSError, ValueError, AttributeError):
        pass
    raise GlotliftError(
        "GL-MODEL-050",
        f"no adapter's {CONFIG}",
        place=str(folder),
        fix="give a folder that glotlift or the adapters library wrote; name its kind in full",
    )


def delta_of(told: Mapping[str, Any], name: str, folder: Path) -> Bottleneck | Together:
    """Return the delta that a configuration describes; raises GL-MODEL-051."""
    config = told["config"]
    odd = [key for key, value in FIXED.items() if config.get(key, value) != value]
    odd += ["inv_adapter"] if config.get("inv_adapter") not in (None, "nice") else []
    double = bool(config.get("mh_adapter"))
    odd += ["original_ln_before"] if config.get("original_ln_before") == double else []
    odd += [] if isinstance(config.get("reduction_factor"), int | float) else ["reduction_factor"]
    if str(told.get("version")).startswith(LIBRARY) and told.get("model_type") == "modernbert":
        odd.append("model_type")
    if odd:
        raise GlotliftError(
            "GL-MODEL-051",
            f"an adapter of another kind: {odd[0]} is {config.get(odd[0], told.get(odd[0]))!r}",
            place=f"{folder}/{CONFIG}",
            fix="use seq_bn, double_seq_bn, or seq_bn_inv",
        )
    activation = str(config.get("non_linearity", "relu"))
    bottleneck = Bottleneck(
        name,
        "double_seq_bn" if double else "seq_bn",
        int(config["reduction_factor"]),
        activation,
    )
    if not config.get("inv_adapter"):
        return bottleneck
    reduction = int(config.get("inv_adapter_reduction_factor") or 2)
    return Together((bottleneck, Invertible(name, reduction, activation)))


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of an adapter's file; raises GL-MODEL-052."""
    try:
        if (folder / WEIGHTS).is_file():
            return load_file(folder / WEIGHTS)
        found: dict[str, torch.Tensor] = torch.load(
            folder / OLD_WEIGHTS, map_location="cpu", weights_only=True
        )
        return found
    except Exception as error:  # torch, safetensors and the system each raise their own kinds
        raise GlotliftError(
            "GL-MODEL-052",
            f"the adapter's weights cannot be read: {str(error).splitlines()[0]:.120}",
            place=str(folder),
            fix=f"give a folder with {WEIGHTS}",
        ) from None


def renamed(
    model: Any, weights: Mapping[str, torch.Tensor], old: str, new: str
) -> dict[str, torch.Tensor]:
    """Return weights by the names that they have in `model`, under another adapter's name.

    A file may come from a model without a head, or with another, whose names begin elsewhere.
    """
    prefix = f"{model.base_model_prefix}."
    there = {name.removeprefix(prefix): name for name in learnt(model, new)}
    named = {}
    for name, value in weights.items():
        own = name.replace(f".{old}.", f".{new}.").removeprefix(prefix)
        named[there.get(own, name)] = value
    return named
