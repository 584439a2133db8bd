"""A small PaLM decoder, trained from scratch with its switches set, and what is measured of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift.corpus import Mixture, equal_bytes
from glotlift.models.palm import PalmConfig, PalmForCausalLM
from glotlift.objectives.bits import ids_of
from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.packing import columns
from glotlift.recipes.one_stage import train_stage
from glotlift.recipes.small_decoders import tokenizer_of
from glotlift.recipes.starting_point import read_sources
from glotlift.training.schedule import Budget
from glotlift.training.stages import Trained

Floats = NDArray[np.float64]
Values = Mapping[str, Any]
HEADS, LAYERS = 4, 2


@dataclass(frozen=True)
class Material:
    """What all arms and seeds of a setting share: text by language, and a tokenizer of it."""

    train: dict[str, Dataset]
    test: Dataset
    tokenizer: PreTrainedTokenizerFast


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return the text of a setting; `values` are its JSON. A held-out row is named by language."""
    chosen = json.loads(values)
    parts = read_sources(chosen["text"], chosen["documents"])
    train = {code: rows["train"] for code, rows in parts.items()}
    tests = [
        Dataset.from_dict(
            {"id": [f"{code} {id}" for id in rows["test"]["id"]], "text": rows["test"]["text"]}
        )
        for code, rows in parts.items()
    ]
    return Material(train, concatenate_datasets(tests), tokenizer_of(chosen, train))


def untrained(
    values: Values, tokenizer: PreTrainedTokenizerFast, switches: Values
) -> PalmForCausalLM:
    """Return a PaLM decoder of ``values["width"]`` whose MLP is four times as wide."""
    width = values["width"]
    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "max_position_embeddings": 512,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    return PalmForCausalLM(PalmConfig(**{**shape, **switches}))


def train_palm(
    values: Values,
    tokenizer: PreTrainedTokenizerFast,
    sources: Mapping[str, Dataset],
    seed: int,
    folder: Path,
    *,
    switches: Values | None = None,
    z_loss: float = 0.0,
    once: bool = False,
) -> Trained:
    """Train one on ``values["tokens"]`` tokens of the sources, or `once` on all of their text.

    Sources are read in equal bytes. The embeddings, which begin with unit variance, move by larger
    steps than the other weights.
    """
    set_seed(seed)
    model = untrained(values, tokenizer, switches or {})
    objective = CausalLanguageModelling(tokenizer, z_loss)
    features = {name: objective.prepare(rows) for name, rows in sources.items()}
    there = sum(len(columns(rows)[0]) for rows in features.values())
    return train_stage(
        model,
        tokenizer,
        features,
        Mixture(sources, equal_bytes, seed=seed),
        Budget(there if once else values["tokens"], "tokens"),
        rate=values["learning_rate"],
        embedding_rate=values["embedding_rate"],
        seed=seed,
        folder=folder,
        objective=objective,
    )


@torch.no_grad()
def cache_bytes(model: PreTrainedModel, tokens: int = 64) -> float:
    """Return the bytes that a token takes in the cache of a decoder that writes."""
    ids = torch.full((1, tokens), model.config.bos_token_id)
    cache = model(ids, use_cache=True).past_key_values
    held = [tensor for layer in cache.layers for tensor in (layer.keys, layer.values)]
    return float(sum(tensor.numel() * tensor.element_size() for tensor in held)) / tokens


@torch.no_grad()
def normalisers(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, texts: list[str]
) -> Floats:
    """Return the mean of (log Z)^2 over the tokens of each text, [texts]."""
    objective = CausalLanguageModelling(tokenizer)
    found = []
    for ids in ids_of(tokenizer, texts):
        batch = objective.collate([[np.concatenate([[objective.start], ids])]], [0])
        logits = model(batch["input_ids"]).logits[batch["labels"] >= 0]
        found.append(float(logits.logsumexp(-1).square().mean()))
    return np.array(found)


def repeated_among(known: Dataset, others: Dataset, times: int, rows: int) -> Dataset:
    """Return `rows` texts: the `known` ones so many `times` each, and others once each."""
    spare = rows - times * len(known)
    assert 0 <= spare <= len(others)
    return concatenate_datasets([*[known] * times, others.select(range(spare))])


def parameters(model: PreTrainedModel) -> float:
    """Return the number of parameters without the embeddings."""
    embeddings: Any = model.get_input_embeddings()
    return float(sum(p.numel() for p in model.parameters()) - embeddings.weight.numel())
