"""Which text segments differently after an edit, and which pieces languages have in common."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from glotlift.vocabulary.segmentation import backend_of, encodings, names_of


def audit(
    before: PreTrainedTokenizerFast,
    after: PreTrainedTokenizerFast,
    texts_by_language: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """Compare two tokenizers on the same text, piece by piece.

    Returns one row per language: language, sentences, changed_sentences (those whose pieces
    differ), changed_fraction in [0, 1], tokens_before and tokens_after (no special tokens).
    """
    old, new = backend_of(before), backend_of(after)
    old_names, new_names = names_of(old), names_of(new)
    rows = []
    for language, texts in texts_by_language.items():
        changed = tokens_before = tokens_after = 0
        for one, other in zip(encodings(old, texts), encodings(new, texts), strict=True):
            pieces = [old_names[number] for number in one.ids]
            changed += pieces != [new_names[number] for number in other.ids]
            tokens_before += len(one.ids)
            tokens_after += len(other.ids)
        rows.append(
            {
                "language": language,
                "sentences": len(texts),
                "changed_sentences": changed,
                "changed_fraction": changed / len(texts) if texts else 0.0,
                "tokens_before": tokens_before,
                "tokens_after": tokens_after,
            }
        )
    return rows


def shared_pieces(
    tokenizer: PreTrainedTokenizerFast, texts_by_language: Mapping[str, Sequence[str]]
) -> NDArray[np.float64]:
    """Return [languages, languages] how much of their text's pieces two languages share, 0 to 1.

    It is the overlap of the pieces' relative frequencies: 1 where they are the same, 0 where no
    piece is in both. (Pires et al. 2019, arXiv:1906.01502, section 3.1, count kinds of pieces; in
    small samples frequencies are steadier.)
    """
    backend = backend_of(tokenizer)
    counts = [
        Counter(number for one in encodings(backend, texts) for number in one.ids)
        for texts in texts_by_language.values()
    ]
    totals = [max(1, found.total()) for found in counts]
    found = [
        [
            sum(min(one[piece] / size, other[piece] / total) for piece in one.keys() & other.keys())
            for other, total in zip(counts, totals, strict=True)
        ]
        for one, size in zip(counts, totals, strict=True)
    ]
    return np.array(found, np.float64)
