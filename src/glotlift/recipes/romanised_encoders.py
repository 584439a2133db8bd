"""A small encoder and the same with romanised pieces: what the arms of TransMI are made of."""

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import read
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.romanised_text import ENGLISH, studied
from glotlift.recipes.small_encoders import (
    base_encoder,
    encoder_tokenizer,
    fine_tune_classifier,
    topic_rows,
)
from glotlift.recipes.starting_point import locate
from glotlift.recipes.translation_alignment import tune_on_translations
from glotlift.vocabulary import MergedCopy, apply_edit, random_rows, romanise_vocabulary
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.romanising import Merge, Romanised

RANDOM, SHUFFLED, SUMMED = "random rows", "shuffled sources", "summed"


@dataclass(frozen=True)
class Known:
    """What all arms of a seed start from."""

    tokenizer: PreTrainedTokenizerFast
    folder: Path
    sentences: PreTrainedModel
    classifier: PreTrainedModel
    seen: frozenset[str]


@dataclass(frozen=True)
class Reader:
    """The masked encoder, sentence encoder and classifier of one vocabulary, and its edit."""

    tokenizer: PreTrainedTokenizerFast
    model: PreTrainedModel
    sentences: PreTrainedModel
    classifier: PreTrainedModel
    done: Romanised | None


@lru_cache(maxsize=4)
def known(values: str, seed: int) -> Known:
    """Return a seed's encoder, tuned on native translations, and its classifier of English topics.

    `values` are the setting's JSON.
    """
    chosen = json.loads(values)
    codes = [*chosen["romanised"], *chosen["latin"]]
    text = {code: first_text(chosen, code) for code in codes}
    tokenizer = encoder_tokenizer(chosen, text)
    folder = base_encoder(chosen, seed, text, tokenizer)
    pairs = studied(chosen)
    others = {code: pairs[code] for code in chosen["romanised"]}
    tuning = {"steps": chosen["tuning"], "rate": chosen["tuning_rate"], "seed": seed}
    aligned = tune_on_translations(folder, tokenizer, pairs[ENGLISH], others, **tuning)
    topics = topic_rows(chosen | {"languages": [ENGLISH]})
    texts, labels = topics.training([ENGLISH])
    classifier = fine_tune_classifier(
        aligned,
        tokenizer,
        texts,
        labels,
        classes=len(topics.classes),
        epochs=chosen["epochs"],
        rate=chosen["learning_rate"],
        seed=seed,
    )
    read_so_far = [*(list(rows["text"]) for rows in text.values()), *pairs.values(), texts]
    seen = frozenset(one for texts in read_so_far for one in texts)
    return Known(tokenizer, folder, aligned, classifier, seen)


def first_text(values: Mapping[str, Any], code: str) -> Dataset:
    """Return the first ``values["documents"]`` documents, and ``values["characters"]`` of them."""
    address = locate(values["text"].format(code))
    rows = read(address, language=code, rows=values["documents"])
    lengths = np.cumsum([len(text) for text in rows["text"]])
    fits = int(np.searchsorted(lengths, values["characters"], side="right"))
    return rows.select(range(max(1, fits)))


def summed(edit: VocabularyEdit, rows: Tensor, aids: Mapping[str, Any]) -> Tensor:
    """Add up the sources' rows without dividing, as the released code does for its average."""
    new: Tensor = MergedCopy("average")(edit, rows, aids)
    lengths = new.new_tensor([len(ids) for ids in aids["sources"]])
    new[edit.added_ids.start :] *= lengths[:, None]
    return new


def shuffled(edit: VocabularyEdit, rows: Tensor, aids: Mapping[str, Any]) -> Tensor:
    """Give each new piece the row that another one should have; the same for every matrix."""
    order = np.random.default_rng(aids["seed"]).permutation(len(edit.added))
    away = np.empty_like(order)
    away[order] = np.roll(order, 1)  # one cycle, so no piece keeps its own
    sources = tuple(aids["sources"][place] for place in away)
    dealt: Tensor = MergedCopy(aids["merge"])(edit, rows, {**aids, "sources": sources})
    return dealt


ROWS: dict[str, Callable[..., Tensor]] = {
    RANDOM: random_rows,
    SHUFFLED: shuffled,
    SUMMED: summed,
}


def reader(
    start: Known,
    latin: Mapping[str, Sequence[str]],
    seed: int,
    *,
    merge: Merge | None,
    rows: str = "",
    discount: float = 0.0,
) -> Reader:
    """Return encoders and classifier with romanised pieces, or as they were where `merge` is None.

    `rows` names how rows are made (`ROWS`), by default by the merge itself.
    """
    model = load_model(find_model(str(start.folder)))
    if merge is None:
        return Reader(start.tokenizer, model, start.sentences, start.classifier, None)
    done = romanise_vocabulary(start.tokenizer, latin, merge=merge, discount=discount)
    fill = ROWS.get(rows) or MergedCopy(merge)
    edited = (model, deepcopy(start.sentences), deepcopy(start.classifier))
    for one in edited:
        apply_edit(one, done.edit, fill, seed=seed, aids=done.aids)
    return Reader(done.edit.tokenizer(start.tokenizer), *edited, done)
