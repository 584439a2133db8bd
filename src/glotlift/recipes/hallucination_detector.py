"""A detector of wrong words: a small encoder that reads a reference and an answer about it."""

import json
from collections.abc import Sequence
from functools import lru_cache, partial

from datasets import Dataset, concatenate_datasets
from transformers import (
    AutoModelForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from glotlift.corpus import read
from glotlift.evaluation.hallucination import (
    Labels,
    answer_words,
    carried_over,
    word_labels,
    words_lacking,
)
from glotlift.languages.words import Span
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.recipes.encoder_heads import Tuning, context_spans, fine_tune, outputs
from glotlift.recipes.hallucination_data import Values, answers, key_of, languages
from glotlift.recipes.small_encoders import base_encoder
from glotlift.recipes.starting_point import locate

NAMES = {"id2label": {0: "right", 1: "wrong"}, "label2id": {"right": 0, "wrong": 1}}
Pieces = tuple[list[int], list[int | None]]


@lru_cache(maxsize=1)
def masked_encoder(values: str) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Return what all detectors start from: an encoder pretrained on text of all languages."""
    chosen = json.loads(values)
    sources = {
        code: read(locate(chosen["text"].format(code)), language=code, rows=chosen.get("documents"))
        for code in languages(chosen)
    }
    folder = base_encoder(chosen, 0, sources)
    model: PreTrainedModel = load_model(find_model(str(folder)))
    return model, load_tokenizer(folder)


def fine_tune_detector(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: Dataset,
    labels: Labels,
    tuning: Tuning,
) -> PreTrainedModel:
    """Return a detector that learnt which words of the answers are wrong, at their first pieces."""
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
    """Return a detector that learnt from labelled answers."""
    encoder, tokenizer = masked_encoder(key_of(values))
    tuning = Tuning(values["epochs"], values["learning_rate"], seed)
    return fine_tune_detector(encoder, tokenizer, rows, labels, tuning)


@lru_cache(maxsize=8)
def taught_by_all(values: str, seed: int) -> PreTrainedModel:
    """Return the detector that learnt from answers in all languages, which both parts ask."""
    chosen = json.loads(values)
    rows = concatenate_datasets(lessons(chosen, languages(chosen), seed, moved=False))
    return teach(chosen, rows, word_labels(rows), seed)


def flagged(values: Values, detector: PreTrainedModel, rows: Dataset) -> Labels:
    """Return the words of answers that a detector flags."""
    return flag(detector, masked_encoder(key_of(values))[1], rows)


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

    A word that the reference lacks is marked by the mask's token before it: an encoder as small as
    these does not learn from some hundred answers to look words up. A token is of the word that its
    last character stands in. Tokens of the reference begin none.
    """
    marked = [
        marks_before(text, language, lacking, tokenizer.mask_token)
        for text, language, lacking in zip(
            rows["text"], rows["language"], words_lacking(rows), strict=True
        )
    ]
    pairs = [(told, text) for told, (text, _) in zip(rows["reference"], marked, strict=True)]
    found = []
    for (ids, spans), (text, words) in zip(context_spans(tokenizer, pairs), marked, strict=True):
        owners: list[int | None] = [None] * len(text)
        for word, (start, end) in enumerate(words):
            owners[start:end] = [word] * (end - start)
        firsts: list[int | None] = []
        for span in spans:
            owner = owners[span[1] - 1] if span and span[1] > span[0] else None
            firsts.append(None if owner in firsts else owner)
        found.append((ids, firsts))
    return found


def marks_before(
    text: str, language: str, chosen: Sequence[bool], mark: str
) -> tuple[str, list[Span]]:
    """Return a text with a mark before the chosen words, and where its words then stand."""
    parts, spans, length, end = [], [], 0, 0
    for (start, stop), marked in zip(answer_words(text, language), chosen, strict=True):
        parts.append(text[end:start] + mark * marked)
        length += len(parts[-1])
        parts.append(text[start:stop])
        spans.append((length, length + stop - start))
        length += stop - start
        end = stop
    return "".join([*parts, text[end:]]), spans
