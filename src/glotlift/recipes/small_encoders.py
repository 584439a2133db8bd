"""A small masked encoder: pretrained, continued, fine-tuned on topics, and measured.

What several recipes about vocabularies share. What compares tokenizers is counted over words of the
text, never over tokens.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from transformers import (
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)

from glotlift.corpus import Mixture, Policy, equal_bytes
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.contrastive import mean_states
from glotlift.objectives.cross_entropy import IGNORED, language_model_loss
from glotlift.recipes.hidden_words import hidden_spans, inside, padded, parts_of
from glotlift.recipes.one_stage import prepared, train_stage
from glotlift.recipes.topics import Topics as Topics
from glotlift.recipes.topics import topic_rows as topic_rows
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.hashing import hash_json
from glotlift.training.schedule import Budget
from glotlift.training.schooling import BLOCK, build
from glotlift.training.stages import Trained
from glotlift.training.starters import SIZES, VERSION
from glotlift.vocabulary import ENCODER, train_tokenizer

Floats = NDArray[np.float64]
BATCH = 32


def encoder_tokenizer(
    values: Mapping[str, Any], sources: Mapping[str, Dataset]
) -> PreTrainedTokenizerFast:
    """Return a tokenizer of ``values["pieces"]`` pieces trained on all the text of the sources.

    ``values["kind"]`` is its kind, by default Unigram; ``values["byte_fallback"]`` says whether
    unknown characters become bytes, which they do by default.
    Made once for all that decides it, since Unigram training is not the same every time.
    """
    text = {name: list(rows["text"]) for name, rows in sources.items()}
    path = cache_folder("bases") / f"tokenizer-{hash_json([VERSION, told(values), text])[:12]}"
    with atomic.locked(path):
        if not path.is_dir():
            made = train_tokenizer(
                (text for rows in sources.values() for text in rows["text"]),
                kind=values.get("kind", "unigram"),
                size=values["pieces"],
                special_tokens=ENCODER,
                byte_fallback=values.get("byte_fallback", True),
            )
            with atomic.folder(path) as folder:
                made.save_pretrained(folder)
    tokenizer: PreTrainedTokenizerFast = load_tokenizer(path)
    return tokenizer


def told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that decide a tokenizer."""
    return {name: values.get(name) for name in ("pieces", "kind", "byte_fallback")}


def base_encoder(
    values: Mapping[str, Any],
    seed: int,
    sources: Mapping[str, Dataset],
    tokenizer: PreTrainedTokenizerFast | None = None,
) -> Path:
    """Return the folder of a masked encoder pretrained on the sources in equal shares of bytes.

    It is of ``values["size"]``, trained for ``values["steps"]`` steps, with the given tokenizer or
    one of its own (`encoder_tokenizer`). Made once for all that decides it.
    """
    tokenizer = tokenizer or encoder_tokenizer(values, sources)
    text = {name: list(rows["text"]) for name, rows in sources.items()}
    shape = replace(SIZES[values["size"]], steps=values["steps"])
    key = hash_json([VERSION, repr(shape), seed, text, tokenizer.backend_tokenizer.to_str()])
    path = cache_folder("bases") / f"encoder-{values['size']}-{key[:12]}"
    with atomic.locked(path):
        if not path.is_dir():
            set_seed(seed)
            model = build("encoder", shape, tokenizer)
            with tempfile.TemporaryDirectory() as work:
                trained = continue_masked(
                    model,
                    tokenizer,
                    sources,
                    equal_bytes,
                    budget=Budget(shape.steps, "steps"),
                    rate=shape.learning_rate,
                    seed=seed,
                    folder=Path(work) / "base",
                )
            with atomic.folder(path) as folder:
                trained.model.save_pretrained(folder)
                tokenizer.save_pretrained(folder)
    return path


def continue_masked(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sources: Mapping[str, Dataset],
    policy: Policy,
    *,
    budget: Budget,
    rate: float,
    seed: int,
    folder: Path,
) -> Trained:
    """Train a masked model on the sources mixed by `policy`, for a budget; `folder` is emptied."""
    return train_stage(
        model,
        tokenizer,
        prepared(model, tokenizer, sources),
        Mixture(sources, policy, seed=seed),
        budget,
        rate=rate,
        seed=seed,
        folder=folder,
    )


def masked_bits(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    *,
    seed: int = 0,
) -> tuple[Floats, Floats]:
    """Return (bits [texts], bytes [texts]) of hidden words, given all the others.

    In every part of a text (200 characters) 15 % of the words, one at least, are hidden whole, so
    that every tokenizer is asked the same; which, the text and `seed` alone decide. All tokens of a
    hidden word are guessed at once, and how many they are is seen. A run without spaces, as in
    Chinese, is hidden in slices of four characters; a token that reaches out of what was chosen
    counts by the share of its characters inside. Bytes are those of the hidden words, in UTF-8.
    """
    bits, bytes_ = np.zeros((2, len(texts)))
    owners: list[int] = []
    rows: list[list[int]] = []
    shares: list[Floats] = []
    for number, text in enumerate(texts):
        for part in parts_of(text):
            spans = hidden_spans(part, seed)
            encoding = tokenizer(part, return_offsets_mapping=True, verbose=False)
            owners.append(number)
            rows.append(encoding["input_ids"])
            shares.append(inside(encoding["offset_mapping"], spans))
            bytes_[number] += sum(len(part[start:end].encode()) for start, end in spans)
    model.eval()  # type: ignore[no-untyped-call]
    order = sorted(range(len(rows)), key=lambda row: -len(rows[row]))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        weights = padded([shares[row] for row in chosen], 0.0)
        ids = padded([rows[row] for row in chosen], tokenizer.pad_token_id)
        seen = padded([[1] * len(rows[row]) for row in chosen], 0)
        shown = ids.masked_fill(weights > 0, int(tokenizer.mask_token_id))
        labels = ids.masked_fill(weights == 0, IGNORED)
        with torch.no_grad():
            _, each = language_model_loss(
                model, {"input_ids": shown, "attention_mask": seen}, labels
            )
        spent = (each.double() * weights[weights > 0] / np.log(2)).numpy()
        np.add.at(
            bits, np.array([owners[row] for row in chosen])[np.nonzero(weights.numpy())[0]], spent
        )
    return bits, bytes_


def fine_tune_classifier(
    base: Path | PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    labels: Sequence[int],
    *,
    classes: int,
    epochs: float,
    rate: float,
    seed: int,
    prepare: Callable[[PreTrainedModel], object] | None = None,
) -> PreTrainedModel:
    """Return a classifier of `classes` fine-tuned from a masked encoder, which stays as it is.

    `prepare` is called on the classifier before: to add adapters, say, and freeze what is below.
    """
    masked = load_model(find_model(str(base))) if isinstance(base, Path) else base
    set_seed(seed)
    names = {number: str(number) for number in range(classes)}
    inverse = {name: number for number, name in names.items()}
    settings = type(masked.config).from_dict(
        masked.config.to_dict()
        | {"id2label": names, "label2id": inverse, "classifier_pooling": "mean"}
    )
    model: Any = AutoModelForSequenceClassification.from_config(settings)  # type: ignore[no-untyped-call]
    model.load_state_dict(masked.state_dict(), strict=False)
    if prepare is not None:
        prepare(model)
    encoded = tokenizer(list(texts), truncation=True, max_length=BLOCK)["input_ids"]
    rows: Any = [
        {"input_ids": ids, "labels": label} for ids, label in zip(encoded, labels, strict=True)
    ]
    with tempfile.TemporaryDirectory() as work:
        arguments = TrainingArguments(
            output_dir=work,
            num_train_epochs=epochs,
            per_device_train_batch_size=BATCH,
            learning_rate=rate,
            warmup_steps=10,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
            seed=seed,
        )
        collator = DataCollatorWithPadding(tokenizer)
        trainer = Trainer(model, arguments, data_collator=collator, train_dataset=rows)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    found: PreTrainedModel = model.cpu().eval()
    return found


def logits(
    classifier: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]
) -> Floats:
    """Return the classifier's logits, [texts, classes]; texts of like length share a batch."""
    return over_batches(tokenizer, texts, lambda batch: classifier(**batch).logits)


def sentence_vectors(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    *,
    layer: int = -1,
) -> Floats:
    """Return [texts, width] the mean of a layer's vectors over the tokens that are not special."""
    model.eval()  # type: ignore[no-untyped-call]
    return over_batches(
        tokenizer, texts, lambda batch: content_means(model, tokenizer, batch, layer=layer)
    )


def content_means(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    batch: Mapping[str, torch.Tensor],
    *,
    layer: int = -1,
) -> torch.Tensor:
    """Return [texts, width] the mean of a layer's vectors over the tokens that are not special."""
    found = model.base_model(**batch, output_hidden_states=True).hidden_states[layer]
    special = torch.tensor(sorted(set(tokenizer.all_special_ids)))
    return mean_states(found, ~torch.isin(batch["input_ids"], special))


def over_batches(
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    compute: Callable[[dict[str, torch.Tensor]], torch.Tensor],
) -> Floats:
    """Return what `compute` gives for each text, [texts, n], read in batches of like length."""
    rows = tokenizer(list(texts), truncation=True, max_length=BLOCK)["input_ids"]
    order = sorted(range(len(rows)), key=lambda row: -len(rows[row]))
    found: dict[int, Floats] = {}
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        ids = padded([rows[row] for row in chosen], tokenizer.pad_token_id)
        seen = padded([[1] * len(rows[row]) for row in chosen], 0)
        with torch.no_grad():
            values = compute({"input_ids": ids, "attention_mask": seen})
        found |= dict(zip(chosen, values.double().numpy(), strict=True))
    return np.stack([found[row] for row in range(len(rows))])
