"""How alike a model represents sentences and their translations, as one score a sentence."""

import json
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift import world
from glotlift.corpus import read
from glotlift.probing import kernel_alignment, language_similarity, translation_similarity
from glotlift.probing.similarity import Vectors, derangement
from glotlift.recipes.raw_documents import WORLD
from glotlift.recipes.starting_point import locate

COSINE = "cosine"
LIKENESS, LIKENESS_ACROSS = "likeness of translations", "likeness across tiers"
UNEVENNESS = "unevenness of pairs"


@lru_cache(maxsize=1)
def translations(values: str) -> dict[str, list[str]]:
    """Return ``sentences`` by language of a setting's ``documents``, row by row translations."""
    chosen = json.loads(values)
    count = chosen["sentences"]
    if chosen["text"] == WORLD:
        rows = {
            code: world.documents(code, count, split="test", sentences=1)
            for code in chosen["documents"]
        }
    else:
        rows = {
            code: read(locate(chosen["parallel"].format(code)), language=code, rows=count)
            for code in chosen["documents"]
        }
    return {code: list(found["text"]) for code, found in rows.items()}


def likenesses(
    vectors: dict[str, Vectors], strong: list[str]
) -> tuple[dict[str, NDArray[Any]], dict[str, float]]:
    """Return the metrics, [rows] each, and what stands beside them; all are means over layers.

    `vectors` are [layers, rows, width] by language; a row is a sentence in all of them. Likeness is
    the cosine of translations above that of shuffled pairs, over all pairs of languages and over
    those of a strong and a weak one; unevenness is the spread of the translations' cosines over
    the pairs. Beside them stand the cosines of the languages' mean vectors and the kernel
    alignment, over the pairs of a strong and a weak language.
    """
    found = translation_similarity(vectors)
    above = (found["aligned"] - found["shuffled"]).mean(1)  # [pairs, rows]
    pairs = list(combinations(vectors, 2))
    across = [at for at, (one, other) in enumerate(pairs) if (one in strong) != (other in strong)]
    scores = {
        LIKENESS: above.mean(0),
        LIKENESS_ACROSS: above[across].mean(0),
        UNEVENNESS: found["aligned"].mean(1).std(0),
    }
    mixed = [pairs[at] for at in across]
    shuffled = derangement(above.shape[1], 1)
    beside = {
        "cosine of mean vectors": mean_cosine(vectors, mixed, centred=False),
        "cosine of mean vectors, centred": mean_cosine(vectors, mixed, centred=True),
        "kernel alignment": mean_alignment(vectors, mixed, slice(None)),
        "kernel alignment, shuffled": mean_alignment(vectors, mixed, shuffled),
    }
    return scores, beside


def mean_cosine(
    vectors: dict[str, Vectors], pairs: list[tuple[str, str]], *, centred: bool
) -> float:
    """Return the mean cosine of pairs of languages' mean vectors, over layers."""
    codes = list(vectors)
    cosines = language_similarity(vectors, centred=centred).mean(0)
    return float(np.mean([cosines[codes.index(one), codes.index(two)] for one, two in pairs]))


def mean_alignment(vectors: dict[str, Vectors], pairs: list[tuple[str, str]], order: Any) -> float:
    """Return the mean kernel alignment of pairs of languages over layers, rows of one reordered."""
    return float(
        np.mean(
            [
                kernel_alignment(first, second[order])
                for one, two in pairs
                for first, second in zip(vectors[one], vectors[two], strict=True)
            ]
        )
    )
