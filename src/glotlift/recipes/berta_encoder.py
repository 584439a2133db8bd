"""BERTa's other half (Armengol-Estapé et al. 2021): an encoder of one language against several.

From text a tokenizer and a masked encoder are made, and judged by five kinds of task in the
language. One arm reads that language alone, one eight languages in equal shares, one first the
eight and then the one; each reads equally many bytes in all, has as large a vocabulary and is
fine-tuned alike. The control reads as much at a learning rate at which nothing moves. What needs no
encoder reaches is printed beside the costs. Seeds are those of the encoder's weights, its order of
reading and its fine-tuning; the rows of the tasks are one set.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from datasets import DatasetDict
from transformers import PreTrainedTokenizerFast, set_seed

from glotlift.corpus import equal_bytes, read, split_rows
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.club_data import NER, POS, QA, STS, TASKS, TOPIC, Splits, five_tasks
from glotlift.recipes.club_tasks import UNITS, five_scores, without_encoder, words_of
from glotlift.recipes.encoder_heads import Tuning
from glotlift.recipes.small_encoders import continue_masked, encoder_tokenizer, masked_bits
from glotlift.recipes.starting_point import locate, repeated
from glotlift.training.schedule import Budget
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES
from glotlift.vocabulary.trimming_report import sizes

ONE, SEVERAL, THEN_ONE, UNTRAINED = "one language", "several", "several, then one", "untrained"
BITS, BITS_PER_BYTE = "hidden words", "bits per byte of hidden words"
STILL = 1e-12  # a learning rate at which no weight of single precision moves
IN_THE_WORLD: dict[str, Any] = {
    "text": "world:{}",
    "language": "cat_Latn",
    "documents": {
        "cat_Latn": 1500,
        **dict.fromkeys(("spa_Latn", "eng_Latn", "deu_Latn", "rus_Cyrl"), 300),
        **dict.fromkeys(("tur_Latn", "swh_Latn", "hin_Deva"), 300),
    },
    "held_out": 60,
    "tasks": "world",
    "topics": "world",
    "task_rows": {"train": 100, "test": 150},
    "size": "tiny",
    "kind": "bpe",
    "pieces": 1000,
    "bytes": 200_000,
    "learning_rate": 4e-3,
    "epochs": 6,
    "tuning_rate": 2e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "language": "tur_Latn",
    "documents": {
        "tur_Latn": 1200,
        **dict.fromkeys(("spa_Latn", "cat_Latn", "fin_Latn", "vie_Latn"), 150),
        **dict.fromkeys(("eng_Latn", "hin_Deva", "swh_Latn"), 50),
    },
    "tasks": "$GLOTLIFT_DATA/",
    "topics": "$GLOTLIFT_DATA/sib200",
    "task_rows": {"train": 100, "test": 150},
    "pieces": 3000,
    "bytes": 600_000,
    "epochs": 10,
}
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Material:
    """What all arms share: text in splits by language, two tokenizers, the rows of the tasks."""

    text: dict[str, DatasetDict]
    tokenizers: dict[bool, PreTrainedTokenizerFast]
    tasks: dict[str, Splits]
    controls: dict[str, float]


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return what arms and seeds share; `values` are the setting's JSON."""
    chosen = json.loads(values)
    text = {code: parted(chosen, code, rows) for code, rows in chosen["documents"].items()}
    tasks = five_tasks(chosen)
    tokenizers = {
        several: encoder_tokenizer(chosen, {code: text[code]["train"] for code in codes})
        for several, codes in ((True, list(text)), (False, [chosen["language"]]))
    }
    return Material(text, tokenizers, tasks, without_encoder(tasks))


def parted(values: Values, code: str, rows: int) -> DatasetDict:
    """Return `rows` documents of a language, parted by their shared ids."""
    found = read(locate(values["text"].format(code)), language=code, rows=rows)
    parts = split_rows(found, validation=0, test=0.1)
    test = parts["test"].select(range(min(values["held_out"], len(parts["test"]))))
    return DatasetDict(train=parts["train"], test=test)


def school(
    setting: Setting, seed: int, folder: Path, *, several: float, rate: float | None = None
) -> Measurement:
    """Train an encoder and judge it by hidden words and five tasks.

    `several` is the share of the bytes that are read in all languages; the others are read in the
    one. An encoder that reads several at all has their tokenizer.
    """
    values = setting.values
    shared = material(json.dumps(dict(values), sort_keys=True))
    tokenizer = shared.tokenizers[several > 0]
    set_seed(seed)
    model = build("encoder", SIZES[values["size"]], tokenizer)
    code = values["language"]
    everyone = {name: parts["train"] for name, parts in shared.text.items()}
    spent = tokens = steps = 0
    for name, share, sources in (
        ("several", several, everyone),
        ("one", 1 - several, {code: everyone[code]}),
    ):
        if not share:
            continue
        trained = continue_masked(
            model,
            tokenizer,
            sources,
            equal_bytes,
            budget=Budget(round(share * values["bytes"]), "bytes"),
            rate=rate or values["learning_rate"],
            seed=seed,
            folder=folder / name,
        )
        model = trained.model
        spent += trained.plan.total_bytes
        tokens += trained.plan.total_tokens
        steps += trained.steps
    tests = shared.text[code]["test"]
    bits, bytes_ = masked_bits(model, tokenizer, list(tests["text"]))
    tuning = Tuning(values["epochs"], values["tuning_rate"], seed)
    scores = five_scores(model, tokenizer, shared.tasks, tuning)
    ids = {task: list(shared.tasks[task]["test"]["id"]) for task in TASKS}
    costs = {
        "parameters": sizes(model)["parameters"],
        "tokens": tokens,
        "steps": steps,
        "pieces a word": pieces_a_word(tokenizer, list(tests["text"])),
        "test documents in training": repeated(shared.text),
        **{f"{task} without an encoder": value for task, value in shared.controls.items()},
    }
    return Measurement(
        spent,
        {BITS: bits / bytes_, **scores},
        {BITS: list(tests["id"]), **ids},
        {BITS: bytes_, POS: words_of(shared.tasks[POS]["test"])},
        costs,
    )


def pieces_a_word(tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> float:
    """Return how many pieces a word of the texts takes, at the mean."""
    pieces = sum(map(len, tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]))
    return float(pieces / sum(len(text.split()) for text in texts))


def better(task: str, versus: str, text: str, **published: Any) -> Claim:
    """Claim that the encoder of one language is better in a task than another arm."""
    id = f"{task}, {versus}"
    return Claim(id, text, task, ONE, versus, "greater", 0.0, UNITS[task], **published)


def fewer(id: str, text: str, arm: str, versus: str, margin: float) -> Claim:
    """Claim that an arm needs fewer bits for hidden words than another."""
    return Claim(id, text, BITS, arm, versus, "less", margin, BITS_PER_BYTE)


README = "the benchmark's README"
ENCODER = Recipe(
    name="berta-catalan",
    part="encoder",
    question="At equal bytes, does an encoder of one language serve it better than of several?",
    difference="which languages the encoder and its tokenizer were made from",
    budget_unit="bytes of text read",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        Arm(ONE, "reads the language alone", partial(school, several=0.0)),
        Arm(SEVERAL, "reads eight languages in equal shares", partial(school, several=1.0)),
        Arm(
            THEN_ONE,
            "reads the eight for half of the bytes, then the one",
            partial(school, several=0.5),
        ),
        Arm(
            UNTRAINED,
            "the encoder of one language as it begins: it reads and nothing moves",
            partial(school, several=0.0, rate=STILL),
        ),
    ),
    claims=(
        fewer("hidden words", "hidden words cost at least 0.1 fewer bits", ONE, SEVERAL, 0.1),
        fewer("continued", "so do they against going on from several", ONE, THEN_ONE, 0.0),
        fewer("going on", "going on in one language beats several", THEN_ONE, SEVERAL, 0.1),
        better(
            NER,
            SEVERAL,
            "entities are found better",
            published=Published("F1 89.63, mBERT 86.38, XLM-R 87.66", README),
        ),
        better(
            STS,
            SEVERAL,
            "likeness is judged better",
            published=Published("81.20, mBERT 76.34, XLM-R 75.40", README),
        ),
        better(
            TOPIC,
            SEVERAL,
            "topics are found better",
            published=Published("accuracy 74.04, mBERT 70.56, XLM-R 71.68", README),
        ),
        better(
            QA,
            SEVERAL,
            "answers are found better",
            published=Published("F1 86.99, mBERT 86.97, XLM-R 85.50", README),
        ),
        Claim(
            "parts of speech",
            "parts of speech are tagged alike, within 0.01",
            *(POS, ONE, SEVERAL, "within", 0.01, UNITS[POS]),
            published=Published("F1 98.93, mBERT 98.82, XLM-R 98.89", README),
        ),
        better(NER, UNTRAINED, "entities: better than untrained"),
        better(TOPIC, UNTRAINED, "topics: better than untrained"),
        better(STS, UNTRAINED, "likeness: better than untrained"),
        better(QA, UNTRAINED, "answers: better than untrained"),
    ),
    metrics={
        BITS: Metric(BITS_PER_BYTE, higher_is_better=False),
        **{task: Metric(UNITS[task], higher_is_better=True) for task in TASKS},
    },
    settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
)
