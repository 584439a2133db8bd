"""Objectives by name."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.choice import objective_for
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Objective

DEFAULT = "default"
OBJECTIVES = {
    "causal": "glotlift.objectives.causal:CausalLanguageModelling",
    "instructions": "glotlift.objectives.instructions:InstructionTuning",
    "masked": "glotlift.objectives.masked:MaskedLanguageModelling",
    "prefix": "glotlift.objectives.prefix:PrefixLanguageModelling",
    "tcm": "glotlift.objectives.contrastive:TransliterationContrastiveModelling",
    "tlm": "glotlift.objectives.translation:TranslationLanguageModelling",
    "spans": "glotlift.objectives.denoisers:SpanCorruption",
    "ul2": "glotlift.objectives.denoisers:MixtureOfDenoisers",
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
    if name not in OBJECTIVES:
        raise GlotliftError(
            "GL-OBJECTIVE-010",
            f"unknown objective {name!r}",
            place="objective",
            fix=f"choose one of {', '.join([DEFAULT, *OBJECTIVES])}",
        )
    module, _, attribute = OBJECTIVES[name].partition(":")
    make: Callable[..., Any] = getattr(import_module(module), attribute).for_model
    try:
        return cast(Objective, make(model, tokenizer, **settings))
    except TypeError as error:
        raise GlotliftError(
            "GL-OBJECTIVE-011",
            f"the objective {name} does not take these settings: {error}",
            place="objective.settings",
            fix=f"see 'glotlift objectives show {name} --help'",
        ) from error
