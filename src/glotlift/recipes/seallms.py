"""SeaLLMs 3 (Zhang et al. 2024, arXiv:2407.19672): tune only the neurons that a language needs.

The paper strengthens a language in a model that knows it by tuning on its text the neurons that
belong to it alone, about a thousandth of the weights. They are found as in Zhao et al. 2024
(arXiv:2402.18815): the most important of every projection in all texts of the language, without
those of any other. Supervised and preference tuning, which follow there, are not part of this.

Two parts. In the first, each language's neurons are silenced, or as many drawn by chance: is it the
language that suffers? In the second, a language of which the model has read little is tuned on new
text, moving its neurons, as many by chance, low-rank updates, or everything, at one learning rate
and for equally many tokens. The networks here are narrow, so that one neuron is a larger share of
them than in the paper, and in a small model few neurons are needed in every single text:
`agreement` is the share of texts in which a neuron must be among the most important. Seeds draw the
texts on which neurons are found, the random neurons, and the order of training; the pretrained
model is one.
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.language_neurons import (
    EXCESS,
    FULL,
    HARM,
    LORA,
    OTHERS,
    OWN,
    RANDOM,
    TARGET,
    silence,
    tune,
)
from glotlift.recipes.starting_point import PRETRAINED

BITS = "bits per byte"
SEEDS = (0, 1, 2, 3, 4)
KNOWN = ("eng_Latn", "spa_Latn", "deu_Latn", "rus_Cyrl")
WORLD: dict[str, Any] = {
    "model": PRETRAINED,
    "size": "tiny",
    "steps": 600,
    "kept": {
        code: f"world:{code}?rows=1500&sentences=2" for code in (*KNOWN, "hin_Deva", "tur_Latn")
    },
    "first": {"hin_Deva": 300, "tur_Latn": 300},
    "documents": 30,
    "probed": 60,
    "longest": 64,
    "most": 0.1,
    "agreement": 0.75,
    "tokens": 40_000,
    "learning_rate": 1e-3,
    "rank": 1,
}
MONO = "$GLOTLIFT_DATA/mono/{}.jsonl.gz"
REAL: dict[str, Any] = WORLD | {
    "kept": {
        code: MONO.format(code)
        for code in ("eng_Latn", "spa_Latn", "fra_Latn", "kor_Hang", "swh_Latn", "mlt_Latn")
    },
    "first": {"swh_Latn": 60, "mlt_Latn": 60},
    "documents": 10,
}
SETTINGS = (Setting("world", WORLD), Setting("real", REAL))


def arm(name: str, description: str, run: Any, **settings: str) -> Arm:
    """Return the arm that does this with the settings."""
    return Arm(name, description, partial(run, **settings))


SILENCE = Recipe(
    name="seallms",
    part="silence",
    question="Does a language suffer most from the loss of the neurons found to be its own?",
    difference="which neurons are silenced",
    budget_unit="neurons silenced",
    seeds=SEEDS,
    arms=(
        arm(OWN, "the language's own", silence, chosen=OWN),
        arm(RANDOM, "as many of each projection, drawn by chance", silence, chosen=RANDOM),
    ),
    claims=(
        Claim(
            "hurts",
            "silencing its own neurons hurts a language",
            *(HARM, OWN, 0.0, "greater", 0.0, BITS),
        ),
        Claim(
            "hurts it most",
            "it hurts that language more than the others",
            *(EXCESS, OWN, 0.0, "greater", 0.0, BITS),
        ),
        Claim(
            "chance",
            "neurons drawn by chance hurt it less beyond the others",
            *(EXCESS, OWN, RANDOM, "greater", 0.0, BITS),
        ),
    ),
    metrics={HARM: Metric(BITS, False), EXCESS: Metric(BITS, True)},
    settings=SETTINGS,
)
TUNING = Recipe(
    name="seallms",
    part="tuning",
    question="What does tuning a language's neurons alone gain it, and cost the others?",
    difference="what moves",
    budget_unit="tokens",
    seeds=SEEDS,
    arms=(
        arm(OWN, "the language's own neurons", tune, moving=OWN),
        arm(RANDOM, "as many of each projection, drawn by chance", tune, moving=RANDOM),
        arm(LORA, "low-rank updates of all linear layers, rank 1", tune, moving=LORA),
        arm(FULL, "all weights", tune, moving=FULL),
    ),
    claims=(
        Claim(
            "gain",
            "the language gains over 0.02",
            *(TARGET, OWN, 0.0, "less", 0.02, BITS),
        ),
        Claim(
            "chance",
            "it gains more than by neurons drawn by chance",
            *(TARGET, OWN, RANDOM, "less", 0.0, BITS),
        ),
        Claim(
            "others",
            "the other languages stay within 0.02 of what they were",
            *(OTHERS, OWN, 0.0, "within", 0.02, BITS),
        ),
        Claim(
            "forgets less than all weights",
            "they lose less than with all weights, by over 0.05",
            *(OTHERS, OWN, FULL, "less", 0.05, BITS),
        ),
        Claim(
            "forgets less than low rank",
            "they lose less than with low-rank updates",
            *(OTHERS, OWN, LORA, "less", 0.0, BITS),
        ),
        Claim(
            "gain beside all weights",
            "the language gains at most 0.05 less than with all weights",
            *(TARGET, OWN, FULL, "less", -0.05, BITS),
        ),
    ),
    metrics={TARGET: Metric(BITS, False), OTHERS: Metric(BITS, False)},
    settings=SETTINGS,
)
RECIPES = (SILENCE, TUNING)
