"""What an encoder that went on learning from pairs does with native and with romanised text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.evaluation.embeddings import bitext_scores
from glotlift.evidence.design import Measurement, Metric
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.recipes.romanised_measures import mean
from glotlift.recipes.romanised_text import ENGLISH, Tested, respelt, tested
from glotlift.recipes.small_encoders import (
    Floats,
    fine_tune_classifier,
    logits,
    masked_bits,
    sentence_vectors,
    topic_rows,
)
from glotlift.training.stages import Trained

Values = Mapping[str, Any]
Texts = Mapping[str, Sequence[str]]
FOUND, ENGLISH_FOUND = "romanised finds its native", "romanised finds the English"
NATIVE_FOUND, ACROSS = "native finds the English", "native finds another script's"
BITS, NATIVE_BITS = "bits of romanised words", "bits of native words"
TOPIC, NATIVE_TOPIC = "topics of romanised text", "topics of native text"
SHARE = Metric("share of rows", higher_is_better=True)
PER_BYTE = Metric("bits per byte", higher_is_better=False)
METRICS = {
    **dict.fromkeys((FOUND, ENGLISH_FOUND, NATIVE_FOUND, ACROSS, TOPIC, NATIVE_TOPIC), SHARE),
    **dict.fromkeys((BITS, NATIVE_BITS), PER_BYTE),
}


@dataclass(frozen=True)
class Sides:
    """Sentence vectors [rows, width] by language: native (English too), and romanised."""

    native: dict[str, Floats]
    roman: dict[str, Floats]

    @classmethod
    def of(
        cls, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tests: Tested, layer: int
    ) -> "Sides":
        """Return the vectors that a layer gives the held-out sentences."""

        def vectors(texts: Mapping[str, Sequence[str]]) -> dict[str, Floats]:
            return {
                code: sentence_vectors(model, tokenizer, said, layer=layer)
                for code, said in texts.items()
            }

        native = {code: tests.native[code] for code in (ENGLISH, *tests.roman)}
        return cls(vectors(native), vectors(tests.roman))

    def found(self) -> dict[str, Floats]:
        """Return [rows] the share of languages in which a sentence finds itself, by metric."""
        codes, native = list(self.roman), self.native
        return {
            FOUND: mean([bitext_scores(self.roman[code], native[code]) for code in codes]),
            ENGLISH_FOUND: mean(
                [bitext_scores(self.roman[code], native[ENGLISH]) for code in codes]
            ),
            NATIVE_FOUND: mean([bitext_scores(native[code], native[ENGLISH]) for code in codes]),
            ACROSS: mean(
                [bitext_scores(native[one], native[two]) for one, two in permutations(codes, 2)]
            ),
        }


def measured(
    trained: Trained,
    tokenizer: PreTrainedTokenizerFast,
    values: Values,
    seed: int,
    wanted: Sequence[str],
    earlier: Mapping[str, float],
) -> Measurement:
    """Return the wanted metrics of a model after its last step, on held-out sentences and topics.

    Sentences are found by the vectors of ``values["layer"]``. Topics are told by a classifier that
    is fine-tuned on native text of the languages, and never on romanised text. What was
    `before` stands among the costs.
    """
    model, tests = trained.model, tested(json.dumps(dict(values), sort_keys=True))
    scores = on_sentences(model, tokenizer, tests, values["layer"])
    scores |= topics_told(model, tokenizer, tests, values, seed)
    by_topic = (TOPIC, NATIVE_TOPIC)
    rows = {name: tests.topic_ids if name in by_topic else tests.ids for name in scores}
    return Measurement(
        trained.steps,
        {name: scores[name] for name in wanted},
        {name: rows[name] for name in wanted},
        cost={"tokens": trained.plan.total_tokens, "bytes": trained.plan.total_bytes}
        | others_spelling(model, tokenizer, tests, values)
        | dict(earlier)
        | {"most frequent topic": float(np.bincount(tests.topics).max() / len(tests.topics))},
    )


@lru_cache(maxsize=4)
def before(values: str, folder: Path, seed: int) -> dict[str, float]:
    """Return the means of the metrics of a seed's encoder before it goes on; `values` are JSON."""
    chosen, tests = json.loads(values), tested(values)
    model, tokenizer = load_model(find_model(str(folder))), load_tokenizer(folder)
    scores = on_sentences(model, tokenizer, tests, chosen["layer"])
    scores |= topics_told(model, tokenizer, tests, chosen, seed)
    return {f"before: {name}": float(rows.mean()) for name, rows in scores.items()}


def on_sentences(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tests: Tested, layer: int
) -> dict[str, Floats]:
    """Return [rows] how held-out sentences find each other, and the bits of their hidden words."""
    scores = Sides.of(model, tokenizer, tests, layer).found()
    for name, texts in ((BITS, tests.roman), (NATIVE_BITS, native_of(tests))):
        scores[name] = mean([bits_per_byte(model, tokenizer, said) for said in texts.values()])
    return scores


def native_of(tests: Tested) -> Texts:
    """Return the held-out sentences that have a romanised form, in their own letters."""
    return {code: tests.native[code] for code in tests.roman}


def bits_per_byte(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]
) -> Floats:
    """Return the bits of the hidden words of each text, over the mean bytes of all the texts'."""
    bits, lengths = masked_bits(model, tokenizer, texts)
    shares: Floats = bits / lengths.mean()
    return shares


def topics_told(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tests: Tested,
    values: Values,
    seed: int,
) -> dict[str, Floats]:
    """Return [rows] the share of languages in which a text's topic is told, romanised and native.

    What is learnt from has equal parts of every language that has a training split, and is as much
    as one has; where none has, it is English.
    """
    codes = list(tests.roman)
    rows = topic_rows({**values, "languages": [ENGLISH, *codes]})
    taught = [code for code in codes if "train" in rows.rows[code]] or [ENGLISH]
    learnt = [rows.rows[code]["train"] for code in taught]
    parts = [part.shard(len(taught), number) for number, part in enumerate(learnt)]
    classifier = fine_tune_classifier(
        model,
        tokenizer,
        [text for part in parts for text in part["text"]],
        [label for part in parts for label in part["label"]],
        classes=len(rows.classes),
        epochs=values["epochs"],
        rate=values["tuning_rate"],
        seed=seed,
    )

    def told(texts: Sequence[str]) -> Floats:
        right: Floats = (logits(classifier, tokenizer, texts).argmax(1) == tests.topics).astype(
            np.float64
        )
        return right

    native = {code: rows.rows[code]["test"] for code in codes}
    by_id = {
        code: dict(zip(map(str, test["id"]), test["text"], strict=True))
        for code, test in native.items()
    }
    return {
        TOPIC: mean([told(tests.topic_texts[code]) for code in codes]),
        NATIVE_TOPIC: mean([told([by_id[code][id] for id in tests.topic_ids]) for code in codes]),
    }


def others_spelling(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tests: Tested, values: Values
) -> dict[str, float]:
    """Return how often a sentence in Latin letters that others wrote finds its native form."""
    found = {}
    for code, texts in respelt(json.dumps(dict(values), sort_keys=True)).items():
        one, two = (
            sentence_vectors(model, tokenizer, said, layer=values["layer"])
            for said in (texts, tests.native[code])
        )
        found[f"as others spell it, finds its native: {code}"] = float(
            bitext_scores(one, two).mean()
        )
    return found
