"""MuRIL (Khanuja et al. 2021, arXiv:2103.10730): pairs with translations and transliterations.

An encoder for Indian languages is trained on text of each, on text beside its translation, and on
text beside its form in Latin letters; pairs are hidden on both sides and read together. The paper
trains from scratch, with a vocabulary of its own that has seen all of it. Here a small encoder that
has read native text alone goes on with all of these, or without some: half of what every arm reads
are single texts, two sentences long as a pair is, and the other half is what it is named for. Whole
words are hidden, as in the paper. The vocabulary is that of native text in every arm.
"""

import json
from functools import partial
from pathlib import Path

from glotlift.evidence.design import Arm, Measurement, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Kind
from glotlift.recipes.paired_encoders import (
    REAL,
    SINGLE,
    TRANSLATED,
    TRANSLITERATED,
    WORLD,
    go_on,
    loaded,
    material,
    shuffled,
    start,
)
from glotlift.recipes.paired_measures import (
    BITS,
    ENGLISH_FOUND,
    FOUND,
    METRICS,
    NATIVE_BITS,
    NATIVE_FOUND,
    NATIVE_TOPIC,
    TOPIC,
    before,
    measured,
)

SINGLES, BOTH, SHUFFLED = "single texts", "both kinds of pairs", "both, shuffled"
WANTED = (BITS, NATIVE_BITS, FOUND, ENGLISH_FOUND, NATIVE_FOUND, TOPIC, NATIVE_TOPIC)


def run(
    setting: Setting, seed: int, folder: Path, *, pairs: tuple[str, ...], shuffle: bool = False
) -> Measurement:
    """Go on from a seed's encoder with half single texts and half pairs of these kinds."""
    values = setting.values
    told = json.dumps(dict(values), sort_keys=True)
    tokenizer, base = start(told, seed)
    kinds = (SINGLE, *pairs)
    sources = {name: rows for name, rows in material(told).items() if name.split()[0] in kinds}
    if shuffle:
        sources = {
            name: rows if name.startswith(SINGLE) else shuffled(rows)
            for name, rows in sources.items()
        }
    weights = {SINGLE: 1.0} | dict.fromkeys(pairs, 1 / max(1, len(pairs)))
    parts = [name.split()[0] for name in sources]
    shares = {
        name: weights[kind] / sum(weights.values()) / parts.count(kind)
        for name, kind in zip(sources, parts, strict=True)
    }
    trained = go_on(
        loaded(base),
        tokenizer,
        sources,
        shares,
        values,
        seed,
        folder / "further",
        objective="tlm",
        steps=values["further_steps"],
        masker="whole-words",
    )
    return measured(trained, tokenizer, values, seed, WANTED, before(told, base, seed))


def arm(name: str, description: str, *pairs: str, shuffle: bool = False) -> Arm:
    """Return the arm that reads these kinds of pairs beside single texts."""
    return Arm(name, description, partial(run, pairs=pairs, shuffle=shuffle))


def claim(
    id: str, text: str, metric: str, kind: Kind, margin: float, arm: str, versus: str = SINGLES
) -> Claim:
    """Claim a difference between two arms, against single texts alone unless named."""
    return Claim(id, text, metric, arm, versus, kind, margin, METRICS[metric].unit)


RECIPES = (
    Recipe(
        name="muril",
        part="pairs",
        question="What do translated and transliterated pairs teach that single texts do not?",
        difference="which kinds of pairs are half of what is read",
        budget_unit="steps",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(SINGLES, "single texts alone"),
            arm(TRANSLATED, "and texts beside their English", TRANSLATED),
            arm(TRANSLITERATED, "and texts beside their Latin form", TRANSLITERATED),
            arm(BOTH, "and both in equal parts", TRANSLATED, TRANSLITERATED),
            arm(
                SHUFFLED,
                "and both, each text beside another's translation or form",
                *(TRANSLATED, TRANSLITERATED),
                shuffle=True,
            ),
        ),
        claims=(
            claim(
                "bits", "romanised words cost over 0.2 bits less", BITS, "less", 0.2, TRANSLITERATED
            ),
            claim(
                "native",
                "over 0.1 more find their native form",
                FOUND,
                "greater",
                0.1,
                TRANSLITERATED,
            ),
            claim(
                "topic",
                "more topics of romanised text are told",
                TOPIC,
                "greater",
                0.0,
                TRANSLITERATED,
            ),
            claim(
                "English",
                "translations: more find the English",
                NATIVE_FOUND,
                "greater",
                0.0,
                TRANSLATED,
            ),
            claim("bits: both", "with both, over 0.2 bits less too", BITS, "less", 0.2, BOTH),
            claim("topic: both", "with both, more topics too", TOPIC, "greater", 0.0, BOTH),
            claim(
                "roman to English",
                "both: more romanised find the English than without translations",
                ENGLISH_FOUND,
                "greater",
                0.0,
                BOTH,
                TRANSLITERATED,
            ),
            claim("shuffled", "shuffled pairs lose 0.05", FOUND, "greater", 0.05, BOTH, SHUFFLED),
            claim("shuffled: bits", "and cost more bits", BITS, "less", 0.0, BOTH, SHUFFLED),
            claim(
                "shuffled: topic", "and tell fewer topics", TOPIC, "greater", 0.0, BOTH, SHUFFLED
            ),
            claim(
                "price", "native words cost at most 0.1 bits more", NATIVE_BITS, "less", -0.1, BOTH
            ),
            claim(
                "price: topic", "native topics stay within 0.03", NATIVE_TOPIC, "within", 0.03, BOTH
            ),
        ),
        metrics={name: METRICS[name] for name in WANTED},
        settings=(
            Setting("world", WORLD | {"pairs_per_step": 16, "further_steps": 100}),
            Setting("real", REAL | {"pairs_per_step": 16, "further_steps": 100}),
        ),
    ),
)
