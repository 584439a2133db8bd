"""How well a tokenizer serves each language."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerFast

from glotlift.languages import language
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.segmentation import backend_of, encodings, partial_ids, unknown_id


def vocabulary_report(
    tokenizer: PreTrainedTokenizerFast,
    texts_by_language: Mapping[str, Sequence[str]],
    *,
    parity_to: str | None = None,
) -> list[dict[str, Any]]:
    """Measure a tokenizer per language; every count leaves special tokens out.

    Returns one row per language: language, sentences, bytes (UTF-8), words (separated by white
    space; None where the language does not space its words), tokens, fertility (tokens per word,
    Rust et al. 2021; None without words), bytes_per_token, characters_per_token (code points),
    parity (tokens over those of the language `parity_to` on the same sentences in the same order,
    Petrov et al. 2023; None where the numbers of sentences differ), byte_fallback_fraction (tokens
    that hold only a part of a character) and unknown_fraction. Fractions are of tokens, in [0, 1].

    Raises GL-VOCABULARY-001 (slow tokenizer) and -030 (`parity_to` is not among the languages).
    """
    if parity_to is not None and parity_to not in texts_by_language:
        raise GlotliftError(
            "GL-VOCABULARY-030",
            f"no text of {parity_to!r} to compare with",
            place="parity_to",
            fix=f"choose one of {', '.join(texts_by_language)}",
        )
    rows = [measure(tokenizer, code, texts) for code, texts in texts_by_language.items()]
    reference = next((row for row in rows if row["language"] == parity_to), None)
    for row in rows:
        same = reference is not None and row["sentences"] == reference["sentences"]
        row["parity"] = ratio(row["tokens"], reference["tokens"]) if reference and same else None
    return rows


def compare_tokenizers(
    tokenizers: Mapping[str, PreTrainedTokenizerFast],
    texts_by_language: Mapping[str, Sequence[str]],
    *,
    parity_to: str | None = None,
) -> list[dict[str, Any]]:
    """Measure several tokenizers on the same text.

    Returns the rows of `vocabulary_report`, each with its "tokenizer" (the name in `tokenizers`)
    and "pieces" (its number of ids) in front. Tokens of two tokenizers are no common unit: compare
    characters per token, and bits per byte of models trained on them.

    Raises GL-VOCABULARY-001 (slow tokenizer) and -030 (`parity_to` is not among the languages).
    """
    return [
        {"tokenizer": name, "pieces": len(tokenizer), **row}
        for name, tokenizer in tokenizers.items()
        for row in vocabulary_report(tokenizer, texts_by_language, parity_to=parity_to)
    ]


def measure(tokenizer: PreTrainedTokenizerFast, code: str, texts: Sequence[str]) -> dict[str, Any]:
    """Return one language's row of `vocabulary_report`, without parity."""
    backend = backend_of(tokenizer)
    counts = np.zeros(max(backend.get_vocab().values()) + 1, dtype=np.int64)
    for encoding in encodings(backend, texts):
        counts += np.bincount(encoding.ids, minlength=len(counts))
    tokens, size = int(counts.sum()), sum(len(text.encode()) for text in texts)
    words = sum(len(text.split()) for text in texts) if language(code).spaced else None
    unknown = unknown_id(backend)
    return {
        "language": code,
        "sentences": len(texts),
        "bytes": size,
        "words": words,
        "tokens": tokens,
        "fertility": ratio(tokens, words),
        "bytes_per_token": ratio(size, tokens),
        "characters_per_token": ratio(sum(map(len, texts)), tokens),
        "parity": None,
        "byte_fallback_fraction": ratio(int(counts[partial_ids(backend)].sum()), tokens),
        "unknown_fraction": ratio(int(counts[unknown]) if unknown is not None else 0, tokens),
    }


def ratio(count: int, total: int | None) -> float | None:
    """Return count / total, or None where there is nothing to divide by."""
    return count / total if total else None
