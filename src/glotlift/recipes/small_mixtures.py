"""A small mixture of experts that translates: made, trained, and what is measured of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
    set_seed,
)

from glotlift.evidence.design import Measurement
from glotlift.models.expert_changes import (
    drops,
    evenness,
    expert_layers,
    most_used,
    routings_of,
    uses,
)
from glotlift.models.experts import Routing
from glotlift.models.moe import MoeT5Config, MoeT5ForConditionalGeneration
from glotlift.recipes.small_mbart import Texts, parallel
from glotlift.recipes.small_seq2seq import (
    BATCH,
    Floats,
    Pair,
    State,
    cached,
    encode,
    in_turn,
    learn,
    load,
    prefix_objective,
    tensors,
    written_bits,
)
from glotlift.training.schooling import SPECIAL_TOKENS, ask
from glotlift.vocabulary import train_tokenizer

BITS = "bits of translations"
Values = Mapping[str, Any]
Directions = dict[str, list[Pair]]


@dataclass(frozen=True)
class Material:
    """What all arms and seeds share: text of both splits by language, and a tokenizer."""

    train: Texts
    test: Texts
    tokenizer: PreTrainedTokenizerFast


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return the translations of a setting; `values` are its JSON."""
    chosen = json.loads(values)
    codes = [chosen["pivot"], *chosen["others"]]
    train, test = parallel(chosen, codes)
    texts = (ask(code, text) for code in codes for text in train[code])
    tokenizer = train_tokenizer(
        texts, kind="bpe", size=chosen["pieces"], special_tokens=SPECIAL_TOKENS["seq2seq"]
    )
    return Material(train, test, tokenizer)


def directions(made: Material, texts: Texts, values: Values, others: Iterable[str]) -> Directions:
    """Return the pairs from the pivot into the others and back, row by row, by direction."""
    found: Directions = {}
    for other in others:
        for source, target in ((values["pivot"], other), (other, values["pivot"])):
            both = zip(texts[source], texts[target], strict=True)
            found[f"{source}>{target}"] = [
                (encode(made.tokenizer, ask(target, read)), encode(made.tokenizer, written))
                for read, written in both
            ]
    return found


def every_pair(
    made: Material, texts: Texts, values: Values, others: Iterable[str], rows: int | None = None
) -> list[Pair]:
    """Return the pairs of all directions, of the first `rows` of each."""
    found = directions(made, texts, values, others)
    return [pair for pairs in found.values() for pair in pairs[:rows]]


def untrained(
    values: Values, tokenizer: PreTrainedTokenizerFast, seed: int, experts: Values | None
) -> PreTrainedModel:
    """Return a T5 of ``values["width"]``; its configuration has these `experts`, or it is plain."""
    width = values["width"]
    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "d_model": width,
        "d_kv": width // 2,
        "d_ff": 2 * width,
        "num_layers": values["layers"],
        "num_heads": 2,
        "feed_forward_proj": "gated-gelu",
        "dropout_rate": 0.0,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "decoder_start_token_id": tokenizer.pad_token_id,
    }
    set_seed(seed)
    if experts is None or "num_experts" not in experts:
        return T5ForConditionalGeneration(T5Config(**{**shape, **(experts or {})}))
    return MoeT5ForConditionalGeneration(MoeT5Config(**{**shape, **experts}))


def train(
    model: PreTrainedModel,
    made: Material,
    values: Values,
    others: Iterable[str],
    amount: int,
    seed: int,
) -> None:
    """Train a model in place on so many pairs, of each direction in turn."""
    pairs = in_turn(directions(made, made.train, values, others), seed)
    rate = values["rate"]
    learn(model, made.tokenizer, pairs, amount=amount, unit="pairs", rate=rate, seed=seed)


def trained(
    made: Material,
    values: Values,
    others: Sequence[str],
    amount: int,
    seed: int,
    experts: Values | None,
    *,
    learnt: bool = True,
) -> Any:
    """Return a model trained from nothing on so many pairs, made once for all that begin with it.

    Unless the gates are `learnt` they stay as they were drawn.
    """
    names = ("text", "rows", "pieces", "width", "layers", "rate", "pivot")
    told = [{name: values[name] for name in names}, others, amount, seed, experts, learnt]

    def make() -> State:
        model = untrained(values, made.tokenizer, seed, experts)
        for layer in expert_layers(model).values():
            layer.router.weight.requires_grad_(learnt)
        train(model, made, values, others, amount, seed)
        return model, made.tokenizer

    return load(cached(["experts", told, made.train], make))[0]


def bits_by_row(
    model: PreTrainedModel, made: Material, values: Values, others: Iterable[str]
) -> Floats:
    """Return the bits of each held-out row, summed over the directions, [rows]."""
    tests = directions(made, made.test, values, others)
    each = [written_bits(model, made.tokenizer, pairs) for pairs in tests.values()]
    return np.asarray(np.sum(each, axis=0), dtype=np.float64)


def bytes_by_row(made: Material, values: Values) -> Floats:
    """Return the bytes to be written of each held-out row, over all directions, [rows]."""
    targets = [code for other in values["others"] for code in (other, values["pivot"])]
    lengths = [[len(text.encode()) for text in made.test[code]] for code in targets]
    return np.asarray(np.sum(lengths, axis=0), dtype=np.float64)


def measurement(
    made: Material,
    values: Values,
    pairs: int,
    scores: dict[str, Floats],
    layers: Sequence[str] = (),
    cost: dict[str, float] | None = None,
) -> Measurement:
    """Return bits per byte by row, and other scores by layer."""
    lengths = bytes_by_row(made, values)
    per_byte = {name: value / lengths if name == BITS else value for name, value in scores.items()}
    numbers = [str(row) for row in range(len(lengths))]
    rows = {name: numbers if name == BITS else list(layers) for name in scores}
    return Measurement(pairs, per_byte, rows, {BITS: lengths}, cost or {})


def routings(
    model: MoeT5ForConditionalGeneration,
    made: Material,
    pairs: Sequence[Pair],
    *,
    training: bool = False,
) -> list[list[Routing]]:
    """Return how a model routes pairs, by layer."""
    objective = prefix_objective(model, made.tokenizer)
    inputs = []
    for start in range(0, len(pairs), BATCH):
        batch = tensors(objective, pairs[start : start + BATCH])
        inputs.append({name: value for name, value in batch.items() if name != "labels"})
    return routings_of(model, inputs, training=training)


def routed(
    model: MoeT5ForConditionalGeneration, made: Material, pairs: Sequence[Pair]
) -> dict[str, Floats]:
    """Return how a model routes pairs as in training, [layers] each.

    `even` is how evenly its experts are chosen, `lost` the share of tokens that are dropped, and
    `late` that share from the 9th position of a sequence on minus that of the first 8.
    """
    torch.manual_seed(0)
    found = routings(model, made, pairs, training=True)
    counted = [drops(layer) for layer in found]
    late = [
        float(lost[8:].sum() / asked[8:].sum() - lost[:8].sum() / asked[:8].sum())
        for lost, asked in counted
    ]
    shares = [float(lost.sum() / asked.sum()) for lost, asked in counted]
    return {
        "even": evenness(uses(found)).numpy(),
        "lost": np.array(shares),
        "late": np.array(late),
    }


def used_by(
    model: MoeT5ForConditionalGeneration,
    made: Material,
    values: Values,
    others: Iterable[str],
    keep: int,
) -> list[list[int]]:
    """Return the `keep` experts of each layer that the training text of languages uses most."""
    pairs = every_pair(made, made.train, values, others, rows=64)
    return most_used(uses(routings(model, made, pairs)), keep)
