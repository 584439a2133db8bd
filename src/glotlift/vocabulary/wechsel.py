"""WECHSEL: rows of near pieces in a space that both languages share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.initialise import matrix_of, random_rows
from glotlift.vocabulary.neighbours import covered, nearest_rows


@dataclass(frozen=True)
class Wechsel:
    """Mix the old rows of the pieces that are nearest in aligned word vectors.

    Minixhofer et al. 2022, section 3: a piece's vector is the mean of those of the words that it
    occurs in, weighted by frequency (`word_vectors.piece_vectors`); the softmax of the cosines of
    its `neighbours` over `temperature` weighs their rows. Kept rows stay, which the published
    method does for special tokens alone; a piece without a vector is drawn at random.
    """

    neighbours: int = 10
    temperature: float = 0.1

    def __call__(
        self, edit: VocabularyEdit, source_rows: Tensor, aids: Mapping[str, Any]
    ) -> Tensor:
        """Turn [V_old, d] into [V_new, d]; needs "old_vectors" and "new_vectors".

        Raises GL-VOCABULARY-065 and -066.
        """
        keys = matrix_of(aids, "old_vectors", "WECHSEL", edit.old_size, source_rows)
        new = matrix_of(aids, "new_vectors", "WECHSEL", edit.new_size, source_rows)
        rows = random_rows(edit, source_rows, aids)
        queries = new[edit.added_ids.start :]
        known = covered(queries)
        if bool(known.any()) and bool(covered(keys).any()):
            found = nearest_rows(
                source_rows[: edit.old_size],
                keys,
                queries[known],
                neighbours=self.neighbours,
                temperature=self.temperature,
            )
            rows[edit.added_ids.start :][known] = found.to(rows.dtype)
        return rows
