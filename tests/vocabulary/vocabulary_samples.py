"""Small tokenizers of every kind, and text of two invented neighbours of real scripts."""

import random
from functools import cache

from transformers import PreTrainedTokenizerFast

from glotlift.vocabulary import DECODER, SEQ2SEQ, train_tokenizer

KINDS = ("bpe", "unigram", "wordpiece")


def sentences(syllables: str, number: int, seed: int) -> list[str]:
    """Return sentences over a fixed lexicon whose words follow a skewed distribution."""
    draw = random.Random(seed)
    parts = syllables.split()
    words = ["".join(draw.choices(parts, k=draw.randint(1, 3))) for _ in range(60)]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    return [
        " ".join(draw.choices(words, weights, k=draw.randint(3, 9))).capitalize()
        + draw.choice([".", "!", " 42."])
        for _ in range(number)
    ]


SOURCE = sentences("the an ko ri sta mo lu pe ing do", 300, 1)
TARGET = sentences("ẹ̀ kọ́ gbà ọmọ ṣe the wí lá ri", 200, 2)
TELUGU = sentences("తె లు గు య క్క భా ష ము ని", 200, 3)
MIXED = TARGET + TELUGU
NEIGHBOUR = SOURCE[:60] + TARGET[:40]


@cache
def trained(kind: str) -> PreTrainedTokenizerFast:
    """Return one tokenizer of `kind` for the whole test run; nobody changes it."""
    special = {"bpe": DECODER, "unigram": SEQ2SEQ, "wordpiece": None}[kind]
    size = {"bpe": 340, "unigram": 420, "wordpiece": 120}[kind]
    return train_tokenizer(SOURCE, kind=kind, size=size, special_tokens=special)
