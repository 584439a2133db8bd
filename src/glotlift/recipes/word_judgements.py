"""Typed pairs of words decided by a similarity, or by a small model that was taught pairs."""

import json
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glotlift.evidence.design import Measurement, Setting
from glotlift.probing.similarity import derangement
from glotlift.probing.word_pairs import (
    BIAS,
    MEANING,
    SPELLING,
    TYPES,
    PairDecisions,
    contrast_rows,
    decide_pairs,
)
from glotlift.recipes.paired_words import (
    FRIENDS,
    asked_pairs,
    expert_shares,
    material,
    taught_pairs,
    teachable,
)
from glotlift.recipes.small_word_encoders import (
    Word,
    WordEncoder,
    Words,
    learn_pairs,
    learn_translations,
    scores,
)

SHORTCUT, MEANING_INDEX, BIASED = "shortcut index", "meaning index", "bias"
Floats = NDArray[np.float64]
Asked = tuple[list[Word], list[Word]]


@lru_cache(maxsize=4)
def encoder(values: str, seed: int, spelt: bool, trained: bool) -> WordEncoder:
    """Return a seed's encoder of words, with n-grams or without, trained on translations or not."""
    chosen, known = json.loads(values), material(values)
    words = Words.of(known.rows, least=chosen["least"], spelt=spelt)
    made = WordEncoder.untrained(words, chosen["width"], seed)
    if trained:
        learning = {name: chosen[name] for name in ("steps", "batch", "rate")}
        learn_translations(made, known.rows, **learning, seed=seed)
    return made


def asked(key: str) -> Asked:
    """Return the first and the second words of the tested pairs."""
    rows = asked_pairs(key)
    return (
        list(zip(rows["source_language"], rows["source_word"], strict=True)),
        list(zip(rows["language"], rows["word"], strict=True)),
    )


def by_spelling(key: str, seed: int, *, measure: Callable[..., Floats]) -> Floats:
    """Return how alike the pairs' words are spelt."""
    one, other = asked(key)
    return measure([word for _, word in one], [word for _, word in other])


def by_vectors(
    key: str, seed: int, *, spelt: bool, trained: bool = True, shuffled: bool = False
) -> Floats:
    """Return the cosines of the pairs' words; second words may be dealt out anew."""
    one, other = asked(key)
    if shuffled:
        other = [other[at] for at in derangement(len(other), seed)]
    return scores(encoder(key, seed, spelt, trained).similarity(one, other))


def compare(
    setting: Setting, seed: int, folder: Path, *, by: Callable[[str, int], Floats]
) -> Measurement:
    """Decide the pairs by a similarity, with thresholds that other pairs gave."""
    key = json.dumps(dict(setting.values), sort_keys=True)
    rows = asked_pairs(key)
    return measured(decide_pairs(by(key, seed), rows["type"], seed=seed), len(rows), key)


def teach(
    setting: Setting, seed: int, folder: Path, *, friends: float, shuffled: bool = False
) -> Measurement:
    """Teach a seed's encoder pairs of other languages, and let it decide the tested ones."""
    key = json.dumps(dict(setting.values), sort_keys=True)
    made = deepcopy(encoder(key, seed, True, True))
    pairs = taught_pairs(key, seed, friends=friends)
    if shuffled:
        order = np.random.default_rng(seed).permutation(len(pairs))
        pairs = [
            (one, other, pairs[at][2]) for (one, other, _), at in zip(pairs, order, strict=True)
        ]
    values = setting.values
    learn_pairs(
        made, pairs, epochs=values["epochs"], batch=values["batch"],
        rate=values["taught_rate"], seed=seed,
    )  # fmt: skip
    same = scores(made.log_odds(*asked(key))) > 0
    return measured(PairDecisions(tuple(asked_pairs(key)["type"]), same), len(pairs), key)


def measured(decided: PairDecisions, budget: float, key: str) -> Measurement:
    """Return the share of right answers of each type, and what explains the answers."""
    kinds, ids = np.array(decided.types), np.array(asked_pairs(key)["id"])
    found = {kind: decided.correct[kinds == kind] for kind in TYPES}
    rows = {kind: ids[kinds == kind].tolist() for kind in TYPES}
    for name, values, weights in (
        (BIASED, decided.correct, BIAS),
        (SHORTCUT, decided.same, SPELLING),
        (MEANING_INDEX, decided.same, MEANING),
    ):
        found[name], rows[name] = contrast_rows(values, decided.types, weights), ids.tolist()
    cost, chosen = {"called the same": float(decided.same.mean())}, json.loads(key)
    if "cognate_sets" in chosen:
        cost |= expert_shares(chosen["cognate_sets"], chosen["alike"])
    if "taught" in chosen:
        cost["different false friends there are to teach"] = len(teachable(key)[FRIENDS])
    return Measurement(budget, found, rows, cost=cost)
