"""How does a Multilingual LM Handle Multiple Languages? (2025, arXiv:2502.04269), as an audit.

The paper compares words and sentences with their translations, reads tags off each layer, and
carries what is learnt in English over to other languages; it finds models strong in languages of
much text and weak in those of little. In models as they are, languages differ in more than their
text. Here a small decoder reads the same sentences in every language, half of them behind their
translation in the pivot, and only how often a language is read differs: shares in a geometric row,
the first 64 times the last, are dealt out to the languages by the seed. Each score of a language is
then ranked beside the share that it was dealt. Held against the decoder are the same one untrained
and counts of letters, in neither of which shares can show.

Scores are means over all layers, the embeddings included: the likeness of words and of sentences to
their translations above that to others; the accuracy of linear probes of parts of speech in words
that the probe has not met, and of the pivot's probe in all words; that of linear probes of topics.
Real words are those of PanLex's Swadesh lists, and real topics those of SIB-200, each of which
lacks two of the languages. The paper's models are larger, its tags are names, and it fine-tunes for
inference; none of that is done here.
"""

import json
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.evaluation.correlation import spearman_rows
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.probing.letters import LetterCounts
from glotlift.recipes.aligned_decoders import SHOWN, WORLD
from glotlift.recipes.probed_decoders import (
    CARRIED,
    MISMATCHED,
    SCORES,
    SELECTIVITY,
    SENTENCES,
    TAGS,
    TOPICS,
    WORDS,
    Scores,
    decoder,
    material,
    scores,
    shares,
)

TRAINED, UNTRAINED, LETTERS = "trained", "untrained", "letters"
COSINE, RIGHT, RHO = "cosine", "share right", "Spearman's r over languages"
UNITS = {WORDS: COSINE, SENTENCES: COSINE, TAGS: RIGHT, CARRIED: RIGHT, TOPICS: RIGHT}
IN_THE_WORLD: dict[str, Any] = {
    "parallel": WORLD,
    "pivot": "eng_Latn",
    "languages": [
        *("arb_Arab", "deu_Latn", "hin_Deva", "ind_Latn"),
        *("rus_Cyrl", "spa_Latn", "swh_Latn", "tur_Latn"),
    ],
    "pairs": [2000],
    "words": WORLD,
    "tags": "world:pos",
    "tag_rows": {"train": 50, "test": 100},
    "topics": WORLD,
    "topic_rows": {"train": 200, "test": 100},
    "size": "tiny",
    "pieces": 2000,
    "steps": 300,
    "learning_rate": 4e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "pivot": "ind_Latn",
    "languages": [
        *("amh_Ethi", "fin_Latn", "mar_Deva", "mlt_Latn"),
        *("tam_Taml", "tur_Latn", "vie_Latn", "yor_Latn"),
    ],
    "pairs": [600],
    "words": "$GLOTLIFT_DATA/panlex_swadesh/swadesh110.jsonl.gz",
    "tags": "conllu:$GLOTLIFT_DATA/ud",
    "tag_rows": {"train": 50, "test": 46},
    "topics": "$GLOTLIFT_DATA/sib200",
    "topic_rows": {"train": 701, "test": 204},
    "pieces": 3000,
}


def probe(setting: Setting, seed: int, folder: Path, *, score: Any) -> Measurement:
    """Score every language by what is probed; rank scores beside dealt shares."""
    values, key = setting.values, json.dumps(dict(setting.values), sort_keys=True)
    found, dealt = score(key, seed, folder), shares(values, seed)
    plain = {name: np.array(list(by.values())) for name, by in found.items()}
    rows = {name: list(by) for name, by in found.items()}
    ranked = {
        ranking(name): spearman_rows([dealt[code] for code in rows[name]], plain[name])
        for name in SCORES
    }
    return Measurement(
        len(values["languages"]) * SHOWN,
        plain | ranked,
        rows | {ranking(name): rows[name] for name in SCORES},
    )


def of_decoder(values: str, seed: int, folder: Path, *, trained: bool) -> Scores:
    """Return the scores of a seed's decoder."""
    chosen = json.loads(values)
    client = decoder(chosen, seed, folder, trained=trained)
    return scores(client, material(values), chosen["pivot"])


def of_letters(values: str, seed: int, folder: Path) -> Scores:
    """Return the scores of what knows spelling alone, which no seed changes."""
    return letter_scores(values)


@lru_cache(maxsize=1)
def letter_scores(values: str) -> Scores:
    """Return the scores of counts of letters, made once a process."""
    return scores(LetterCounts(), material(values), json.loads(values)["pivot"])


def ranking(name: str) -> str:
    """Return the metric that ranks a score beside the shares."""
    return f"share and {name}"


def above(id: str, text: str, metric: str, unit: str, versus: str | float) -> Claim:
    """Claim that a figure of the trained decoder is above another."""
    return Claim(id, text, metric, TRAINED, versus, "greater", 0.0, unit)


CLAIMS: Mapping[str, tuple[str, str, str | float]] = {
    "share: {}": ("the larger a language's share, the higher: {}", RHO, 0.0),
    "more than untrained: {}": ("more so than in the same decoder untrained: {}", RHO, UNTRAINED),
    "learnt: {}": ("above the same decoder untrained: {}", "", UNTRAINED),
    "beyond letters: {}": ("above counts of letters: {}", "", LETTERS),
}
RECIPES = (
    Recipe(
        name="how-multilingual",
        part="audit",
        question="Is a decoder better in the languages it reads more, by each kind of probe?",
        difference="whose vectors are probed",
        budget_unit="sentence pairs probed",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            Arm(
                TRAINED,
                "a decoder of languages in shares of 64 to 1, dealt out by the seed",
                partial(probe, score=partial(of_decoder, trained=True)),
            ),
            Arm(
                UNTRAINED,
                "the same decoder before training",
                partial(probe, score=partial(of_decoder, trained=False)),
            ),
            Arm(LETTERS, "counts of character n-grams", partial(probe, score=of_letters)),
        ),
        claims=(
            *(
                above(
                    id.format(name),
                    text.format(name),
                    ranking(name) if unit else name,
                    unit or UNITS[name],
                    versus,
                )
                for id, (text, unit, versus) in CLAIMS.items()
                for name in SCORES
            ),
            above(
                "selective", "tags are read above what is learnt by heart", SELECTIVITY, RIGHT, 0.0
            ),
            above("more selective", "and more so than untrained", SELECTIVITY, RIGHT, UNTRAINED),
            Claim(
                "control",
                "words that are no translations are not alike",
                *(MISMATCHED, TRAINED, 0.0, "within", 0.02, COSINE),
            ),
        ),
        metrics={
            **{name: Metric(unit, higher_is_better=True) for name, unit in UNITS.items()},
            SELECTIVITY: Metric(RIGHT, higher_is_better=True),
            MISMATCHED: Metric(COSINE, higher_is_better=False),
            **{ranking(name): Metric(RHO, higher_is_better=True) for name in SCORES},
        },
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
)
