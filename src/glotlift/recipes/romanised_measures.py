"""What an encoder with or without romanised pieces does with text, and what the pieces cost."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from glotlift.evaluation.embeddings import bitext_scores
from glotlift.recipes.romanised_encoders import Known, Reader
from glotlift.recipes.romanised_text import ENGLISH, Tested
from glotlift.recipes.small_encoders import logits, masked_bits, sentence_vectors
from glotlift.vocabulary import audit

Floats = NDArray[np.float64]
TOKENS, BITS = "tokens per word", "bits per byte"
TO_NATIVE, TO_ENGLISH, TOPIC = "finds the native sentence", "finds the English", "topic"
OTHER_BITS, LATIN_BITS = "bits of other scripts", "bits of Latin languages"
NATIVE_FOUND, ENGLISH_TOPIC = "native finds the English", "English topic"


def tokens_per_word(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> Floats:
    """Return the tokens of each text for each of its words between spaces."""
    ids = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    return np.array([len(one) / len(text.split()) for one, text in zip(ids, texts, strict=True)])


def bits_per_byte(by: Reader, texts: Sequence[str]) -> Floats:
    """Return the bits of the hidden words of each text, over the mean bytes of all the texts'."""
    bits, lengths = masked_bits(by.model, by.tokenizer, texts)
    shares: Floats = bits / lengths.mean()
    return shares


def found(by: Reader, queries: Sequence[str], documents: Sequence[str]) -> Floats:
    """Return 1 for every query whose nearest document is its translation, else 0."""
    one, other = (
        sentence_vectors(by.sentences, by.tokenizer, texts) for texts in (queries, documents)
    )
    return bitext_scores(one, other)


def told(by: Reader, texts: Sequence[str], topics: NDArray[np.int64]) -> Floats:
    """Return 1 for every text whose topic the classifier tells, else 0."""
    guessed = logits(by.classifier, by.tokenizer, texts).argmax(1)
    right: Floats = (guessed == topics).astype(np.float64)
    return right


def mean(scores: Sequence[Floats]) -> Floats:
    """Return the mean over languages, [rows]: languages count alike."""
    averaged: Floats = np.mean(scores, axis=0)
    return averaged


def on_roman(by: Reader, tests: Tested, roman: Mapping[str, Sequence[str]]) -> dict[str, Floats]:
    """Return what a model does with sentences in Latin letters, by metric [rows]."""
    native = tests.native
    return {
        TOKENS: mean([tokens_per_word(by.tokenizer, texts) for texts in roman.values()]),
        BITS: mean([bits_per_byte(by, texts) for texts in roman.values()]),
        TO_NATIVE: mean([found(by, texts, native[code]) for code, texts in roman.items()]),
        TO_ENGLISH: mean([found(by, texts, native[ENGLISH]) for texts in roman.values()]),
    }


def on_native(by: Reader, tests: Tested, values: Mapping[str, Any]) -> dict[str, Floats]:
    """Return what a model still does with native text, by metric [rows]."""
    native, others = tests.native, values["romanised"]
    return {
        OTHER_BITS: mean([bits_per_byte(by, native[code]) for code in others]),
        LATIN_BITS: mean([bits_per_byte(by, native[code]) for code in values["latin"]]),
        NATIVE_FOUND: mean([found(by, native[code], native[ENGLISH]) for code in others]),
        ENGLISH_TOPIC: told(by, tests.topic_texts[ENGLISH], tests.topics),
    }


def costs(start: Known, tests: Tested, by: Reader, values: Mapping[str, Any]) -> dict[str, float]:
    """Return what the edit added and changed, what is rare in it, and what training has seen."""
    native = {code: texts for code, texts in tests.native.items() if code in values["romanised"]}
    seen = sum(text in start.seen for texts in tests.native.values() for text in texts)
    cost = {
        "pieces before": len(start.tokenizer),
        "test sentences in training": seen,
        "training steps after the edit": 0,
        "most frequent topic": float(np.bincount(tests.topics).max() / len(tests.topics)),
    }
    for code, texts in native.items():
        cost[f"tokens per word, native: {code}"] = tokens_per_word(start.tokenizer, texts).mean()
    for row in audit(start.tokenizer, by.tokenizer, tests.native):
        cost[f"sentences that segment differently: {row['language']}"] = row["changed_fraction"]
    return {name: float(value) for name, value in (cost | added(by)).items()}


def added(by: Reader) -> dict[str, float]:
    """Return how many pieces were added, how many share a form, and how long their rows are."""
    if by.done is None:
        return {"pieces added": 0}
    edit, sources = by.done.edit, by.done.aids["sources"]
    embedding: Any = by.model.get_input_embeddings()
    rows = embedding.weight.detach().norm(dim=1)
    new = rows[edit.added_ids.start : edit.new_size]
    return {
        "pieces added": len(edit.added),
        "pieces of several sources": sum(len(ids) > 1 for ids in sources),
        "most sources of a piece": max(map(len, sources)),
        "pieces that never win their own text": sum(count == 0 for count in edit.counts),
        "parameters added": len(edit.added) * (by.model.config.hidden_size + 1),
        "longest new row, in longest old rows": float(new.max() / rows[: edit.old_size].max()),
    }
