"""idT5 (Fuadi et al. 2023, arXiv:2302.00856): a multilingual T5 cut down to one language.

idT5 keeps mT5's weights for the first pieces of the vocabulary, the pieces most frequent in English
and in Indonesian text, and the sentinels, trains no further, and reports 58 % fewer weights, eight
points more in sentiment and like results in questions and answers. Here a small T5 whose head is
not tied to its embeddings, as mT5's is not, learns to fill spans in several languages and is cut by
that rule (`idt5_edit`), or to all pieces seen in the two languages' training text. Against the
whole model: as many random pieces, as many of another language, and a cut that ties the head by
mistake. Hidden spans are whole words, so all arms are asked the same; what is asked is in held-out
text. Fine-tuning writes the topic of a text (the sample world, or SIB-200) with the same pairs,
order and rate in every arm, or for the same time. Texts come in one language, topics in English.
Sentiment, questions and answers are not part of this.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.small_seq2seq import (
    Spent,
    Unit,
    encode,
    in_turn,
    learn,
    write,
    written_bits,
)
from glotlift.recipes.vocabulary_cuts import (
    CUT,
    OTHER,
    RANDOM,
    SEEN,
    TIED,
    WHOLE,
    answers,
    drift,
    edited,
    pairs,
    segmentation,
    shared,
    sizes,
)

SAME, BITS, DRIFT = "same text written", "bits to fill spans", "change of a kept logit"
ACCURACY = "topic accuracy"
SHARE, BYTE, NATS = "share of texts", "bits per byte", "nats"
IN_THE_WORLD: dict[str, Any] = {
    "text": "world:{}?rows=400&sentences=3",
    "language": "ind_Latn",
    "pivot": "eng_Latn",
    "other": "tur_Latn",
    "more": ["deu_Latn", "hin_Deva", "rus_Cyrl", "spa_Latn"],
    "held_out": 60,
    "pieces": 4000,
    "keep": {"first": 300, "pivot": 200, "language": 400},
    "width": 64,
    "layers": 2,
    "pretraining": 6000,
    "rate": 0.02,
    "topics": "world",
    "topic_rows": {"train": 300, "test": 200},
    "fine_tuning": 1200,
    "seconds": 8.0,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "more": ["fra_Latn", "hin_Deva", "spa_Latn", "swh_Latn"],
    "pieces": 6000,
    "keep": {"first": 400, "pivot": 600, "language": 1000},
    "topics": "$GLOTLIFT_DATA/sib200",
    "topic_rows": {"train": 701, "test": 204},
}


def compare(setting: Setting, seed: int, folder: Path, *, cut: str) -> Measurement:
    """Fill hidden spans with a cut model that no text has trained since."""
    del folder
    values = dict(setting.values)
    made = shared(json.dumps(values, sort_keys=True), seed)
    (model, tokenizer), edit = edited(cut, made, values, seed)
    asked = pairs(tokenizer, made.asked)
    lengths = np.array([float(len(answer.encode())) for _, answer in made.asked])
    written = answers(model, tokenizer, made.asked)
    scores = {
        SAME: np.array([float(a == b) for a, b in zip(written, made.written, strict=True)]),
        BITS: written_bits(model, tokenizer, asked) / lengths,
        DRIFT: drift(model, tokenizer, asked, made, edit),
    }
    rows = [str(number) for number in range(len(asked))]
    return Measurement(
        lengths.sum(),
        scores,
        dict.fromkeys(scores, rows),
        {BITS: lengths},
        sizes(model) | segmentation(made, edit, values["language"]),
    )


def fine_tune(
    setting: Setting, seed: int, folder: Path, *, cut: str, unit: Unit = "pairs"
) -> Measurement:
    """Fine-tune a cut model to write the topic of a text; score held-out texts."""
    del folder
    values = dict(setting.values)
    made = shared(json.dumps(values, sort_keys=True), seed)
    (model, tokenizer), _ = edited(cut, made, values, seed)
    splits = made.topics.rows[values["language"]]
    named = {split: labelled(rows, made.topics.classes) for split, rows in splits.items()}
    amount = values["seconds" if unit == "processor seconds" else "fine_tuning"]
    stream = in_turn({"topics": pairs(tokenizer, named["train"])}, seed)
    spent = learn(
        model, tokenizer, stream, amount=amount, unit=unit, rate=values["rate"], seed=seed
    )
    written = topics_written(model, tokenizer, named["test"])
    right = np.array(
        [float(a == b) for a, (_, b) in zip(written, named["test"], strict=True)], np.float64
    )
    known = {text for text, _ in named["train"]}
    cost = took(spent) | sizes(model)
    cost["test texts in training"] = sum(text in known for text, _ in named["test"])
    cost["most frequent topic"] = most_frequent(named)
    return Measurement(
        spent.of(unit), {ACCURACY: right}, {ACCURACY: list(splits["test"]["id"])}, cost=cost
    )


def labelled(rows: Dataset, classes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the texts with the English words for their topics."""
    words = [name.strip(".") for name in classes]
    return [(text, words[label]) for text, label in zip(rows["text"], rows["label"], strict=True)]


def topics_written(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, asked: list[tuple[str, str]]
) -> list[str]:
    """Return the words that a model writes."""
    ids = write(model, tokenizer, [encode(tokenizer, text) for text, _ in asked], longest=16)
    return [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]


def most_frequent(named: Mapping[str, list[tuple[str, str]]]) -> float:
    """Return the accuracy of always writing the training texts' most frequent topic."""
    words = [word for _, word in named["train"]]
    best = max(sorted(set(words)), key=words.count)
    return float(np.mean([word == best for _, word in named["test"]]))


def took(spent: Spent) -> dict[str, float]:
    """Return what training took."""
    return {
        "steps": spent.steps,
        "pairs": spent.pairs,
        "tokens": spent.tokens,
        "processor seconds of training": spent.seconds,
    }


def arm(name: str, description: str, run: Any, *, trained: bool = True, **more: Any) -> Arm:
    """Return the arm that cuts in one way."""
    return Arm(name, description, partial(run, cut=name, **more), trained)


ARMS = {
    WHOLE: "the whole vocabulary",
    SEEN: "all pieces that occur in the training text of the language and of English",
    CUT: "the first, the most frequent of each of the two, and the sentinels",
    RANDOM: "as many pieces, drawn at random",
    OTHER: "as many pieces, of another language and English",
    TIED: "idT5's cut, with the head tied to the embeddings",
}


def less(id: str, text: str, name: str, versus: str, margin: float) -> Claim:
    """Claim that one cut leaves fewer bits per byte than another."""
    return Claim(id, text, BITS, name, versus, "less", margin, BYTE)


def more(id: str, text: str, name: str, versus: str, margin: float) -> Claim:
    """Claim that one cut leaves the model better at the task than another."""
    return Claim(id, text, ACCURACY, name, versus, "greater", margin, SHARE)


SETTINGS = (Setting("world", IN_THE_WORLD), Setting("real", REAL))
RECIPES = (
    Recipe(
        name="idt5",
        part="before",
        question="Does a T5 cut to one language write what the whole model writes?",
        difference="the pieces that are kept",
        budget_unit="bytes to be written",
        seeds=(0, 1, 2),
        arms=tuple(arm(name, text, compare, trained=False) for name, text in ARMS.items()),
        claims=(
            Claim(
                "same",
                "with all seen pieces, 95 % of texts are written as before",
                *(SAME, SEEN, 0.95, "greater", 0.0, SHARE),
            ),
            Claim(
                "logits",
                "logits of kept pieces stay as they were",
                *(DRIFT, SEEN, 0.0, "within", 1e-4, NATS),
            ),
            less("bits", "all seen pieces lose under 0.01", SEEN, WHOLE, -0.01),
            less("cut", "idT5's cut loses under 0.05", CUT, WHOLE, -0.05),
            less("random", "as many random pieces lose over 0.3 more", CUT, RANDOM, 0.3),
            less("other", "so do another language's", CUT, OTHER, 0.3),
            less("untied", "tying the head loses over 0.3", CUT, TIED, 0.3),
        ),
        metrics={
            SAME: Metric(SHARE, higher_is_better=True),
            BITS: Metric(BYTE, higher_is_better=False),
            DRIFT: Metric(NATS, higher_is_better=False),
        },
        settings=SETTINGS,
    ),
    Recipe(
        name="idt5",
        part="fine-tuning",
        question="After equal fine-tuning, is a cut T5 as good at a task as the whole one?",
        difference="the pieces that are kept",
        budget_unit="fine-tuning pairs",
        seeds=(0, 1, 2, 3, 4),
        arms=tuple(arm(name, ARMS[name], fine_tune) for name in (WHOLE, CUT, RANDOM, OTHER)),
        claims=(
            more("parity", "idT5's cut is at most three points worse", CUT, WHOLE, -0.03),
            replace(
                more("better", "idT5's cut is better than the whole model", CUT, WHOLE, 0.0),
                published=Published("+8 points in sentiment, 77.18 %", "Fuadi et al. 2023"),
            ),
            more("random", "as many random pieces are over five points worse", CUT, RANDOM, 0.05),
            more("other", "so are another language's", CUT, OTHER, 0.05),
        ),
        metrics={ACCURACY: Metric(SHARE, higher_is_better=True)},
        settings=SETTINGS,
    ),
    Recipe(
        name="idt5",
        part="equal-time",
        question="Is a cut T5 better than the whole one fine-tuned for the same time?",
        difference="the pieces that are kept",
        budget_unit="processor seconds of fine-tuning",
        seeds=(0, 1, 2, 3, 4),
        arms=tuple(
            arm(name, ARMS[name], fine_tune, unit="processor seconds") for name in (WHOLE, CUT)
        ),
        claims=(more("time", "idT5's cut is better for the same time", CUT, WHOLE, 0.0),),
        metrics={ACCURACY: Metric(SHARE, higher_is_better=True)},
        settings=SETTINGS,
    ),
)
