"""Bangla NLP (Alam et al. 2021, arXiv:2107.03844): nine tasks of one language, and what they cost.

The paper compares monolingual and multilingual transformers with each other and with what stood
before, in nine tasks of Bangla. Here the same nine kinds of task are learnt in one language from
few rows by small encoders (of that language alone, of eight, of the eight and then the one), by the
encoder as it begins, by a linear model of character n-grams, and by the commonest answer. All
encoders read equally many bytes, and all models are tuned on the same rows. Beside the scores stand
parameters, bytes, seconds to tune and seconds per 1,000 rows; `evaluation.at_cost` tells from them
which models are worth their cost. Of each task it is measured what of its test rows stands in the
training rows, word for word or nearly so.

Seeds are those of the encoder's weights, its order of reading and its tuning.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from datasets import DatasetDict
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift.corpus import equal_bytes
from glotlift.evaluation.at_cost import task_shares
from glotlift.evaluation.leakage import find_leakage
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.berta_encoder import parted
from glotlift.recipes.encoder_heads import Tuning
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
    Task,
    nine_tasks,
    text_of,
    weights_of,
)
from glotlift.recipes.small_encoders import Floats, continue_masked, encoder_tokenizer
from glotlift.training.schedule import Budget
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES

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
    "bytes": 250_000,
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
    "bytes": 350_000,
}


@dataclass(frozen=True)
class Material:
    """What all arms share: text by language, two tokenizers, the tasks, and their clean rows."""

    text: dict[str, DatasetDict]
    tokenizers: dict[bool, PreTrainedTokenizerFast]
    tasks: dict[str, Task]
    clean: dict[str, Floats]
    exact: dict[str, float]


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return what arms and seeds share; `values` are the setting's JSON."""
    chosen = json.loads(values)
    code = chosen["language"]
    text = {name: parted(chosen, name, rows) for name, rows in chosen["documents"].items()}
    read = {name: parts["train"] for name, parts in text.items()}
    apart = list(text[code]["test"]["text"])
    tasks = nine_tasks(chosen, {"train": apart[::2], "test": apart[1::2]})
    leaks = {
        name: find_leakage(text_of(task, task.train), text_of(task, task.test))
        for name, task in tasks.items()
    }
    return Material(
        text,
        {
            several: encoder_tokenizer(chosen, {name: read[name] for name in names})
            for several, names in ((True, list(read)), (False, [code]))
        },
        tasks,
        {name: (~leak.near()).astype(np.float64) for name, leak in leaks.items()},
        {name: float(leak.exact.mean()) for name, leak in leaks.items()},
    )


def pretrained(
    values: Mapping[str, Any], shared: Material, seed: int, folder: Path, several: float | None
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Return an encoder that read `several` languages for that share of its bytes, then the one.

    With None it is the encoder of one language as it begins.
    """
    tokenizer = shared.tokenizers[bool(several)]
    set_seed(seed)
    model: PreTrainedModel = build("encoder", SIZES[values["size"]], tokenizer)
    code = values["language"]
    everyone = {name: parts["train"] for name, parts in shared.text.items()}
    phases = [] if several is None else [(several, everyone), (1 - several, {code: everyone[code]})]
    for number, (share, sources) in enumerate(phases):
        if share:
            model = continue_masked(
                model,
                tokenizer,
                sources,
                equal_bytes,
                budget=Budget(round(share * values["bytes"]), "bytes"),
                rate=values["learning_rate"],
                seed=seed,
                folder=folder / str(number),
            ).model
    return model, tokenizer


def tune_encoder(
    setting: Setting, seed: int, folder: Path, *, several: float | None
) -> Measurement:
    """Pretrain an encoder and tune it on each task."""
    values = setting.values
    tuning = Tuning(values["epochs"], values["tuning_rate"], seed)
    read = 0 if several is None else values["bytes"]
    shared = material(json.dumps(dict(values), sort_keys=True))
    started = time.process_time()
    learn = by_encoder(*pretrained(values, shared, seed, folder, several), tuning)
    spent = time.process_time() - started
    return measured(setting, learn, {"bytes of text read": read, "seconds to pretrain": spent})


def without_encoder(setting: Setting, seed: int, folder: Path, *, learn: Learn) -> Measurement:
    """Learn each task without an encoder."""
    return measured(setting, learn, {"bytes of text read": 0, "seconds to pretrain": 0})


def measured(setting: Setting, learn: Learn, costs: Mapping[str, float]) -> Measurement:
    """Return the scores of all tasks, apart and together, and what they cost."""
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
            **costs,
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
