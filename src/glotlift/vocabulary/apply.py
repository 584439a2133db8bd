"""Carry a model across a vocabulary edit: input rows, output rows and every bias over pieces."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Initialiser
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.initialise import mean_of_pieces
from glotlift.vocabulary.trimming_ids import check_ids, renumber_ids, settings_of

LOGIT_BIAS = "final_logits_bias"
LAYERED = ("embed_tokens_per_layer",)
SIZES = ("vocab_size", "vocab_size_per_layer_input", "decoder_vocab_size")


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

    Works on causal, masked and sequence-to-sequence models, tied or not, with or without a bias
    over pieces (a head's or ``final_logits_bias``). New rows stand at the new pieces' ids, also
    where the old matrix was padded beyond the tokenizer; a matrix that is large enough keeps its
    size unless pieces are dropped, otherwise it gets ``edit.new_size`` rows, rounded up to a
    multiple of `padded`. Rows of kept ids are bit-equal; whatever shared one matrix still does;
    ids that the configurations name (padding, end, forced language) follow their pieces; torch's
    random state is untouched.

    The parameters are replaced where they are, not through ``resize_token_embeddings``: that ties
    the encoder's and decoder's embeddings of an untied BART and drops a bias of an untied BERT.

    `aids` is handed to the initialiser beside "seed" and "role" ("input", "output", "bias").
    Raises GL-VOCABULARY-020 (a matrix has fewer rows than the tokenizer has ids), -021 (no input
    embeddings), -022 (an initialiser returned another shape), -023 (`padded` below 1), -046 (a
    configured id is dropped) and -047 (positions are counted from a padding id that moves); the
    last two before anything changes.
    """
    check_ids(model, edit)
    found = matrices_of(model)
    rows = len(found["input"])
    size = matrix_size(edit, rows, padded)
    for role, matrix in found.items():
        old = rows_of(matrix)
        check_rows(model, edit, role, old)
        told = {**(aids or {}), "seed": seed, "role": role.split(".")[0]}
        new = checked(edit, role, old, initialiser(edit, old, told))
        put(model, matrix, with_padding(edit, old, new, size))
    set_size(model, rows, size)
    renumber_ids(model, edit)
    return model


def check_rows(model: PreTrainedModel, edit: VocabularyEdit, role: str, old: Tensor) -> None:
    """Raise GL-VOCABULARY-020 where a matrix [V, d] has too few rows for an edit's tokenizer."""
    if len(old) < edit.old_size:
        raise GlotliftError(
            "GL-VOCABULARY-020",
            f"the {role} matrix has {len(old)} rows but the tokenizer {edit.old_size} ids",
            place=type(model).__name__,
            fix="give the tokenizer that belongs to the model",
        )


def matrices_of(model: PreTrainedModel) -> dict[str, Tensor]:
    """Return the parameters and buffers over pieces, each once, however many modules share it.

    Keys begin with "input" ([V, d]; an untied encoder and decoder have their own), "output"
    ([V, d], untied heads only) or "bias" ([V] or [1, V]). Raises GL-VOCABULARY-021.
    """
    named = {"input": getattr(model.get_input_embeddings(), "weight", None)}
    if not isinstance(named["input"], Tensor) or named["input"].dim() != 2:
        raise GlotliftError(
            "GL-VOCABULARY-021",
            f"{type(model).__name__} has no matrix of input embeddings",
            place="model",
            fix="give a model that reads token ids",
        )
    if model.config.is_encoder_decoder:
        for side in ("encoder", "decoder"):
            stack = getattr(model.base_model, side, None) or getattr(model, side, None)
            named[f"input.{side}"] = getattr(getattr(stack, "embed_tokens", None), "weight", None)
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    named["output"] = getattr(head, "weight", None)
    named |= further_tables(model, len(named["input"]))
    for name, tensor in biases_of(model, head):
        named[f"bias.{name}"] = tensor
    seen: dict[int, tuple[str, Tensor]] = {}
    for role, matrix in named.items():
        if matrix is not None:
            seen.setdefault(id(matrix), (role, matrix))
    return dict(seen.values())


def further_tables(model: PreTrainedModel, rows: int) -> dict[str, Tensor]:
    """Return tables over the same pieces that only a part of the model names.

    These are the embeddings of the models inside a model (two encoders, a draft head) and the
    embeddings that some decoders look up once for each layer.
    """
    found = {}
    for name, module in model.named_modules():
        table: Any = module if name.split(".")[-1] in LAYERED else None
        if isinstance(module, PreTrainedModel):
            try:
                table = module.get_input_embeddings()
            except NotImplementedError:
                continue
        if isinstance(table, nn.Embedding) and len(table.weight) == rows:
            found[f"input.{name}"] = table.weight
    return found


def biases_of(model: PreTrainedModel, head: nn.Module | None) -> list[tuple[str, Tensor]]:
    """Return the head's bias, those of the modules around it, and the bias on final logits."""
    found = [
        (name, buffer)
        for name, buffer in model.named_buffers()
        if name.split(".")[-1] == LOGIT_BIAS
    ]
    place = next((name for name, module in model.named_modules() if module is head), None)
    if head is None or place is None:
        return found
    length = len(head.weight)  # type: ignore[arg-type]
    steps = place.split(".")
    for depth in range(1, len(steps) + 1):
        around = ".".join(steps[:depth])
        bias = getattr(model.get_submodule(around), "bias", None)
        if isinstance(bias, Tensor) and tuple(bias.shape) == (length,):
            found.append((around, bias))
    return found


def rows_of(matrix: Tensor) -> Tensor:
    """Return a matrix as [V, d] and a bias ([V] or [1, V]) as [V, 1], on the same storage."""
    shared = matrix.detach()
    return shared.reshape(-1, 1) if is_bias(shared) else shared


def is_bias(matrix: Tensor) -> bool:
    """Tell a bias over pieces, [V] or [1, V], from a matrix [V, d]."""
    return matrix.dim() == 1 or matrix.shape[0] == 1


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
    """Return how many rows the new matrices have."""
    multiple = 1 if padded is None else padded
    if multiple < 1:
        raise GlotliftError(
            "GL-VOCABULARY-023",
            f"cannot pad to a multiple of {padded}",
            place="padded",
            fix="give 64, or None for no padding",
        )
    if padded is None and rows >= edit.new_size and not edit.dropped:
        return rows
    return -(-edit.new_size // multiple) * multiple


def with_padding(edit: VocabularyEdit, old: Tensor, new: Tensor, size: int) -> Tensor:
    """Return [size, d]: the new rows, then padding.

    Old padding rows beyond the new pieces stay where they are. Fresh ones repeat the last old
    padding row, which the model has learnt not to emit, or else the mean of the kept rows: zeros
    would give them a higher logit than most pieces.
    """
    rest = size - len(new)
    if rest <= 0:
        return new
    was_padded = len(old) > edit.old_size
    stay = old[len(new) : size] if was_padded and len(new) >= edit.old_size else old[:0]
    filler = old[-1:] if was_padded else new.float().mean(0, keepdim=True).to(new.dtype)
    return torch.cat([new, stay, filler.expand(rest - len(stay), -1)])


def put(model: PreTrainedModel, old: Tensor, rows: Tensor) -> None:
    """Put `rows` in the place of a parameter or buffer, in every module that holds it."""
    shape = (*old.shape[:-1], len(rows)) if is_bias(old) else (len(rows), old.shape[1])
    if old.shape == shape:
        old.detach().copy_(rows.reshape(shape))
        return
    values = rows.reshape(shape).clone()
    new = nn.Parameter(values, old.requires_grad) if isinstance(old, nn.Parameter) else values
    for module in model.modules():
        for store in (module._parameters, module._buffers):
            for name in [name for name, tensor in store.items() if tensor is old]:
                store[name] = new  # type: ignore[assignment]
        if getattr(module, "weight", None) is new:
            resized = "num_embeddings" if isinstance(module, nn.Embedding) else "out_features"
            setattr(module, resized, len(rows))


def set_size(model: PreTrainedModel, old: int, size: int) -> None:
    """Tell the configurations and modules that knew of `old` rows that there are `size`."""
    for part in [*settings_of(model), *model.modules()]:
        for name in SIZES:
            if getattr(part, name, None) == old:
                setattr(part, name, size)
