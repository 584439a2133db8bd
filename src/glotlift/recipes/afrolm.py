"""AfroLM (Dossou et al. 2022, arXiv:2211.03263): a learner that completes what it learns from next.

In three rounds a small masked encoder learns from little text of three languages; after each but
the last, sentences of a pool lose their last words, the encoder writes others, and they join the
text. As released, each round begins a new encoder and chooses sentences by chance. Beside that
stand rounds that go on with one encoder, by chance or where it is least sure; the same rows all at
once; and no rounds at all. Three writers in place of the encoder show what the gain is made of: one
leaves the sentences cut off, one ends them in words drawn by chance, one is their own author.

All arms read equally many bytes. Held-out documents are kept apart by id and by text
(`synthesis.self_train`), and none was of the pool. Seeds are those of weights, order and choice.
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.self_taught import (
    CHANCE,
    CUT,
    MODEL,
    WHOLE,
    Learner,
    bytes_read,
    in_rounds,
    material,
)
from glotlift.recipes.small_encoders import fine_tune_classifier, logits, masked_bits

NONE, RELEASED, ONGOING, ONCE = "no rounds", "as released", "one encoder", "same rows at once"
UNSURE = "least sure first"
BITS, TOPIC = "hidden words", "topics"
BITS_PER_BYTE, SHARE = "bits per byte of hidden words", "share of sentences"
IN_THE_WORLD: dict[str, Any] = {
    "text": "world:{}",
    "languages": ["ind_Latn", "swh_Latn", "tur_Latn"],
    "documents": 240,
    "held_out": 24,
    "pool": 0.6,
    "rounds": 3,
    "per_round": 80,
    "topics": "world",
    "topic_rows": {"train": 100, "test": 200},
    "size": "tiny",
    "pieces": 1500,
    "bytes_a_round": 30_000,
    "learning_rate": 4e-3,
    "epochs": 6,
    "tuning_rate": 3e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "languages": ["hau_Latn", "swh_Latn", "yor_Latn"],
    "documents": 40,
    "held_out": 6,
    "topics": "$GLOTLIFT_DATA/sib200",
    "topic_rows": {"train": 100, "test": 150},
    "pieces": 3000,
    "bytes_a_round": 80_000,
    "epochs": 8,
}


def teach(
    setting: Setting,
    seed: int,
    folder: Path,
    *,
    writes: str = MODEL,
    goes_on: bool = True,
    unsure: bool = False,
) -> Measurement:
    """Teach an encoder in rounds and measure it."""
    done = in_rounds(
        setting.values,
        seed,
        folder / "rounds",
        writes=writes,
        goes_on=goes_on,
        unsure=unsure,
    )
    counts = {f"chosen, {outcome}": float(count) for outcome, count in done.counts().items()}
    counts["held-out texts in the pool"] = done.left_out["pool"]
    spent = bytes_read(folder / "rounds")
    return measured(setting, seed, done.learner, spent, list(done.rows["text"]), counts)


def at_once(setting: Setting, seed: int, folder: Path, *, before: bool) -> Measurement:
    """Teach an encoder in one go: what there is `before` any round, or all that rounds end with."""
    values = setting.values
    shared = material(json.dumps(dict(values), sort_keys=True))
    rows = shared.data
    if not before:
        done = in_rounds(values, seed, folder / "rounds", writes=MODEL, goes_on=True, unsure=False)
        rows = done.rows
    learner = folder / "at once" / "learner"
    Learner(values, seed, shared.tokenizer, False, values["rounds"])(rows, None, learner, 0)
    return measured(setting, seed, learner, bytes_read(learner), list(rows["text"]), {})


def measured(
    setting: Setting,
    seed: int,
    learner: Path,
    spent: int,
    texts: list[str],
    counts: Mapping[str, float],
) -> Measurement:
    """Measure an encoder on held-out sentences and, fine-tuned, on topics."""
    values = setting.values
    shared = material(json.dumps(dict(values), sort_keys=True))
    model, tokenizer = load_model(find_model(str(learner))), shared.tokenizer
    bits, bytes_ = masked_bits(model, tokenizer, list(shared.held_out["text"]))
    classifier = fine_tune_classifier(
        model,
        tokenizer,
        *shared.topics.training(values["languages"]),
        classes=len(shared.topics.classes),
        epochs=values["epochs"],
        rate=values["tuning_rate"],
        seed=seed,
    )
    tests = [(code, shared.topics.rows[code]["test"]) for code in values["languages"]]
    right = [
        logits(classifier, tokenizer, test["text"]).argmax(1) == np.array(test["label"])
        for _, test in tests
    ]
    known = set(texts)
    return Measurement(
        spent,
        {BITS: bits / bytes_, TOPIC: np.concatenate(right).astype(np.float64)},
        {
            BITS: list(shared.held_out["id"]),
            TOPIC: [f"{code} {id}" for code, test in tests for id in test["id"]],
        },
        {BITS: bytes_},
        {
            "rows to learn from": len(texts),
            "held-out texts among them": sum(text in known for text in shared.held_out["text"]),
            **counts,
        },
    )


def fewer(id: str, text: str, arm: str, versus: str, margin: float = 0.0) -> Claim:
    """Claim that an arm needs fewer bits for hidden words than another, by over a margin."""
    return Claim(id, text, BITS, arm, versus, "less", margin, BITS_PER_BYTE)


def more_topics(id: str, text: str, arm: str, versus: str) -> Claim:
    """Claim that an arm finds more topics than another."""
    return Claim(id, text, TOPIC, arm, versus, "greater", 0.0, SHARE)


RECIPES = (
    Recipe(
        name="afrolm",
        part="rounds",
        question="At equal bytes, does an encoder gain from sentences that it completed itself?",
        difference="what joins the text between rounds, who writes it, and who learns from it",
        budget_unit="bytes of text read",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            Arm(NONE, "reads its first text alone, in one go", partial(at_once, before=True)),
            Arm(
                RELEASED,
                "a new encoder each round; sentences by chance, completed by the last one",
                partial(teach, goes_on=False),
            ),
            Arm(ONGOING, "the same with one encoder that goes on", partial(teach)),
            Arm(
                ONCE,
                "a new encoder reads in one go all that the rounds of one encoder ended with",
                partial(at_once, before=False),
            ),
            Arm(
                UNSURE,
                "one encoder; sentences where it is least sure how they go on",
                partial(teach, unsure=True),
            ),
            Arm(CUT, "one encoder; sentences stay cut off", partial(teach, writes=CUT)),
            Arm(CHANCE, "one encoder; they end in words by chance", partial(teach, writes=CHANCE)),
            Arm(WHOLE, "one encoder; they stay whole", partial(teach, writes=WHOLE)),
        ),
        claims=(
            fewer("released", "rounds as released beat none", RELEASED, NONE),
            more_topics("released, topics", "they do in topics", RELEASED, NONE),
            fewer("ongoing", "rounds of one encoder beat none", ONGOING, NONE),
            fewer("from scratch", "going on beats a new encoder each round", ONGOING, RELEASED),
            fewer("at once", "rounds beat the same rows at once", ONGOING, ONCE),
            fewer("choice", "the least sure first beat chance", UNSURE, ONGOING),
            more_topics("choice, topics", "they do in topics", UNSURE, ONGOING),
            fewer("own words", "the encoder's own words beat sentences cut off", ONGOING, CUT),
            fewer("chance", "they beat words by chance by over 0.02", ONGOING, CHANCE, 0.02),
            fewer("whole", "whole sentences beat them by over 0.02", WHOLE, ONGOING, 0.02),
        ),
        metrics={
            BITS: Metric(BITS_PER_BYTE, higher_is_better=False),
            TOPIC: Metric(SHARE, higher_is_better=True),
        },
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
)
