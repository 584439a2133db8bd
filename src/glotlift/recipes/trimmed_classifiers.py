"""A classifier of topics trimmed to one language's pieces, before fine-tuning or after it."""

import copy
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import read
from glotlift.evidence.design import Measurement, Setting
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.small_encoders import (
    Floats,
    base_encoder,
    encoder_tokenizer,
    fine_tune_classifier,
    logits,
)
from glotlift.recipes.starting_point import locate
from glotlift.recipes.topics import Topics, topic_rows
from glotlift.vocabulary import VocabularyEdit, apply_edit, trim, trim_report
from glotlift.vocabulary.trimming import edit_keeping
from glotlift.vocabulary.trimming import read as inventory_of
from glotlift.vocabulary.trimming_report import sizes

ACCURACY, OTHERS = "accuracy", "accuracy in other languages"
AGREEMENT, CHANGE = "agreement with the whole model", "largest change of a logit"
COVERED = "the same, in covered text"


@dataclass(frozen=True)
class Trimming:
    """Which pieces stay, and when the others go.

    `by` says whose choice it is: "all" pieces stay, those in "use" in the target's text, those most
    used by "everyone", or some by "chance"; the last two are as many as "use" would keep. `share`
    is of all pieces, `coverage` of the running pieces of the target's text.
    """

    by: str
    share: float | None = None
    coverage: float | None = None
    before: bool = False


@dataclass(frozen=True)
class Material:
    """What all seeds share: text by language, text of the target to count, topics, tokenizer."""

    text: dict[str, Dataset]
    mined: list[str]
    topics: Topics
    tokenizer: PreTrainedTokenizerFast

    def tested(self, code: str) -> list[str]:
        """Return the sentences that are tested in a language."""
        return list(self.topics.rows[code]["test"]["text"])


@dataclass(frozen=True)
class Tuned:
    """The whole classifier, its logits by language, and the seconds that fine-tuning took."""

    model: PreTrainedModel
    logits: dict[str, Floats]
    seconds: float


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return what the arms and seeds share; `values` are the setting's JSON."""
    chosen = json.loads(values)
    text = {
        code: read(locate(address), language=code, rows=chosen["rows"])
        for code, address in chosen["text"].items()
    }
    mined = [
        row
        for address in chosen["mined"]
        for row in read(locate(address), language=chosen["target"])["text"]
    ]
    return Material(text, mined, topic_rows(chosen), encoder_tokenizer(chosen, text))


def pretrained(values: str) -> PreTrainedModel:
    """Return the pretrained encoder, one for all seeds: they are those of fine-tuning."""
    found = material(values)
    folder = base_encoder(json.loads(values), 0, found.text, found.tokenizer)
    model: PreTrainedModel = load_model(find_model(str(folder)))
    return model


@lru_cache(maxsize=1)
def whole_classifier(values: str, seed: int) -> Tuned:
    """Return the classifier with all pieces."""
    chosen, found = json.loads(values), material(values)
    base = pretrained(values)
    tuned, seconds = fine_tuned(base, found.tokenizer, found.topics, chosen, seed)
    rows = {
        code: logits(tuned, found.tokenizer, found.tested(code)) for code in chosen["languages"]
    }
    return Tuned(tuned, rows, seconds)


def fine_tuned(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    topics: Topics,
    values: Mapping[str, Any],
    seed: int,
) -> tuple[PreTrainedModel, float]:
    """Return a classifier fine-tuned on all the languages' training rows, and the seconds."""
    started = time.monotonic()
    tuned = fine_tune_classifier(
        model,
        tokenizer,
        *topics.training(values["languages"]),
        classes=len(topics.classes),
        epochs=values["epochs"],
        rate=values["learning_rate"],
        seed=seed,
    )
    return tuned, time.monotonic() - started


@lru_cache(maxsize=32)
def edit_for(trimming: Trimming, values: str, seed: int) -> VocabularyEdit:
    """Return the edit that keeps the pieces a trimming chooses; only chance heeds the seed."""
    found = material(values)
    inventory = inventory_of(found.tokenizer)
    if trimming.by == "all":
        return edit_keeping(inventory, inventory.real)
    size = None if trimming.share is None else round(trimming.share * len(inventory.names))
    used = trim(found.tokenizer, texts=found.mined, size=size, coverage=trimming.coverage)
    if trimming.by == "use":
        return used
    if trimming.by == "everyone":
        texts = [text for rows in found.text.values() for text in rows["text"]]
        return trim(found.tokenizer, texts=texts, size=used.new_size)
    kept = inventory.required.copy()
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(~kept & inventory.real))
    kept[drawn[: used.new_size - int(kept.sum())]] = True
    return edit_keeping(inventory, kept)


def classify(setting: Setting, seed: int, folder: Path, *, trimming: Trimming) -> Measurement:
    """Trim an encoder before its fine-tuning or after it, and test it in every language."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    shared, whole = material(values), whole_classifier(values, seed)
    edit = edit_for(trimming, values, seed)
    tokenizer = edit.tokenizer(shared.tokenizer)
    if trimming.before:
        base = apply_edit(pretrained(values), edit)
        model, seconds = fine_tuned(base, tokenizer, shared.topics, setting.values, seed)
    else:
        model, seconds = apply_edit(copy.deepcopy(whole.model), edit), whole.seconds
    found = {code: logits(model, tokenizer, shared.tested(code)) for code in whole.logits}
    target = setting.values["target"]
    covers = covered(shared.tokenizer, edit, shared.tested(target))
    scores = measures(found, whole.logits, shared.topics, target, covers)
    ids = list(shared.topics.rows[target]["test"]["id"])
    rows_read = sum(len(shared.topics.rows[code]["train"]) for code in whole.logits)
    cost = costs(model, edit, shared, target) | {"seconds to fine-tune": seconds}
    return Measurement(
        rows_read * setting.values["epochs"], scores, dict.fromkeys(scores, ids), cost=cost
    )


def covered(
    tokenizer: PreTrainedTokenizerFast, edit: VocabularyEdit, texts: list[str]
) -> NDArray[np.bool_]:
    """Return [texts] True where all pieces of a text are known and kept."""
    rows = tokenizer(texts, add_special_tokens=False)["input_ids"]
    unknown = tokenizer.unk_token_id
    return np.array(
        [unknown not in ids and bool((edit.old_to_new[ids] >= 0).all()) for ids in rows]
    )


def measures(
    found: Mapping[str, Floats],
    whole: Mapping[str, Floats],
    topics: Topics,
    target: str,
    covers: NDArray[np.bool_],
) -> dict[str, Floats]:
    """Return the metrics, [rows] each; a row is one sentence with its translations.

    `found` and `whole` are logits [rows, classes] by language, and `covers` [rows] says which
    sentences of the target have all their pieces kept: the others count 0 in `COVERED`.
    """
    right = {
        code: rows.argmax(1) == np.array(topics.rows[code]["test"]["label"])
        for code, rows in found.items()
    }
    change = np.abs(found[target] - whole[target]).max(1)
    scores = {
        ACCURACY: right[target].astype(np.float64),
        AGREEMENT: (found[target].argmax(1) == whole[target].argmax(1)).astype(np.float64),
        CHANGE: change,
        COVERED: np.where(covers, change, 0.0),
    }
    others = [rows for code, rows in right.items() if code != target]
    return scores | ({OTHERS: np.mean(others, axis=0)} if others else {})


def costs(
    model: PreTrainedModel, edit: VocabularyEdit, shared: Material, target: str
) -> dict[str, float]:
    """Return what a trim saves and changes, and what stands in its text that is tested on."""
    texts = shared.tested(target)
    report = trim_report(shared.tokenizer, edit, {target: texts})[0]
    known = "\n".join(shared.mined)
    labels = list(shared.topics.rows[target]["train"]["label"])
    majority = max(set(labels), key=labels.count)
    size = sizes(model)
    return {
        "pieces": size["pieces"],
        "parameters": size["parameters"],
        "parameters of embeddings": size["vocabulary_parameters"],
        "megabytes": size["bytes"] / 1e6,
        "tokens per sentence": report["tokens_after"] / len(texts),
        "unknown fraction": report["unknown_fraction_after"],
        "covered sentences": report["covered_fraction"],
        "kept running pieces": report["kept_occurrences"],
        "sentences segmented anew": report["changed_fraction"],
        "covered sentences that changed": report["changed_covered"],
        "test sentences in the text of the trim": sum(text in known for text in texts),
        "accuracy of the commonest class": float(
            np.mean([label == majority for label in shared.topics.rows[target]["test"]["label"]])
        ),
    }
