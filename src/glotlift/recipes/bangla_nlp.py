"""Bangla NLP (Alam et al. 2021, arXiv:2107.03844): nine tasks of one language, and what they cost.

The paper compares monolingual and multilingual transformers with each other and with what stood
before, in nine tasks of Bangla. Here the same nine kinds of task are learnt in one language from
few rows by small encoders (of that language alone, of eight, of the eight and then the one), by the
encoder as it begins, by a linear model of character n-grams, and by the commonest answer. All
encoders read equally many bytes, and all models are tuned on the same rows. Beside the scores stand
parameters, bytes, seconds to tune and seconds per 1,000 rows; `evaluation.at_cost` tells from them
which models are worth their cost. Of each task it is measured what of its test rows stands in the
training rows, word for word or nearly so.

Each encoder is pretrained once, as published ones are; seeds are those of tuning alone.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.evaluation.at_cost import task_shares
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.encoder_heads import Tuning
from glotlift.recipes.nine_encoders import material, pretrained, untrained
from glotlift.recipes.nine_models import Learn, by_encoder, by_majority, by_ngrams, judge
from glotlift.recipes.nine_tasks import (
    CAUSES,
    ENTITIES,
    INFERENCE,
    INTENTS,
    LIKENESS,
    MARKS,
    POS,
    SENTIMENT,
    TASKS,
    TOPICS,
    weights_of,
)

ONE, SEVERAL, THEN_ONE = "one language", "several", "several, then one"
SCRATCH, NGRAMS, MAJORITY = "untrained encoder", "n-grams", "majority"
ALL, CLEAN, SECONDS = "all nine", "all nine, without near copies", "seconds to tune"
UNITS = {POS: "share of words", ENTITIES: "F1 of spans", MARKS: "F1 of marks",
         LIKENESS: "Pearson's correlation"}  # fmt: skip
MEAN = "mean of the tasks' measures"
IN_THE_WORLD: dict[str, Any] = {
    "text": "world:{}?rows=200&sentences=12",
    "language": "hin_Deva",
    "documents": {
        "hin_Deva": 200,
        **dict.fromkeys(("spa_Latn", "eng_Latn", "deu_Latn", "rus_Cyrl"), 40),
        **dict.fromkeys(("tur_Latn", "swh_Latn", "cat_Latn"), 40),
    },
    "held_out": 120,
    "tasks": {
        POS: "world:pos",
        ENTITIES: "world:ner",
        MARKS: "text:",
        SENTIMENT: "world:sentiment",
        TOPICS: "world:categorised",
        INTENTS: "world:intents",
        INFERENCE: "world:nli",
        CAUSES: "world:cause",
        LIKENESS: "world:pairs",
    },
    "task_rows": {"train": 100, "test": 120},
    "size": "tiny",
    "kind": "bpe",
    "pieces": 1500,
    "bytes": 1_000_000,
    "learning_rate": 4e-3,
    "epochs": 5,
    "tuning_rate": 2e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "language": "ind_Latn",
    "documents": {
        "ind_Latn": 1200,
        **dict.fromkeys(("spa_Latn", "cat_Latn", "fin_Latn", "vie_Latn"), 150),
        **dict.fromkeys(("eng_Latn", "hin_Deva", "swh_Latn"), 50),
    },
    "tasks": {
        POS: "treebank:$GLOTLIFT_DATA/ud",
        ENTITIES: "xsid:$GLOTLIFT_DATA/xsid",
        MARKS: "text:",
        SENTIMENT: "sentiment:$GLOTLIFT_DATA/nusax",
        TOPICS: "sib200:$GLOTLIFT_DATA/sib200",
        INTENTS: "xsid:$GLOTLIFT_DATA/xsid",
        INFERENCE: "nli:$GLOTLIFT_DATA/indonli",
        CAUSES: "xcopa:$GLOTLIFT_DATA/xcopa",
        LIKENESS: "xsid:$GLOTLIFT_DATA/xsid",
    },
    "pieces": 3000,
    "bytes": 500_000,
}


def tune_encoder(
    setting: Setting, seed: int, folder: Path, *, several: float | None
) -> Measurement:
    """Tune an encoder on each task; with None the one of the language as it begins."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    tuning = Tuning(setting.values["epochs"], setting.values["tuning_rate"], seed)
    if several is None:
        learn = by_encoder(untrained(values), material(values).tokenizers[False], tuning)
        return measured(setting, learn, 0)
    return measured(
        setting, by_encoder(*pretrained(values, several), tuning), setting.values["bytes"]
    )


def without_encoder(setting: Setting, seed: int, folder: Path, *, learn: Learn) -> Measurement:
    """Learn each task without an encoder."""
    return measured(setting, learn, 0)


def measured(setting: Setting, learn: Learn, read: int) -> Measurement:
    """Return the scores of all tasks, apart and together, and what they cost; bytes were `read`."""
    shared = material(json.dumps(dict(setting.values), sort_keys=True))
    judged = {name: judge(task, learn) for name, task in shared.tasks.items()}
    scores = {name: found.scores for name, found in judged.items()}
    ids = {name: list(task.test["id"]) for name, task in shared.tasks.items()}
    words = {n: rows for n, task in shared.tasks.items() if (rows := weights_of(task)) is not None}
    every = [f"{name} {id}" for name, row in ids.items() for id in row]
    clean = {
        name: rows * words.get(name, np.ones(len(rows))) for name, rows in shared.clean.items()
    }
    joined = np.concatenate(list(scores.values()))
    return Measurement(
        sum(len(task.train) for task in shared.tasks.values()),
        {
            **scores,
            ALL: joined,
            CLEAN: joined,
            SECONDS: np.array([found.seconds_to_tune for found in judged.values()]),
        },
        {**ids, ALL: every, CLEAN: every, SECONDS: list(judged)},
        {
            **words,
            ALL: np.concatenate(list(task_shares(scores, words).values())),
            CLEAN: np.concatenate(list(task_shares(scores, clean).values())),
        },
        {
            "bytes of text read": read,
            "parameters": float(np.mean([found.parameters for found in judged.values()])),
            "bytes": float(np.mean([found.bytes for found in judged.values()])),
            "seconds to tune on nine tasks": sum(j.seconds_to_tune for j in judged.values()),
            "seconds per 1,000 rows": float(np.mean([j.seconds_per_1000 for j in judged.values()])),
            **{f"copies, {name}": share for name, share in shared.exact.items()},
            **{f"near copies, {n}": 1 - float(rows.mean()) for n, rows in shared.clean.items()},
        },
    )


def better(arm: str, versus: str, text: str, margin: float = 0.0, metric: str = ALL) -> Claim:
    """Claim that an arm scores higher than another by over a margin."""
    id = f"{arm} > {versus}" if metric == ALL else f"{metric}: {arm} > {versus}"
    unit = METRICS[metric].unit
    return Claim(id, text, metric, arm, versus, "greater", margin, unit)


METRICS = {
    **{task: Metric(UNITS.get(task, "share of rows"), higher_is_better=True) for task in TASKS},
    ALL: Metric(MEAN, higher_is_better=True),
    CLEAN: Metric(MEAN, higher_is_better=True),
    SECONDS: Metric("seconds a task", higher_is_better=False),
}
RECIPES = (
    Recipe(
        name="bangla-nlp",
        part="tasks",
        question="At equal rows, which models are worth their cost in nine tasks of one language?",
        difference="what learns the tasks",
        budget_unit="rows tuned on",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            Arm(ONE, "an encoder of the language alone", partial(tune_encoder, several=0.0)),
            Arm(SEVERAL, "an encoder of eight languages", partial(tune_encoder, several=1.0)),
            Arm(
                THEN_ONE,
                "an encoder that read the eight for half of the bytes, then the one",
                partial(tune_encoder, several=0.5),
            ),
            Arm(SCRATCH, "an encoder that read nothing", partial(tune_encoder, several=None)),
            Arm(
                NGRAMS,
                "linear models of character n-grams",
                partial(without_encoder, learn=by_ngrams),
            ),
            Arm(MAJORITY, "the commonest answer", partial(without_encoder, learn=by_majority)),
        ),
        claims=(
            better(ONE, SEVERAL, "the encoder of one language beats that of several"),
            better(THEN_ONE, SEVERAL, "going on in the language beats staying with several"),
            Claim(
                "going on",
                "and comes within 0.02 of the encoder of one language",
                *(ALL, THEN_ONE, ONE, "within", 0.02, MEAN),
            ),
            better(ONE, SCRATCH, "what was read helps the tasks"),
            better(ONE, NGRAMS, "an encoder beats n-grams"),
            better(ONE, NGRAMS, "it does on rows without near copies", metric=CLEAN),
            better(NGRAMS, MAJORITY, "n-grams beat the commonest answer by over 0.05", 0.05),
            Claim(
                "cheap",
                "n-grams are learnt in fewer seconds",
                *(SECONDS, NGRAMS, ONE, "less", 0.0, "seconds a task"),
            ),
            *(
                better(ONE, NGRAMS, f"{task}: an encoder beats n-grams", metric=task)
                for task in TASKS
            ),
        ),
        metrics=METRICS,
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
)
