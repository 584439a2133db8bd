"""BERTa (Armengol-Estapé et al. 2021, arXiv:2107.07903): what cleaning a crawl is worth.

The paper trains a Catalan model on CaText, a crawl put through a pipeline that repairs, filters,
identifies languages and drops near duplicates. That half is here, with glotlift's own pipeline; the
encoder and its five tasks are in `berta_encoder`. From the same raw documents, one arm reads all
that pages show, one their main text, one that without duplicates, and one what the whole pipeline
leaves. What the documents are about, known because they were made, stands for perfect cleaning;
only personal data is left in it. All arms read equally many bytes with one tokenizer, trained on
all that pages show, so they differ in the cleaning alone; the less text is left, the more often it
is read.

The paper's model is masked; here it is a decoder, whose bits per byte are exact. Each seed has raw
documents of its own.
"""

import json
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import PreTrainedTokenizerFast

from glotlift.corpus import natural, read
from glotlift.corpus.building.config import Identification, Protection, Quality
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.berta_encoder import ENCODER
from glotlift.recipes.raw_documents import WORLD, built, held_out, raw_documents
from glotlift.recipes.small_decoders import costs, score, tokenizer_of, train_decoder

LANGUAGE = "cat_Latn"
RAW, MAIN, UNIQUE, CLEAN, CEILING = "raw", "main text", "deduplicated", "cleaned", "ceiling"
BITS, HELD_OUT = "bits per byte", "held-out clean documents"
IN_THE_WORLD: dict[str, Any] = {
    "text": WORLD,
    "documents": {LANGUAGE: 480, "spa_Latn": 32, "eng_Latn": 32},
    "held_out": 120,
    "size": "tiny",
    "pieces": 800,
    "bytes": 240_000,
    "learning_rate": 4e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "documents": {LANGUAGE: 1200, "spa_Latn": 80, "eng_Latn": 20},
    "pieces": 2000,
    "bytes": 1_500_000,
}
DUPLICATES_ALONE: dict[str, Any] = {
    "repair": False,
    "identification": Identification(stated="trust", mixed="keep"),
    "quality": Quality(standards=False, boilerplate=False),
    "protection": Protection(personal="keep"),
}


@dataclass(frozen=True)
class Versions:
    """One seed's raw documents in every state of cleaning, and the tokenizer of all arms."""

    texts: dict[str, Dataset]
    tokenizer: PreTrainedTokenizerFast
    seconds: float


@lru_cache(maxsize=1)
def versions(values: str, seed: int) -> Versions:
    """Return what the arms of a seed read; `values` are the setting's JSON."""
    chosen, started = json.loads(values), time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = raw_documents(chosen, seed, folder)
        texts = {
            RAW: raw.shown,
            MAIN: read(raw.files, language=LANGUAGE),
            UNIQUE: built(raw, folder / UNIQUE, given=LANGUAGE, **DUPLICATES_ALONE)[LANGUAGE],
            CLEAN: built(raw, folder / CLEAN, languages=(LANGUAGE,))[LANGUAGE],
            CEILING: raw.clean[LANGUAGE],
        }
    return Versions(texts, tokenizer_of(chosen, {RAW: raw.shown}), time.monotonic() - started)


@lru_cache(maxsize=1)
def tested(values: str) -> Dataset:
    """Return the held-out documents, the same for all arms and seeds."""
    return held_out(json.loads(values), [LANGUAGE])[LANGUAGE]


def train_on(setting: Setting, seed: int, folder: Path, *, version: str) -> Measurement:
    """Train on the raw documents in one state of cleaning; score held-out clean documents."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    made, documents = versions(values, seed), tested(values)
    sources = {version: made.texts[version]}
    trained = train_decoder(setting.values, made.tokenizer, sources, natural, seed, folder)
    scored = score(trained.model, made.tokenizer, documents)
    return Measurement(
        trained.plan.total_bytes,
        {HELD_OUT: scored.bits / scored.bytes},
        {HELD_OUT: scored.ids},
        {HELD_OUT: scored.bytes},
        costs(trained, sources, {LANGUAGE: documents}) | {"seconds to prepare": made.seconds},
    )


def arm(version: str, description: str) -> Arm:
    """Return the arm that reads one state of cleaning."""
    return Arm(version, description, partial(train_on, version=version))


def lower(id: str, text: str, version: str, versus: str, margin: float) -> Claim:
    """Claim that one state of cleaning gives fewer bits per byte than another."""
    return Claim(id, text, HELD_OUT, version, versus, "less", margin, BITS)


RECIPES = (
    Recipe(
        name="berta-catalan",
        part="cleaning",
        question="At equal bytes of text read, is a cleaned crawl worth more than the raw one?",
        difference="how far the raw documents are cleaned",
        budget_unit="bytes of text read",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(RAW, "all that the documents show"),
            arm(MAIN, "their main text, as the page reader finds it"),
            arm(UNIQUE, "the main text without exact, near and partial duplicates"),
            arm(CLEAN, "what the whole pipeline leaves"),
            arm(CEILING, "the text that pages are about, each once; personal data is left in it"),
        ),
        claims=(
            lower("cleaning", "cleaned text teaches at least 0.05 more", CLEAN, RAW, 0.05),
            lower("deduplication", "dropping duplicates alone helps", UNIQUE, MAIN, 0.0),
            lower("filters", "cleaning helps beyond dropping duplicates", CLEAN, UNIQUE, 0.0),
            Claim(
                "ceiling",
                "what the pipeline leaves is within 0.05 of the documents' own text",
                *(HELD_OUT, CLEAN, CEILING, "within", 0.05, BITS),
            ),
        ),
        metrics={HELD_OUT: Metric(BITS, higher_is_better=False)},
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
    ENCODER,
)
