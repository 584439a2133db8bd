"""Where the arms of the OFA recipe start from: an old model, a new tokenizer, aligned vectors."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import PreTrainedTokenizerFast

from glotlift.corpus import read, split_rows
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.recipes.one_stage import prepared
from glotlift.recipes.small_encoders import base_encoder, encoder_tokenizer
from glotlift.recipes.starting_point import locate
from glotlift.vocabulary import (
    VocabularyEdit,
    WordVectors,
    piece_vectors,
    replace_tokenizer,
    token_vectors,
    train_vectors,
)
from glotlift.vocabulary.alphabets import alphabet_of
from glotlift.vocabulary.learnt_vectors import words_of
from glotlift.vocabulary.neighbours import covered
from glotlift.vocabulary.segmentation import backend_of, vocabulary_of

PIVOT = "eng_Latn"


@dataclass(frozen=True)
class Text:
    """Training text and rows by language; parallel and held-out rows are translations in order."""

    training: dict[str, Dataset]
    parallel: dict[str, list[str]]
    held_out: dict[str, list[str]]
    ids: list[str]


@dataclass(frozen=True)
class Start:
    """What the arms of a seed share: old model, new tokenizer, what is known of its pieces."""

    folder: Path
    tokenizer: PreTrainedTokenizerFast
    edit: VocabularyEdit
    aids: dict[str, Any]
    features: dict[str, Dataset]
    costs: dict[str, float]


@lru_cache(maxsize=1)
def text_of(values: str) -> Text:
    """Return the text of a setting; `values` are its JSON."""
    chosen = json.loads(values)
    codes = [*chosen["source"], *chosen["new"]]
    training = {
        code: first(read(locate(chosen["text"].format(code)), language=code), chosen)
        for code in codes
    }
    rows = {code: by_number(chosen["parallel"], code) for code in codes}
    if isinstance(chosen["held_out"], str):
        tested = {code: by_number(chosen["held_out"], code) for code in codes}
        ids = list(tested[PIVOT])
    else:
        shared = sorted(set.intersection(*(set(known) for known in rows.values())), key=int)
        share = chosen["held_out"] / len(shared)
        parts = split_rows(Dataset.from_dict({"id": shared}), validation=0, test=share)
        ids, tested = list(parts["test"]["id"]), rows
        rows = {code: {id: rows[code][id] for id in parts["train"]["id"]} for code in codes}
    held_out = {code: [tested[code][id] for id in ids] for code in codes}
    return Text(training, {code: list(rows[code].values()) for code in codes}, held_out, ids)


@lru_cache(maxsize=1)
def target_of(values: str) -> tuple[PreTrainedTokenizerFast, WordVectors]:
    """Return the new tokenizer, trained on all training text, and the aligned vectors of words."""
    chosen, text = json.loads(values), text_of(values)
    tokenizer = encoder_tokenizer(chosen | {"pieces": chosen["new_pieces"]}, text.training)
    return tokenizer, merged_vectors(text.parallel, chosen["vectors"])


def by_number(address: str, code: str) -> dict[str, str]:
    """Return parallel rows by the number that translations share."""
    rows = read(locate(address.format(code)), language=code)
    return {
        id.replace("/", "#").rsplit("#", 1)[1]: text
        for id, text in zip(rows["id"], rows["text"], strict=True)
    }


def first(rows: Dataset, values: Mapping[str, Any]) -> Dataset:
    """Return the first documents, up to ``values["text_bytes"]`` if that is given."""
    if "text_bytes" not in values:
        return rows
    ends = np.cumsum([len(text.encode()) for text in rows["text"]])
    return rows.select(range(1 + int(np.searchsorted(ends, values["text_bytes"]))))


def merged_vectors(parallel: Mapping[str, list[str]], width: int) -> WordVectors:
    """Return vectors of all languages' words in one space, from rows that are translations."""
    rng, texts = random.Random(0), []
    for row in zip(*parallel.values(), strict=True):
        words = [word for text in row for word in words_of(text)]
        rng.shuffle(words)
        texts.append(" ".join(words))
    return train_vectors(texts, width=width, window=20, least=2)


def among(vectors: WordVectors, texts: list[str]) -> WordVectors:
    """Return the vectors of the words that some texts hold."""
    known = {word for text in texts for word in words_of(text)}
    kept = [place for place, word in enumerate(vectors.words) if word in known]
    words = tuple(vectors.words[place] for place in kept)
    return WordVectors(words, vectors.rows[kept], vectors.counts[kept])


def in_another_case(
    edit: VocabularyEdit, old: PreTrainedTokenizerFast, new: PreTrainedTokenizerFast
) -> list[tuple[int, ...]]:
    """Return for each added piece the old piece that is the same but for capitals, if any."""
    read_old, read_new = alphabet_of(backend_of(old)).read, alphabet_of(backend_of(new)).read
    known: dict[str, int] = {}
    for piece, number in sorted(vocabulary_of(old).items(), key=lambda item: item[1]):
        known.setdefault(read_old(piece).decode(errors="ignore").lower(), number)
    texts = (read_new(piece).decode(errors="ignore").lower() for piece in edit.added)
    return [(known[text],) if text.strip() and text in known else () for text in texts]


@lru_cache(maxsize=1)
def starting_point(values: str, seed: int) -> Start:
    """Return what the arms of a seed share."""
    chosen, text = json.loads(values), text_of(values)
    known = {code: text.training[code] for code in chosen["source"]}
    folder = base_encoder(chosen, seed % chosen["bases"], known)
    old = load_tokenizer(folder)
    new, words = target_of(values)
    edit = replace_tokenizer(old, new)
    tokenizer = edit.tokenizer(old)
    source = among(words, [row for code in chosen["source"] for row in text.parallel[code]])
    everything = [row for rows in text.training.values() for row in rows["text"]]
    aids: dict[str, Any] = {
        "old_vectors": piece_vectors(old, source, weights="equal", capitals=True),
        "new_vectors": piece_vectors(tokenizer, words, weights="equal", capitals=True),
        "sources": in_another_case(edit, old, tokenizer),
        "of pieces": {"new_vectors": token_vectors(tokenizer, everything, width=chosen["vectors"])},
    }
    features = prepared(load_model(find_model(str(folder))), tokenizer, text.training)
    return Start(folder, tokenizer, edit, aids, features, costs_of(edit, aids, text, tokenizer))


def costs_of(
    edit: VocabularyEdit, aids: Mapping[str, Any], text: Text, tokenizer: PreTrainedTokenizerFast
) -> dict[str, float]:
    """Return how many pieces are copied, mixed and left to chance, and what the tests share."""
    copied = np.array([bool(ids) for ids in aids["sources"]])
    wise = covered(aids["new_vectors"][edit.added_ids.start :]).numpy() & ~copied
    trained = {row for rows in text.training.values() for row in rows["text"]}
    trained |= {row for rows in text.parallel.values() for row in rows}
    tested = [row for rows in text.held_out.values() for row in rows]
    ids = np.concatenate([np.array(row) for row in tokenizer(tested)["input_ids"]])
    return {
        "pieces copied": edit.added_ids.start,
        "pieces copied from another case": int(copied.sum()),
        "pieces with vectors": int(wise.sum()),
        "pieces without": int((~wise & ~copied).sum()),
        "share of held-out tokens that are new": float((ids >= edit.added_ids.start).mean()),
        "test rows in training": sum(row in trained for row in tested),
    }
