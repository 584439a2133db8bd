"""Continued pretraining in stages: what a share of replayed text keeps, and what it costs.

The arms of several recipes start from one model, read the same new text, and differ in how much
text of what the model knows is mixed in, and when.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from datasets import Dataset, DatasetDict
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift.corpus import Mixture, deduplicate, hand, read, split_rows
from glotlift.evidence.design import Measurement, Setting
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.bits import document_bits
from glotlift.objectives.choice import objective_for
from glotlift.objectives.packing import columns
from glotlift.recipes.python_source import standard_library
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json
from glotlift.runs.machine import peak_memory
from glotlift.training.schedule import Budget, Documents
from glotlift.training.stages import (
    Stage,
    Trained,
    TrainingSettings,
    discard_checkpoints,
    run_stage,
)
from glotlift.training.starters import SIZES, STARTER, build, starter_address
from glotlift.vocabulary import DECODER, train_tokenizer

PRETRAINED, CODE, DATA = "pretrained", "python:standard-library", "$GLOTLIFT_DATA/"
SOURCE, NEW = "source languages", "new languages"
HELD_OUT = 0.1  # of the ids, where a text has no test split of its own
NEVER = 10**6
Sources = dict[str, DatasetDict]
Unit = Literal["tokens", "new tokens"]


@dataclass(frozen=True)
class Phase:
    """One stage of an arm.

    `part` is its share of the arm's tokens, `replay` the share of replayed text in its tokens, and
    `rate` its peak learning rate as a multiple of the setting's.
    """

    part: float
    replay: float
    rate: float


@dataclass(frozen=True)
class Rows:
    """Bits and bytes of held-out rows; a row is an item in all the languages that have it."""

    ids: list[str]
    bits: NDArray[np.float64]
    bytes: NDArray[np.float64]


@dataclass(frozen=True)
class Start:
    """What all arms of a setting share: the model's folder, the text, and the bits before."""

    folder: Path
    kept: Sources
    new: Sources
    before: dict[str, Rows]


def continue_pretraining(
    setting: Setting, seed: int, folder: Path, *, phases: tuple[Phase, ...], unit: Unit
) -> Measurement:
    """Carry the setting's model through the phases; score the change in bits per byte.

    The budget, ``values["tokens"]`` in `unit`, is parted among the phases: either all tokens, or
    those of the new languages, to which replay is then added. A score is bits per byte after minus
    before, weighed by bytes: below 0 is a gain, above 0 is forgetting.
    """
    started = time.monotonic()
    values = setting.values
    start = starting_point(json.dumps(dict(values), sort_keys=True))
    model, tokenizer = load_model(find_model(str(start.folder))), load_tokenizer(start.folder)
    seen: Counter[str] = Counter()
    for number, phase in enumerate(phases):
        trained = train(
            model,
            tokenizer,
            *mixed(start, phase.replay),
            amount=round(values["tokens"] * phase.part),
            unit=unit,
            rate=values["learning_rate"] * phase.rate,
            seed=len(phases) * seed + number,
            folder=folder / f"stage-{number + 1}",
        )
        model = trained.model
        seen.update(trained.plan.tokens)
    new = sum(seen[name] for name in start.new)
    cost = {
        "seconds": time.monotonic() - started,
        "tokens": seen.total(),
        "new tokens": new,
        "replay share of tokens": 1 - new / seen.total(),
        "peak_memory_bytes": peak_memory(),
        "held-out documents met in training": repeated({**start.kept, **start.new}),
    }
    budget = seen.total() if unit == "tokens" else new
    return changes(start.before, held_out_rows(model, tokenizer, start.kept, start.new), budget, cost)


@lru_cache(maxsize=1)
def starting_point(values: str) -> Start:
    """Return what the arms of a setting share, made once a process; `values` are its JSON."""
    chosen = json.loads(values)
    kept = read_sources(chosen["kept"], chosen["documents"])
    new = read_sources(chosen["new"], chosen["documents"])
    folder = base_model(chosen, kept)
    model, tokenizer = load_model(find_model(str(folder))), load_tokenizer(folder)
    return Start(folder, kept, new, held_out_rows(model, tokenizer, kept, new))


def read_sources(addresses: Mapping[str, str], documents: int) -> Sources:
    """Return training rows and at most `documents` held-out ones by source.

    Text of the sample world has a test split; other text is parted by shared id.
    """
    sources = {}
    for name, address in addresses.items():
        if address.startswith("world:"):
            test = read(f"world:{name}?rows={documents}&split=test")
            sources[name] = DatasetDict(train=read(address, language=name), test=test)
            continue
        rows = standard_library() if address == CODE else read(locate(address), language=name)
        parts = split_rows(deduplicate(rows), validation=0, test=HELD_OUT)
        test = parts["test"].select(range(min(documents, len(parts["test"]))))
        sources[name] = DatasetDict(train=parts["train"], test=test)
    return sources


def locate(address: str) -> str:
    """Return an address with the folder that GLOTLIFT_DATA names; raises GL-RECIPE-002."""
    if not address.startswith(DATA):
        return address
    root = os.environ.get("GLOTLIFT_DATA")
    if not root:
        raise GlotliftError(
            "GL-RECIPE-002",
            "GLOTLIFT_DATA is not set",
            place=address,
            fix="set it to the folder of real text, or choose --setting world",
        )
    return str(Path(root) / address.removeprefix(DATA))


def base_model(values: Mapping[str, Any], kept: Sources) -> Path:
    """Return the folder of the model to start from: a starter, any model, or one made and cached.

    ``pretrained`` is a decoder of ``values["size"]``, pretrained for ``values["steps"]`` on the
    training rows of the kept sources in equal shares of tokens, with a tokenizer of its own.
    """
    address = str(values["model"])
    if address.startswith(STARTER):
        return starter_address(address)
    if address != PRETRAINED:
        return find_model(address).folder
    shape = replace(SIZES[values["size"]], steps=values["steps"])
    rows = {name: parts["train"] for name, parts in kept.items()}
    key = hash_json([repr(shape), {name: list(text["text"]) for name, text in rows.items()}])
    path = cache_folder("bases") / f"decoder-{values['size']}-{key[:12]}"
    if not path.is_dir():
        texts = (text for dataset in rows.values() for text in dataset["text"])
        tokenizer = train_tokenizer(texts, kind="bpe", size=shape.pieces, special_tokens=DECODER)
        set_seed(0)
        model = build("decoder", shape, tokenizer)
        shares = dict.fromkeys(rows, 1 / len(rows))
        checkpoints = path.with_name(f"{atomic.PARTIAL}checkpoints-{path.name}")
        trained = train(
            model, tokenizer, rows, shares, amount=shape.steps, unit="steps",
            rate=shape.learning_rate, seed=0, folder=checkpoints,
        )  # fmt: skip
        with atomic.folder(path) as folder:
            trained.model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
    return path


def mixed(start: Start, replay: float) -> tuple[dict[str, Dataset], dict[str, float]]:
    """Return training rows and shares of tokens, uniform among the replayed and among the new."""
    shares = {name: (1 - replay) / len(start.new) for name in start.new}
    rows = {name: start.new[name]["train"] for name in start.new}
    if replay:
        shares |= {f"replay:{name}": replay / len(start.kept) for name in start.kept}
        rows |= {f"replay:{name}": parts["train"] for name, parts in start.kept.items()}
    return rows, shares


def train(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: Mapping[str, Dataset],
    shares: Mapping[str, float],
    *,
    amount: int,
    unit: Literal["tokens", "new tokens", "steps"],
    rate: float,
    seed: int,
    folder: Path,
) -> Trained:
    """Train one stage on sources in the given shares of tokens."""
    objective = objective_for(model, tokenizer)
    features = {name: objective.prepare(dataset) for name, dataset in rows.items()}
    mixture = Mixture(rows, hand(shares_of_bytes(shares, features)), seed=seed)
    if unit == "new tokens":
        amount = tokens_holding(Documents(features), mixture, amount)
    stage = Stage(
        folder.name,
        features,
        mixture,
        Budget(amount, "steps" if unit == "steps" else "tokens"),
        settings=TrainingSettings(
            learning_rate=rate,
            block=128,
            blocks_per_step=8,
            micro_blocks=8,
            save_every=NEVER,
            evaluate_every=NEVER,
        ),
        seed=seed,
    )
    trained = run_stage(model, tokenizer, stage, folder)
    discard_checkpoints(folder)
    return trained


def shares_of_bytes(
    shares: Mapping[str, float], features: Mapping[str, Dataset]
) -> dict[str, float]:
    """Return the shares of bytes that give shares of tokens: a mixture weighs bytes."""
    rates = {
        name: sum(features[name]["bytes"]) / int(columns(features[name])[1][-1]) for name in shares
    }
    total = sum(share * rates[name] for name, share in shares.items())
    return {name: share * rates[name] / total for name, share in shares.items()}


def tokens_holding(documents: Documents, mixture: Mixture, wanted: int) -> int:
    """Return how many tokens of the mixture's order hold `wanted` that are not replayed."""
    sources, rows = mixture.items(0, wanted)
    drawn = zip(sources.tolist(), rows.tolist(), strict=True)
    lengths = np.array([documents.length(source, row) for source, row in drawn])
    is_new = np.array([not name.startswith("replay:") for name in mixture.names])[sources]
    new = np.cumsum(lengths * is_new)
    last = int(np.searchsorted(new, wanted))
    return int(lengths[: last + 1].sum() - (new[last] - wanted))


def held_out_rows(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, kept: Sources, new: Sources
) -> dict[str, Rows]:
    """Return the bits of held-out rows by group: code, the other kept sources, and the new."""
    groups: dict[str, Sources] = {}
    for known, sources in ((True, kept), (False, new)):
        for name, parts in sources.items():
            group = name if name == "code" else SOURCE if known else NEW
            groups.setdefault(group, {})[name] = parts
    return {group: rows_of(model, tokenizer, members) for group, members in groups.items()}


def rows_of(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, sources: Sources
) -> Rows:
    """Return bits and bytes summed over the documents that share an id."""
    bits: Counter[str] = Counter()
    lengths: Counter[str] = Counter()
    for parts in sources.values():
        found = document_bits(model, tokenizer, list(parts["test"]["text"]))
        for id, spent, length in zip(parts["test"]["id"], *found, strict=True):
            bits[id] += spent
            lengths[id] += length
    return Rows(
        list(bits), np.array(list(bits.values())), np.array(list(lengths.values()), np.float64)
    )


def changes(
    before: Mapping[str, Rows], after: Mapping[str, Rows], budget: float, cost: dict[str, float]
) -> Measurement:
    """Return the change of every row, and the bits per byte before and after as costs."""
    for when, groups in (("before", before), ("after", after)):
        for group, rows in groups.items():
            cost[f"bits per byte {when}, {group}"] = float(rows.bits.sum() / rows.bytes.sum())
    return Measurement(
        budget,
        {group: (rows.bits - before[group].bits) / rows.bytes for group, rows in after.items()},
        {group: rows.ids for group, rows in after.items()},
        {group: rows.bytes for group, rows in after.items()},
        cost,
    )


def repeated(sources: Sources) -> float:
    """Return how many held-out documents stand word for word in the training text."""
    return float(
        sum(
            text in known
            for parts in sources.values()
            for known in [set(parts["train"]["text"])]
            for text in parts["test"]["text"]
        )
    )
