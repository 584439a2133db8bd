"""Rows for new pieces: an initialiser takes the old matrix and returns the new one.

Every initialiser has the signature ``(edit, source_rows [V_old, d], aids) -> rows [V_new, d]`` and
is called for the input rows, the output rows and the output bias (d = 1) apart. Rows of kept ids
come back bit-equal. `aids` holds what an initialiser may need:

- "seed" (int) and "role" ("input", "output" or "bias"): always there;
- "old_vectors" [V_old, e] and "new_vectors" [V_new, e]: auxiliary vectors of the old and new
  tokenizers' pieces in one space, zeros for a piece without (WECHSEL, OFA; FOCUS needs the new);
- "sources": for each added piece the old ids that it stands for, in the order of `added` or by
  piece (copies, merges);
- "scores" [V_old]: the old pieces' Unigram scores (merges by least or greatest score);
- "donor": rows [V_new, e] by role of a model that has the new vocabulary (matching pursuit).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from glotlift.runs.errors import GlotliftError
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
    character the old tokenizer could not write) gets the mean of all old rows. The usual baseline
    of vocabulary extension (e.g. Cui et al. 2023, Chinese-LLaMA; Hewitt 2021 for the mean).
    """
    rows = kept_rows(edit, source_rows)
    if edit.added:
        means, found = means_of(source_rows, edit.parts)
        means[~found] = source_rows[: edit.old_size].float().mean(0)
        rows[edit.added_ids.start :] = means.to(rows.dtype)
    return rows


def means_of(source_rows: Tensor, groups: tuple[tuple[int, ...], ...]) -> tuple[Tensor, Tensor]:
    """Return the mean row of each group of old ids [n, d] in float32, and [n] whether it has one.

    A group without ids gets zeros.
    """
    device = source_rows.device
    lengths = torch.tensor([len(ids) for ids in groups], device=device).long()
    flat = torch.tensor([number for ids in groups for number in ids], device=device).long()
    owner = torch.repeat_interleave(torch.arange(len(groups), device=device), lengths)
    sums = torch.zeros((len(groups), source_rows.shape[1]), device=device)
    sums.index_add_(0, owner, source_rows[flat].float())
    return sums / lengths.clamp(min=1)[:, None], lengths > 0


def random_rows(
    edit: VocabularyEdit, source_rows: Tensor, aids: Mapping[str, Any] | None = None
) -> Tensor:
    """Draw each new row from a normal with the mean and deviation of the old rows per dimension.

    source_rows [V_old, d] -> [V_new, d]; the same ``aids["seed"]`` draws the same rows, also for
    any piece whatever else an initialiser does. The control arm of most initialisation papers
    (e.g. Dobler and de Melo 2023, FOCUS, section 4).
    """
    aids = aids or {}
    rows = kept_rows(edit, source_rows)
    if not edit.added:
        return rows
    seed = len(ROLES) * int(aids.get("seed", 0)) + ROLES.index(aids.get("role", "input"))
    generator = torch.Generator().manual_seed(seed)
    old = source_rows[: edit.old_size].float()
    noise = torch.randn((len(edit.added), rows.shape[1]), generator=generator).to(rows.device)
    drawn = old.mean(0) + noise * old.std(0, correction=0)
    rows[edit.added_ids.start :] = drawn.to(rows.dtype)
    return rows


def copy_rows(edit: VocabularyEdit, source_rows: Tensor, aids: Mapping[str, Any]) -> Tensor:
    """Give each new piece the row of the first old piece that it stands for.

    source_rows [V_old, d] -> [V_new, d]; ``aids["sources"]`` names the old ids of each added piece.
    A piece that stands for none is drawn at random. Raises GL-VOCABULARY-065 and -066.
    """
    sources = sources_of(edit, aids, "copy")
    rows = random_rows(edit, source_rows, aids)
    found = [place for place, ids in enumerate(sources) if ids]
    taken = [sources[place][0] for place in found]
    rows[edit.added_ids.start + torch.tensor(found).long()] = source_rows[
        torch.tensor(taken).long()
    ]
    return rows


def sources_of(
    edit: VocabularyEdit, aids: Mapping[str, Any], method: str
) -> tuple[tuple[int, ...], ...]:
    """Return the old ids that each added piece stands for.

    Raises GL-VOCABULARY-065 without ``aids["sources"]`` and -066 where they do not fit the edit.
    """
    given = needed(aids, "sources", method)
    if isinstance(given, Mapping):
        given = [given.get(piece, ()) for piece in edit.added]
    sources = tuple(tuple(ids) for ids in given)
    flat = [number for ids in sources for number in ids]
    wrong = bool(flat) and not 0 <= min(flat) <= max(flat) < edit.old_size
    if len(sources) != len(edit.added) or wrong:
        raise misfit("sources", f"{len(sources)} sources", f"{len(edit.added)} of old ids")
    return sources


def needed(aids: Mapping[str, Any], name: str, method: str) -> Any:
    """Return an aid. Raises GL-VOCABULARY-065 where it is missing."""
    if aids.get(name) is None:
        raise GlotliftError(
            "GL-VOCABULARY-065",
            f"{method} needs {name!r} and was not given it",
            place="aids",
            fix=f"pass aids={{{name!r}: ...}}, or choose the mean of pieces, which needs nothing",
        )
    return aids[name]


def matrix_of(aids: Mapping[str, Any], name: str, method: str, rows: int, like: Tensor) -> Tensor:
    """Return an aid [rows, e] as float32 where `like` is.

    Raises GL-VOCABULARY-065 where it is missing and -066 where it has another number of rows, is
    no matrix, or holds what is not finite.
    """
    value = needed(aids, name, method)
    matrix = torch.as_tensor(np.asarray(value) if not isinstance(value, Tensor) else value)
    matrix = matrix.detach().to(like.device, torch.float32)
    if matrix.dim() != 2 or len(matrix) != rows or not bool(torch.isfinite(matrix).all()):
        found = f"{name} of shape {tuple(matrix.shape)}"
        raise misfit(name, found, f"{rows} finite rows, one for each id")
    return matrix


def misfit(name: str, found: str, expected: str) -> GlotliftError:
    """Return GL-VOCABULARY-066: an aid does not fit the edit."""
    return GlotliftError(
        "GL-VOCABULARY-066",
        f"{found} do not fit the edit",
        place=f"aids: {name}",
        fix=f"give {expected}",
    )
