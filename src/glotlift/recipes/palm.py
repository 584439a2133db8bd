"""PaLM (Chowdhery et al. 2022, arXiv:2204.02311): what each choice of its block gives and costs.

The paper puts attention and MLP side by side, lets all heads share one key and value, gates the
MLP, and penalises the softmax normaliser. `block` undoes one choice at a time, at equal parameters
(the MLP takes what a choice frees) and equal tokens: a serial block, all heads with keys and values
of their own, an MLP without a gate. One block less shows whether the measure would notice a worse
model. `normaliser` trains with the paper's penalty, a hundred times that, and none. `memorisation`
reads the same few documents never, once, and many times among others, and lets the model write them
on after 16 tokens, for 20 more: the paper has 50 and 50, and models of 8 to 540 billion parameters.

Models are of two blocks and width 64; few-shot skill, scaling and bias are not part of this. Steps
are as fast as a processor makes them, where the parallel block has nothing to gain; its speed is
measured apart (benchmarks/architectures.py).
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.objectives.bits import ids_of
from glotlift.probing.memorisation import continuations
from glotlift.recipes.small_decoders import score
from glotlift.recipes.small_palms import (
    HEADS,
    Material,
    cache_bytes,
    material,
    normalisers,
    parameters,
    repeated_among,
    train_palm,
)

PALM, SERIAL, MULTI, PLAIN, SHALLOW = "palm", "serial", "all heads", "no gate", "one block"
NONE, PAPERS, STRONG = "no penalty", "1e-4", "1e-2"
BITS, NORMALISER, CACHE = "bits per byte", "(log Z)^2", "cache"
EXACT, CONTINUATION = "written on exactly", "bits of the continuation"
TIMES = {"never": 0, "once": 1, "8 times": 8, "32 times": 32}
PROMPT, WRITTEN = 16, 20
SEEDS = (0, 1, 2, 3, 4)
WORLD: dict[str, Any] = {
    "text": {
        code: f"world:{code}?rows=1200&sentences=6"
        for code in ("eng_Latn", "spa_Latn", "deu_Latn", "rus_Cyrl")
    },
    "documents": 40,
    "size": "tiny",
    "pieces": 1200,
    "width": 64,
    "tokens": 80_000,
    "learning_rate": 2e-3,
    "embedding_rate": 30,
    "memory": {"language": "eng_Latn", "characters": 220, "documents": 24, "rows": 1000},
}
REAL: dict[str, Any] = WORLD | {
    "text": {
        code: f"$GLOTLIFT_DATA/mono/{code}.jsonl.gz"
        for code in ("eng_Latn", "spa_Latn", "swh_Latn", "hin_Deva")
    },
    "documents": 15,
    "pieces": 2000,
    "tokens": 80_000,
}


def shared(setting: Setting) -> Material:
    """Return what all arms of a setting share."""
    return material(json.dumps(dict(setting.values), sort_keys=True))


def switches(name: str, width: int) -> dict[str, Any]:
    """Return the configuration that undoes one choice, with as many parameters.

    A head's key and value are two matrices of width x head, an MLP with a gate has three of
    width x inner, one without has two.
    """
    inner, spare = 4 * width, 2 * (HEADS - 1) * (width // HEADS)
    undone: dict[str, dict[str, Any]] = {
        PALM: {},
        SERIAL: {"parallel": False},
        MULTI: {"num_key_value_heads": HEADS, "intermediate_size": inner - spare // 3},
        PLAIN: {"gated": False, "hidden_act": "gelu", "intermediate_size": 3 * inner // 2},
        SHALLOW: {"num_hidden_layers": 1},
    }
    return undone[name]


def block(setting: Setting, seed: int, folder: Path, *, name: str) -> Measurement:
    """Train with one choice undone; score held-out documents."""
    made = shared(setting)
    changed = switches(name, setting.values["width"])
    return measured(setting, made, seed, folder, switches=changed)


def penalised(setting: Setting, seed: int, folder: Path, *, weight: float) -> Measurement:
    """Train with a penalty on the softmax normaliser; score held-out documents."""
    return measured(setting, shared(setting), seed, folder, z_loss=weight)


def measured(setting: Setting, made: Material, seed: int, folder: Path, **how: Any) -> Measurement:
    """Train on the setting's tokens; score bits, cache and normaliser of held-out documents."""
    trained = train_palm(setting.values, made.tokenizer, made.train, seed, folder, **how)
    found = score(trained.model, made.tokenizer, made.test)
    texts = list(made.test["text"])
    size = cache_bytes(trained.model)
    scores = {
        BITS: found.bits / found.bytes,
        NORMALISER: normalisers(trained.model, made.tokenizer, texts),
        CACHE: np.full(len(texts), size),
    }
    known = {text for rows in made.train.values() for text in rows["text"]}
    cost = {
        "parameters without embeddings": parameters(trained.model),
        "steps": trained.steps,
        "test documents in training": float(sum(text in known for text in texts)),
    }
    rows = dict.fromkeys(scores, found.ids)
    return Measurement(trained.plan.total_tokens, scores, rows, {BITS: found.bytes}, cost)


def remembered(setting: Setting, seed: int, folder: Path, *, times: int) -> Measurement:
    """Train on a few documents read so many times, among others; let the model write them on."""
    made, chosen = shared(setting), setting.values["memory"]
    known, others = parted(made, chosen)
    text = repeated_among(known, others, times, chosen["rows"])
    source = {chosen["language"]: text}
    trained = train_palm(setting.values, made.tokenizer, source, seed, folder, once=True)
    texts = list(known["text"])
    lengths = {"prompt": PROMPT, "continuation": WRITTEN}
    found = continuations(trained.model, made.tokenizer, texts, **lengths)
    rows = [str(number) for number in range(len(texts))]
    scores = {EXACT: found.exact, CONTINUATION: found.bits / WRITTEN}
    cost = {
        "tokens": float(trained.plan.total_tokens),
        "steps": float(trained.steps),
        "tokens right before the first wrong one": float(found.first.mean()),
    }
    return Measurement(len(text), scores, dict.fromkeys(scores, rows), cost=cost)


def parted(made: Material, chosen: Mapping[str, Any]) -> tuple[Dataset, Dataset]:
    """Return the documents to be remembered and the others: pieces of as many characters."""
    texts = [
        text[start : start + chosen["characters"]]
        for text in made.train[chosen["language"]]["text"]
        for start in range(0, len(text), chosen["characters"])
    ]
    texts = list(dict.fromkeys(texts))
    long = [len(ids) >= PROMPT + WRITTEN for ids in ids_of(made.tokenizer, texts)]
    known = [text for text, fits in zip(texts, long, strict=True) if fits][: chosen["documents"]]
    others = [text for text in texts if text not in set(known)]
    return numbered("known", known), numbered("other", others)


def numbered(name: str, texts: list[str]) -> Dataset:
    """Return texts as rows."""
    return Dataset.from_dict({"id": [f"{name} {row}" for row in range(len(texts))], "text": texts})


def within(id: str, name: str, text: str, published: Published | None = None) -> Claim:
    """Claim that undoing a choice changes bits per byte by less than 0.05."""
    return Claim(id, text, BITS, PALM, name, "within", 0.05, BITS, published)


SUMMARY = Published(
    "parallel blocks: a small loss at 8B, none at 62B; one key and value head: no loss",
    "a third party's summary of the paper",
)
SETTINGS = (Setting("world", WORLD), Setting("real", REAL))
LOWER = {"higher_is_better": False}
RECIPES = (
    Recipe(
        name="palm",
        part="block",
        question="At equal parameters and tokens, what does each choice of the block change?",
        difference="the choice of the block that is undone",
        budget_unit="tokens",
        seeds=SEEDS,
        arms=(
            Arm(PALM, "parallel, one key and value head, SwiGLU", partial(block, name=PALM)),
            Arm(SERIAL, "attention, then MLP, a norm each", partial(block, name=SERIAL)),
            Arm(MULTI, "a key and value for each head", partial(block, name=MULTI)),
            Arm(PLAIN, "an MLP of two matrices, GELU", partial(block, name=PLAIN)),
            Arm(SHALLOW, "one block instead of two", partial(block, name=SHALLOW)),
        ),
        claims=(
            within("parallel", SERIAL, "parallel is within 0.05 of serial", SUMMARY),
            within("shared", MULTI, "a shared head is within 0.05 of one each", SUMMARY),
            within("gate", PLAIN, "with a gate it is within 0.05 of without"),
            Claim(
                "noticed",
                "one block less costs over 0.02: the measure would notice",
                *(BITS, SHALLOW, PALM, "greater", 0.02, BITS),
            ),
            Claim(
                "cache",
                "the cache takes a quarter of the bytes: 768 a token less in two blocks of 4 heads",
                *(CACHE, PALM, MULTI, "less", 767.0, "bytes a token"),
            ),
        ),
        metrics={
            BITS: Metric(BITS, **LOWER),
            CACHE: Metric("bytes a token", **LOWER),
            NORMALISER: Metric("nats squared", **LOWER),
        },
        settings=SETTINGS,
    ),
    Recipe(
        name="palm",
        part="normaliser",
        question="What does a penalty on the softmax normaliser do to it, and to the bits?",
        difference="the weight of the penalty",
        budget_unit="tokens",
        seeds=SEEDS,
        arms=(
            Arm(NONE, "cross-entropy alone", partial(penalised, weight=0.0)),
            Arm(PAPERS, "the paper's penalty", partial(penalised, weight=1e-4)),
            Arm(STRONG, "a hundred times that", partial(penalised, weight=1e-2)),
        ),
        claims=(
            Claim(
                "lower",
                "the paper's penalty lowers (log Z)^2 by over 1",
                *(NORMALISER, PAPERS, NONE, "less", 1.0, "nats squared"),
            ),
            Claim(
                "much lower",
                "a hundred times that lowers it by over 30",
                *(NORMALISER, STRONG, NONE, "less", 30.0, "nats squared"),
            ),
            Claim(
                "bits",
                "the paper's penalty leaves the bits within 0.02",
                *(BITS, PAPERS, NONE, "within", 0.02, BITS),
            ),
            Claim(
                "bits of the strong one",
                "a hundred times that leaves them within 0.05",
                *(BITS, STRONG, NONE, "within", 0.05, BITS),
            ),
        ),
        metrics={
            BITS: Metric(BITS, **LOWER),
            CACHE: Metric("bytes a token", **LOWER),
            NORMALISER: Metric("nats squared", **LOWER),
        },
        settings=SETTINGS,
    ),
    Recipe(
        name="palm",
        part="memorisation",
        question="How does what a model writes by heart rise with how often it read it?",
        difference="how often the tested documents are read",
        budget_unit="documents read",
        seeds=SEEDS,
        arms=tuple(
            Arm(name, f"the tested documents {name}, others once", partial(remembered, times=times))
            for name, times in TIMES.items()
        ),
        claims=(
            Claim(
                "unread",
                "documents never read are written on exactly in under 5 % of cases",
                *(EXACT, "never", 0.0, "less", -0.05, "share of documents"),
            ),
            Claim(
                "once",
                "documents read once have fewer bits than unread ones",
                *(CONTINUATION, "once", "never", "less", 0.0, "bits per token"),
            ),
            Claim(
                "8 times",
                "read 8 times, over 0.1 fewer than read once",
                *(CONTINUATION, "8 times", "once", "less", 0.1, "bits per token"),
            ),
            Claim(
                "32 times",
                "read 32 times, over 0.5 fewer than read 8 times",
                *(CONTINUATION, "32 times", "8 times", "less", 0.5, "bits per token"),
            ),
            Claim(
                "by heart",
                "read 32 times, over 5 % more of them are written on exactly than unread",
                *(EXACT, "32 times", "never", "greater", 0.05, "share of documents"),
            ),
        ),
        metrics={
            EXACT: Metric("share of documents", higher_is_better=True),
            CONTINUATION: Metric("bits per token", **LOWER),
        },
        settings=SETTINGS,
    ),
)
