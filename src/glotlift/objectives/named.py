"""Objectives by name."""

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.choice import objective_for
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Objective

DEFAULT = "default"
PLAIN = (bool, int, float, str, type(None))  # what a setting in YAML may be
OBJECTIVES = {
    "causal": "glotlift.objectives.causal:CausalLanguageModelling",
    "denoising": "glotlift.objectives.denoising:Denoising",
    "instructions": "glotlift.objectives.instructions:InstructionTuning",
    "masked": "glotlift.objectives.masked:MaskedLanguageModelling",
    "prefix": "glotlift.objectives.prefix:PrefixLanguageModelling",
    "tcm": "glotlift.objectives.contrastive:TransliterationContrastiveModelling",
    "tlm": "glotlift.objectives.translation:TranslationLanguageModelling",
    "restore": "glotlift.objectives.code_switching:CodeSwitchingRestore",
    "spans": "glotlift.objectives.denoisers:SpanCorruption",
    "ul2": "glotlift.objectives.denoisers:MixtureOfDenoisers",
}


MODELS = {  # the shapes of model that can learn each; the first is what it is shown with
    DEFAULT: ("decoder", "encoder", "seq2seq"),
    "causal": ("decoder",),
    "denoising": ("seq2seq",),
    "instructions": ("decoder",),
    "masked": ("encoder",),
    "prefix": ("seq2seq",),
    "tcm": ("encoder",),
    "tlm": ("encoder",),
    "restore": ("seq2seq", "decoder"),
    "spans": ("seq2seq", "decoder"),
    "ul2": ("seq2seq", "decoder"),
}


def check_name(name: str) -> None:
    """Raise GL-OBJECTIVE-010 for a name that no objective has."""
    if name not in OBJECTIVES:
        raise GlotliftError(
            "GL-OBJECTIVE-010",
            f"unknown objective {name!r}",
            place="objective",
            fix=f"choose one of {', '.join([DEFAULT, *OBJECTIVES])}",
        )


def models_of(name: str) -> tuple[str, ...]:
    """Return the shapes of model that can learn an objective. Raises GL-OBJECTIVE-010."""
    if name != DEFAULT:
        check_name(name)
    return MODELS[name]


def class_of(name: str) -> Any:
    """Return the class of an objective. Raises GL-OBJECTIVE-010."""
    check_name(name)
    module, _, attribute = OBJECTIVES[name].partition(":")
    return getattr(import_module(module), attribute)


def describe(name: str) -> dict[str, Any]:
    """Return an objective's name, what it teaches, the models for it, and its settings.

    Settings that `for_model` passes on are those of ``__init__``.
    """
    kind = class_of(name)
    asked = list(inspect.signature(kind.for_model).parameters.values())
    if any(each.kind is each.VAR_KEYWORD for each in asked):
        asked += list(inspect.signature(kind).parameters.values())
    settings = {
        each.name: each.default
        for each in asked
        if each.default is not each.empty and isinstance(each.default, PLAIN)
    }
    sentence = " ".join(str(inspect.getdoc(kind)).split("\n\n")[0].split())
    return {
        "name": name,
        "teaches": sentence,
        "models": list(MODELS[name]),
        "settings": settings,
    }


def objective_named(
    name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, **settings: Any
) -> Objective:
    """Return the objective of that name for a model; ``default`` is what the model was made for.

    Raises GL-OBJECTIVE-010 (an unknown name), -011 (a setting that it does not have), and what the
    objective itself refuses.
    """
    if name == DEFAULT and not settings:
        return objective_for(model, tokenizer)
    make: Callable[..., Any] = class_of(name).for_model
    try:
        return cast(Objective, make(model, tokenizer, **settings))
    except TypeError as error:
        raise GlotliftError(
            "GL-OBJECTIVE-011",
            f"the objective {name} does not take these settings: {error}",
            place="objective.settings",
            fix="see 'glotlift objectives list'",
        ) from error
