"""mGPT (Shliazhko et al. 2022, arXiv:2204.07580): which way of writing text suits a decoder best.

Before training their model the authors train five small ones that differ in the text's mapping
alone: plain byte-level BPE, capitals as a marker and a small letter, digits and operators one by
one, both, and characters. They choose by perplexity per character, and plain wins. Here too all
that differs is the mapping; the number of pieces is the same, but for characters, which are fewer.
The verdict is on bits per byte of held-out documents. Perplexity per token is printed beside it
to show the order that it would give: it counts how finely a text is cut.

The models of the paper see the same number of steps, which are the less text the finer it is cut.
So there are two parts, equal bytes of text and equal steps; the second compares plain BPE and
characters alone. In both the model reads 128 tokens at once, also when it is tested: finer pieces
leave it less of the text to look back on. A sum ends one document in three of the sample world,
which has no digits of its own. The cleaning of the corpus, the large models and their few-shot
tasks are not part of this.
"""

import json
import random
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

from datasets import Dataset
from transformers import PreTrainedTokenizerFast

from glotlift import world
from glotlift.corpus import equal_bytes, read
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.raw_documents import WORLD, parted
from glotlift.recipes.small_decoders import costs, train_decoder
from glotlift.recipes.starting_point import locate
from glotlift.recipes.tokenizer_measures import (
    ALL,
    CASED,
    CASELESS,
    Read,
    bits_per_byte,
    characters_per_token,
    distance,
    of_tokenizer,
    perplexities,
    scored_in_blocks,
)
from glotlift.training.schedule import Budget
from glotlift.vocabulary import train_tokenizer
from glotlift.vocabulary.variants import VARIANTS, Variant

PLAIN, CASE, ARITHMETIC, COMBINED, CHARACTER = VARIANTS
CHARACTERS, DISTANCE = "characters per token", "distance from English"
BITS, DOUBLINGS = "bits per byte", "doublings of tokens"
SUMS = 1 / 3  # so that about one character in fifty is a digit, as on web pages
Unit = Literal["bytes", "steps"]
IN_THE_WORLD: dict[str, Any] = {
    "text": WORLD,
    "cased": ["eng_Latn", "deu_Latn"],
    "caseless": ["hin_Deva", "zho_Hans"],
    "documents": 200,
    "held_out": 40,
    "size": "tiny",
    "pieces": 1200,
    "blocks": 4,
    "bytes": 110_000,
    "steps": 80,
    "learning_rate": 4e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "cased": ["eng_Latn", "fra_Latn"],
    "documents": 60,
    "characters": 1000,
    "lines": 200,
    "pieces": 1600,
    "bytes": 160_000,
    "steps": 110,
}


@lru_cache(maxsize=1)
def texts_of(values: str, seed: int) -> Read:
    """Return the text of a seed; what is held out is the same for all."""
    chosen = json.loads(values)
    codes = [*chosen["cased"], *chosen["caseless"]]
    if chosen["text"] == WORLD:
        train = {code: documents(code, chosen["documents"], seed, "train") for code in codes}
        test = {code: documents(code, chosen["held_out"], 0, "test") for code in codes}
        return Read(train, test, {code: list(rows["text"]) for code, rows in test.items()})
    train, test, parallel = {}, {}, {}
    for code in codes:
        kept, held = parted_once(values, code)
        drawn = kept.shuffle(seed=seed).select(range(min(chosen["documents"], len(kept))))
        train[code] = beginnings(drawn, chosen["characters"])
        test[code] = beginnings(held.select(range(chosen["held_out"])), chosen["characters"])
        lines = read(locate(chosen["parallel"].format(code)), language=code, rows=chosen["lines"])
        parallel[code] = list(lines["text"])
    return Read(train, test, parallel)


@lru_cache(maxsize=8)
def parted_once(values: str, code: str) -> tuple[Dataset, Dataset]:
    """Return a language's documents to train on and those held out."""
    return parted(json.loads(values), code)


def documents(code: str, count: int, seed: int, split: str) -> Dataset:
    """Return documents of the sample world, some with a sum, the same one in all languages."""
    rows = world.documents(code, count, seed=seed, split=split)
    summed = [text + a_sum(id) for id, text in zip(rows["id"], rows["text"], strict=True)]
    return Dataset.from_dict({"id": list(rows["id"]), "text": summed})


def a_sum(id: str) -> str:
    """Return the sum that an id decides, or nothing."""
    chance = random.Random(id)
    one, other = chance.randrange(10, 1000), chance.randrange(10, 1000)
    return f" {one} + {other} = {one + other}" if chance.random() < SUMS else ""


def beginnings(rows: Dataset, characters: int) -> Dataset:
    """Return documents cut to their first characters, so that all languages have as many."""
    cut = [text[:characters] for text in rows["text"]]
    return Dataset.from_dict({"id": list(rows["id"]), "text": cut})


@lru_cache(maxsize=5)
def tokenizer_of(values: str, seed: int, variant: Variant) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a variant, trained on all of a seed's training text."""
    text = [text for rows in texts_of(values, seed).train.values() for text in rows["text"]]
    tokenizer: PreTrainedTokenizerFast = train_tokenizer(
        text, size=json.loads(values)["pieces"], variant=variant
    )
    return tokenizer


def train_with(
    setting: Setting, seed: int, folder: Path, *, variant: Variant, unit: Unit
) -> Measurement:
    """Train a variant's tokenizer and a decoder on it; score held-out and translated text."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    texts, tokenizer = texts_of(values, seed), tokenizer_of(values, seed, variant)
    budget = Budget(setting.values[unit], unit)
    trained = train_decoder(
        setting.values, tokenizer, texts.train, equal_bytes, seed, folder, budget=budget
    )
    scored = {
        code: scored_in_blocks(trained.model, tokenizer, rows) for code, rows in texts.test.items()
    }
    scores = bits_per_byte(scored, setting.values["cased"])
    scores[CHARACTERS] = characters_per_token(tokenizer, texts.test)
    scores[DISTANCE] = distance(tokenizer, texts.parallel)
    rows = {name: [str(row) for row in range(len(found))] for name, found in scores.items()}
    cost = costs(trained, texts.train, texts.test) | perplexities(scored, tokenizer, texts.test)
    cost |= of_tokenizer(tokenizer, tokenizer_of(values, seed, PLAIN), texts)
    cost["parameters"] = trained.model.num_parameters()
    spent = trained.plan.total_bytes if unit == "bytes" else trained.steps
    return Measurement(spent, scores, rows, cost=cost)


def arms(unit: Unit, variants: Sequence[Variant]) -> tuple[Arm, ...]:
    """Return an arm for each way of writing text."""
    told: dict[Variant, str] = {
        PLAIN: "byte-level BPE of the text as it is",
        CASE: "capitals as a marker and the small letter",
        ARITHMETIC: "digits and operators one by one",
        COMBINED: "both",
        CHARACTER: "characters; bytes for rare ones",
    }
    return tuple(
        Arm(name, told[name], partial(train_with, variant=name, unit=unit)) for name in variants
    )


def higher(id: str, text: str, arm: str, margin: float = 0, metric: str = ALL) -> Claim:
    """Claim that an arm has a higher figure than plain byte-level BPE."""
    unit = {CHARACTERS: CHARACTERS, DISTANCE: DOUBLINGS}.get(metric, BITS)
    return Claim(id, text, metric, arm, PLAIN, "greater", margin, unit)


CHARACTERS_COST = higher("character", "characters cost over 0.05 bits per byte", CHARACTER, 0.05)
AT_EQUAL_BYTES = (
    higher("case", "marked capitals cost bits", CASE),
    higher("arithmetic", "single digits cost bits", ARITHMETIC),
    higher("combined", "both together cost bits", COMBINED),
    CHARACTERS_COST,
    Claim(
        "caseless",
        "marked capitals leave languages without capitals as they are",
        *(CASELESS, CASE, PLAIN, "within", 0.02, BITS),
    ),
    Claim(
        "finer",
        "a piece of plain BPE holds over a character more than one",
        *(CHARACTERS, CHARACTER, PLAIN, "less", 1.0, CHARACTERS),
    ),
    Claim(
        "more alike",
        "in characters, translations are more nearly of one length",
        *(DISTANCE, CHARACTER, PLAIN, "less", 0, DOUBLINGS),
    ),
)
METRICS = dict.fromkeys((ALL, CASED, CASELESS), Metric(BITS, higher_is_better=False)) | {
    CHARACTERS: Metric(CHARACTERS, higher_is_better=True),
    DISTANCE: Metric(DOUBLINGS, higher_is_better=False),
}


def part(
    unit: Unit, budget: str, told: str, variants: Sequence[Variant], claims: tuple[Claim, ...]
) -> Recipe:
    """Return the comparison at equal amounts of one unit."""
    return Recipe(
        name="mgpt",
        part=f"equal-{unit}",
        question=f"At {told}, on which way of writing text does a decoder predict text best?",
        difference="how the text is written before it is cut into pieces",
        budget_unit=budget,
        seeds=(0, 1, 2, 3, 4),
        arms=arms(unit, variants),
        claims=claims,
        metrics=METRICS,
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    )


RECIPES = (
    part("bytes", "bytes of text read", "equal bytes of text", VARIANTS, AT_EQUAL_BYTES),
    part("steps", "steps", "equal steps", (PLAIN, CHARACTER), (CHARACTERS_COST,)),
)
