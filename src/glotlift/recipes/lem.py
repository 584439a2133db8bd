"""Linguistic entity masking (Fernando and Ranathunga 2025): nouns, verbs and names are hidden.

XLM-R goes on with masked modelling of single texts and then with translation modelling of pairs;
what is hidden lies only in named entities, nouns and verbs, one piece of each. Here a small encoder
goes through the same two stages. All arms hide the same share of the pieces, where there are enough
that they may hide, and read the same rows in the same order; they differ in which pieces those are.
In the sample world parts of speech are the row's own. Real pairs are NTREX's, tagged by the
simplest of taggers, learnt from a treebank of each language: it knows words and endings, and no
context. How often it is right, and what share of pieces each arm hid, stands among the costs.
Sentences are found by the mean of the last layer.
"""

import json
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.evaluation.embeddings import bitext_scores
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Kind
from glotlift.models.loading import load_tokenizer
from glotlift.recipes import paired_encoders
from glotlift.recipes.paired_encoders import go_on, loaded, shuffled, start
from glotlift.recipes.small_encoders import Floats, masked_bits, sentence_vectors
from glotlift.recipes.tagged_pairs import Tagged, hidden_share, tagged

RANDOM, ENTITIES, WHOLE = "random pieces", "one piece of entities", "whole entities"
REST, SHUFFLED = "all but entities", "entities, shuffled pairs"
FOUND, BITS = "finds its translation", "bits of hidden words"
METRICS = {
    FOUND: Metric("share of rows", higher_is_better=True),
    BITS: Metric("bits per byte", higher_is_better=False),
}


def run(
    setting: Setting, seed: int, folder: Path, *, masker: str, shuffle: bool = False
) -> Measurement:
    """Go on from a seed's encoder with single texts, then with pairs, and find translations."""
    values = setting.values
    told = json.dumps(dict(values), sort_keys=True)
    tokenizer, base = start(told, seed)
    shared = tagged(told)
    pairs = {code: shuffled(rows) if shuffle else rows for code, rows in shared.pairs.items()}
    model = loaded(base)
    steps, hidden = 0, {}
    for objective, sources in (("masked", shared.singles), ("tlm", pairs)):
        trained = go_on(
            model,
            tokenizer,
            sources,
            dict.fromkeys(sources, 1 / len(sources)),
            values,
            seed,
            folder / objective,
            objective=objective,
            steps=values["stages"][objective],
            masker=masker,
            tagger=shared.tagger(),
        )
        model, steps = trained.model, steps + trained.steps
        rows = next(iter(sources.values()))
        hidden[f"pieces hidden, {objective}"] = hidden_share(
            rows, objective, model, tokenizer, masker=masker, tagger=shared.tagger()
        )
    return Measurement(
        steps,
        {FOUND: found(model, tokenizer, shared), BITS: bits(model, tokenizer, shared)},
        {FOUND: shared.ids, BITS: shared.ids},
        cost=hidden
        | {f"words tagged right: {code}": share for code, share in shared.right.items()}
        | {"before: finds its translation": before(told, base)},
    )


@lru_cache(maxsize=4)
def before(values: str, folder: Path) -> float:
    """Return how often a sentence finds its translation by the encoder as it was."""
    return float(found(loaded(folder), load_tokenizer(folder), tagged(values)).mean())


def found(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, shared: Tagged) -> Floats:
    """Return [rows] the share of languages and directions in which a sentence finds its own."""
    vectors = {
        code: sentence_vectors(model, tokenizer, texts) for code, texts in shared.tests.items()
    }
    *others, pivot = vectors
    scores = [
        bitext_scores(vectors[one], vectors[two])
        for code in others
        for one, two in ((code, pivot), (pivot, code))
    ]
    shares: Floats = np.mean(scores, axis=0)
    return shares


def bits(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, shared: Tagged) -> Floats:
    """Return [rows] the bits of the hidden words of a row in all languages, over the mean bytes."""
    each = [masked_bits(model, tokenizer, texts) for texts in shared.tests.values()]
    spent: Floats = np.mean([found / lengths.mean() for found, lengths in each], axis=0)
    return spent


def arm(name: str, description: str, masker: str, **rest: Any) -> Arm:
    """Return the arm that hides what this masker chooses."""
    return Arm(name, description, partial(run, masker=masker, **rest))


def claim(
    id: str,
    text: str,
    versus: str,
    margin: float = 0.0,
    metric: str = FOUND,
    kind: Kind = "greater",
) -> Claim:
    """Claim that hiding one piece of each entity is better than an arm."""
    return Claim(id, text, metric, ENTITIES, versus, kind, margin, METRICS[metric].unit)


WORLD: dict[str, Any] = paired_encoders.WORLD | {
    "topic_rows": {"train": 900, "test": 200},
    "pivot": "eng_Latn",
    "pairs_per_step": 16,
    "stages": {"masked": 60, "tlm": 140},
}
REAL: dict[str, Any] = paired_encoders.REAL | {
    "romanised": ["mlt_Latn", "vie_Latn"],
    "latin": ["eng_Latn", "tur_Latn"],
    "pivot": "tur_Latn",
    "treebanks": "$GLOTLIFT_DATA/ud/{}.{}.conllu.gz",
    "pairs_per_step": 16,
    "stages": {"masked": 40, "tlm": 100},
}
RECIPES = (
    Recipe(
        name="lem",
        part="masks",
        question="Do translations align better when nouns, verbs and names are what is hidden?",
        difference="which pieces are hidden",
        budget_unit="steps",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(RANDOM, "any piece", "random"),
            arm(ENTITIES, "one piece of each chosen noun, verb or name", "entities"),
            arm(WHOLE, "all pieces of each chosen noun, verb or name", "whole-entities"),
            arm(REST, "any piece of other words", "all-but-entities"),
            arm(
                SHUFFLED, "one piece of entities, in pairs that are none", "entities", shuffle=True
            ),
        ),
        claims=(
            claim("random", "more find their translation than with random pieces", RANDOM),
            claim("rest", "and than with pieces of other words", REST),
            claim("whole", "and than with whole entities", WHOLE),
            claim("shuffled", "shuffled pairs lose 0.05", SHUFFLED, 0.05),
            claim("bits", "hidden words cost at most 0.1 bits more", RANDOM, -0.1, BITS, "less"),
        ),
        metrics=METRICS,
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
)
