"""Small models, big impact (Gurgurov et al. 2025, arXiv:2502.10140): adapters from text or graphs.

The paper trains language adapters of XLM-R and mBERT, bottleneck, with an invertible part, or LoRA,
by masked modelling on web text or on a knowledge graph told in sentences, for thirty languages, and
puts task adapters on them.

Here one small encoder, which saw a little of the language, is adapted with what moves or with what
is read as the one difference. The three kinds of adapter have nearly equally many weights. The
learning rates are each kind's own (`RATES`), since a low-rank update or a fresh module wants larger
steps than a whole model; they were written down before any run and not searched. Seeds are those
of adaptation and task; the encoder is one. Its figures are of hidden words (`masked_bits`).
"""

from functools import partial
from typing import Any

from glotlift.evidence.design import Arm, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.language_adapters import (
    BITS,
    ELSE,
    GAIN,
    GRAPH,
    KEPT,
    SHUFFLED,
    TEXT,
    TOPICS,
    adapt,
)

BOTTLENECK, INVERTIBLE, LORA, FULL = "bottleneck", "invertible", "lora", "full"
STACKED = "graph, then text"
UNIT, PER_WEIGHT, SHARE = (
    "bits per byte of hidden words",
    "bits per byte and thousand weights",
    "share of sentences",
)
RATES = {BOTTLENECK: 1e-2, INVERTIBLE: 1e-2, LORA: 1e-2, FULL: 2e-3}
SEEDS = (0, 1, 2, 3, 4)
IN_THE_WORLD: dict[str, Any] = {
    "known": {
        code: f"world:{code}?rows=700&sentences=3"
        for code in ("eng_Latn", "deu_Latn", "spa_Latn", "ind_Latn")
    },
    "target": {"swh_Latn": "world:swh_Latn?rows=700&sentences=3"},
    "seen": 20,
    "documents": 40,
    "graph": "world",
    "size": "tiny",
    "pieces": 1500,
    "steps": 500,
    "stage_steps": 100,
    "reduction": 4,
    "rank": 8,
    "learning_rates": RATES,
    "languages": ["swh_Latn"],
    "topics": "world",
    "topic_rows": {"train": 350, "test": 300},
    "epochs": 5,
    "tuning_rate": 5e-3,
}
MONO = "$GLOTLIFT_DATA/mono/{}.jsonl.gz"
REAL: dict[str, Any] = IN_THE_WORLD | {
    "known": {code: MONO.format(code) for code in ("eng_Latn", "fra_Latn", "ron_Latn", "ind_Latn")},
    "target": {"swh_Latn": MONO.format("swh_Latn")},
    "documents": 12,
    "graph": "$GLOTLIFT_DATA/",
    "pieces": 4000,
    "topics": "$GLOTLIFT_DATA/sib200",
    "topic_rows": {"train": 400, "test": 204},
}
SETTINGS = (Setting("world", IN_THE_WORLD), Setting("real", REAL))
LOWER = Metric(UNIT, higher_is_better=False)
METRICS = {
    BITS: LOWER,
    GAIN: Metric(PER_WEIGHT, higher_is_better=True),
    KEPT: LOWER,
    TOPICS: Metric(SHARE, higher_is_better=True),
}


def arm(name: str, description: str, *reading: tuple[str, str, float]) -> Arm:
    """Return the arm that applies and reads this, one stage after the other."""
    return Arm(name, description, partial(adapt, reading=reading))


def bits(id: str, text: str, name: str, versus: str | float, margin: float) -> Claim:
    """Claim that an arm's bits of hidden words are lower."""
    return Claim(id, text, BITS, name, versus, "less", margin, UNIT)


def topics(id: str, text: str, name: str, versus: str, margin: float = 0.0) -> Claim:
    """Claim that an arm finds more topics."""
    return Claim(id, text, TOPICS, name, versus, "greater", margin, SHARE)


KINDS = Recipe(
    name="small-models",
    part="kinds",
    question="On the same text, what does each kind of adapter learn beside the whole model?",
    difference="what moves while the language is learnt",
    budget_unit="steps",
    seeds=SEEDS,
    arms=(
        arm(BOTTLENECK, "a bottleneck adapter in every layer", (BOTTLENECK, TEXT, 1.0)),
        arm(INVERTIBLE, "one half as wide, and an invertible one", (INVERTIBLE, TEXT, 1.0)),
        arm(LORA, "low-rank updates of queries, keys and values", (LORA, TEXT, 1.0)),
        arm(FULL, "all weights", (FULL, TEXT, 1.0)),
    ),
    claims=(
        bits("learns", "a bottleneck adapter lowers the bits by over 0.05", BOTTLENECK, 0.0, 0.05),
        bits("bits: lora", "by more than low-rank updates do", BOTTLENECK, LORA, 0.0),
        bits(
            "bits: invertible",
            "and by more than with an invertible part",
            BOTTLENECK,
            INVERTIBLE,
            0.0,
        ),
        topics(
            "topics: invertible",
            "with an invertible part more topics are found",
            INVERTIBLE,
            BOTTLENECK,
        ),
        topics(
            "topics: full",
            "a bottleneck adapter finds at most 0.03 fewer topics than the whole model",
            *(BOTTLENECK, FULL, -0.03),
        ),
        Claim(
            "per weight",
            "it gains more bits per weight than the whole model",
            *(GAIN, BOTTLENECK, FULL, "greater", 0.0, PER_WEIGHT),
        ),
        Claim(
            "forgets",
            "the whole model loses over 0.05 in the languages that it knew",
            *(KEPT, FULL, 0.0, "greater", 0.05, UNIT),
        ),
    ),
    metrics=METRICS,
    settings=SETTINGS,
)
READING = Recipe(
    name="small-models",
    part="reading",
    question="What does a bottleneck adapter learn from text, from a graph, and from both?",
    difference="what the adapter reads",
    budget_unit="steps",
    seeds=SEEDS,
    arms=(
        arm(TEXT, "text of the language", (BOTTLENECK, TEXT, 1.0)),
        arm(GRAPH, "its knowledge graph, told in sentences", (BOTTLENECK, GRAPH, 1.0)),
        arm(SHUFFLED, "the same words in false sentences", (BOTTLENECK, SHUFFLED, 1.0)),
        arm(
            STACKED,
            "half of the steps on the graph, the others on text, with an adapter on the first",
            *((BOTTLENECK, GRAPH, 0.5), (BOTTLENECK, TEXT, 0.5)),
        ),
        arm(ELSE, "text of the languages that the encoder knew", (BOTTLENECK, ELSE, 1.0)),
    ),
    claims=(
        bits("text", "text lowers the bits more than text of other languages", TEXT, ELSE, 0.05),
        bits("graph", "so does the graph", GRAPH, ELSE, 0.0),
        bits("graph: alone", "and it does lower them", GRAPH, 0.0, 0.0),
        topics("graph: topics", "the graph helps to find topics", GRAPH, ELSE),
        bits(
            "truth: bits",
            "a true graph lowers the bits more than a false one",
            GRAPH,
            SHUFFLED,
            0.0,
        ),
        topics("truth: topics", "a true graph helps more to find topics", GRAPH, SHUFFLED),
        topics("stacked", "graph and text find more topics than text alone", STACKED, TEXT),
    ),
    metrics=METRICS,
    settings=SETTINGS,
)
RECIPES = (KINDS, READING)
