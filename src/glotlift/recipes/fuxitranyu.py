"""FuxiTranyu (Sun et al. 2024, arXiv:2408.06273): text balanced over languages, at equal bytes.

The report blames uneven multilingual models on corpora that are mostly English and Chinese, and
sets each language's share by hand, towards balance. Here one crawl is cleaned by the corpus
pipeline and read in three mixtures: as it lies, 70 % of its documents English, 20 % Chinese and
10 % six other languages (of the bytes rather fewer are English); by the 0.3rd power of sizes, as
XLM-R's authors sample (Conneau et al. 2020); and in equal shares of bytes. Corpus, tokenizer
(trained on all of the corpus) and bytes read are the same, so a weak language's text is read the
more often the larger its share: epochs are printed. So are steps, which equal bytes leave unequal,
because weak languages' text is cut into more tokens. Each seed has a crawl of its own.

The report's analysis asks how alike a model represents its languages. The second part asks that of
the same models: of the state after the last token of a sentence and of its translations, layer by
layer, beside sentences that are no translations. Tuning, preferences and the analysis of neurons
are not part of this.
"""

import json
import tempfile
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from glotlift.clients import LocalModel
from glotlift.corpus import alpha, equal_bytes, natural
from glotlift.corpus.policies import Policy
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.language_likeness import (
    COSINE,
    LIKENESS,
    LIKENESS_ACROSS,
    UNEVENNESS,
    likenesses,
    translations,
)
from glotlift.recipes.raw_documents import WORLD, Texts, built, held_out, raw_documents
from glotlift.recipes.small_decoders import Scored, costs, score, tokenizer_of, train_decoder
from glotlift.training.stages import Trained

NATURAL, SMOOTHED, BALANCED = "natural", "alpha 0.3", "balanced"
WEAK, STRONG, ALL, SPREAD = "weak languages", "strong languages", "all languages", "spread of weak"
BITS = "bits per byte"
STRONGEST = ("eng_Latn", "zho_Hans")
WEAKEST = ("arb_Arab", "deu_Latn", "hin_Deva", "ind_Latn", "rus_Cyrl", "tur_Latn")
IN_THE_WORLD: dict[str, Any] = {
    "text": WORLD,
    "strong": list(STRONGEST),
    "documents": {"eng_Latn": 700, "zho_Hans": 200, **dict.fromkeys(WEAKEST, 17)},
    "held_out": 60,
    "sentences": 80,
    "size": "tiny",
    "pieces": 1500,
    "bytes": 350_000,
    "learning_rate": 4e-3,
}
OF_MONO = ("fin_Latn", "fra_Latn", "hin_Deva", "ind_Latn", "tur_Latn", "vie_Latn")
REAL: dict[str, Any] = IN_THE_WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "documents": {"eng_Latn": 200, "zho_Hans": 150, **dict.fromkeys(OF_MONO, 25)},
    "held_out": 30,
    "pieces": 3000,
    "bytes": 500_000,
}


@lru_cache(maxsize=1)
def corpus(values: str, seed: int) -> tuple[Texts, PreTrainedTokenizerFast]:
    """Return the cleaned crawl of a seed by language, and its tokenizer."""
    chosen = json.loads(values)
    codes = tuple(chosen["documents"])
    with tempfile.TemporaryDirectory() as name:
        raw = raw_documents(chosen, seed, Path(name))
        texts = built(raw, Path(name) / "corpus", languages=codes)
    return texts, tokenizer_of(chosen, texts)


@lru_cache(maxsize=1)
def tested(values: str) -> Texts:
    """Return held-out documents by language, the same for all arms and seeds."""
    chosen = json.loads(values)
    return held_out(chosen, tuple(chosen["documents"]))


@lru_cache(maxsize=16)
def trained_on(
    values: str, seed: int, policy: Policy
) -> tuple[Trained, PreTrainedTokenizerFast, dict[str, float]]:
    """Return a model of the seed's crawl mixed by `policy`, its tokenizer, and what it cost.

    Both parts look at the same models.
    """
    texts, tokenizer = corpus(values, seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "training"
        trained = train_decoder(json.loads(values), tokenizer, texts, policy, seed, folder)
    return trained, tokenizer, costs(trained, texts, tested(values))


def train_with(setting: Setting, seed: int, folder: Path, *, policy: Policy) -> Measurement:
    """Train on the cleaned crawl mixed by `policy`; score held-out documents by language."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    trained, tokenizer, cost = trained_on(values, seed, policy)
    documents = tested(values)
    scored = {code: score(trained.model, tokenizer, rows) for code, rows in documents.items()}
    scores = measures(scored, setting.values["strong"])
    own = {f"bits/byte: {code}": float(s.bits.sum() / s.bytes.sum()) for code, s in scored.items()}
    rows = [str(number) for number in range(setting.values["held_out"])]
    return Measurement(
        trained.plan.total_bytes, scores, dict.fromkeys(scores, rows), cost=cost | own
    )


def compare_languages(setting: Setting, seed: int, folder: Path, *, policy: Policy) -> Measurement:
    """Train likewise; compare the states after a sentence and after its translations."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    trained, tokenizer, cost = trained_on(values, seed, policy)
    client = LocalModel(trained.model, tokenizer)
    vectors = {
        code: client.encode_layers(texts, pooling="last")[1:].astype(np.float64)
        for code, texts in translations(values).items()
    }
    scores, likeness = likenesses(vectors, setting.values["strong"])
    rows = [str(number) for number in range(setting.values["sentences"])]
    return Measurement(
        trained.plan.total_bytes, scores, dict.fromkeys(scores, rows), cost=cost | likeness
    )


def measures(scored: dict[str, Scored], strong: list[str]) -> dict[str, NDArray[np.float64]]:
    """Return the metrics, [rows] each; a row is one held-out document of every language.

    Languages count alike: a document's bits are divided by the mean bytes of its language's
    documents, so that the mean over rows is the mean of the languages' bits per byte.
    """
    by = {code: s.bits / s.bytes.mean() for code, s in scored.items()}
    weak = [code for code in by if code not in strong]
    spread = np.std([scored[code].bits / scored[code].bytes for code in weak], axis=0)
    return {
        WEAK: np.mean([by[code] for code in weak], axis=0),
        STRONG: np.mean([by[code] for code in strong], axis=0),
        ALL: np.mean(list(by.values()), axis=0),
        SPREAD: spread,
    }


def arms(run: Callable[..., Measurement]) -> tuple[Arm, ...]:
    """Return the arms of a part: three policies, and what is measured of each."""
    return (
        Arm(NATURAL, "languages in proportion to their text", partial(run, policy=natural)),
        Arm(SMOOTHED, "in proportion to the 0.3rd power of it", partial(run, policy=alpha(0.3))),
        Arm(BALANCED, "equal bytes of each language", partial(run, policy=equal_bytes)),
    )


def lower(id: str, text: str, metric: str, margin: float, versus: str = NATURAL) -> Claim:
    """Claim that balanced sampling has a lower figure than another one."""
    return Claim(id, text, metric, BALANCED, versus, "less", margin, BITS)


RECIPES = (
    Recipe(
        name="fuxitranyu",
        part="balance",
        question="At equal bytes read, what does balancing languages give the weak ones, and cost?",
        difference="the share of each language in the bytes read",
        budget_unit="bytes of text read",
        seeds=(0, 1, 2, 3, 4),
        arms=arms(train_with),
        claims=(
            lower("weak", "balance lowers the weak languages' mean by over 0.05", WEAK, 0.05),
            lower("monotonic", "full balance serves them better than alpha 0.3", WEAK, 0, SMOOTHED),
            lower("spread", "balance makes the weak languages more alike", SPREAD, 0),
            Claim(
                "price",
                "balance costs English and Chinese something",
                *(STRONG, BALANCED, NATURAL, "greater", 0, BITS),
            ),
            lower("small price", "balance costs them at most 0.1", STRONG, -0.1),
            lower("average", "balance lowers the mean over all languages", ALL, 0),
        ),
        metrics=dict.fromkeys((WEAK, STRONG, ALL, SPREAD), Metric(BITS, higher_is_better=False)),
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
    Recipe(
        name="fuxitranyu",
        part="similarity",
        question="At equal bytes read, does balance make languages' representations more alike?",
        difference="the share of each language in the bytes read",
        budget_unit="bytes of text read",
        seeds=(0, 1, 2, 3, 4),
        arms=arms(compare_languages),
        claims=(
            Claim(
                "beyond chance",
                "with balance, translations are more alike than other sentences, by over 0.05",
                *(LIKENESS, BALANCED, 0.0, "greater", 0.05, COSINE),
            ),
            Claim(
                "across tiers",
                "balance makes sentences in strong and weak languages more alike",
                *(LIKENESS_ACROSS, BALANCED, NATURAL, "greater", 0.0, COSINE),
            ),
            Claim(
                "monotonic",
                "and more so than alpha 0.3 does",
                *(LIKENESS_ACROSS, BALANCED, SMOOTHED, "greater", 0.0, COSINE),
            ),
            Claim(
                "even",
                "balance makes all pairs of languages more evenly alike",
                *(UNEVENNESS, BALANCED, NATURAL, "less", 0.0, COSINE),
            ),
        ),
        metrics={
            LIKENESS: Metric(COSINE, higher_is_better=True),
            LIKENESS_ACROSS: Metric(COSINE, higher_is_better=True),
            UNEVENNESS: Metric(COSINE, higher_is_better=False),
        },
        settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
    ),
)
