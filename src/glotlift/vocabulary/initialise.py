"""Rows for new pieces: an initialiser takes the old matrix and returns the new one.

Every initialiser has the signature ``(edit, source_rows [V_old, d], aids) -> rows [V_new, d]`` and
is called for the input rows, the output rows and the output bias (d = 1) apart. Rows of kept ids
come back bit-equal. `aids` holds what an initialiser may need: "seed" (int) and "role" ("input",
"output" or "bias") always; published methods add theirs.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from glotlift.vocabulary.edit import VocabularyEdit

ROLES = ("input", "output", "bias")


def kept_rows(edit: VocabularyEdit, source_rows: Tensor) -> Tensor:
    """Return [V_new, d] with every kept row in its new place and zeros for the added pieces."""
    old_to_new = torch.from_numpy(edit.old_to_new).to(source_rows.device)
    kept = old_to_new >= 0
    rows = source_rows.new_zeros((edit.new_size, source_rows.shape[1]))
    rows[old_to_new[kept]] = source_rows[: edit.old_size][kept]
    return rows


def mean_of_pieces(
    edit: VocabularyEdit, source_rows: Tensor, aids: Mapping[str, Any] | None = None
) -> Tensor:
    """Set each new row to the mean of the old rows that spelt the piece before the edit.

    source_rows [V_old, d] -> [V_new, d], the mean taken in float32. A piece without parts (a
    character the old tokenizer could not write) gets the mean of all kept rows. The usual baseline
    of vocabulary extension (e.g. Cui et al. 2023, Chinese-LLaMA; Hewitt 2021 for the mean).
    """
    rows = kept_rows(edit, source_rows)
    if not edit.added:
        return rows
    device = source_rows.device
    lengths = torch.tensor([len(ids) for ids in edit.parts], device=device)
    flat = torch.tensor([number for ids in edit.parts for number in ids], device=device).long()
    owner = torch.repeat_interleave(torch.arange(len(edit.parts), device=device), lengths)
    sums = torch.zeros((len(edit.parts), source_rows.shape[1]), device=device)
    sums.index_add_(0, owner, source_rows[flat].float())
    means = sums / lengths.clamp(min=1)[:, None]
    if bool((lengths == 0).any()):
        means[lengths == 0] = source_rows[: edit.old_size].float().mean(0)
    rows[edit.added_ids.start :] = means.to(rows.dtype)
    return rows


def random_rows(
    edit: VocabularyEdit, source_rows: Tensor, aids: Mapping[str, Any] | None = None
) -> Tensor:
    """Draw each new row from a normal with the mean and deviation of the kept rows per dimension.

    source_rows [V_old, d] -> [V_new, d]; the same ``aids["seed"]`` draws the same rows. The control
    arm of most initialisation papers (e.g. Dobler and de Melo 2023, FOCUS, section 4).
    """
    aids = aids or {}
    rows = kept_rows(edit, source_rows)
    if not edit.added:
        return rows
    seed = len(ROLES) * int(aids.get("seed", 0)) + ROLES.index(aids.get("role", "input"))
    generator = torch.Generator().manual_seed(seed)
    kept = rows[: edit.added_ids.start].float()
    noise = torch.randn((len(edit.added), rows.shape[1]), generator=generator).to(rows.device)
    drawn = kept.mean(0) + noise * kept.std(0, correction=0)
    rows[edit.added_ids.start :] = drawn.to(rows.dtype)
    return rows
