"""A detector of wrong words: a small encoder that reads a reference and an answer about it."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from datasets import Dataset, concatenate_datasets
from transformers import (
    AutoModelForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from glotlift.evaluation.hallucination import (
    Labels,
    answer_words,
    carried_over,
    replace_words,
    word_labels,
)
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.recipes.encoder_heads import Tuning, context_spans, fine_tune, outputs
from glotlift.recipes.hallucination_data import Values, answers, key_of, languages, unlabelled
from glotlift.recipes.small_encoders import base_encoder, encoder_tokenizer
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.hashing import hash_json

NAMES = {"id2label": {0: "right", 1: "wrong"}, "label2id": {"right": 0, "wrong": 1}}
REPLACED = 0.25  # of the words of a text that is told again
Pieces = tuple[list[int], list[int | None]]
Start = tuple[PreTrainedModel, PreTrainedTokenizerFast]


@lru_cache(maxsize=1)
def untaught_detector(values: str) -> Start:
    """Return what all detectors start from: no label has been read, but words have been looked up.

    A masked encoder is pretrained on passages of each language that are told twice, and then tells
    which words of the second telling were replaced (`replace_words`). Made once for all values.
    """
    chosen = json.loads(values)
    told = {code: unlabelled(chosen, code) for code in languages(chosen)}
    sources = {
        code: rows.remove_columns(["reference", "text"]).add_column(
            "text", [" ".join(pair) for pair in zip(rows["reference"], rows["text"], strict=True)]
        )
        for code, rows in told.items()
    }
    tokenizer = encoder_tokenizer(chosen, sources)
    base = base_encoder(chosen, 0, sources, tokenizer)
    path = cache_folder("bases") / f"detector-{hash_json([str(base), schooling(chosen)])[:12]}"
    with atomic.locked(path):
        if not path.is_dir():
            rows = [replace_words(each, share=REPLACED, seed=0) for each in told.values()]
            taught = fine_tune_detector(
                load_model(find_model(str(base))),
                tokenizer,
                concatenate_datasets(rows),
                [labels for each in rows for labels in word_labels(each)],
                Tuning(chosen["school_epochs"], chosen["school_rate"], 0),
            )
            with atomic.folder(path) as folder:
                taught.save_pretrained(folder)
                tokenizer.save_pretrained(folder)
    detector: PreTrainedModel = AutoModelForTokenClassification.from_pretrained(path)
    return detector.eval(), load_tokenizer(path)  # type: ignore[no-untyped-call]


def schooling(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that decide how a detector is schooled on replaced words."""
    return {name: value for name, value in values.items() if name.startswith("school_")}


def fine_tune_detector(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: Dataset,
    labels: Labels,
    tuning: Tuning,
) -> PreTrainedModel:
    """Return a detector that learnt which words of the answers are wrong, at their first pieces.

    `encoder` may be a detector, which then goes on.
    """
    pieces = first_pieces(tokenizer, rows)
    numbers = [
        [IGNORED if word is None else int(marks[word]) for word in firsts]
        for (_, firsts), marks in zip(pieces, labels, strict=True)
    ]
    return fine_tune(
        encoder,
        AutoModelForTokenClassification,
        NAMES,
        {"input_ids": [ids for ids, _ in pieces], "labels": numbers},
        {"input_ids": tokenizer.pad_token_id, "labels": IGNORED},
        tuning,
    )


def flag(detector: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, rows: Dataset) -> Labels:
    """Return for every word of each answer whether the detector takes it for wrong.

    Words past the longest input are taken for right.
    """
    pieces = first_pieces(tokenizer, rows)
    given = outputs(detector, tokenizer, [ids for ids, _ in pieces])
    found = []
    for (_, firsts), scores, text, language in zip(
        pieces, given, rows["text"], rows["language"], strict=True
    ):
        marks = [False] * len(answer_words(text, language))
        for word, row in zip(firsts, scores["logits"], strict=True):
            if word is not None:
                marks[word] = bool(row[1] > row[0])
        found.append(marks)
    return found


def teach(values: Values, rows: Dataset, labels: Labels, seed: int) -> PreTrainedModel:
    """Return the detector that all start from, fine-tuned on labelled answers."""
    detector, tokenizer = untaught_detector(key_of(values))
    tuning = Tuning(values["epochs"], values["learning_rate"], seed)
    return fine_tune_detector(detector, tokenizer, rows, labels, tuning)


def flagged(values: Values, detector: PreTrainedModel, rows: Dataset) -> Labels:
    """Return the words of answers that a detector flags."""
    return flag(detector, untaught_detector(key_of(values))[1], rows)


def lessons(values: Values, codes: Sequence[str], seed: int, *, moved: bool) -> list[Dataset]:
    """Return the answers to learn from, dealt evenly to languages; none is another's translation.

    `moved` gives them the spans of their English originals, carried over by position.
    """
    each = values["taught"] // len(codes)
    found = []
    for place, code in enumerate(codes):
        rows = range(place * each, (place + 1) * each)
        draw = partial(answers, values, split="train", rows=rows, share=values["share"], seed=seed)
        right = draw(code=code)
        found.append(carried_over(draw(code=values["pivot"]), right) if moved else right)
    return found


def first_pieces(tokenizer: PreTrainedTokenizerFast, rows: Dataset) -> list[Pieces]:
    """Return the ids of each reference with its answer, and the words that tokens begin, else None.

    A token is of the word that its last character stands in. Tokens of the reference begin none.
    """
    found = []
    pairs = list(zip(rows["reference"], rows["text"], strict=True))
    for (ids, spans), text, language in zip(
        context_spans(tokenizer, pairs), rows["text"], rows["language"], strict=True
    ):
        owners: list[int | None] = [None] * len(text)
        for word, (start, end) in enumerate(answer_words(text, language)):
            owners[start:end] = [word] * (end - start)
        firsts: list[int | None] = []
        for span in spans:
            owner = owners[span[1] - 1] if span and span[1] > span[0] else None
            firsts.append(None if owner in firsts else owner)
        found.append((ids, firsts))
    return found
