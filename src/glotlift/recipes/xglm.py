"""XGLM (Lin et al. 2022, arXiv:2112.10668): a decoder for many languages, the weak ones up-sampled.

The authors' corpus gives English half of the text as it lies and a third as it is read; languages
of little text are read more often. How flat their sampling is they do not say in a form that could
be checked here, so three are compared on one corpus at equal tokens: each language by the size of
its text, by the 0.7th and by the 0.3rd power of it (Lample and Conneau 2019). Twelve languages have
text of three tiers, each a fifth of the one above. Tokenizer (trained on all the text), tokens and
steps are the same; the weaker the language, the oftener its text is read when sampling is flat:
epochs are printed. The study of prompts and
examples is in `xglm_prompts`.
"""

import json
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from glotlift import world
from glotlift.corpus import alpha, natural
from glotlift.corpus.policies import Policy
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.mgpt import beginnings
from glotlift.recipes.raw_documents import WORLD, Texts, parted
from glotlift.recipes.small_decoders import Scored, costs, score, tokenizer_of, train_decoder
from glotlift.recipes.xglm_prompts import EXAMPLES, TRANSLATION
from glotlift.training.schedule import Budget

NATURAL, SMOOTHED, FLAT = "natural", "alpha 0.7", "alpha 0.3"
HIGH, MIDDLE, LOW, ALL = "high tier", "middle tier", "low tier", "all languages"
BITS = "bits per byte"


def tiers(documents: int, *members: tuple[str, ...]) -> dict[str, int]:
    """Return how many documents each language has: a fifth of those of the tier above."""
    return {code: documents // 5**place for place, codes in enumerate(members) for code in codes}


IN_THE_WORLD: dict[str, Any] = {
    "text": WORLD,
    "documents": tiers(
        600,
        ("eng_Latn", "spa_Latn", "rus_Cyrl", "zho_Hans"),
        ("deu_Latn", "ind_Latn", "arb_Arab", "cat_Latn"),
        ("hin_Deva", "tur_Latn", "swh_Latn", "ell_Grek"),
    ),
    "held_out": 30,
    "size": "tiny",
    "pieces": 2000,
    "tokens": 240_000,
    "learning_rate": 4e-3,
}
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "documents": tiers(
        200,
        ("eng_Latn", "fra_Latn", "zho_Hans", "por_Latn"),
        ("hin_Deva", "ind_Latn", "tur_Latn", "vie_Latn"),
        ("yor_Latn", "mlt_Latn", "swh_Latn", "tel_Telu"),
    ),
    "characters": 1500,
    "held_out": 20,
}


@lru_cache(maxsize=1)
def corpus(values: str, seed: int) -> tuple[Texts, PreTrainedTokenizerFast]:
    """Return a seed's training text by language, and the tokenizer of all of it."""
    chosen = json.loads(values)
    texts = {}
    for code, count in chosen["documents"].items():
        if chosen["text"] == WORLD:
            texts[code] = world.documents(code, count, seed=seed)
        else:
            rows = parted_once(values, code)[0].shuffle(seed=seed)
            texts[code] = beginnings(
                rows.select(range(min(count, len(rows)))), chosen["characters"]
            )
    return texts, tokenizer_of(chosen, texts)


@lru_cache(maxsize=1)
def tested(values: str) -> Texts:
    """Return held-out documents by language, the same for all arms and seeds."""
    chosen = json.loads(values)
    count = chosen["held_out"]
    if chosen["text"] == WORLD:
        return {code: world.documents(code, count, split="test") for code in chosen["documents"]}
    return {
        code: beginnings(parted_once(values, code)[1].select(range(count)), chosen["characters"])
        for code in chosen["documents"]
    }


@lru_cache(maxsize=16)
def parted_once(values: str, code: str) -> tuple[Any, Any]:
    """Return a language's documents to train on and those held out."""
    return parted(json.loads(values), code)


def train_with(setting: Setting, seed: int, folder: Path, *, policy: Policy) -> Measurement:
    """Train on the text mixed by `policy`; score held-out documents by tier."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    (texts, tokenizer), documents = corpus(values, seed), tested(values)
    budget = Budget(setting.values["tokens"], "tokens")
    trained = train_decoder(setting.values, tokenizer, texts, policy, seed, folder, budget=budget)
    scored = {code: score(trained.model, tokenizer, rows) for code, rows in documents.items()}
    scores = measures(scored, setting.values["documents"])
    own = {f"bits/byte: {code}": float(s.bits.sum() / s.bytes.sum()) for code, s in scored.items()}
    rows = [str(number) for number in range(setting.values["held_out"])]
    cost = costs(trained, texts, documents) | own
    return Measurement(trained.plan.total_tokens, scores, dict.fromkeys(scores, rows), cost=cost)


def measures(scored: dict[str, Scored], documents: dict[str, int]) -> dict[str, NDArray[Any]]:
    """Return bits per byte [rows] of each tier and of all; languages count alike."""
    by = {code: found.bits / found.bytes.mean() for code, found in scored.items()}
    sizes = sorted(set(documents.values()), reverse=True)
    found = {
        tier: np.mean([by[code] for code in by if documents[code] == size], axis=0)
        for tier, size in zip((HIGH, MIDDLE, LOW), sizes, strict=True)
    }
    return {**found, ALL: np.mean(list(by.values()), axis=0)}


def arm(name: str, description: str, policy: Policy) -> Arm:
    """Return the arm that samples languages by a policy."""
    return Arm(name, description, partial(train_with, policy=policy))


def lower(id: str, text: str, metric: str, margin: float = 0.0, versus: str = NATURAL) -> Claim:
    """Claim that the flattest sampling has a lower figure than another one."""
    return Claim(id, text, metric, FLAT, versus, "less", margin, BITS)


RECIPES = (
    Recipe(
        name="xglm",
        part="sampling",
        question="At equal tokens, what does flatter sampling give weak languages, at what price?",
        difference="the share of each language in the tokens read",
        budget_unit="tokens",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(NATURAL, "languages in proportion to their text", natural),
            arm(SMOOTHED, "in proportion to the 0.7th power of it", alpha(0.7)),
            arm(FLAT, "in proportion to the 0.3rd power of it", alpha(0.3)),
        ),
        claims=(
            lower("weak", "flat sampling lowers the low tier's mean by over 0.05", LOW, 0.05),
            Claim(
                "first step",
                "so does the first step from natural, to alpha 0.7",
                *(LOW, SMOOTHED, NATURAL, "less", 0.0, BITS),
            ),
            lower("second step", "and the second, to alpha 0.3", LOW, 0.0, SMOOTHED),
            lower("middle", "flat sampling lowers the middle tier's mean", MIDDLE),
            Claim(
                "price",
                "flat sampling costs the high tier something",
                *(HIGH, FLAT, NATURAL, "greater", 0.0, BITS),
            ),
            lower("small price", "but at most 0.1", HIGH, -0.1),
            lower("average", "flat sampling lowers the mean over all languages", ALL),
        ),
        metrics=dict.fromkeys((HIGH, MIDDLE, LOW, ALL), Metric(BITS, higher_is_better=False)),
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
    EXAMPLES,
    TRANSLATION,
)
