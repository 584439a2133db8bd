"""TransMI (Liu, Ma, Ye and Schütze 2024, arXiv:2405.09913): a vocabulary learns to read Latin.

Every piece in another script is written in Latin letters; forms that are new become pieces, with a
score and a row merged from the pieces that share them. Nothing is trained. Here a small masked
encoder with a Unigram vocabulary, pretrained on native text alone, is edited so and meets its
languages in Latin letters: held-out sentences, romanised by the tables that romanised the pieces
(and, in one part, by other hands). Words to guess are the same for all vocabularies, and bits are
over their bytes. What XLM-R learns from its size, to tell translations, so small an encoder does
not: sentences are found by a copy tuned on native translations (of NTREX's later lines, where text
is real), and topics are told by a classifier of that, fine-tuned on native English. All three are
made before the edit, so that no arm is trained after it; the paper fine-tunes after it. Pieces
that are Latin already keep their form; the paper also drops their accents.
"""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Kind, Published
from glotlift.recipes.romanised_encoders import RANDOM, SHUFFLED, SUMMED, known, reader
from glotlift.recipes.romanised_measures import (
    BITS,
    ENGLISH_TOPIC,
    LATIN_BITS,
    NATIVE_FOUND,
    OTHER_BITS,
    TO_ENGLISH,
    TO_NATIVE,
    TOKENS,
    TOPIC,
    costs,
    mean,
    on_native,
    on_roman,
    told,
)
from glotlift.recipes.romanised_text import ENGLISH, respelt, tested
from glotlift.vocabulary.romanising import Merge

NONE, MAX, MIN, AVERAGE = "unmodified", "max", "min", "average"
DISCOUNTED = "max, discounted"
DISCOUNT = 5.0  # nats
ROMAN, SPELLING, PRICE = "romanised", "spelling", "price"
TOPICS = (TOPIC, ENGLISH_TOPIC)
WORLD: dict[str, Any] = {
    "text": "world:{}?rows=600&sentences=10",
    "documents": 600,
    "characters": 400_000,
    "parallel": "world",
    "items": 200,
    "pairs": 2000,
    "romanised": ["ell_Grek", "hin_Deva", "rus_Cyrl"],
    "latin": [ENGLISH, "spa_Latn", "tur_Latn"],
    "spelling": {"rus_Cyrl": "rus_Latn"},
    "topics": "world",
    "topic_rows": {"train": 1500, "test": 200},
    "size": "tiny",
    "pieces": 2000,
    "steps": 700,
    "tuning": 300,
    "tuning_rate": 1e-3,
    "epochs": 3,
    "learning_rate": 1e-3,
}
REAL: dict[str, Any] = WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "characters": 100_000,
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "romanised": ["hin_Deva", "srp_Cyrl", "tel_Telu"],
    "latin": [ENGLISH, "spa_Latn", "tur_Latn"],
    "spelling": {"srp_Cyrl": "srp_Latn"},
    "pairs": 500,
    "topics": "$GLOTLIFT_DATA/sib200",
    "topic_rows": {"train": 701, "test": 204},
    "pieces": 6000,
    "epochs": 6,
}
SHARE = Metric("share of rows", higher_is_better=True)
PER_BYTE = Metric("bits per byte", higher_is_better=False)
METRICS = {
    TOKENS: Metric("tokens", higher_is_better=False),
    **dict.fromkeys((BITS, OTHER_BITS, LATIN_BITS), PER_BYTE),
    **dict.fromkeys((TO_NATIVE, TO_ENGLISH, NATIVE_FOUND, TOPIC, ENGLISH_TOPIC), SHARE),
}
PUBLISHED = Published("3 to 34 % better than the unmodified models", "arXiv:2405.09913, abstract")


def measure(
    setting: Setting, seed: int, folder: Path, *, on: str, merge: Merge | None, **rest: Any
) -> Measurement:
    """Edit a seed's encoder and measure it on romanised, respelt or native text, untrained."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    start, tests = known(values, seed), tested(values)
    latin = {code: tests.native[code] for code in setting.values["latin"]}
    by = reader(start, latin, seed, merge=merge, **rest)
    if on == SPELLING:
        scores = on_roman(by, tests, respelt(values))
    else:
        scores = on_roman(by, tests, tests.roman)
        codes = setting.values["romanised"]
        scores[TOPIC] = mean([told(by, tests.topic_texts[code], tests.topics) for code in codes])
    if on == PRICE:
        scores |= on_native(by, tests, setting.values)
    rows = {name: tests.topic_ids if name in TOPICS else tests.ids for name in scores}
    return Measurement(0.0, scores, rows, cost=costs(start, tests, by, setting.values))


def arm(name: str, description: str, on: str, **way: Any) -> Arm:
    """Return the arm that edits the vocabulary in one way; nothing is trained."""
    return Arm(name, description, partial(measure, on=on, **way), trained=False)


UNMODIFIED = "the encoder as it is, which cuts romanised words into its Latin pieces"


def claim(
    id: str, text: str, metric: str, kind: Kind, margin: float, arm: str = MAX, versus: str = NONE
) -> Claim:
    """Claim a difference between two arms, max against the unmodified encoder unless named."""
    return Claim(id, text, metric, arm, versus, kind, margin, METRICS[metric].unit)


GAINS: tuple[tuple[str, str, str, Kind, float], ...] = (
    ("bits", "hidden words cost over 0.1 bits less", BITS, "less", 0.1),
    ("native", "over 0.1 more find their native form", TO_NATIVE, "greater", 0.1),
    ("topic", "more topics are told", TOPIC, "greater", 0.0),
)


def part(
    name: str,
    question: str,
    difference: str,
    arms: tuple[Arm, ...],
    claims: tuple[Claim, ...],
    metrics: tuple[str, ...],
) -> Recipe:
    """Return one part of the recipe: no arm has a step of training after the edit."""
    return Recipe(
        name="transmi",
        part=name,
        question=question,
        difference=difference,
        budget_unit="training steps after the edit",
        seeds=(0, 1, 2),
        arms=arms,
        claims=claims,
        metrics={metric: METRICS[metric] for metric in metrics},
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    )


RECIPES = (
    part(
        "merge",
        "What do romanised pieces give a model on romanised text, and which merge gives most?",
        "how the pieces that share a form are merged into one, if they are at all",
        (
            arm(NONE, UNMODIFIED, ROMAN, merge=None),
            arm(MAX, "score and row of the source with the best score", ROMAN, merge="max"),
            arm(MIN, "score and row of the source with the worst score", ROMAN, merge="min"),
            arm(AVERAGE, "the mean of all sources' scores and rows", ROMAN, merge="average"),
        ),
        (
            claim("tokens", "words cost at least 0.3 tokens less", TOKENS, "less", 0.3),
            claim("bits", "hidden words cost fewer bits", BITS, "less", 0.0),
            claim("native", "over 0.1 more find their native form", TO_NATIVE, "greater", 0.1),
            replace(
                claim("English", "more find their English form", TO_ENGLISH, "greater", 0.0),
                published=PUBLISHED,
            ),
            replace(
                claim("topic", "more topics are told", TOPIC, "greater", 0.0), published=PUBLISHED
            ),
            claim("min", "max is better than min", TO_NATIVE, "greater", 0.0, MAX, MIN),
            claim(
                "average",
                "max is not worse than the mean by 0.02",
                TO_NATIVE,
                "greater",
                -0.02,
                MAX,
                AVERAGE,
            ),
        ),
        (TOKENS, BITS, TO_NATIVE, TO_ENGLISH, TOPIC),
    ),
    part(
        "rows",
        "Is it the copied rows that help, or only the longer pieces?",
        "which rows the new pieces have",
        (
            arm(MAX, "the row of the best source", ROMAN, merge="max", rows=""),
            arm(RANDOM, "rows drawn like the old ones", ROMAN, merge="max", rows=RANDOM),
            arm(SHUFFLED, "the row meant for another new piece", ROMAN, merge="max", rows=SHUFFLED),
        ),
        tuple(
            claim(f"{id}: {other}", f"{text} than with {other}", metric, kind, margin, MAX, other)
            for other in (RANDOM, SHUFFLED)
            for id, text, metric, kind, margin in GAINS
        ),
        (BITS, TO_NATIVE, TO_ENGLISH, TOPIC),
    ),
    part(
        "sum",
        "What does it cost that the released code adds rows up where the paper averages them?",
        "whether the sum of the sources' rows is divided by their number",
        (
            arm(AVERAGE, "the mean of the sources' rows", ROMAN, merge="average", rows=""),
            arm(
                SUMMED,
                "their sum, as the released code has it",
                ROMAN,
                merge="average",
                rows=SUMMED,
            ),
        ),
        (
            claim("bits", "the mean costs fewer bits", BITS, "less", 0.0, AVERAGE, SUMMED),
            claim(
                "native",
                "with the mean more find their native form",
                TO_NATIVE,
                "greater",
                0.0,
                AVERAGE,
                SUMMED,
            ),
        ),
        (BITS, TO_NATIVE, TO_ENGLISH, TOPIC),
    ),
    part(
        "spelling",
        "Do the pieces also serve text that other hands wrote in Latin letters?",
        "whether the vocabulary has romanised pieces",
        (
            arm(NONE, UNMODIFIED, SPELLING, merge=None),
            arm(MAX, "romanised pieces, merged by max", SPELLING, merge="max"),
        ),
        (
            claim("tokens", "words cost at least 0.3 tokens less", TOKENS, "less", 0.3),
            claim("bits", "hidden words cost fewer bits", BITS, "less", 0.0),
            claim("native", "over 0.1 more find their native form", TO_NATIVE, "greater", 0.1),
        ),
        (TOKENS, BITS, TO_NATIVE, TO_ENGLISH),
    ),
    part(
        "price",
        "What do romanised pieces cost on native text, and does lowering their scores help?",
        "how high the romanised pieces score, if there are any",
        (
            arm(NONE, UNMODIFIED, PRICE, merge=None),
            arm(MAX, "romanised pieces, scored as their sources are", PRICE, merge="max"),
            arm(
                DISCOUNTED,
                "the same, each score 5 nats lower (ours, not the paper's)",
                PRICE,
                merge="max",
                discount=DISCOUNT,
            ),
        ),
        (
            claim("other scripts", "other scripts stay within 0.02", OTHER_BITS, "within", 0.02),
            claim("Latin", "Latin languages stay within 0.02", LATIN_BITS, "within", 0.02),
            claim("retrieval", "native retrieval stays within 0.02", NATIVE_FOUND, "within", 0.02),
            claim("topic", "topics of English stay within 0.02", ENGLISH_TOPIC, "within", 0.02),
            claim(
                "discount",
                "lower scores cost Latin languages less",
                LATIN_BITS,
                "less",
                0.0,
                DISCOUNTED,
                MAX,
            ),
            claim(
                "kept",
                "and still over 0.1 more find their native form",
                TO_NATIVE,
                "greater",
                0.1,
                DISCOUNTED,
            ),
        ),
        (OTHER_BITS, LATIN_BITS, NATIVE_FOUND, ENGLISH_TOPIC, BITS, TO_NATIVE),
    ),
)
