"""MEXA: how far a language is tied to a pivot inside a model (Kargaran et al. 2024,
arXiv:2410.05873).

A sentence counts for a layer if its vector is nearer to that of its own translation than to that of
any other sentence, and its translation's likewise. The share of such sentences, pooled over layers,
says how much of what a model can do in the pivot it may be expected to do in the language.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glotlift.clients.local import LocalModel
from glotlift.clients.vectors import Pooling
from glotlift.evaluation.embeddings import unit_vectors
from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]
TIE = 1e-12  # margins smaller than this are ties, which count as failures


def alignment_by_layer(
    model: LocalModel,
    pivot: Sequence[str],
    translations: Sequence[str],
    *,
    pooling: Pooling = "weighted",
) -> Floats:
    """Return MEXA of each layer, [1 + layers], the embeddings first.

    `translations` are sentence by sentence those of `pivot`. The paper weighs tokens by position
    or takes the last; it reads a hundred sentences. Scores fall as sentences get more: compare only
    equal numbers. Raises what `mexa` raises.
    """
    return mexa(
        model.encode_layers(pivot, pooling=pooling),
        model.encode_layers(translations, pooling=pooling),
    )


def mexa(pivot: NDArray[np.floating], other: NDArray[np.floating]) -> Floats:
    """Return MEXA of each layer, [layers], from sentence vectors [layers, sentences, width].

    Raises GL-PROBING-050 (shapes that do not pair) or -051 (fewer than two sentences).
    """
    if pivot.shape != other.shape or pivot.ndim != 3:
        raise GlotliftError(
            "GL-PROBING-050",
            f"vectors {pivot.shape} and {other.shape} do not pair",
            fix="give [layers, sentences, width] of the same sentences in two languages",
        )
    if pivot.shape[1] < 2:
        raise GlotliftError(
            "GL-PROBING-051",
            "one sentence has no rival to be told from",
            fix="give a hundred sentences, say",
        )
    return np.array([share_aligned(one, two) for one, two in zip(pivot, other, strict=True)])


def share_aligned(pivot: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return the share of sentences [sentences, width] whose own cosine beats row and column."""
    return float(which_aligned(pivot, other).mean())


def which_aligned(pivot: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return [sentences] whether a sentence's own cosine beats its row and column.

    Margins within what a sum of so many products may be rounded by are computed again.
    """
    cosines = (pivot @ other.T) / np.outer(lengths(pivot), lengths(other))
    own = cosines.diagonal().copy()
    np.fill_diagonal(cosines, -np.inf)
    margins = (own - np.maximum(cosines.max(0), cosines.max(1))).astype(np.float64)
    rounding = 4 * np.sqrt(pivot.shape[1]) * np.finfo(cosines.dtype).eps
    doubtful = np.flatnonzero(np.abs(margins) < rounding)
    if len(doubtful):
        margins[doubtful] = exact_margins(pivot, other, doubtful)
    return np.asarray(margins > TIE)


def exact_margins(
    pivot: NDArray[np.floating], other: NDArray[np.floating], rows: NDArray[np.int64]
) -> Floats:
    """Return [rows] by how much own cosines beat their rivals', in double precision."""
    one, two = unit_vectors(pivot), unit_vectors(other)
    across, down = one[rows] @ two.T, (one @ two[rows].T).T
    places = np.arange(len(rows)), rows
    own = across[places]
    across[places] = down[places] = -np.inf
    return np.asarray(own - np.maximum(across.max(1), down.max(1)), np.float64)


def lengths(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the lengths of rows [n, width]; 1 in place of none, so that its cosines are 0."""
    found = np.sqrt(np.einsum("nw,nw->n", rows, rows))
    return np.where(found > 0, found, 1)


def pool_layers(scores: Floats, how: Literal["mean", "max"] = "mean") -> float:
    """Return one figure of a language from its layers' scores [layers]."""
    return float(scores.mean() if how == "mean" else scores.max())


def estimate_score(alignment: float, pivot_score: float, chance: float = 0.0) -> float:
    """Return what a model should reach in a language, from what it reaches in the pivot.

    What the pivot has above `chance` is taken in the share that the alignment [0, 1] says.
    """
    return chance + alignment * (pivot_score - chance)
