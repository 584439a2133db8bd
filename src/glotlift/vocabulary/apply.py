"""Carry a model across a vocabulary edit: input rows, output rows and every bias over pieces."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Initialiser
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.initialise import mean_of_pieces

LOGIT_BIAS = "final_logits_bias"


@torch.no_grad()
def apply_edit(
    model: PreTrainedModel,
    edit: VocabularyEdit,
    initialiser: Initialiser = mean_of_pieces,
    *,
    seed: int = 0,
    padded: int | None = None,
    aids: Mapping[str, Any] | None = None,
) -> PreTrainedModel:
    """Give `model` the rows of the edited vocabulary, in place, and return it.

    Works through the model's own input and output embeddings: causal, masked and
    sequence-to-sequence, tied or not, with or without a bias over pieces (a head's bias or
    ``final_logits_bias``). New rows stand at the new pieces' ids, also where the old matrix was
    padded beyond the tokenizer; a matrix that is large enough keeps its size, otherwise it becomes
    ``edit.new_size`` rounded up to a multiple of `padded`. Rows of kept ids are bit-equal, tied
    stays tied, the generation configuration and torch's random state are untouched.

    `aids` is handed to the initialiser beside "seed" and "role". Raises GL-VOCABULARY-020 (the
    matrix has fewer rows than the tokenizer has ids) and -021 (a model without input embeddings).
    """
    source = sources_of(model)
    check_sizes(model, edit, source)
    rows = {}
    for role, old in source.items():
        called = {**(aids or {}), "seed": seed, "role": role.split(".")[0]}
        rows[role] = checked(edit, role, old, initialiser(edit, old, called))
    size = matrix_size(edit, len(source["input"]), padded)
    if size != len(source["input"]):
        resize(model, size)
    for role, place in sources_of(model).items():
        place.copy_(with_padding(edit, source[role], rows[role], size))
    return model


def sources_of(model: PreTrainedModel) -> dict[str, Tensor]:
    """Return the model's matrices over pieces, each [V, d] as a view on its storage.

    Keys: "input", "output" (untied heads only), "bias.<place>" with d = 1 for each bias.
    """
    found: dict[str, Tensor] = {"input": input_weight(model)}
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    if head is not None:
        if head.weight.data_ptr() != found["input"].data_ptr():
            found["output"] = head.weight.data
        if getattr(head, "bias", None) is not None:
            found["bias.head"] = head.bias.data[:, None]
    for name, buffer in model.named_buffers():
        if name.split(".")[-1] == LOGIT_BIAS:
            found[f"bias.{name}"] = buffer.data.reshape(-1, 1)
    return found


def input_weight(model: PreTrainedModel) -> Tensor:
    """Return the input embedding matrix [V, d].

    Raises GL-VOCABULARY-021 where the model has none.
    """
    weight = getattr(model.get_input_embeddings(), "weight", None)
    if not isinstance(weight, Tensor) or weight.dim() != 2:
        raise GlotliftError(
            "GL-VOCABULARY-021",
            f"{type(model).__name__} has no matrix of input embeddings",
            place="model",
            fix="give a model that reads token ids",
        )
    return weight.data


def check_sizes(model: PreTrainedModel, edit: VocabularyEdit, source: Mapping[str, Tensor]) -> None:
    """Raise GL-VOCABULARY-020 where a matrix has fewer rows than the tokenizer has ids."""
    for role, rows in source.items():
        if len(rows) < edit.old_size:
            raise GlotliftError(
                "GL-VOCABULARY-020",
                f"the {role} matrix has {len(rows)} rows but the tokenizer {edit.old_size} ids",
                place=type(model).__name__,
                fix="give the tokenizer that belongs to the model",
            )


def checked(
    edit: VocabularyEdit, role: str, old: Tensor, new: Tensor | tuple[Tensor, Tensor]
) -> Tensor:
    """Return an initialiser's rows [V_new, d].

    Raises GL-VOCABULARY-022 where they are factorised, or of another shape or type than promised.
    """
    expected = (edit.new_size, old.shape[1])
    if isinstance(new, Tensor) and tuple(new.shape) == expected and new.dtype == old.dtype:
        return new
    found = f"{tuple(new.shape)} {new.dtype}" if isinstance(new, Tensor) else "factorised rows"
    raise GlotliftError(
        "GL-VOCABULARY-022",
        f"the initialiser returned {found} where {expected} {old.dtype} is needed",
        place=role,
        fix="return one row per new id, of the old width and type",
    )


def matrix_size(edit: VocabularyEdit, rows: int, padded: int | None) -> int:
    """Return how many rows the new matrix has."""
    multiple = padded or 1
    if multiple < 1:
        raise GlotliftError(
            "GL-VOCABULARY-023",
            f"cannot pad to a multiple of {padded}",
            place="padded",
            fix="give 64",
        )
    size = -(-edit.new_size // multiple) * multiple
    return rows if padded is None and rows >= edit.new_size and not edit.dropped else size


def resize(model: PreTrainedModel, size: int) -> None:
    """Let the model class resize what it knows of, leaving torch's random state as it was."""
    with torch.random.fork_rng(devices=[]):
        model.resize_token_embeddings(size, mean_resizing=False)


def with_padding(edit: VocabularyEdit, old: Tensor, new: Tensor, size: int) -> Tensor:
    """Return [size, d]: the new rows, then padding.

    Old padding rows beyond the new pieces stay where they are. Fresh ones repeat the last old
    padding row, which the model has learnt not to emit, or else the mean of the kept rows: zeros
    would give them a higher logit than most pieces.
    """
    rest = size - len(new)
    if rest <= 0:
        return new
    stay = old[len(new) : size] if len(old) > edit.old_size else old[:0]
    filler = (
        old[-1:] if len(old) > edit.old_size else new.float().mean(0, keepdim=True).to(new.dtype)
    )
    return torch.cat([new, stay, filler.expand(rest - len(stay), -1)])
