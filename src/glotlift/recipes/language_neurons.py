"""A decoder that knows several languages, the neurons each of them needs, and what they are for.

The neurons are found on text that the decoder was pretrained on. They are then silenced one
language at a time, or tuned alone on new text of one language, and held-out text of all languages
tells what that did.
"""

import json
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from glotlift.corpus import Mixture, natural
from glotlift.evidence.design import Measurement, Setting
from glotlift.models.chosen import Neurons
from glotlift.models.deltas import AllWeights, LowRank
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.bits import document_bits
from glotlift.probing.neurons import (
    NeuronSet,
    deactivation_matrix,
    language_neurons,
    neuron_count,
    neuron_importance,
    random_neurons,
)
from glotlift.recipes.one_stage import prepared, train_stage
from glotlift.recipes.starting_point import Sources, base_model, read_sources
from glotlift.runs.machine import peak_memory
from glotlift.runs.protocols import Delta
from glotlift.training.schedule import Budget

OWN, RANDOM, FULL, LORA = "own neurons", "random neurons", "all weights", "low rank"
TARGET, OTHERS = "target language", "other languages"
HARM, EXCESS = "harm to the own language", "harm beyond that to the others"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """What arms and seeds share: the decoder, text of its languages, new text, bits before."""

    folder: Path
    tokenizer: PreTrainedTokenizerFast
    known: Sources
    more: dict[str, Dataset]
    before: dict[str, tuple[Floats, NDArray[np.int64]]]


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return what arms and seeds share, made once a process; `values` are the setting's JSON.

    The decoder is pretrained on the first ``values["first"]`` documents of a target language, and
    on all of the other languages; the targets' other documents are new text.
    """
    chosen = json.loads(values)
    known = read_sources(chosen["kept"], chosen["documents"])
    more = {}
    for code, first in chosen["first"].items():
        rows = known[code]["train"]
        more[code] = rows.select(range(first, len(rows)))
        known[code]["train"] = rows.select(range(first))
    folder = base_model(chosen, known)
    model, tokenizer = load_model(find_model(str(folder))), load_tokenizer(folder)
    before = {
        code: document_bits(model, tokenizer, list(parts["test"]["text"]))
        for code, parts in known.items()
    }
    return Material(folder, tokenizer, known, more, before)


@lru_cache(maxsize=8)
def own_neurons(values: str, seed: int) -> dict[str, NeuronSet]:
    """Return the neurons of each language, found on texts that `seed` draws from pretraining's."""
    chosen, shared = json.loads(values), material(values)
    model = load_model(find_model(str(shared.folder)))
    found = {}
    for code, parts in shared.known.items():
        rows = parts["train"].shuffle(seed=seed)
        texts = list(rows.select(range(min(chosen["probed"], len(rows))))["text"])
        found[code] = neuron_importance(model, shared.tokenizer, texts, longest=chosen["longest"])
    sizes = {name: one.shape[1] for each in found.values() for name, one in each.items()}
    most = round(chosen["most"] * max(sizes.values()))
    return language_neurons(found, most, share=chosen["agreement"])


def delta_of(arm: str, values: str, seed: int, code: str, model: Any) -> Delta:
    """Return what an arm lets move when a language is tuned."""
    if arm == FULL:
        return AllWeights()
    if arm == LORA:
        return LowRank(rank=json.loads(values)["rank"], alpha=2 * json.loads(values)["rank"])
    own = own_neurons(values, seed)
    if arm == OWN:
        return Neurons(own[code])
    return Neurons(random_neurons(model, own[code], seed, without=list(own.values())))


def tune(setting: Setting, seed: int, folder: Path, *, moving: str) -> Measurement:
    """Tune what an arm lets move on new text of each target, and score all languages.

    Each target is tuned from the same decoder. A score is bits per byte after minus before of one
    document: of the target, or of another language.
    """
    values = json.dumps(dict(setting.values), sort_keys=True)
    shared, started = material(values), time.monotonic()
    scores: dict[str, list[Floats]] = {TARGET: [], OTHERS: []}
    weights: dict[str, list[Floats]] = {TARGET: [], OTHERS: []}
    rows: dict[str, list[str]] = {TARGET: [], OTHERS: []}
    spent, moved, parameters = 0, [], 0
    for code, more in shared.more.items():
        model = load_model(find_model(str(shared.folder)))
        delta = delta_of(moving, values, seed, code, model)
        trained = train_stage(
            model,
            shared.tokenizer,
            prepared(model, shared.tokenizer, {code: more}),
            Mixture({code: more}, natural, seed=seed),
            Budget(setting.values["tokens"], "tokens"),
            rate=setting.values["learning_rate"],
            seed=seed,
            folder=folder / code,
            delta=delta,
        )
        spent += trained.plan.total_tokens
        parameters = trained.model.num_parameters()
        moved.append(trained.moving)
        for other, parts in shared.known.items():
            bits, _ = document_bits(trained.model, shared.tokenizer, list(parts["test"]["text"]))
            old, lengths = shared.before[other]
            group = TARGET if other == code else OTHERS
            scores[group].append((bits - old) / lengths)
            weights[group].append(lengths.astype(np.float64))
            rows[group] += [f"{code} {other} {id}" for id in parts["test"]["id"]]
    return Measurement(
        spent,
        {group: np.concatenate(each) for group, each in scores.items()},
        rows,
        {group: np.concatenate(each) for group, each in weights.items()},
        {
            "seconds": time.monotonic() - started,
            "weights that move": float(np.mean(moved)),
            "share of the weights": float(np.mean(moved)) / parameters,
            "peak_memory_bytes": peak_memory(),
            "test documents in training": repeated_in(shared),
        },
    )


def silence(setting: Setting, seed: int, _: Path, *, chosen: str) -> Measurement:
    """Silence as many neurons as each language has of its own: those, or ones drawn by chance.

    A row is a held-out document's place in its language, for one silenced language: the bits per
    byte that the language's own document loses, and how much more that is than those at the same
    place lose on average over the other languages (their ids are shared where text is parallel).
    """
    values = json.dumps(dict(setting.values), sort_keys=True)
    shared = material(values)
    model = load_model(find_model(str(shared.folder)))
    own = own_neurons(values, seed)
    silenced = own
    if chosen == RANDOM:
        silenced = {
            code: random_neurons(model, sets, seed, without=[sets]) for code, sets in own.items()
        }
    texts = {code: list(parts["test"]["text"]) for code, parts in shared.known.items()}
    matrix = deactivation_matrix(model, shared.tokenizer, silenced, texts)
    least = min(map(len, texts.values()))
    harm, excess = [], []
    for code, by_language in matrix.items():
        others = np.mean([by_language[other][:least] for other in texts if other != code], axis=0)
        harm.append(by_language[code][:least])
        excess.append(harm[-1] - others)
    rows = [f"{code} {place}" for code in matrix for place in range(least)]
    codes = list(own)
    cost = {
        f"silencing {one}, change in {other}": float(matrix[one][other].mean())
        for one in codes
        for other in codes
    }
    return Measurement(
        sum(map(neuron_count, silenced.values())),
        {HARM: np.concatenate(harm), EXCESS: np.concatenate(excess)},
        {HARM: rows, EXCESS: rows},
        cost=cost | {f"neurons of {code}": neuron_count(sets) for code, sets in silenced.items()},
    )


def repeated_in(shared: Material) -> float:
    """Return how many held-out documents stand word for word in new or old training text."""
    found = 0
    for code, parts in shared.known.items():
        seen = {
            *parts["train"]["text"],
            *(shared.more[code]["text"] if code in shared.more else ()),
        }
        found += sum(text in seen for text in parts["test"]["text"])
    return float(found)
