"""MAFT's adaptation (Alabi et al. 2022, arXiv:2204.06487): one model for many languages.

From one encoder, which knows none of them, either each of several languages gets a model of its
own, or one model is adapted to all of them together. Both read the same bytes of every language.
One control reads as much of what the encoder knows already, one is the encoder as it was. Each is
judged in every language by hidden words, by named entities and by topics, fine-tuned in that
language; and by entities in the languages that a tagger of the first one never met.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, DatasetDict
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift import world
from glotlift.corpus import equal_bytes
from glotlift.evaluation.spans import OUTSIDE, span_f1_rows
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.berta_encoder import parted
from glotlift.recipes.encoder_heads import Tuning, fine_tune_tagger, tag
from glotlift.recipes.small_encoders import (
    Floats,
    base_encoder,
    continue_masked,
    encoder_tokenizer,
    fine_tune_classifier,
    logits,
    masked_bits,
)
from glotlift.recipes.starting_point import locate, repeated
from glotlift.recipes.topics import Topics, topic_rows
from glotlift.training.schedule import Budget
from glotlift.vocabulary.trimming_report import sizes

TOGETHER, APART, FAMILIAR, UNMOVED = "one for all", "one for each", "known languages", "unadapted"
BITS, NER, TOPIC = "hidden words", "entities", "topics"
ZERO_SHOT = "entities in languages the tagger never met"
BITS_PER_BYTE, F1, SHARE = "bits per byte of hidden words", "F1 of spans", "share of sentences"
MACRO = {"swh_Latn": "swa_Latn"}  # MasakhaNER names Swahili by its macrolanguage
Values = Mapping[str, Any]
IN_THE_WORLD: dict[str, Any] = {
    "text": "world:{}",
    "known": {
        **dict.fromkeys(("arb_Arab", "deu_Latn", "ell_Grek", "eng_Latn"), 300),
        **dict.fromkeys(("hin_Deva", "rus_Cyrl", "spa_Latn", "zho_Hans"), 300),
    },
    "documents": dict.fromkeys(("ind_Latn", "swh_Latn", "tur_Latn"), 400),
    "languages": ["ind_Latn", "swh_Latn", "tur_Latn"],
    "held_out": 20,
    "entities": "world",
    "entity_rows": {"train": 100, "test": 150},
    "topics": "world",
    "topic_rows": {"train": 100, "test": 150},
    "size": "tiny",
    "pieces": 4000,
    "steps": 400,
    "bytes_each": 32_000,
    "learning_rate": 2e-3,
    "epochs": 6,
    "tuning_rate": 2e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "known": {
        **dict.fromkeys(("eng_Latn", "fra_Latn", "hin_Deva", "ron_Latn"), 30),
        **dict.fromkeys(("kor_Hang", "srp_Cyrl", "mar_Deva", "vie_Latn"), 20),
    },
    "documents": dict.fromkeys(("hau_Latn", "swh_Latn", "yor_Latn"), 250),
    "languages": ["hau_Latn", "swh_Latn", "yor_Latn"],
    "held_out": 8,
    "entities": "$GLOTLIFT_DATA/masakhaner2",
    "entity_rows": {"train": 150, "test": 200},
    "topics": "$GLOTLIFT_DATA/sib200",
    "topic_rows": {"train": 200, "test": 200},
    "pieces": 8000,
    "bytes_each": 80_000,
    "epochs": 10,
}


@dataclass(frozen=True)
class Material:
    """What all arms share: text by language, the encoder, its tokenizer, rows of the tasks."""

    known: dict[str, DatasetDict]
    text: dict[str, DatasetDict]
    folder: Path
    tokenizer: PreTrainedTokenizerFast
    entities: dict[str, dict[str, Dataset]]
    topics: Topics


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return what arms and seeds share; `values` are the setting's JSON."""
    chosen = json.loads(values)
    known, text = (
        {code: parted(chosen, code, rows) for code, rows in chosen[group].items()}
        for group in ("known", "documents")
    )
    read = {code: parts["train"] for code, parts in known.items()}
    tokenizer = encoder_tokenizer(chosen, read)
    folder = base_encoder(chosen, 0, read, tokenizer)
    entities = {
        code: {
            split: entity_rows(chosen["entities"], code, split, rows)
            for split, rows in chosen["entity_rows"].items()
        }
        for code in chosen["languages"]
    }
    return Material(known, text, folder, tokenizer, entities, topic_rows(chosen))


def entity_rows(address: str, code: str, split: str, rows: int) -> Dataset:
    """Return sentences with tags of entities, of the sample world or a folder like MasakhaNER's."""
    if address == "world":
        return world.tasks.ner(code, rows, split=split)
    path = Path(locate(address)) / f"{MACRO.get(code, code)}.{split}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        found = [json.loads(line) for line, _ in zip(stream, range(rows), strict=False)]
    return Dataset.from_list([{"id": str(number), **row} for number, row in enumerate(found)])


def adapt(setting: Setting, seed: int, folder: Path, *, groups: str) -> Measurement:
    """Adapt the encoder as an arm does and judge it in every language."""
    values = setting.values
    shared = material(json.dumps(dict(values), sort_keys=True))
    codes, every = values["languages"], values["bytes_each"] * len(values["languages"])
    text = shared.known if groups == FAMILIAR else shared.text
    read = {code: parts["train"] for code, parts in text.items()}
    spent = 0

    def encoder() -> PreTrainedModel:
        found: PreTrainedModel = load_model(find_model(str(shared.folder)))
        return found

    def adapted(name: str, sources: Mapping[str, Dataset], amount: int) -> PreTrainedModel:
        nonlocal spent
        trained = continue_masked(
            encoder(),
            shared.tokenizer,
            sources,
            equal_bytes,
            budget=Budget(amount, "bytes"),
            rate=values["learning_rate"],
            seed=seed,
            folder=folder / name,
        )
        spent += trained.plan.total_bytes
        return trained.model

    if groups == UNMOVED:  # reads nothing; counts as having been given what the others read
        models, spent = dict.fromkeys(codes, encoder()), every
    elif groups == APART:
        models = {code: adapted(code, {code: read[code]}, values["bytes_each"]) for code in codes}
    else:
        models = dict.fromkeys(codes, adapted("together", read, every))
    tuning = Tuning(values["epochs"], values["tuning_rate"], seed)
    bits = {
        code: masked_bits(models[code], shared.tokenizer, list(shared.text[code]["test"]["text"]))
        for code in codes
    }
    entities, elsewhere = entities_found(models, shared, tuning)
    topics = {code: topics_right(models[code], code, shared, tuning) for code in codes}
    tested = {code: rows["test"]["id"] for code, rows in shared.entities.items()}
    return Measurement(
        spent,
        {
            BITS: np.concatenate([used / bytes_ for used, bytes_ in bits.values()]),
            NER: np.concatenate([entities[code] for code in codes]),
            ZERO_SHOT: np.concatenate([elsewhere[code] for code in codes[1:]]),
            TOPIC: np.concatenate([topics[code] for code in codes]),
        },
        {
            BITS: named(codes, {code: shared.text[code]["test"]["id"] for code in codes}),
            NER: named(codes, tested),
            ZERO_SHOT: named(codes[1:], tested),
            TOPIC: named(codes, {code: shared.topics.rows[code]["test"]["id"] for code in codes}),
        },
        {BITS: np.concatenate([bytes_ for _, bytes_ in bits.values()])},
        {
            "megabytes of all models": sum(
                sizes(model)["bytes"] / 1e6
                for model in {id(m): m for m in models.values()}.values()
            ),
            "test documents in training": repeated(shared.text),
            **{f"entities, {code}": float(entities[code].mean()) for code in codes},
            **{f"topics, {code}": float(topics[code].mean()) for code in codes},
        },
    )


def named(codes: list[str], ids: Mapping[str, Any]) -> list[str]:
    """Return the ids of all languages' rows, one language after the other."""
    return [f"{code} {id}" for code in codes for id in ids[code]]


def entities_found(
    models: Mapping[str, PreTrainedModel], shared: Material, tuning: Tuning
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return rows of F1 by language: by taggers of each, and by the tagger of the first one."""
    own: dict[str, Floats] = {}
    others: dict[str, Floats] = {}
    for number, (code, model) in enumerate(models.items()):
        train = shared.entities[code]["train"]
        tagger = fine_tune_tagger(model, shared.tokenizer, train["tokens"], train["tags"], tuning)
        for tested in models if number == 0 else [code]:
            rows = shared.entities[tested]["test"]
            found = tag(tagger, shared.tokenizer, rows["tokens"], otherwise=OUTSIDE)
            (own if tested == code else others)[tested] = span_f1_rows(found, rows["tags"])
    return own, others


def topics_right(model: PreTrainedModel, code: str, shared: Material, tuning: Tuning) -> Floats:
    """Return 1 where a sentence's topic is found, by a classifier of its language, else 0."""
    classifier = fine_tune_classifier(
        model,
        shared.tokenizer,
        *shared.topics.training([code]),
        classes=len(shared.topics.classes),
        epochs=tuning.epochs,
        rate=tuning.rate,
        seed=tuning.seed,
    )
    test = shared.topics.rows[code]["test"]
    found = logits(classifier, shared.tokenizer, test["text"]).argmax(1)
    return np.asarray(found == np.array(test["label"]), dtype=np.float64)


def claim(id: str, text: str, metric: str, versus: str, kind: Any, margin: float) -> Claim:
    """Claim something of the one model for all languages against another arm."""
    return Claim(id, text, metric, TOGETHER, versus, kind, margin, METRICS[metric].unit)


METRICS = {
    BITS: Metric(BITS_PER_BYTE, higher_is_better=False),
    NER: Metric(F1, higher_is_better=True),
    ZERO_SHOT: Metric(F1, higher_is_better=True),
    TOPIC: Metric(SHARE, higher_is_better=True),
}
ADAPTATION = Recipe(
    name="maft",
    part="adaptation",
    question="Does one adaptation serve several languages as well as one for each?",
    difference="how many models the languages' text is spread over, or what is read instead",
    budget_unit="bytes of text read",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        Arm(TOGETHER, "one model reads all languages", partial(adapt, groups=TOGETHER)),
        Arm(APART, "a model for each language reads it alone", partial(adapt, groups=APART)),
        Arm(FAMILIAR, "reads what it knows already", partial(adapt, groups=FAMILIAR)),
        Arm(UNMOVED, "the encoder as it was", partial(adapt, groups=UNMOVED)),
    ),
    claims=(
        claim("entities", "F1 is within 0.01 of a model for each", NER, APART, "within", 0.01),
        claim("topics", "accuracy is within 0.03 of theirs", TOPIC, APART, "within", 0.03),
        claim("hidden words", "bits are within 0.05 of theirs", BITS, APART, "within", 0.05),
        claim("no model", "bits are over 0.2 below unadapted", BITS, UNMOVED, "less", 0.2),
        claim("more text", "reading known languages is no substitute", BITS, FAMILIAR, "less", 0.2),
        claim("gain", "entities are found better than unadapted", NER, UNMOVED, "greater", 0.0),
        claim("topics gained", "topics too", TOPIC, UNMOVED, "greater", 0.0),
        claim(
            "zero-shot",
            "a tagger of one language serves the others better than its own model's",
            *(ZERO_SHOT, APART, "greater", 0.0),
        ),
    ),
    metrics=METRICS,
    settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
)
