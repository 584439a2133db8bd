"""Every registered objective, and every masker, with tiny models that can learn it.

What is registered in `OBJECTIVES` and `MASKERS` is tested by existing: rows here have whatever an
objective may ask for, and the tokenizer every token that it may need.
"""

import copy
from functools import cache
from typing import Any

import torch
from datasets import Dataset

from glotlift import world
from glotlift.objectives.maskers import MASKERS
from glotlift.objectives.named import MODELS, OBJECTIVES, objective_named
from glotlift.objectives.packing import Ids
from glotlift.objectives.showing import blocks_of
from glotlift.vocabulary.denoising_tokens import MODES, sentinel
from tiny import model_of, tokenizer

SHAPES = {"decoder": ("llama", "gpt2"), "encoder": ("bert", "deberta"), "seq2seq": ("t5", "bart")}
# Of these all arithmetic is done in the precision of their weights; others have layers in float32.
EXACT = {"decoder": "gpt2", "encoder": "bert", "seq2seq": "bart"}
SENTINELS = 12
PLAIN = ("causal", "prefix", "instructions")  # nothing is drawn
Case = tuple[str, str, tuple[tuple[str, Any], ...]]  # objective, kind of model, settings
CASES: list[Case] = [
    *((name, kind, ()) for name in OBJECTIVES for shape in MODELS[name] for kind in SHAPES[shape]),
    *(("masked", "bert", (("masker", name),)) for name in MASKERS),
    ("causal", "bloom", ()),
]
EXACT_CASES: list[Case] = [
    (name, EXACT[shape], ()) for name in OBJECTIVES for shape in MODELS[name]
]


def called(case: Case) -> str:
    """Return a case's name in a test's report."""
    name, kind, settings = case
    return "-".join([name, kind, *(str(value) for _, value in settings)])


@cache
def full_tokenizer() -> Any:
    """Return the tiny tokenizer with sentinels and mode tokens."""
    made = copy.deepcopy(tokenizer())
    names = [*MODES, *map(sentinel, range(SENTINELS))]
    made.add_special_tokens({"extra_special_tokens": names})
    return made


@cache
def grown(kind: str) -> Any:
    """Return the one model of a kind with rows for every token."""
    model = model_of(kind)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model.resize_token_embeddings(len(full_tokenizer()), mean_resizing=False)
    return model.eval()


def opened(case: Case, **settings: Any) -> tuple[Any, Any]:
    """Return a fresh model and the objective of a case."""
    name, kind, own = case
    model = copy.deepcopy(grown(kind))
    return model, objective_named(name, model, full_tokenizer(), **dict(own), **settings)


@cache
def rows(count: int = 6) -> Dataset:
    """Return translations with labels, which are texts, answers and questions too."""
    text, source = (world.labelled(code, count) for code in ("spa_Latn", "eng_Latn"))
    made = {name: list(text[name]) for name in ("id", "language", "text", "tokens", "pos")}
    for name in ("language", "text", "tokens", "pos"):
        made[f"source_{name}"] = list(source[name])
    return Dataset.from_dict({**made, "prompt": list(source["text"]), "response": made["text"]})


@cache
def features(case: Case) -> Dataset:
    """Return the features of all rows."""
    return opened(case)[1].prepare(rows())


@cache
def blocks(case: Case, count: int = 3) -> list[list[Ids]]:
    """Return blocks of unequal length, as many as asked for."""
    found = blocks_of(opened(case)[1], features(case), block=80, together=False)
    return sorted(found, key=lambda block: len(block[0]))[:: max(1, len(found) // count)][:count]
