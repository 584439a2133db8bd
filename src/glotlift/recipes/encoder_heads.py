"""Heads fine-tuned on a small masked encoder: tags of words, a span of a text, a likeness of two.

Each is transformers' own class over a copy of the encoder, and its own Trainer; the labels and what
is read from the outputs are all that differ. Topics have `small_encoders.fine_tune_classifier`.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from transformers import (
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)

from glotlift.objectives.cross_entropy import IGNORED
from glotlift.recipes.hidden_words import padded
from glotlift.recipes.small_encoders import Floats
from glotlift.training.schooling import BLOCK

LONGEST = 2 * BLOCK  # tokens of two texts together
ANSWER = 24  # tokens at most
WARMUP = 10
BATCH = 16
DEGREE = {
    "id2label": {0: "degree"},
    "label2id": {"degree": 0},
    "problem_type": "regression",
    "classifier_pooling": "mean",
}
Pieces = tuple[list[int], list[int | None]]


@dataclass(frozen=True)
class Tuning:
    """How a head is fine-tuned: how often all rows are read, the peak learning rate, the seed."""

    epochs: float
    rate: float
    seed: int


def fine_tune(
    encoder: PreTrainedModel,
    head: Any,
    settings: Mapping[str, Any],
    features: Mapping[str, Sequence[Any]],
    padding: Mapping[str, int],
    tuning: Tuning,
) -> PreTrainedModel:
    """Return a copy of an encoder under a transformers `head` class, fine-tuned on `features`.

    `settings` go into the configuration. Columns named in `padding` are lists, filled up with its
    number to the longest of a batch. The encoder stays as it is.
    """
    set_seed(tuning.seed)
    config = type(encoder.config).from_dict(encoder.config.to_dict() | dict(settings))
    model: Any = head.from_config(config)
    model.load_state_dict(encoder.state_dict(), strict=False)

    def collate(rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        batch = {
            name: padded([row[name] for row in rows], padding[name])
            if name in padding
            else torch.tensor([row[name] for row in rows])
            for name in rows[0]
        }
        return batch | {"attention_mask": seen([row["input_ids"] for row in rows])}

    with tempfile.TemporaryDirectory() as work:
        arguments = TrainingArguments(
            output_dir=work,
            num_train_epochs=tuning.epochs,
            per_device_train_batch_size=BATCH,
            learning_rate=tuning.rate,
            warmup_steps=WARMUP,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            use_cpu=not torch.cuda.is_available(),
            seed=tuning.seed,
        )
        rows: Any = [
            dict(zip(features, row, strict=True)) for row in zip(*features.values(), strict=True)
        ]
        trainer = Trainer(model, arguments, data_collator=collate, train_dataset=rows)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    found: PreTrainedModel = model.cpu().eval()
    return found


def seen(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return the mask of rows that are padded to the longest, [rows, longest]."""
    return padded([[1] * len(row) for row in rows], 0)


def outputs(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, rows: Sequence[Sequence[int]]
) -> list[dict[str, Floats]]:
    """Return what a model gives for each row of ids, without padding; like lengths go together."""
    order = sorted(range(len(rows)), key=lambda row: -len(rows[row]))
    found: dict[int, dict[str, Floats]] = {}
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        ids = padded([rows[row] for row in chosen], tokenizer.pad_token_id)
        with torch.no_grad():
            given = model(input_ids=ids, attention_mask=seen([rows[row] for row in chosen]))
        for place, row in enumerate(chosen):
            length = len(rows[row])
            found[row] = {
                name: values[place, :length].double().numpy() for name, values in given.items()
            }
    return [found[row] for row in range(len(rows))]


def first_pieces(
    tokenizer: PreTrainedTokenizerFast, sentences: Sequence[Sequence[str]]
) -> list[Pieces]:
    """Return each sentence's ids, and the word of which a token is the first piece, else None.

    Words are joined by spaces, as a model has read them; a token is of the word that its last
    character stands in.
    """
    encoded = tokenizer(
        [" ".join(words) for words in sentences],
        truncation=True,
        max_length=BLOCK,
        return_offsets_mapping=True,
    )
    found = []
    for words, ids, spans in zip(
        sentences, encoded["input_ids"], encoded["offset_mapping"], strict=True
    ):
        owners = [None if c == " " else w for w, word in enumerate(words) for c in f"{word} "]
        firsts: list[int | None] = []
        for start, end in spans:
            owner = owners[end - 1] if end > start else None
            firsts.append(None if owner in firsts else owner)
        found.append((list(ids), firsts))
    return found


def fine_tune_tagger(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    tags: Sequence[Sequence[str]],
    tuning: Tuning,
) -> PreTrainedModel:
    """Return a tagger of words; a word's tag is learnt, and read, at its first piece alone."""
    names = sorted({tag for row in tags for tag in row})
    numbers = {name: number for number, name in enumerate(names)}
    pieces = first_pieces(tokenizer, sentences)
    labels = [
        [IGNORED if word is None else numbers[row[word]] for word in firsts]
        for (_, firsts), row in zip(pieces, tags, strict=True)
    ]
    return fine_tune(
        encoder,
        AutoModelForTokenClassification,
        {"id2label": dict(enumerate(names)), "label2id": numbers},
        {"input_ids": [ids for ids, _ in pieces], "labels": labels},
        {"input_ids": tokenizer.pad_token_id, "labels": IGNORED},
        tuning,
    )


def tag(
    tagger: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    *,
    otherwise: str,
) -> list[list[str]]:
    """Return a tag for every word; words past the longest input are tagged `otherwise`."""
    pieces = first_pieces(tokenizer, sentences)
    names = cast(dict[int, str], tagger.config.id2label)
    found = []
    for words, (_, firsts), given in zip(
        sentences, pieces, outputs(tagger, tokenizer, [ids for ids, _ in pieces]), strict=True
    ):
        row = [otherwise] * len(words)
        for word, number in zip(firsts, given["logits"].argmax(1).tolist(), strict=True):
            if word is not None:
                row[word] = names[number]
        found.append(row)
    return found


def fine_tune_likeness(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[tuple[str, str]],
    degrees: Sequence[float],
    tuning: Tuning,
) -> PreTrainedModel:
    """Return a model that reads two texts together and gives the degree of their likeness."""
    return fine_tune(
        encoder,
        AutoModelForSequenceClassification,
        DEGREE,
        {"input_ids": joined(tokenizer, pairs), "labels": [float(degree) for degree in degrees]},
        {"input_ids": tokenizer.pad_token_id},
        tuning,
    )


def likeness(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, pairs: Sequence[tuple[str, str]]
) -> Floats:
    """Return the degree of likeness of each pair, [pairs]."""
    given = outputs(model, tokenizer, joined(tokenizer, pairs))
    return np.array([row["logits"][0] for row in given])


def joined(tokenizer: PreTrainedTokenizerFast, pairs: Sequence[tuple[str, str]]) -> list[list[int]]:
    """Return the ids of pairs of texts, each pair in one row."""
    first, second = map(list, zip(*pairs, strict=True))
    found: list[list[int]] = tokenizer(first, second, truncation=True, max_length=LONGEST)[
        "input_ids"
    ]
    return found


def fine_tune_reader(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[tuple[str, str]],
    answers: Sequence[tuple[int, str]],
    tuning: Tuning,
) -> PreTrainedModel:
    """Return a model that finds where in a context the answer to a question stands.

    `pairs` are (question, context) and `answers` (first character in the context, text). Rows whose
    answer lies past the longest input are left out.
    """
    features: dict[str, list[Any]] = {"input_ids": [], "start_positions": [], "end_positions": []}
    for (ids, spans), (start, text) in zip(context_spans(tokenizer, pairs), answers, strict=True):
        inside = [
            place
            for place, span in enumerate(spans)
            if span and span[0] < start + len(text) and start < span[1]
        ]
        if inside and spans[inside[-1]][1] >= start + len(text):  # type: ignore[index]
            for name, value in zip(features, (ids, inside[0], inside[-1]), strict=True):
                features[name].append(value)
    return fine_tune(
        encoder,
        AutoModelForQuestionAnswering,
        {},
        features,
        {"input_ids": tokenizer.pad_token_id},
        tuning,
    )


def read_answers(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, pairs: Sequence[tuple[str, str]]
) -> list[str]:
    """Return the stretch of each context whose ends have the highest logits together.

    It has 24 tokens at most and lies within the context (Devlin et al. 2019, section 4.2).
    """
    encoded = context_spans(tokenizer, pairs)
    given = outputs(model, tokenizer, [ids for ids, _ in encoded])
    found = []
    for (_, context), (_, spans), row in zip(pairs, encoded, given, strict=True):
        outside = np.array([span is None for span in spans])
        starts = np.where(outside, -np.inf, row["start_logits"])
        ends = np.where(outside, -np.inf, row["end_logits"])
        length = np.subtract.outer(np.arange(len(spans)), np.arange(len(spans))).T
        scores = np.where((length >= 0) & (length < ANSWER), np.add.outer(starts, ends), -np.inf)
        first, last = np.unravel_index(scores.argmax(), scores.shape)
        one, other = spans[first], spans[last]
        found.append(context[one[0] : other[1]].strip() if one and other else "")
    return found


def context_spans(
    tokenizer: PreTrainedTokenizerFast, pairs: Sequence[tuple[str, str]]
) -> list[tuple[list[int], list[tuple[int, int] | None]]]:
    """Return ids of each (question, context), and characters of the context by token, else None."""
    first, second = map(list, zip(*pairs, strict=True))
    encoded = tokenizer(
        first,
        second,
        truncation="only_second",
        max_length=LONGEST,
        return_offsets_mapping=True,
    )
    return [
        (
            encoded["input_ids"][row],
            [
                tuple(span) if owner == 1 else None
                for span, owner in zip(
                    encoded["offset_mapping"][row], encoded.sequence_ids(row), strict=True
                )
            ],
        )
        for row in range(len(pairs))
    ]
