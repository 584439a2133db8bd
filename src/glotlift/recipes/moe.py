"""DeepSpeed-MoE and Z-code M3 (Kim et al. 2021, arXiv:2109.10465): experts for many languages.

The paper puts experts into every other layer of an encoder-decoder for translation and denoising in
fifty languages, chooses at random which tokens an expert keeps that is wanted by too many, grows a
model by joining the experts of trained ones, and shrinks it by leaving experts out. Here a T5 of
two layers a side translates between a pivot and four languages (the sample world's sentences, or
those of NTREX). `experts` compares eight with a dense model of equal compute, with gates that learn
nothing, and with a dense model of as many weights. `selection` keeps tokens by chance, by position,
or all of them; `balance` trains with and without the loss that evens experts out. `aggregation`
joins two models of four experts, each trained on two of the languages, and trains on; beside it,
eight experts that begin from nothing, and one of the two models alone: all read equally many pairs
from there on. `pruning` leaves out half the experts, and trains no further.

Denoising is not part of this, nor are several machines: bits are those of held-out translations.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.models.expert_changes import (
    aggregate_experts,
    expert_layers,
    prune_experts,
)
from glotlift.recipes.small_mixtures import (
    BITS,
    Material,
    bits_by_row,
    every_pair,
    material,
    measurement,
    routed,
    train,
    trained,
    untrained,
    used_by,
)

EXPERTS, DENSE, UNLEARNT, WIDE = "experts", "dense", "gates as drawn", "wide dense"
BY_CHANCE, BY_POSITION, ALL_KEPT = "by chance", "by position", "all kept"
EVENED, UNEVENED = "evened out", "not evened out"
GROWN, ANEW, ONE = "joined", "from nothing", "one alone"
WHOLE, OWN, COMMON, CHANCE = "all experts", "the language's", "the most used", "drawn"
EVEN, LATE = "evenness of use", "late tokens dropped"
BYTE, SHARE = "bits per byte", "share"
COUNT, KEPT = 8, 4
SEEDS = (0, 1, 2, 3, 4)
WORLD: dict[str, Any] = {
    "text": "world",
    "pivot": "eng_Latn",
    "others": ["deu_Latn", "ind_Latn", "spa_Latn", "tur_Latn"],
    "rows": 400,
    "held_out": 60,
    "pieces": 1200,
    "width": 64,
    "layers": 2,
    "rate": 0.02,
    "pairs": 3200,
    "before": 1600,
    "after": 1600,
}
REAL: dict[str, Any] = WORLD | {
    "text": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "others": ["deu_Latn", "ind_Latn", "spa_Latn", "swh_Latn"],
    "rows": 600,
    "pieces": 3000,
    "pairs": 1600,
    "before": 800,
    "after": 800,
}
SHAPES: dict[str, dict[str, Any]] = {
    EXPERTS: {"num_experts": COUNT},
    UNLEARNT: {"num_experts": COUNT},
    DENSE: {},
    BY_POSITION: {"num_experts": COUNT, "token_selection": "position"},
    ALL_KEPT: {"num_experts": COUNT, "capacity_factor": None},
    UNEVENED: {"num_experts": COUNT, "router_aux_loss_coef": 0.0},
}


def shared(setting: Setting) -> Material:
    """Return what all arms of a setting share."""
    return material(json.dumps(dict(setting.values), sort_keys=True))


def shape_of(name: str, width: int) -> dict[str, Any]:
    """Return how an arm's feed-forward networks differ from plain ones.

    A wide one has half the weights of a plain one and eight experts of its shape.
    """
    return {"d_ff": width * (1 + COUNT)} if name == WIDE else SHAPES.get(name, SHAPES[EXPERTS])


def compare(
    setting: Setting, seed: int, folder: Path, *, name: str, by_layer: bool = False
) -> Measurement:
    """Train a model of a shape; score held-out translations, and each layer's use of experts."""
    del folder
    made, values = shared(setting), setting.values
    shape, others = shape_of(name, values["width"]), values["others"]
    learnt = name != UNLEARNT
    model = trained(made, values, others, values["pairs"], seed, shape, learnt=learnt)
    scores = {BITS: bits_by_row(model, made, values, others)}
    cost = {"parameters": float(model.num_parameters())}
    layers = list(expert_layers(model))
    if layers:
        found = routed(model, made, every_pair(made, made.test, values, others))
        cost |= {f"{told}: mean of layers": float(each.mean()) for told, each in found.items()}
        scores |= {EVEN: found["even"], LATE: found["late"]} if by_layer else {}
    return measurement(made, values, values["pairs"], scores, layers, cost)


def grow(setting: Setting, seed: int, folder: Path, *, name: str) -> Measurement:
    """Begin with two models' experts, with one's, or with none; train on all languages."""
    del folder
    made, values = shared(setting), setting.values
    others, half = values["others"], {"num_experts": COUNT // 2}
    if name == ANEW:
        model: Any = untrained(values, made.tokenizer, seed, SHAPES[EXPERTS])
    else:
        parts = [
            trained(made, values, list(group), values["before"], seed, half)
            for group in (others[: len(others) // 2], others[len(others) // 2 :])
        ]
        model = parts[0] if name == ONE else aggregate_experts(parts[0], parts[1])
    train(model, made, values, others, values["after"], seed)
    scores = {BITS: bits_by_row(model, made, values, others)}
    before = {GROWN: 2 * values["before"], ONE: values["before"], ANEW: 0}[name]
    cost = {"pairs before": float(before), "parameters": float(model.num_parameters())}
    return measurement(made, values, values["after"], scores, cost=cost)


def prune(setting: Setting, seed: int, folder: Path, *, name: str) -> Measurement:
    """Leave out half of a model's experts; score held-out translations of each language."""
    del folder
    made, values = shared(setting), setting.values
    others = values["others"]
    model = trained(made, values, others, values["pairs"], seed, SHAPES[EXPERTS])
    layers = len(expert_layers(model))
    draw = np.random.default_rng([seed, KEPT])
    bits = np.zeros(len(made.test[values["pivot"]]))
    for other in others:
        if name == WHOLE:
            kept = [list(range(COUNT))] * layers
        elif name == CHANCE:
            kept = [draw.permutation(COUNT)[:KEPT].tolist() for _ in range(layers)]
        else:
            kept = used_by(model, made, values, [other] if name == OWN else others, KEPT)
        bits += bits_by_row(prune_experts(model, kept), made, values, [other])
    return measurement(made, values, values["pairs"], {BITS: bits})


def fewer(id: str, text: str, name: str, versus: str, margin: float) -> Claim:
    """Claim that one arm has over `margin` fewer bits per byte than another."""
    return Claim(id, text, BITS, name, versus, "less", margin, BYTE)


def alike(id: str, text: str, name: str, versus: str) -> Claim:
    """Claim that two arms are within 0.05 bits per byte."""
    return Claim(id, text, BITS, name, versus, "within", 0.05, BYTE)


LAYERS = partial(compare, by_layer=True)


def part(
    name: str,
    question: str,
    difference: str,
    arms: dict[str, str],
    run: Any,
    claims: tuple[Claim, ...],
    unit: str = "pairs read",
) -> Recipe:
    """Return a part of the recipe; arms are told by name."""
    every = {
        BITS: Metric(BYTE, higher_is_better=False),
        EVEN: Metric("share of the entropy of even use", higher_is_better=True),
        LATE: Metric(SHARE, higher_is_better=False),
    }
    by_layer = run is LAYERS
    return Recipe(
        name="moe",
        part=name,
        question=question,
        difference=difference,
        budget_unit=unit,
        seeds=SEEDS,
        arms=tuple(Arm(arm, text, partial(run, name=arm)) for arm, text in arms.items()),
        claims=claims,
        metrics=every if by_layer else {BITS: every[BITS]},
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    )


RECIPES = (
    part(
        "experts",
        "At equal compute, do experts translate better than a dense model?",
        "the feed-forward networks of every other layer",
        {
            EXPERTS: "eight, of which the gate chooses one",
            DENSE: "one",
            UNLEARNT: "eight, chosen by gates that stay as they were drawn",
            WIDE: "one in each layer, with as many weights in all as the eight",
        },
        compare,
        (
            fewer(
                "gain", "experts take over 0.02 bits fewer than a dense model", EXPERTS, DENSE, 0.02
            ),
            fewer("gates", "gates that learn are better than those drawn", EXPERTS, UNLEARNT, 0.0),
            fewer(
                "weights", "a dense model of as many weights is better still", WIDE, EXPERTS, 0.0
            ),
        ),
    ),
    part(
        "selection",
        "Which tokens should an expert keep that is wanted by too many?",
        "which tokens are kept",
        {BY_CHANCE: "random ones", BY_POSITION: "the first of each sequence", ALL_KEPT: "all"},
        LAYERS,
        (
            Claim(
                "late",
                "by position, over 0.1 more of the late tokens are dropped than of the early ones",
                *(LATE, BY_POSITION, 0.0, "greater", 0.1, SHARE),
            ),
            Claim(
                "alike",
                "by chance, as many, within 0.05",
                *(LATE, BY_CHANCE, 0.0, "within", 0.05, SHARE),
            ),
            fewer("bits", "by chance is better than by position", BY_CHANCE, BY_POSITION, 0.0),
            alike(
                "dropping", "dropping by chance is within 0.05 of keeping all", BY_CHANCE, ALL_KEPT
            ),
        ),
    ),
    part(
        "balance",
        "What does the loss for uneven use do?",
        "the weight of that loss",
        {EVENED: "0.01", UNEVENED: "none"},
        LAYERS,
        (
            Claim(
                "even",
                "with it experts are used more evenly by over 0.05",
                *(EVEN, EVENED, UNEVENED, "greater", 0.05, SHARE),
            ),
            alike("bits", "it leaves the bits within 0.05", EVENED, UNEVENED),
        ),
    ),
    part(
        "aggregation",
        "Do the experts of two trained models help a model of both?",
        "what the model begins with",
        {
            GROWN: "four experts each of two models, the other weights averaged",
            ANEW: "nothing: eight experts as drawn",
            ONE: "one of the two models, with its four experts",
        },
        grow,
        (
            fewer("warm", "joined experts are over 0.05 better than new ones", GROWN, ANEW, 0.05),
            fewer("both", "the two are better than one of them", GROWN, ONE, 0.0),
        ),
        "pairs read from there on",
    ),
    part(
        "pruning",
        "Can half of the experts be left out?",
        "which half is kept for each language",
        {
            WHOLE: "all eight",
            OWN: "the four that the language's text uses most",
            COMMON: "the four that all text uses most",
            CHANCE: "four drawn by chance",
        },
        prune,
        (
            alike("kept", "a language's own experts are within 0.05 of all", OWN, WHOLE),
            fewer("chance", "they are over 0.05 better than experts by chance", OWN, CHANCE, 0.05),
            fewer("own", "they are better than those that all text uses most", OWN, COMMON, 0.0),
        ),
    ),
)
