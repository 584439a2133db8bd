"""What is measured of tokenizers that write text differently, and of decoders trained on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.bits import document_bits
from glotlift.recipes.raw_documents import Texts
from glotlift.recipes.small_decoders import Scored
from glotlift.training.schooling import BLOCK
from glotlift.vocabulary import audit, vocabulary_report
from glotlift.vocabulary.segmentation import backend_of, encodings

ALL, CASED, CASELESS = "all languages", "cased languages", "caseless languages"
ENGLISH = "eng_Latn"


@dataclass(frozen=True)
class Read:
    """Text by language to train on, held out, and translated line by line."""

    train: Texts
    test: Texts
    parallel: dict[str, list[str]]


def scored_in_blocks(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, rows: Dataset
) -> Scored:
    """Return the bits of documents read in windows as long as the blocks of training.

    Positions beyond are new to the model, and the finer a text is cut the more of it lies there.
    """
    bits, lengths = document_bits(model, tokenizer, list(rows["text"]), window=BLOCK)
    return Scored(list(rows["id"]), bits, lengths.astype(np.float64))


def bits_per_byte(
    scored: Mapping[str, Scored], cased: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """Return bits per byte [rows], the mean over languages; a row is a document of each.

    Languages count alike: a document's bits are divided by the mean bytes of its language's.
    """
    by = {code: found.bits / found.bytes.mean() for code, found in scored.items()}
    return {
        ALL: np.mean(list(by.values()), axis=0),
        CASED: np.mean([by[code] for code in by if code in cased], axis=0),
        CASELESS: np.mean([by[code] for code in by if code not in cased], axis=0),
    }


def tokens(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return how many tokens each text [texts] has, without special ones."""
    backend = backend_of(tokenizer)
    return np.array([len(found.ids) for found in encodings(backend, texts)], np.float64)


def characters_per_token(tokenizer: PreTrainedTokenizerFast, test: Texts) -> NDArray[np.float64]:
    """Return characters per token [rows], the mean over languages."""
    each = []
    for rows in test.values():
        lengths = np.array([len(text) for text in rows["text"]], np.float64)
        each.append(lengths / tokens(tokenizer, rows["text"]))
    return np.asarray(np.mean(each, axis=0))


def distance(
    tokenizer: PreTrainedTokenizerFast, parallel: Mapping[str, Sequence[str]]
) -> NDArray[np.float64]:
    """Return how far from English a line's tokens are [lines], the mean over other languages.

    That is the logarithm to base 2 of the ratio that Petrov et al. (2023) call the premium, without
    its sign: 0 where the translations have as many tokens, 1 where twice or half as many.
    """
    counts = {code: np.log2(tokens(tokenizer, texts)) for code, texts in parallel.items()}
    english = counts.pop(ENGLISH)
    return np.asarray(np.mean([abs(found - english) for found in counts.values()], axis=0))


def perplexities(
    scored: Mapping[str, Scored], tokenizer: PreTrainedTokenizerFast, test: Texts
) -> dict[str, float]:
    """Return perplexity per token, which no verdict rests on, and per character."""
    bits = sum(float(found.bits.sum()) for found in scored.values())
    pieces = sum(float(tokens(tokenizer, rows["text"]).sum()) for rows in test.values())
    characters = sum(len(text) for rows in test.values() for text in rows["text"])
    own = {f"bits/byte: {code}": float(s.bits.sum() / s.bytes.sum()) for code, s in scored.items()}
    return own | {
        "perplexity per token (no verdict)": 2 ** (bits / pieces),
        "perplexity per character": 2 ** (bits / characters),
    }


def of_tokenizer(
    tokenizer: PreTrainedTokenizerFast, plain: PreTrainedTokenizerFast, texts: Read
) -> dict[str, float]:
    """Return a tokenizer's size, what does not come back from it, and its figures by language."""
    test = {code: list(rows["text"]) for code, rows in texts.test.items()}
    unlike = audit(plain, tokenizer, test)
    every = [text for rows in texts.train.values() for text in rows["text"]]
    every += [text for own in (test, texts.parallel) for rows in own.values() for text in rows]
    found = vocabulary_report(tokenizer, test)
    ratios = vocabulary_report(tokenizer, texts.parallel, parity_to=ENGLISH)
    return {
        "pieces": len(tokenizer),
        "texts that do not come back": len(every) - sum(comes_back(tokenizer, every)),
        "documents not cut as in plain": sum(row["changed_sentences"] for row in unlike),
        **{f"characters/token: {row['language']}": row["characters_per_token"] for row in found},
        **{f"tokens to English: {row['language']}": row["parity"] for row in ratios},
    }


def comes_back(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[bool]:
    """Tell of each text whether decoding its ids gives it back."""
    backend = backend_of(tokenizer)
    ids = [found.ids for found in encodings(backend, texts)]
    return [back == text for back, text in zip(backend.decode_batch(ids), texts, strict=True)]
