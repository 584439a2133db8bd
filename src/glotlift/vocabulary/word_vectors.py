"""Word vectors: aligned between languages, carried to pieces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.neighbours import mixed
from glotlift.vocabulary.segmentation import backend_of, encodings


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words, most frequent first where known, with a vector and a count each."""

    words: tuple[str, ...]
    rows: NDArray[np.float32]
    """[n, e]"""
    counts: NDArray[np.float64]
    """[n] how often each word was seen; ones where a file does not say."""


def align(
    source: WordVectors, target: WordVectors, pairs: Sequence[tuple[str, str]]
) -> WordVectors:
    """Rotate `source` into the space of `target` by a dictionary of (source, target) words.

    The orthogonal map that brings the pairs nearest in squared distance (Schönemann 1966; Smith et
    al. 2017); also tries both words in lower case and title case, as WECHSEL does (Minixhofer et
    al. 2022, section 3.1).

    Raises GL-VOCABULARY-061 (vectors of different widths) and -062 (no pair has vectors).
    """
    if source.rows.shape[1] != target.rows.shape[1]:
        raise GlotliftError(
            "GL-VOCABULARY-061",
            f"vectors of {source.rows.shape[1]} and {target.rows.shape[1]} numbers share no space",
            place="vectors",
            fix="train or choose both with the same number of dimensions",
        )
    left = {word: place for place, word in enumerate(source.words)}
    right = {word: place for place, word in enumerate(target.words)}
    found = [
        (left[one], right[other])
        for first, second in pairs
        for one in (first, first.lower(), first.title())
        for other in (second, second.lower(), second.title())
        if one in left and other in right
    ]
    if not found:
        raise GlotliftError(
            "GL-VOCABULARY-062",
            f"none of {len(pairs)} word pairs has a vector on both sides",
            place="pairs",
            fix="give pairs (source word, target word) written as in the vectors",
        )
    ours, theirs = np.array(found).T
    return replace(source, rows=source.rows @ rotation(source.rows[ours], target.rows[theirs]))


def rotation(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the orthogonal [e, e] that minimises the distance of source @ it to target [n, e]."""
    left, _, right = np.linalg.svd(source.astype(np.float64).T @ target.astype(np.float64))
    turned: NDArray[np.float32] = (left @ right).astype(np.float32)
    return turned


def joined(*vectors: WordVectors) -> WordVectors:
    """Return the words of several languages in one space; a word of two has a row for each."""
    return WordVectors(
        tuple(word for some in vectors for word in some.words),
        np.concatenate([some.rows for some in vectors]),
        np.concatenate([some.counts for some in vectors]),
    )


def piece_vectors(
    tokenizer: PreTrainedTokenizerFast,
    vectors: WordVectors,
    *,
    weights: Literal["counts", "equal"] = "counts",
    capitals: bool = False,
) -> Tensor:
    """Return [V, e] in float32: each piece's mean over the words that it occurs in; zeros if none.

    Words are segmented as they are and after a space, with `capitals` also capitalised. Weighted
    by the words' counts for WECHSEL (Minixhofer et al. 2022, section 3.2, eq. 2), "equal" with
    capitals for OFA (Liu et al. 2024, section 3.2). Raises GL-VOCABULARY-001.
    """
    backend = backend_of(tokenizer)
    forms = [vectors.words, [" " + word for word in vectors.words]]
    if capitals:
        upper = [word[:1].upper() + word[1:] for word in vectors.words]
        forms += [upper, [" " + word for word in upper]]
    pieces, words = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for form in forms:
        ids = [encoding.ids for encoding in encodings(backend, form)]
        owner = np.repeat(np.arange(len(ids)), [len(some) for some in ids])
        flat = np.concatenate([np.array(some, dtype=np.int64) for some in ids])
        both = np.unique(flat * len(ids) + owner)
        pieces.append(both // len(ids))
        words.append(both % len(ids))
    return means(
        np.concatenate(pieces),
        np.concatenate(words),
        vectors.rows,
        vectors.counts if weights == "counts" else np.ones(len(vectors.words)),
        max(backend.get_vocab(with_added_tokens=True).values()) + 1,
    )


def means(
    pieces: NDArray[np.int64],
    words: NDArray[np.int64],
    rows: NDArray[np.float32],
    weights: NDArray[np.float64],
    size: int,
) -> Tensor:
    """Return [size, e]: the weighted mean of the rows of each piece's words."""
    order = np.argsort(pieces, kind="stable")
    counts = np.bincount(pieces, minlength=size)
    weight = weights[words[order]]
    total = np.bincount(pieces[order], weight, minlength=size)
    share = weight / np.maximum(total[pieces[order]], np.finfo(np.float64).tiny)
    return mixed(
        torch.from_numpy(rows),
        torch.from_numpy(words[order]),
        torch.from_numpy(share.astype(np.float32)),
        torch.from_numpy(np.cumsum(counts) - counts),
    )
