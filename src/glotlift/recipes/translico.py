"""TransliCo (Liu, Ma, Ye and Schütze 2024, arXiv:2401.06620): scripts drawn into one space.

An encoder goes on learning from sentences and their transliterations: both are masked, and a
contrast in a middle layer draws the two together. The paper carries Glot500-m so on a twentieth of
its own text. Here a small encoder, pretrained on the native text of six languages, goes on with
pairs of three of them. All arms read the same pairs, in the same order, hidden at the same places;
they differ in what is asked of them. The released code contrasts dot products at a temperature of
1; what cosines do in its stead is asked too. Translation modelling of the same pairs is the rival
that also reads both sides, and pairs shuffled are the control. Sentences and topics of the tests
are none that training has seen.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

from glotlift.evidence.design import Arm, Measurement, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Kind
from glotlift.recipes.paired_encoders import (
    REAL,
    TRANSLITERATED,
    WORLD,
    go_on,
    loaded,
    material,
    shuffled,
    start,
)
from glotlift.recipes.paired_measures import (
    ACROSS,
    FOUND,
    METRICS,
    NATIVE_BITS,
    NATIVE_FOUND,
    TOPIC,
    before,
    measured,
)

MASKED, COSINE, DOT = "masked alone", "contrast of cosines", "contrast of dot products"
ALONE, SHUFFLED, JOINED = "contrast alone", "shuffled pairs", "both sides read at once"
WANTED = (FOUND, ACROSS, NATIVE_FOUND, NATIVE_BITS, TOPIC)


def run(
    setting: Setting, seed: int, folder: Path, *, shuffle: bool = False, **objective: Any
) -> Measurement:
    """Go on from a seed's encoder with transliterated pairs, and measure it before and after."""
    values = setting.values
    told = json.dumps(dict(values), sort_keys=True)
    tokenizer, base = start(told, seed)
    sources = {
        name: shuffled(rows) if shuffle else rows
        for name, rows in material(told).items()
        if name.startswith(TRANSLITERATED)
    }
    if objective["objective"] == "tcm":
        objective["layer"] = values["layer"]
    trained = go_on(
        loaded(base),
        tokenizer,
        sources,
        dict.fromkeys(sources, 1 / len(sources)),
        values,
        seed,
        folder / "further",
        steps=values["further_steps"],
        **objective,
    )
    return measured(trained, tokenizer, values, seed, WANTED, before(told, base, seed))


def arm(name: str, description: str, **settings: Any) -> Arm:
    """Return the arm that asks this of the pairs."""
    return Arm(name, description, partial(run, **settings))


def claim(
    id: str,
    text: str,
    metric: str,
    kind: Kind,
    margin: float,
    arm: str = COSINE,
    versus: str = MASKED,
) -> Claim:
    """Claim a difference between two arms: cosines against masking alone unless named."""
    return Claim(id, text, metric, arm, versus, kind, margin, METRICS[metric].unit)


COSINES = {"objective": "tcm", "similarity": "cosine", "temperature": 0.05}
RECIPES = (
    Recipe(
        name="translico",
        part="contrast",
        question="What does a contrast of sentences with their Latin form add to masking both?",
        difference="what is asked of the same pairs of native and romanised sentences",
        budget_unit="steps",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(MASKED, "both sides masked", objective="tcm", weight=0.0),
            arm(COSINE, "and a contrast of cosines at a temperature of 0.05", **COSINES),
            arm(
                DOT,
                "and a contrast of dot products at a temperature of 1, as released",
                objective="tcm",
                similarity="dot",
                temperature=1.0,
            ),
            arm(
                ALONE,
                "the contrast of cosines without the masked loss",
                **COSINES,
                masked_weight=0.0,
            ),
            arm(
                SHUFFLED,
                "masked, with the contrast drawn to other sentences",
                **COSINES,
                shuffle=True,
            ),
            arm(JOINED, "masked in one sequence, no contrast", objective="tlm", packed=False),
        ),
        claims=(
            claim("native", "over 0.1 more find their native form", FOUND, "greater", 0.1),
            claim("dot", "so they do with dot products", FOUND, "greater", 0.1, DOT),
            claim("cosine", "cosines are not worse by 0.02", FOUND, "greater", -0.02, COSINE, DOT),
            claim("joined", "more than by reading both", FOUND, "greater", 0.0, COSINE, JOINED),
            claim("shuffled", "shuffled pairs lose 0.1", FOUND, "greater", 0.1, COSINE, SHUFFLED),
            claim("scripts", "more find another script's translation", ACROSS, "greater", 0.0),
            claim("English", "more find the English", NATIVE_FOUND, "greater", 0.0),
            claim("topic", "more topics of romanised text are told", TOPIC, "greater", 0.0),
            claim("bits", "native words cost at most 0.05 bits more", NATIVE_BITS, "less", -0.05),
            claim(
                "both",
                "without masking they cost over 0.05 more",
                NATIVE_BITS,
                "greater",
                0.05,
                ALONE,
                COSINE,
            ),
        ),
        metrics={name: METRICS[name] for name in WANTED},
        settings=(
            Setting("world", WORLD | {"pairs": 800, "pairs_per_step": 24, "further_steps": 70}),
            Setting("real", REAL | {"pairs_per_step": 24, "further_steps": 80}),
        ),
    ),
)
