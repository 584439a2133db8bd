"""MAFT (Alabi et al. 2022, arXiv:2204.06487): cut other scripts' pieces, then adapt to languages.

The paper continues XLM-R's masked pretraining on some twenty African languages together; first, in
one variant, it keeps only the pieces that these languages' text uses, which halves the model. This
is that variant's part, the vocabulary: one small encoder, pretrained on languages of several
scripts, is adapted to three new languages, all in Latin script, with its whole vocabulary, without
the pieces of other scripts, with those alone that the new text uses, or with as many drawn by
chance. All arms read equally many bytes of the same text; seconds and tokens are printed. Whether
one adaptation serves many languages as well as one for each is asked in `maft_adaptation`.

Seeds are those of adaptation and fine-tuning; the pretrained model is one. Its bits are of hidden
words (`masked_bits`), whose pieces a smaller vocabulary leaves fewer rivals.
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
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import equal_bytes, read, split_rows
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.maft_adaptation import ADAPTATION
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
from glotlift.training.stages import Trained
from glotlift.vocabulary import VocabularyEdit, apply_edit, trim, trim_report
from glotlift.vocabulary.trimming import edit_keeping
from glotlift.vocabulary.trimming import read as inventory_of
from glotlift.vocabulary.trimming_report import sizes

WHOLE, SCRIPTS, USED, CHANCE = "whole", "kept scripts", "used pieces", "as many by chance"
BITS, BEFORE, DROPPED = "kept languages", "kept languages, unadapted", "languages of other scripts"
ACCURACY = "topics in kept languages"
BITS_PER_BYTE, SHARE = "bits per byte of hidden words", "share of sentences"
Values = Mapping[str, Any]
IN_THE_WORLD: dict[str, Any] = {
    "text": "world:{}",
    "known": {
        **dict.fromkeys(("arb_Arab", "deu_Latn", "ell_Grek", "eng_Latn"), 300),
        **dict.fromkeys(("hin_Deva", "rus_Cyrl", "spa_Latn", "zho_Hans"), 300),
    },
    "kept": dict.fromkeys(("ind_Latn", "swh_Latn", "tur_Latn"), 400),
    "scripts": ["Latn"],
    "held_out": 20,
    "languages": ["ind_Latn", "swh_Latn", "tur_Latn"],
    "topics": "world",
    "topic_rows": {"train": 200, "test": 200},
    "size": "tiny",
    "pieces": 4000,
    "steps": 400,
    "bytes": 60_000,
    "learning_rate": 2e-3,
    "epochs": 4,
    "tuning_rate": 3e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "known": {
        **dict.fromkeys(("eng_Latn", "fra_Latn", "hin_Deva", "ron_Latn"), 30),
        **dict.fromkeys(("kor_Hang", "srp_Cyrl", "mar_Deva", "vie_Latn"), 20),
    },
    "kept": dict.fromkeys(("hau_Latn", "swh_Latn", "yor_Latn"), 250),
    "languages": ["hau_Latn", "swh_Latn", "yor_Latn"],
    "topics": "$GLOTLIFT_DATA/sib200",
    "topic_rows": {"train": 350, "test": 204},
    "pieces": 8000,
    "held_out": 10,
    "bytes": 250_000,
    "epochs": 6,
}


@dataclass(frozen=True)
class Material:
    """What all arms share: text in splits by language, the encoder, its tokenizer, topics."""

    known: dict[str, DatasetDict]
    kept: dict[str, DatasetDict]
    folder: Path
    tokenizer: PreTrainedTokenizerFast
    topics: Topics


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return what arms and seeds share; `values` are the setting's JSON."""
    chosen = json.loads(values)
    known, kept = (
        {code: parted(chosen, code, rows) for code, rows in chosen[group].items()}
        for group in ("known", "kept")
    )
    text = {code: parts["train"] for code, parts in known.items()}
    tokenizer = encoder_tokenizer(chosen, text)
    folder = base_encoder(chosen, 0, text, tokenizer)
    return Material(known, kept, folder, tokenizer, topic_rows(chosen))


def parted(values: Values, code: str, rows: int) -> DatasetDict:
    """Return `rows` documents of a language, parted by their shared ids."""
    parts = split_rows(
        read(locate(values["text"].format(code)), language=code, rows=rows), validation=0, test=0.15
    )
    test = parts["test"].select(range(min(values["held_out"], len(parts["test"]))))
    return DatasetDict(train=parts["train"], test=test)


def edit_for(kept: str, values: Values, shared: Material, seed: int) -> VocabularyEdit:
    """Return the edit that keeps an arm's pieces; only chance heeds the seed."""
    if kept == USED:
        texts = [text for parts in shared.kept.values() for text in parts["train"]["text"]]
        return trim(shared.tokenizer, texts=texts)
    written = trim(shared.tokenizer, scripts=values["scripts"])
    if kept == SCRIPTS:
        return written
    inventory = inventory_of(shared.tokenizer)
    if kept == WHOLE:
        return edit_keeping(inventory, inventory.real)
    chosen = inventory.required.copy()
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(~chosen & inventory.real))
    chosen[drawn[: written.new_size - int(chosen.sum())]] = True
    return edit_keeping(inventory, chosen)


def adapt(setting: Setting, seed: int, folder: Path, *, kept: str) -> Measurement:
    """Trim the encoder, adapt it, and score kept and dropped languages and topics."""
    values = setting.values
    shared = material(json.dumps(dict(values), sort_keys=True))
    edit = edit_for(kept, values, shared, seed)
    tokenizer = edit.tokenizer(shared.tokenizer)
    model: PreTrainedModel = apply_edit(load_model(find_model(str(shared.folder))), edit)
    dropped = {
        code: parts
        for code, parts in shared.known.items()
        if code.rpartition("_")[2] not in values["scripts"]
    }
    before = bits_by_row(model, tokenizer, shared.kept)
    started = time.monotonic()
    trained = continue_masked(
        model,
        tokenizer,
        {code: parts["train"] for code, parts in shared.kept.items()},
        equal_bytes,
        budget=Budget(values["bytes"], "bytes"),
        rate=values["learning_rate"],
        seed=seed,
        folder=folder / "adaptation",
    )
    seconds = time.monotonic() - started
    rows = {
        BEFORE: before,
        BITS: bits_by_row(trained.model, tokenizer, shared.kept),
        DROPPED: bits_by_row(trained.model, tokenizer, dropped),
    }
    ids, right = topics_right(trained.model, tokenizer, shared.topics, values, seed)
    weights = {name: spent for name, (_, _, spent) in rows.items()}
    return Measurement(
        trained.plan.total_bytes,
        {name: bits / spent for name, (_, bits, spent) in rows.items()} | {ACCURACY: right},
        {name: found for name, (found, _, _) in rows.items()} | {ACCURACY: ids},
        weights,
        costs(trained, edit, shared) | {"seconds to adapt": seconds},
    )


def bits_by_row(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, sources: Mapping[str, DatasetDict]
) -> tuple[list[str], Floats, Floats]:
    """Return the ids, bits and bytes, [rows] each, of all languages' held-out documents."""
    ids = [f"{code} {id}" for code, parts in sources.items() for id in parts["test"]["id"]]
    texts = [text for parts in sources.values() for text in parts["test"]["text"]]
    return ids, *masked_bits(model, tokenizer, texts)


def topics_right(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    topics: Topics,
    values: Values,
    seed: int,
) -> tuple[list[str], Floats]:
    """Return ids [rows] and the share of languages whose topic a fine-tuned model finds [rows]."""
    classifier = fine_tune_classifier(
        model,
        tokenizer,
        *topics.training(values["languages"]),
        classes=len(topics.classes),
        epochs=values["epochs"],
        rate=values["tuning_rate"],
        seed=seed,
    )
    tests = [topics.rows[code]["test"] for code in values["languages"]]
    right = [
        logits(classifier, tokenizer, list(test["text"])).argmax(1) == np.array(test["label"])
        for test in tests
    ]
    return list(tests[0]["id"]), np.mean(right, axis=0)


def costs(trained: Trained, edit: VocabularyEdit, shared: Material) -> dict[str, float]:
    """Return an arm's size, what its text lost, and what it read."""
    size = sizes(trained.model)
    tested = {code: list(parts["test"]["text"]) for code, parts in shared.kept.items()}
    report = trim_report(shared.tokenizer, edit, tested)
    means = {
        "covered documents": "covered_fraction",
        "kept running pieces": "kept_occurrences",
        "documents segmented anew": "changed_fraction",
        "covered documents that changed": "changed_covered",
        "unknown fraction": "unknown_fraction_after",
        "byte pieces": "byte_fallback_fraction_after",
    }
    return {
        "pieces": size["pieces"],
        "parameters": size["parameters"],
        "megabytes": size["bytes"] / 1e6,
        "steps": trained.steps,
        "tokens": trained.plan.total_tokens,
        "tokens of the test": sum(row["tokens_after"] for row in report),
        "test documents in training": repeated(shared.kept),
        **{name: float(np.mean([row[key] for row in report])) for name, key in means.items()},
    }


def arm(kept: str, description: str) -> Arm:
    """Return the arm that keeps these pieces."""
    return Arm(kept, description, partial(adapt, kept=kept))


def lower(id: str, text: str, metric: str, versus: str, margin: float) -> Claim:
    """Claim that without other scripts' pieces the bits are lower than an arm's."""
    return Claim(id, text, metric, SCRIPTS, versus, "less", margin, BITS_PER_BYTE)


LOWER = Metric(BITS_PER_BYTE, higher_is_better=False)
RECIPES = (
    Recipe(
        name="maft",
        part="vocabulary",
        question="What does dropping other scripts' pieces before adaptation cost and save?",
        difference="which pieces of the vocabulary are kept before adaptation",
        budget_unit="bytes of text read",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(WHOLE, "all pieces"),
            arm(SCRIPTS, "all but pieces with letters of other scripts"),
            arm(USED, "pieces that the kept languages' training text uses"),
            arm(CHANCE, "as many as without other scripts, drawn by chance"),
        ),
        claims=(
            lower("unadapted", "the trim alone costs at most 0.02", BEFORE, WHOLE, -0.02),
            Claim(
                "bits",
                "once adapted, it is within 0.05 of the whole model",
                *(BITS, SCRIPTS, WHOLE, "within", 0.05, BITS_PER_BYTE),
            ),
            Claim(
                "used",
                "so it is with no more than the pieces that the text uses",
                *(BITS, USED, WHOLE, "within", 0.05, BITS_PER_BYTE),
            ),
            Claim(
                "topics",
                "accuracy on topics is within 0.03 of the whole model's",
                *(ACCURACY, SCRIPTS, WHOLE, "within", 0.03, SHARE),
            ),
            lower("chance", "as many pieces by chance are worse by over 0.05", BITS, CHANCE, 0.05),
            Claim(
                "price",
                "text in other scripts becomes worse by over 0.05",
                *(DROPPED, SCRIPTS, WHOLE, "greater", 0.05, BITS_PER_BYTE),
            ),
        ),
        metrics={
            BITS: LOWER,
            BEFORE: LOWER,
            DROPPED: LOWER,
            ACCURACY: Metric(SHARE, higher_is_better=True),
        },
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
    ADAPTATION,
)
