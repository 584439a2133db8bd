"""XGLM's study of prompts (Lin et al. 2022, arXiv:2112.10668, sections 4 and 5).

The authors prompt one decoder with none, one or several solved examples, in the language of the
question or in English, with instructions in either. Here small decoders are asked, which have read
solved rows of the very task in English and two languages (`taught_decoders`); without that, models
of this size follow no prompt. In two other languages they have read text and translations alone,
so that the task is carried there by the model, by the examples, or not at all. Two parts:
`examples` asks a task by the likelihood of its labels, `translation` measures the bits of a gold
translation.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from glotlift.evaluation.tasks.asking import ask_rows
from glotlift.evaluation.tasks.wording import Instructions
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.aligned_decoders import sentences
from glotlift.recipes.taught_decoders import asked_in, pair, task_rows, taught_decoder

NONE, ONE, THREE = "no example", "one example", "three examples"
ENGLISH, WRONG, OTHER = "three in English", "three, wrong answers", "three, another language"
LOCAL, UNTRAINED, MAJORITY = "three, local instructions", "three, untrained", "commonest answer"
TAUGHT, UNTAUGHT = "languages that know the task", "languages that do not"
BITS, SHARE, BITS_PER_BYTE = "bits of translations", "share of questions", "bits per byte"
WORLD: dict[str, Any] = {
    "text": "world:{}?rows=300&sentences=3",
    "parallel": "world",
    "pairs": [500],
    "pivot": "eng_Latn",
    "languages": ["spa_Latn", "ind_Latn", "cat_Latn", "tur_Latn"],
    "taught": ["spa_Latn", "ind_Latn"],
    "task": "world:topic",
    "task_rows": {"train": 1000, "test": 100},
    "times": 2,
    "formulations": [1, 2],
    "asked": 40,
    "size": "tiny",
    "pieces": 2500,
    "steps": 1000,
    "block": 384,
    "blocks": 3,
    "learning_rate": 4e-3,
}
REAL: dict[str, Any] = WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "documents": 60,
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "languages": ["ind_Latn", "tur_Latn", "cat_Latn", "swh_Latn"],
    "taught": ["ind_Latn", "tur_Latn"],
    "task": "sib200:$GLOTLIFT_DATA/sib200",
    "task_rows": {"train": 701, "test": 100},
    "pieces": 4000,
    "longest": 120,
    "asked": 32,
}
Floats = NDArray[np.float64]


def ask(
    setting: Setting,
    seed: int,
    folder: Path,
    *,
    examples: int,
    english: bool = False,
    wrong: bool = False,
    instructions: Instructions = "english",
    trained: bool = True,
) -> Measurement:
    """Ask the task in every language after some examples, which the seed draws."""
    values = setting.values
    client = taught_decoder(json.dumps(dict(values), sort_keys=True), seed, trained)
    found: dict[str, Floats] = {}
    for code in values["languages"]:
        tests = task_rows(values["task"], code, values["task_rows"]["test"], "test")
        shots = drawn(values, values["pivot"] if english else code, examples, seed, wrong=wrong)
        ways = asked_in(values, code, instructions)
        scores = [
            [s.score for s in ask_rows(client, "task", way, tests, shots=shots)] for way in ways
        ]
        found[code] = np.mean(scores, axis=0)
    return measured(setting, found)


def drawn(
    values: Any, code: str, count: int, seed: int, *, wrong: bool = False
) -> list[dict[str, Any]]:
    """Return solved rows, drawn by the seed; a wrong answer is the one after the right one."""
    rows = task_rows(values["task"], code, values["task_rows"]["train"], "train")
    short = [n for n, row in enumerate(rows) if fits(values, row.get("text", ""))]
    places = np.random.default_rng([seed, 0x53484F54]).choice(short, count, replace=False)
    shots: list[dict[str, Any]] = [dict(rows[int(place)]) for place in places]
    return [mistaken(shot, rows) for shot in shots] if wrong else shots


def fits(values: Any, *texts: str) -> bool:
    """Return whether texts are short enough for several of them to stand before a question."""
    return bool(max(map(len, texts)) <= values.get("longest", np.inf))


def mistaken(row: dict[str, Any], rows: Dataset) -> dict[str, Any]:
    """Return a row with the next label of all, or the next of its options, as its answer."""
    if "options" in row:
        return row | {"answer": (row["answer"] + 1) % len(row["options"])}
    labels = sorted(set(rows["label"]))
    return row | {"label": labels[(labels.index(row["label"]) + 1) % len(labels)]}


def guess_commonest(setting: Setting, seed: int, folder: Path) -> Measurement:
    """Answer every question with the commonest label, or place, of the language's training rows."""
    values, found = setting.values, {}
    for code in values["languages"]:
        rows = {
            split: task_rows(values["task"], code, count, split)
            for split, count in values["task_rows"].items()
        }
        answer = "label" if "label" in rows["train"].column_names else "answer"
        train, test = (list(rows[split][answer]) for split in ("train", "test"))
        commonest = max(sorted(set(train)), key=train.count)
        found[code] = np.array([float(label == commonest) for label in test])
    return measured(setting, found)


def measured(setting: Setting, found: dict[str, Floats]) -> Measurement:
    """Return scores of the languages that know the task and of those that do not."""
    values = setting.values
    groups = {
        TAUGHT: values["taught"],
        UNTAUGHT: [code for code in values["languages"] if code not in values["taught"]],
    }
    count = values["task_rows"]["test"]
    return Measurement(
        count * len(found),
        {name: np.concatenate([found[code] for code in codes]) for name, codes in groups.items()},
        {name: [f"{code} {n}" for code in c for n in range(count)] for name, c in groups.items()},
        cost={f"accuracy, {code}": float(scores.mean()) for code, scores in found.items()},
    )


def translate(
    setting: Setting,
    seed: int,
    folder: Path,
    *,
    examples: int,
    wrong: bool = False,
    other: bool = False,
    trained: bool = True,
) -> Measurement:
    """Measure the bits of translations out of English after some examples, which the seed draws.

    Wrong examples are those of `examples` with their translations exchanged; `other` ones are into
    the next language of the setting.
    """
    values, key = setting.values, json.dumps(dict(setting.values), sort_keys=True)
    client, known = taught_decoder(key, seed, trained), sentences(key)
    pivot, codes = values["pivot"], values["languages"]
    draw = np.random.default_rng([seed, 0x54524E53])
    every = (pivot, *codes)
    taught, held_out = (
        [n for n in range(len(said[pivot])) if fits(values, *(said[code][n] for code in every))]
        for said in (known.taught, known.held_out)
    )
    places, tested = draw.choice(taught, examples, replace=False), held_out[: values["asked"]]
    asked = [f"{known.held_out[pivot][n]} =" for n in tested]
    bits, sizes = [], []
    for number, code in enumerate(codes):
        shown = codes[(number + 1) % len(codes)] if other else code
        targets = [
            known.taught[shown][place] for place in (np.roll(places, 1) if wrong else places)
        ]
        sources = [known.taught[pivot][place] for place in places]
        before = "".join(f"{pair(*both)}\n" for both in zip(sources, targets, strict=True))
        gold = [f" {known.held_out[code][n]}" for n in tested]
        scored = client.score([before + question for question in asked], gold)
        bits.append(-scored.log_probabilities / np.log(2))
        sizes.append(np.array([len(text.encode()) - 1.0 for text in gold]))
    lengths = np.concatenate(sizes)
    return Measurement(
        len(lengths),
        {BITS: np.concatenate(bits) / lengths},
        {BITS: [f"{code} {n}" for code in codes for n in range(values["asked"])]},
        {BITS: lengths},
        {
            f"{BITS_PER_BYTE}, {code}": float(one.sum() / size.sum())
            for code, one, size in zip(codes, bits, sizes, strict=True)
        },
    )


def better(arm: str, versus: str, text: str, *metrics: str) -> list[Claim]:
    """Claim that an arm answers more questions than another."""
    return [
        Claim(
            f"{metric}: {arm} > {versus}",
            f"{metric}: {text}",
            *(metric, arm, versus, "greater", 0.0, SHARE),
        )
        for metric in metrics
    ]


def fewer(arm: str, versus: str, text: str) -> Claim:
    """Claim that an arm spends fewer bits on a translation than another."""
    return Claim(f"{arm} < {versus}", text, BITS, arm, versus, "less", 0.0, BITS_PER_BYTE)


EXAMPLES = Recipe(
    name="xglm",
    part="examples",
    question="What do solved examples bring, and does their language or the instructions' matter?",
    difference="what stands before the question",
    budget_unit="questions",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        Arm(NONE, "the question alone, in English words", partial(ask, examples=0)),
        Arm(ONE, "one example of the language", partial(ask, examples=1)),
        Arm(THREE, "three examples of the language", partial(ask, examples=3)),
        Arm(ENGLISH, "three English examples", partial(ask, examples=3, english=True)),
        Arm(WRONG, "three examples, each with a wrong label", partial(ask, examples=3, wrong=True)),
        Arm(
            LOCAL,
            "three examples, instructions and labels in the language",
            partial(ask, examples=3, instructions="target"),
        ),
        Arm(
            UNTRAINED,
            "three, asked of an untrained decoder",
            partial(ask, examples=3, trained=False),
        ),
        Arm(
            MAJORITY,
            "the commonest label or place, whatever is asked",
            guess_commonest,
            trained=False,
        ),
    ),
    claims=(
        *better(THREE, NONE, "three examples help", TAUGHT, UNTAUGHT),
        *better(ONE, NONE, "one helps", TAUGHT, UNTAUGHT),
        *better(ENGLISH, NONE, "English examples help", UNTAUGHT),
        *better(THREE, ENGLISH, "examples of the language help more", UNTAUGHT),
        *better(THREE, WRONG, "right labels help more than wrong ones", TAUGHT, UNTAUGHT),
        Claim(
            "instructions",
            "English instructions are within 0.05 of local ones",
            *(UNTAUGHT, THREE, LOCAL, "within", 0.05, SHARE),
        ),
        *better(THREE, UNTRAINED, "an untrained decoder does worse", TAUGHT, UNTAUGHT),
        *better(THREE, MAJORITY, "the commonest answer does worse", TAUGHT, UNTAUGHT),
    ),
    metrics=dict.fromkeys((TAUGHT, UNTAUGHT), Metric(SHARE, higher_is_better=True)),
    settings=(Setting("world", WORLD), Setting("real", REAL)),
)
TRANSLATION = Recipe(
    name="xglm",
    part="translation",
    question="Do examples of translation make a translation out of English likelier?",
    difference="what stands before the sentence to translate",
    budget_unit="sentences",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        Arm(NONE, "the sentence alone", partial(translate, examples=0)),
        Arm(ONE, "one pair", partial(translate, examples=1)),
        Arm(THREE, "three pairs", partial(translate, examples=3)),
        Arm(WRONG, "their translations exchanged", partial(translate, examples=3, wrong=True)),
        Arm(OTHER, "three into another language", partial(translate, examples=3, other=True)),
        Arm(UNTRAINED, "an untrained decoder", partial(translate, examples=3, trained=False)),
    ),
    claims=(
        fewer(THREE, NONE, "three pairs save bits"),
        fewer(ONE, NONE, "one pair does"),
        fewer(THREE, ONE, "three save more than one"),
        fewer(THREE, WRONG, "that they are translations matters"),
        fewer(THREE, OTHER, "that they are into the language matters"),
        fewer(OTHER, NONE, "pairs into another language save bits"),
        fewer(THREE, UNTRAINED, "an untrained decoder spends more"),
    ),
    metrics={BITS: Metric(BITS_PER_BYTE, higher_is_better=False)},
    settings=(Setting("world", WORLD), Setting("real", REAL)),
)
