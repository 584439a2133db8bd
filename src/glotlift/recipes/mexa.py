"""MEXA (Kargaran et al. 2024, arXiv:2410.05873): does alignment with English foretell a score?

The paper measures how many of a hundred English sentences a decoder ties to their translations,
layer by layer, and finds that this correlates with what nine models reach in three tasks. Here
small decoders stand for those models: every language has as much plain text, and a number of
translations drawn from a list, so that languages are tied to English more or less closely. The task
is to tell topics: a linear probe learns them from English sentences and is asked in each language.
Rows are languages, seeds are decoders. Each arm foretells by another figure of the same sentences.
"""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.clients.local import LocalModel
from glotlift.evaluation.correlation import pearson_rows
from glotlift.evaluation.embeddings import pair_cosines
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.probing.linear import fit_probe
from glotlift.probing.mexa import mexa
from glotlift.recipes.aligned_decoders import SHOWN, Values, pair_counts, sentences, tied_decoder
from glotlift.recipes.topics import topic_rows

MEXA, SHUFFLED, COSINE, UNTRAINED, PAIRS = (
    "MEXA", "MEXA, shuffled pairs", "mean cosine", "MEXA, untrained", "pairs seen",
)  # fmt: skip
FORETOLD, ALIGNED = "correlation with accuracy", "aligned sentences"
R, SHARE = "Pearson's r over languages", "share of sentences"
WORLD: dict[str, Any] = {
    "text": "world:{}?rows=400&sentences=2",
    "parallel": "world",
    "pivot": "eng_Latn",
    "languages": [
        *("arb_Arab", "cat_Latn", "deu_Latn", "ell_Grek", "hin_Deva", "ind_Latn"),
        *("rus_Cyrl", "spa_Latn", "swh_Latn", "tur_Latn", "zho_Hans"),
    ],
    "pairs": [0, 20, 60, 200, 600, 2000],
    "topics": "world",
    "topic_rows": {"train": 400, "test": 200},
    "size": "tiny",
    "pieces": 2000,
    "steps": 500,
    "learning_rate": 4e-3,
}
REAL: dict[str, Any] = WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "documents": 60,
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "languages": [
        *("cat_Latn", "fin_Latn", "fra_Latn", "hau_Latn", "hin_Deva", "hun_Latn", "ind_Latn"),
        *("mlt_Latn", "por_Latn", "ron_Latn", "spa_Latn", "swh_Latn", "tur_Latn", "yor_Latn"),
    ],
    "pairs": [0, 20, 75, 200, 600],
    "topics": "$GLOTLIFT_DATA/sib200",
    "topic_rows": {"train": 701, "test": 204},
    "pieces": 4000,
    "steps": 700,
}
Vectors = dict[str, NDArray[np.float32]]
Figures = Callable[..., list[float]]  # of values, their JSON and a seed: one a language


@lru_cache(maxsize=4)
def vectors(values: str, seed: int, trained: bool) -> Vectors:
    """Return the held-out sentences' vectors of every layer by language, [layers, n, width]."""
    chosen, client = json.loads(values), tied_decoder(json.loads(values), seed, trained=trained)
    held_out = sentences(values).held_out
    return {
        code: client.encode_layers(held_out[code], pooling="weighted")
        for code in (chosen["pivot"], *chosen["languages"])
    }


@lru_cache(maxsize=4)
def accuracies(values: str, seed: int) -> list[float]:
    """Return each language's accuracy of the probe that learnt topics from the pivot."""
    chosen = json.loads(values)
    pivot, languages = chosen["pivot"], chosen["languages"]
    topics = topic_rows({**chosen, "languages": [pivot, *languages]})
    client: LocalModel = tied_decoder(chosen, seed)
    texts, labels = topics.training([pivot])
    probe = fit_probe(client.encode(texts, pooling="weighted"), labels)
    tests = {code: topics.rows[code]["test"] for code in languages}
    return [
        float(
            (
                probe.classes(client.encode(list(rows["text"]), pooling="weighted"))
                == np.asarray(rows["label"])
            ).mean()
        )
        for rows in tests.values()
    ]


def by_mexa(values: Values, key: str, seed: int, *, trained: bool, moved: int) -> list[float]:
    """Return MEXA, the mean over layers, of each language; its sentences may be moved on."""
    found = vectors(key, seed, trained)
    pivot = found[values["pivot"]]
    return [
        float(mexa(pivot, np.roll(found[code], moved, axis=1)).mean())
        for code in values["languages"]
    ]


def by_cosine(values: Values, key: str, seed: int) -> list[float]:
    """Return the mean cosine of each language's sentences with the pivot's, over all layers."""
    found = vectors(key, seed, True)
    width = found[values["pivot"]].shape[-1]
    rows = {code: layers.reshape(-1, width) for code, layers in found.items()}
    return [
        float(pair_cosines(rows[code], rows[values["pivot"]]).mean())
        for code in values["languages"]
    ]


def by_pairs(values: Values, key: str, seed: int) -> list[float]:
    """Return the logarithm of the number of pairs of each language."""
    counts = pair_counts(values, seed)
    return [float(np.log1p(counts[code])) for code in values["languages"]]


def foretell(
    setting: Setting, seed: int, folder: Path, *, by: Figures, aligned: Figures
) -> Measurement:
    """Score how well a figure of each language foretells the language's accuracy.

    `aligned` is MEXA as this arm sees it; it is `by` itself where the arm foretells by MEXA.
    """
    values, key = setting.values, json.dumps(dict(setting.values), sort_keys=True)
    figures, reached = by(values, key, seed), accuracies(key, seed)
    languages = list(values["languages"])
    return Measurement(
        SHOWN * len(languages),
        {FORETOLD: pearson_rows(figures, reached), ALIGNED: np.array(aligned(values, key, seed))},
        {FORETOLD: languages, ALIGNED: languages},
        cost={"mean accuracy": float(np.mean(reached))},
    )


TRUE = partial(by_mexa, trained=True, moved=0)


def arm(name: str, description: str, by: Figures, aligned: Figures = TRUE) -> Arm:
    """Return the arm that foretells by a figure."""
    return Arm(name, description, partial(foretell, by=by, aligned=aligned))


WRONG, FRESH = (partial(by_mexa, trained=True, moved=7), partial(by_mexa, trained=False, moved=0))
ARMS = (
    arm(MEXA, "MEXA, mean over layers", TRUE),
    arm(SHUFFLED, "the same with the wrong sentences", WRONG, WRONG),
    arm(COSINE, "the mean cosine of translations", by_cosine),
    arm(UNTRAINED, "MEXA of the same decoder, untrained", FRESH, FRESH),
    arm(PAIRS, "the logarithm of how many translations were read", by_pairs),
)
RECIPES = (
    Recipe(
        name="mexa",
        part="correlation",
        question="Does alignment with English foretell what a decoder reaches in a language?",
        difference="the figure of the same sentences by which accuracy is foretold",
        budget_unit="sentence pairs",
        seeds=(0, 1, 2, 3, 4),
        arms=ARMS,
        claims=(
            Claim(
                "foretells",
                "MEXA correlates with accuracy above 0.5",
                *(FORETOLD, MEXA, 0.0, "greater", 0.5, R),
                Published("0.90 on average, nine models, three tasks", "the abstract"),
            ),
            *(
                Claim(
                    f"better than: {name}",
                    f"MEXA foretells better than “{name}”",
                    *(FORETOLD, MEXA, name, "greater", 0.0, R),
                )
                for name in (SHUFFLED, COSINE, UNTRAINED, PAIRS)
            ),
            Claim(
                "control",
                "wrong sentences are hardly ever aligned",
                *(ALIGNED, SHUFFLED, 0.0, "within", 0.03, SHARE),
            ),
            Claim(
                "learnt",
                "training aligns more than chance and spelling do",
                *(ALIGNED, MEXA, UNTRAINED, "greater", 0.0, SHARE),
            ),
        ),
        metrics={
            FORETOLD: Metric(R, higher_is_better=True),
            ALIGNED: Metric(SHARE, higher_is_better=True),
        },
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
)
