"""Orthogonal matching pursuit: the coefficients that spell a new piece in another model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.initialise import kept_rows, matrix_of, needed
from glotlift.vocabulary.neighbours import blocks, mixed


@dataclass(frozen=True)
class MatchingPursuit:
    """Carry sparse combinations over shared pieces from a donor model that has the new vocabulary.

    In the donor each new piece's row is approximated by `atoms` rows of kept pieces; the same
    coefficients combine the kept pieces' rows here (Goddard and Fernandes Neto 2025, Training-free
    tokenizer transplantation via orthogonal matching pursuit, section 3).
    """

    atoms: int = 8

    def __call__(
        self, edit: VocabularyEdit, source_rows: Tensor, aids: Mapping[str, Any]
    ) -> Tensor:
        """Turn [V_old, d] into [V_new, d]; needs "donor": rows [V_new, e] by role.

        A role that the donor lacks uses its input rows. Raises GL-VOCABULARY-065, -066 and -067
        (more atoms than kept pieces).
        """
        donor = needed(aids, "donor", "matching pursuit")
        role = aids.get("role", "input")
        told = {"donor": donor.get(role, donor.get("input"))}
        vectors = matrix_of(told, "donor", "matching pursuit", edit.new_size, source_rows)
        rows = kept_rows(edit, source_rows)
        shared = torch.from_numpy(edit.old_to_new[edit.old_to_new >= 0]).sort().values
        shared = shared.to(rows.device)
        if not 1 <= self.atoms <= len(shared):
            raise GlotliftError(
                "GL-VOCABULARY-067",
                f"cannot choose {self.atoms} atoms among {len(shared)} kept pieces",
                place="atoms",
                fix="choose fewer atoms, or an edit that keeps more pieces",
            )
        if edit.added:
            targets = vectors[edit.added_ids.start :]
            places, weights = pursue(targets, vectors[shared], self.atoms)
            found = mixed(rows[shared].float(), places, weights)
            rows[edit.added_ids.start :] = found.to(rows.dtype)
        return rows


def pursue(targets: Tensor, points: Tensor, atoms: int) -> tuple[Tensor, Tensor]:
    """Return which points [m, k] approximate each target, and by which coefficients [m, k].

    targets [m, e], points [n, e]; k = `atoms`. Greedy by the absolute inner product with what is
    left, least squares over all chosen points (Pati et al. 1993). A block of targets at a time.
    """
    places = torch.empty((len(targets), atoms), dtype=torch.long, device=targets.device)
    weights = targets.new_empty((len(targets), atoms))
    width = len(points) + targets.shape[1] * atoms
    for part in blocks(len(targets), width, targets, copies=2):
        places[part], weights[part] = pursue_block(targets[part], points, atoms)
    return places, weights


def pursue_block(targets: Tensor, points: Tensor, atoms: int) -> tuple[Tensor, Tensor]:
    """Return `pursue` of one block [b, e], with an orthonormal basis of the chosen points."""
    number, width = targets.shape
    basis = targets.new_zeros((number, atoms, width))
    triangle = torch.eye(atoms, device=targets.device, dtype=targets.dtype).repeat(number, 1, 1)
    places = torch.empty((number, atoms), dtype=torch.long, device=targets.device)
    taken = torch.zeros((number, len(points)), dtype=torch.bool, device=targets.device)
    rest = targets.clone()
    tiny = torch.finfo(targets.dtype).eps
    for step in range(atoms):
        inner = (rest @ points.T).abs_().masked_fill_(taken, -1.0)
        places[:, step] = inner.argmax(1)
        taken.scatter_(1, places[:, step, None], True)
        atom = points[places[:, step]]
        against = basis[:, :step]
        along = torch.einsum("bke,be->bk", against, atom)
        left = atom - torch.einsum("bke,bk->be", against, along)
        more = torch.einsum("bke,be->bk", against, left)  # twice is enough (Kahan and Parlett)
        left -= torch.einsum("bke,bk->be", against, more)
        length = left.norm(dim=1)
        new = length > 16 * tiny * atom.norm(dim=1)
        basis[:, step] = torch.where(new[:, None], left / length.clamp(min=tiny)[:, None], 0)
        triangle[:, :step, step] = along + more
        triangle[:, step, step] = torch.where(new, length, 1)
        rest = rest - basis[:, step] * (basis[:, step] * rest).sum(1, keepdim=True)
    shares = torch.einsum("bke,be->bk", basis, targets)
    solved = torch.linalg.solve_triangular(triangle, shares[..., None], upper=True)
    return places, solved.squeeze(-1)
