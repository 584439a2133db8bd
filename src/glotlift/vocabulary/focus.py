"""FOCUS: rows of overlapping pieces that are near in the new language alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.initialise import matrix_of, random_rows
from glotlift.vocabulary.neighbours import covered, sparse_rows


@dataclass(frozen=True)
class Focus:
    """Mix the rows of kept pieces by sparsemax of their similarities to the new piece.

    Dobler and de Melo 2023, section 2: rows of overlapping pieces are copied; vectors of the new
    tokenizer's pieces, trained on text of the new language (`word_vectors.token_vectors`), say
    which of them a new piece resembles. `alpha` 2 is sparsemax, 1.5 a softer entmax. A piece
    without a vector is drawn at random.
    """

    alpha: float = 2.0

    def __call__(
        self, edit: VocabularyEdit, source_rows: Tensor, aids: Mapping[str, Any]
    ) -> Tensor:
        """Turn [V_old, d] into [V_new, d]; needs "new_vectors".

        Raises GL-VOCABULARY-065 and -066.
        """
        vectors = matrix_of(aids, "new_vectors", "FOCUS", edit.new_size, source_rows)
        rows = random_rows(edit, source_rows, aids)
        first = edit.added_ids.start
        queries = vectors[first:]
        known = covered(queries)
        overlap = torch.zeros(first, dtype=torch.bool, device=rows.device)
        overlap[torch.from_numpy(edit.old_to_new[edit.old_to_new >= 0]).to(rows.device)] = True
        overlap &= covered(vectors[:first])
        if bool(known.any()) and bool(overlap.any()):
            found = sparse_rows(
                rows[:first][overlap], vectors[:first][overlap], queries[known], alpha=self.alpha
            )
            rows[first:][known] = found.to(rows.dtype)
        return rows
