"""In which language to ask: the second part of the recipe `beyond-english`.

Small decoders learn a task by instructions of which nearly all, half or hardly any are in English,
and are then asked in both languages: is English the better language to ask in, or the one that they
were asked in? The task and the languages are the same for all.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.instructed_decoders import asked_both_ways, instructed
from glotlift.recipes.taught_decoders import task_rows

Floats = NDArray[np.float64]
SHARE, MAJORITY = "share of questions", "commonest label"
MOSTLY, HALF, HARDLY = "95 % in English", "half in English", "5 % in English"
IN_ENGLISH, IN_ITS_OWN, OWN_LESS = (
    "asked in English", "asked in the language", "in the language less in English",
)  # fmt: skip
LESSONS: dict[str, Any] = {
    "text": "world:{}?rows=400&sentences=3",
    "documents": 400,
    "pivot": "eng_Latn",
    "languages": ["spa_Latn", "ind_Latn", "tur_Latn"],
    "task": "world:sentiment",
    "rows": {"train": 900, "test": 90},
    "formulations": [0, 1],
    "size": "tiny",
    "pieces": 2000,
    "steps": 600,
    "block": 256,
    "blocks": 4,
    "learning_rate": 4e-3,
    "tokens": 200_000,
    "tuning_blocks": 2,
    "tuning_rate": 3e-3,
}


def instruct(setting: Setting, seed: int, folder: Path, *, english: float) -> Measurement:
    """Teach a decoder with a share of English instructions; score it in both languages."""
    client = instructed(json.dumps(dict(setting.values), sort_keys=True), seed, folder, english)
    return both_ways(setting, asked_both_ways(setting.values, client))


def commonest_answer(setting: Setting, seed: int, folder: Path) -> Measurement:
    """Answer every question with the commonest label of the language's training rows."""
    values, found = setting.values, {}
    for code in values["languages"]:
        train, test = (
            list(task_rows(values["task"], code, count, split)["label"])
            for split, count in values["rows"].items()
        )
        best = max(sorted(set(train)), key=train.count)
        found[code] = np.array([float(label == best) for label in test])
    return both_ways(setting, {"english": found, "target": found})


def both_ways(setting: Setting, found: dict[str, dict[str, Floats]]) -> Measurement:
    """Return scores [rows] by the language of instructions, and their difference."""
    values = setting.values
    english, own = (np.concatenate(list(found[way].values())) for way in ("english", "target"))
    scores = {IN_ENGLISH: english, IN_ITS_OWN: own, OWN_LESS: own - english}
    ids = [f"{code} {n}" for code in values["languages"] for n in range(values["rows"]["test"])]
    return Measurement(
        values["tokens"],
        scores,
        dict.fromkeys(scores, ids),
        cost={
            f"{way} instructions, {code}": float(rows.mean())
            for way, by in found.items()
            for code, rows in by.items()
        },
    )


def lesson(name: str, english: float) -> Arm:
    """Return the arm that learns with such a share of English instructions."""
    return Arm(name, f"instructions and labels {name}", partial(instruct, english=english))


def above(
    id: str, text: str, metric: str, arm: str, versus: str | float, margin: float = 0.0
) -> Claim:
    """Claim that a figure of an arm is above that of another, or a number, by over a margin."""
    return Claim(id, text, metric, arm, versus, "greater", margin, SHARE)


INSTRUCTIONS = Recipe(
    name="beyond-english",
    part="instructions",
    question="Is English the better language to ask in, or the one that was asked in most?",
    difference="the share of English among the instructions that are learnt from",
    budget_unit="tokens",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        lesson(MOSTLY, 0.95),
        lesson(HALF, 0.5),
        lesson(HARDLY, 0.05),
        Arm(MAJORITY, "the commonest label, whatever is asked", commonest_answer, trained=False),
    ),
    claims=(
        Claim(
            "English is better",
            "taught mostly in English, a model is right more often when it is asked in English",
            *(OWN_LESS, MOSTLY, 0.0, "less", 0.0, SHARE),
            Published("English prompts better on most tasks; direction only", "the abstract"),
        ),
        Claim(
            "not by itself",
            "taught half in English, it is right as often in either, within 0.05",
            *(OWN_LESS, HALF, 0.0, "within", 0.05, SHARE),
        ),
        above(
            "own is better",
            "taught hardly in English, it is right more often in the language",
            *(OWN_LESS, HARDLY, 0.0),
        ),
        above(
            "it is the lessons",
            "the lessons' language moves the difference by over 0.1",
            *(OWN_LESS, HARDLY, MOSTLY, 0.1),
        ),
        above(
            "own, half",
            "half of the lessons in the languages help where it is asked in them",
            *(IN_ITS_OWN, HALF, MOSTLY),
        ),
        above(
            "price",
            "and cost at most 0.05 where it is asked in English",
            *(IN_ENGLISH, HALF, MOSTLY, -0.05),
        ),
        above("learnt, English", "what was taught is learnt", IN_ENGLISH, MOSTLY, MAJORITY, 0.1),
        above("learnt, own", "so it is in the languages", IN_ITS_OWN, HARDLY, MAJORITY, 0.1),
    ),
    metrics={
        name: Metric(SHARE, higher_is_better=True) for name in (IN_ENGLISH, IN_ITS_OWN, OWN_LESS)
    },
    settings=(
        Setting("world", LESSONS),
        Setting(
            "real",
            LESSONS
            | {
                "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
                "documents": 60,
                "languages": ["ind_Latn", "swh_Latn", "tur_Latn"],
                "task": "sib200:$GLOTLIFT_DATA/sib200",
                "rows": {"train": 701, "test": 204},
                "pieces": 4000,
                "tokens": 600_000,
            },
        ),
    ),
)
