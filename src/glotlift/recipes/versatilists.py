"""Versatilists (Ye et al. 2023, arXiv:2306.06688): from which language is it best to transfer?

The paper tunes English-centred and multilingual decoders on one language and tests them in others;
English is often a poorer source than another. Here small encoders of several languages stand for
those models, and a grid of source, target and task is measured. Two parts read it. In `sources` one
encoder is tuned on equally many rows of different languages: English, the source that does best on
a few labelled rows of the target, the one that does best in the other languages, the nearest one,
any one by chance, or all but the target, each item in another of them. In `pretraining` encoders
that read English above all and all languages alike are compared over all sources.

Targets are all languages but English; no language is its own source, save in the arm that says so.
Each encoder is pretrained once, as published ones are; seeds are those of tuning alone.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.evaluation.transfer import nearest_source, source_spread
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.small_encoders import Floats
from glotlift.recipes.transfer_grids import (
    CENTRED,
    ENGLISH,
    EVEN,
    SPANS,
    TASKS,
    TOPICS,
    Grid,
    from_untrained,
    grid,
    labelled,
    mixed,
    text,
)

FROM_ENGLISH, RECOMMENDED, ELSEWHERE = "English", "best on validation", "best for other languages"
NEAREST, RANDOM, MIXED = "nearest", "by chance", "all others mixed"
OWN, UNTRAINED = "the target itself", "English, untrained encoder"
UNITS = {TOPICS: "share of texts", SPANS: "F1 of spans"}
WORLD_LANGUAGES = [
    *("eng_Latn", "cat_Latn", "deu_Latn"),
    *("hin_Deva", "spa_Latn", "tur_Latn"),
]
WORLD_ROWS = {"train": 140, "validation": 56, "test": 105}
IN_THE_WORLD: dict[str, Any] = {
    "text": "world:{}?rows=200",
    "documents": 200,
    "parallel": "world",
    "sentences": 600,
    TOPICS: "world",
    SPANS: "world",
    "languages": dict.fromkeys(TASKS, WORLD_LANGUAGES),
    "rows": dict.fromkeys(TASKS, WORLD_ROWS),
    "size": "tiny",
    "kind": "bpe",
    "pieces": 2000,
    "steps": 400,
    "learning_rate": 4e-3,
    "epochs": 4,
    "tuning_rate": 2e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "documents": 100,
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    TOPICS: "$GLOTLIFT_DATA/sib200",
    SPANS: "$GLOTLIFT_DATA/xsid",
    "languages": {
        TOPICS: [
            *("eng_Latn", "fra_Latn", "ind_Latn"),
            *("por_Latn", "tur_Latn", "zho_Hans"),
        ],
        SPANS: ["eng_Latn", "ind_Latn", "tur_Latn", "zho_Hans"],
    },
    "rows": {
        TOPICS: {"train": 350, "validation": 99, "test": 150},
        SPANS: {"train": 220, "validation": 80, "test": 150},
    },
    "pieces": 3000,
}
Reach = Callable[[Grid, str], Floats]  # a target's test scores [rows], as an arm reaches them


def scores(found: Grid, source: str, target: str) -> Floats:
    """Return the test scores of a pair, [rows]."""
    rows: Floats = found.test.of(source, target)[0]
    return rows


def from_english(found: Grid, target: str) -> Floats:
    """Return the scores from English."""
    return scores(found, ENGLISH, target)


def from_itself(found: Grid, target: str) -> Floats:
    """Return the scores from the target's own labels."""
    return scores(found, target, target)


def best_on_validation(found: Grid, target: str) -> Floats:
    """Return the scores from the source that does best on the target's validation rows."""
    return scores(found, found.validation.best(target), target)


def best_elsewhere(found: Grid, target: str) -> Floats:
    """Return the scores from the source that does best in the others' validation rows."""
    means = found.validation.means()[0]
    codes = found.validation.sources
    reached = {
        source: np.mean(
            [means[one, n] for n, code in enumerate(codes) if code not in (source, target)]
        )
        for one, source in enumerate(codes)
        if source != target
    }
    return scores(found, max(reached, key=lambda code: reached[code]), target)


def from_nearest(found: Grid, target: str) -> Floats:
    """Return the scores from the nearest source: kin, then script, then pieces in common."""
    shared = text(found.values).shared[target]
    likeness = {code: shared[code] for code in found.test.sources}
    return scores(found, nearest_source(target, likeness), target)


def by_chance(found: Grid, target: str) -> Floats:
    """Return what a source drawn by chance reaches on average."""
    every = [scores(found, source, target) for source in found.test.others(target)]
    return np.asarray(np.mean(every, axis=0))


def from_all_others(found: Grid, target: str) -> Floats:
    """Return the scores from all other languages mixed."""
    return mixed(found.values, found.seed, found.task)[target]


def without_pretraining(found: Grid, target: str) -> Floats:
    """Return the scores from English by an encoder that read nothing."""
    return from_untrained(found.values, found.seed, found.task)[target]


def transfer(setting: Setting, seed: int, folder: Path, *, reach: Reach) -> Measurement:
    """Score every target but English in both tasks, as an arm reaches it."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    figures: dict[str, Floats] = {}
    rows: dict[str, list[str]] = {}
    costs: dict[str, float] = {}
    for task in TASKS:
        found = grid(values, seed, task)
        reached = {code: reach(found, code) for code in found.test.targets if code != ENGLISH}
        figures[task] = np.concatenate(list(reached.values()))
        rows[task] = names(values, task)
        costs |= {f"{task}, {code}": float(row.mean()) for code, row in reached.items()}
    spent = sum(setting.values["rows"][task]["train"] for task in TASKS)
    return Measurement(spent, figures, rows, cost=costs)


def names(values: str, task: str) -> list[str]:
    """Return the names of all targets' test rows."""
    tests = {code: splits["test"] for code, splits in labelled(values, task).items()}
    return [f"{code} {id}" for code, test in tests.items() if code != ENGLISH for id in test["id"]]


def compare_bases(setting: Setting, seed: int, folder: Path, *, base: str) -> Measurement:
    """Score an encoder over all sources: other targets, English by itself, and the spread."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    figures: dict[str, Floats] = {}
    rows: dict[str, list[str]] = {}
    for task in TASKS:
        found = grid(values, seed, task, base)
        codes = [code for code in found.test.targets if code != ENGLISH]
        figures[task] = np.concatenate([by_chance(found, code) for code in codes])
        rows[task] = names(values, task)
        figures[in_english(task)] = from_itself(found, ENGLISH)
        rows[in_english(task)] = list(labelled(values, task)[ENGLISH]["test"]["id"])
        figures[spread(task)] = source_spread(found.test)[0]
        rows[spread(task)] = list(found.test.targets)
    spent = setting.values["steps"]
    return Measurement(spent, figures, rows)


def in_english(task: str) -> str:
    """Return the name of the measure of English from its own labels."""
    return f"{task} in English"


def spread(task: str) -> str:
    """Return the name of the measure of how much the source matters."""
    return f"{task}, spread over sources"


def better(arm: str, versus: str, text: str, margin: float = 0.0, **published: Any) -> list[Claim]:
    """Claim in both tasks that an arm does better than another, by over a margin."""
    return [
        Claim(
            f"{task}: {arm} > {versus}",
            f"{task}: {text}",
            *(task, arm, versus, "greater", margin, UNITS[task]),
            **published,
        )
        for task in TASKS
    ]


ABSTRACT = Published("English is often a poorer source; direction only", "the abstract")
NOT_ALWAYS = Published("multilingual models do not always win; direction only", "the abstract")
SOURCES = Recipe(
    name="versatilists",
    part="sources",
    question="At equal rows, labels of which language serve a language that has none?",
    difference="the language of the rows that the encoder is tuned on",
    budget_unit="rows tuned on",
    seeds=(0, 1, 2, 3, 4),
    arms=tuple(
        Arm(name, description, partial(transfer, reach=reach))
        for name, description, reach in (
            (FROM_ENGLISH, "English", from_english),
            (RECOMMENDED, "best on the target's validation rows", best_on_validation),
            (ELSEWHERE, "best on the other languages' validation rows", best_elsewhere),
            (NEAREST, "kin, then script, then pieces in common", from_nearest),
            (RANDOM, "the mean over all sources", by_chance),
            (MIXED, "all but the target, each item in another of them", from_all_others),
            (OWN, "the target itself, which is no transfer", from_itself),
            (UNTRAINED, "English, by the encoder as it begins", without_pretraining),
        )
    ),
    claims=(
        *better(RECOMMENDED, FROM_ENGLISH, "English is not the best source", published=ABSTRACT),
        *better(RANDOM, FROM_ENGLISH, "English is poorer than a source by chance"),
        *better(RECOMMENDED, RANDOM, "choosing on validation rows beats chance"),
        *better(RECOMMENDED, NEAREST, "and beats the nearest language"),
        *better(NEAREST, RANDOM, "the nearest language beats chance"),
        *better(ELSEWHERE, RANDOM, "so does what is best for other languages"),
        *better(MIXED, RECOMMENDED, "all sources mixed beat the best one"),
        *better(OWN, MIXED, "own labels beat all others mixed by over 0.05", 0.05),
        *better(FROM_ENGLISH, UNTRAINED, "what transfers was read before"),
    ),
    metrics={task: Metric(UNITS[task], higher_is_better=True) for task in TASKS},
    settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
)
PRETRAINING = Recipe(
    name="versatilists",
    part="pretraining",
    question="At equal text, when does an encoder of all languages transfer better?",
    difference="the share of English in the text that the encoder read",
    budget_unit="steps of pretraining",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        Arm(EVEN, "as much of each language", partial(compare_bases, base=EVEN)),
        Arm(CENTRED, "four fifths English", partial(compare_bases, base=CENTRED)),
    ),
    claims=(
        *better(EVEN, CENTRED, "over all sources, other languages are served better"),
        *(
            Claim(
                f"{task} in English",
                f"{task}: in English, from its own labels, it is the poorer one",
                *(in_english(task), EVEN, CENTRED, "less", 0.0, UNITS[task]),
                NOT_ALWAYS,
            )
            for task in TASKS
        ),
        *(
            Claim(
                f"{task}, source",
                f"{task}: the source matters less to it",
                *(spread(task), EVEN, CENTRED, "less", 0.0, UNITS[task]),
            )
            for task in TASKS
        ),
    ),
    metrics={
        name: Metric(UNITS[task], higher_is_better=name != spread(task))
        for task in TASKS
        for name in (task, in_english(task), spread(task))
    },
    settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
)
RECIPES = (SOURCES, PRETRAINING)
