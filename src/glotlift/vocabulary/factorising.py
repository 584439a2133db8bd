"""Carry a tied model across a vocabulary edit into coordinates and primitives."""

from collections.abc import Mapping
from typing import Any

import torch
from transformers import PreTrainedModel

from glotlift.models.factorised import Factorised, factorise, factorised_form
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.apply import check_rows, matrices_of, rows_of
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.ofa import Ofa


@torch.no_grad()
def apply_factorised(
    model: PreTrainedModel,
    edit: VocabularyEdit,
    initialiser: Ofa,
    *,
    aids: Mapping[str, Any],
    seed: int = 0,
) -> Factorised:
    """Return a model of the edited vocabulary with factorised embeddings; `model` stays as it is.

    The counterpart of `apply_edit` for an `Ofa` with a rank (Liu et al. 2024, section 3). The
    head's bias is carried by the same rule; rows of padding beyond the tokenizer go.

    Raises GL-VOCABULARY-064 (an initialiser without a rank), -020 (too few rows), GL-MODEL-015 and
    -016 (a model without a factorised form), and what the initialiser raises.
    """
    factorised_form(model)
    found = {role.split(".")[0]: rows_of(matrix) for role, matrix in matrices_of(model).items()}
    check_rows(model, edit, "input", found["input"])
    told = {**aids, "seed": seed}
    rows = initialiser(edit, found["input"], {**told, "role": "input"})
    if isinstance(rows, torch.Tensor):
        raise GlotliftError(
            "GL-VOCABULARY-064",
            "the initialiser returned plain rows, not coordinates and primitives",
            place="initialiser",
            fix="give Ofa(rank=...), or apply_edit for plain rows",
        )
    bias = None
    if "bias" in found:
        spread = initialiser(edit, found["bias"], {**told, "role": "bias"})
        bias = spread[:, 0] if isinstance(spread, torch.Tensor) else None
    return factorise(model, *rows, bias)
