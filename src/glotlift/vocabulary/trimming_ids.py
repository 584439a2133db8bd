"""Renumber the ids that a model's configuration and modules name, after pieces moved."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from torch import nn
from transformers import PreTrainedModel

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.edit import VocabularyEdit

# Endings of the settings that hold ids of pieces, one or (nested) lists of them.
ENDINGS = ("token_id", "token_ids", "token_index", "suppress_tokens", "words_ids")
PADDING = ("padding_idx", "pad_token_id")


def moves(edit: VocabularyEdit) -> bool:
    """Tell whether an edit drops or renumbers any old id."""
    return not bool((edit.old_to_new == np.arange(edit.old_size)).all())


def settings_of(model: PreTrainedModel) -> list[Any]:
    """Return the configurations of a model, of its parts, and of its text generation, each once."""
    found: list[Any] = [model.config, getattr(model, "generation_config", None)]
    for module in model.modules():
        config = getattr(module, "config", None)
        if config is not None:
            found.append(config)
    for config in list(found):
        found += [getattr(config, name, None) for name in getattr(config, "sub_configs", {})]
    return list({id(one): one for one in found if one is not None}.values())


def named_ids(settings: Any) -> Iterator[tuple[str, Any]]:
    """Yield the settings that hold ids of pieces, with what they hold."""
    for name, value in vars(settings).items():
        if name.endswith(ENDINGS) and isinstance(value, int | list) and value is not True:
            yield name, value


def check_ids(model: PreTrainedModel, edit: VocabularyEdit) -> None:
    """Refuse an edit that would leave the model without an id it names.

    Raises GL-VOCABULARY-046 (a configured id is dropped) and -047 (positions are counted from the
    padding id, which moves, as in RoBERTa and M2M100).
    """
    if not moves(edit):
        return
    for settings in settings_of(model):
        for name, value in named_ids(settings):
            lost = next((number for number in flat(value) if renumbered(number, edit) == -1), None)
            if lost is not None:
                raise GlotliftError(
                    "GL-VOCABULARY-046",
                    f"the edit drops id {lost}, which the model names as {name}",
                    place=type(settings).__name__,
                    fix=f"keep it: trim(..., keep=[{lost}])",
                )
    for path, module in model.named_modules():
        old = getattr(module, "padding_idx", None)
        if isinstance(old, int) and counts_from_padding(path, module):
            new = renumbered(old, edit)
            if new != old:
                raise GlotliftError(
                    "GL-VOCABULARY-047",
                    f"padding moves from id {old} to {new}, and the model counts positions from it",
                    place=path,
                    fix=f"keep all ids up to padding: trim(..., keep=range({old}))",
                )


def counts_from_padding(path: str, module: nn.Module) -> bool:
    """Tell whether a module's positions begin after the padding id."""
    return "position" in path.split(".")[-1] or hasattr(module, "position_embeddings")


def renumber_ids(model: PreTrainedModel, edit: VocabularyEdit) -> None:
    """Put new ids for old into every configuration, and into modules that know of padding."""
    if not moves(edit):
        return
    for settings in settings_of(model):
        for name, value in list(named_ids(settings)):
            setattr(settings, name, replaced(value, edit))
    for module in model.modules():
        for name in PADDING:
            number = vars(module).get(name)
            if isinstance(number, int):
                setattr(module, name, renumbered(number, edit))


def renumbered(number: int, edit: VocabularyEdit) -> int:
    """Return the new id of an old one, -1 if dropped; others (-100, beyond the end) stay."""
    if not 0 <= number < edit.old_size:
        return number if number != -1 else -100
    return int(edit.old_to_new[number])


def flat(value: Any) -> Iterator[int]:
    """Yield the integers in a value that may be a nested list."""
    if isinstance(value, list):
        for item in value:
            yield from flat(item)
    elif isinstance(value, int):
        yield value


def replaced(value: Any, edit: VocabularyEdit) -> Any:
    """Return a value with the ids in it renumbered."""
    if isinstance(value, list):
        return [replaced(item, edit) for item in value]
    return renumbered(value, edit) if isinstance(value, int) and value >= 0 else value
