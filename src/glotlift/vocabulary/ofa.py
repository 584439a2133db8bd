"""OFA: factorise the rows, copy what overlaps, mix the rest from near pieces of any language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.initialise import copy_rows, sources_of
from glotlift.vocabulary.neighbours import blocks
from glotlift.vocabulary.wechsel import Wechsel


@dataclass(frozen=True)
class Ofa:
    """Copy overlapping rows and mix the others in a multilingual space (Liu et al. 2024).

    Section 3 of the paper: with `rank`, rows are coordinates [V, rank] over primitives [rank, d]
    from a singular value decomposition, and it is the coordinates that are copied and mixed. Pieces
    that ``aids["sources"]`` names an old piece for (the same word in another case, say) copy its
    row. `balanced` shares the singular values between both factors, so that one learning rate fits
    them; the paper leaves them all in the primitives.
    """

    rank: int | None = None
    neighbours: int = 10
    temperature: float = 0.1
    balanced: bool = False

    def __call__(
        self, edit: VocabularyEdit, source_rows: Tensor, aids: Mapping[str, Any]
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Turn [V_old, d] into [V_new, d], or with `rank` into [V_new, rank] and [rank, d].

        Needs "old_vectors" and "new_vectors". Raises GL-VOCABULARY-065, -066 and -068.
        """
        if self.rank is None or aids.get("role") == "bias":
            return self.spread(edit, source_rows, aids)
        coordinates, primitives = factorised(
            source_rows[: edit.old_size], self.rank, balanced=self.balanced
        )
        return self.spread(edit, coordinates, aids), primitives

    def spread(self, edit: VocabularyEdit, rows: Tensor, aids: Mapping[str, Any]) -> Tensor:
        """Carry rows or coordinates [V_old, r] to [V_new, r]."""
        found = Wechsel(self.neighbours, self.temperature)(edit, rows, aids)
        if aids.get("sources") is not None:
            copied = copy_rows(edit, rows, aids)
            first = edit.added_ids.start
            sources = sources_of(edit, aids, "OFA")
            same = torch.tensor([bool(ids) for ids in sources], device=rows.device).bool()
            found[first:] = torch.where(same[:, None], copied[first:], found[first:])
        return found


def factorised(rows: Tensor, rank: int, *, balanced: bool = False) -> tuple[Tensor, Tensor]:
    """Return coordinates [V, rank] and primitives [rank, d], their product nearest to rows [V, d].

    The truncated singular value decomposition (Eckart and Young 1936), through the d x d matrix of
    inner products in float64, summed over blocks: for V much larger than d that is far cheaper than
    decomposing [V, d], and as exact as float32 can hold.

    Raises GL-VOCABULARY-068 for a rank that is not between 1 and the smaller side.
    """
    if not 1 <= rank <= min(rows.shape):
        raise GlotliftError(
            "GL-VOCABULARY-068",
            f"cannot factorise rows of shape {tuple(rows.shape)} into {rank} primitives",
            place="rank",
            fix=f"give a rank from 1 to {min(rows.shape)}",
        )
    inner = torch.zeros((rows.shape[1],) * 2, dtype=torch.float64, device=rows.device)
    for part in blocks(len(rows), rows.shape[1], inner):
        block = rows[part].double()
        inner += block.T @ block
    squares, directions = torch.linalg.eigh(inner)
    right = directions.flip(1)[:, :rank]
    singular = squares.flip(0)[:rank].clamp(min=0).sqrt()
    share = singular.sqrt() if balanced else singular
    safe = torch.where(singular > singular[0] * 1e-12, singular, torch.inf)
    coordinates = rows.new_empty((len(rows), rank), dtype=torch.float32)
    turn = right * (singular / share.clamp(min=1e-300) / safe)
    for part in blocks(len(rows), rows.shape[1], inner):
        coordinates[part] = (rows[part].double() @ turn).float()
    return coordinates, (share[:, None] * right.T).float()
