"""Language adapters of a small masked encoder: trained on text or on a graph, under a task.

All arms of a recipe start from one encoder, which saw a little of the language, and read equally
many steps. What they learnt is measured on hidden words of the language and, under a task adapter
and a head of their own, on topics.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset, DatasetDict, concatenate_datasets
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift import world
from glotlift.corpus import (
    Mixture,
    natural,
    read_conceptnet,
    read_labelled_graph,
    shuffled_triples,
    verbalise,
)
from glotlift.evidence.design import Measurement, Setting
from glotlift.models.adapters import Bottleneck, Invertible, fill
from glotlift.models.chosen import Parts
from glotlift.models.deltas import AllWeights, LowRank, Together
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.one_stage import prepared, train_stage
from glotlift.recipes.small_encoders import (
    Floats,
    base_encoder,
    encoder_tokenizer,
    fine_tune_classifier,
    logits,
    masked_bits,
)
from glotlift.recipes.starting_point import Sources, locate, read_sources, repeated
from glotlift.recipes.topics import Topics, topic_rows
from glotlift.runs.protocols import Delta
from glotlift.training.schedule import Budget

TEXT, GRAPH, SHUFFLED, ELSE = "text", "graph", "shuffled graph", "other languages"
BITS, TOPICS, GAIN, KEPT = "hidden words", "topics", "gain per weight", "known languages"
WORLD = "world"
HEAD = ("classifier.*", "head.*")  # of ModernBERT
Reading = Sequence[tuple[str, str, float]]  # what is applied, what it reads, its share of the steps


@dataclass(frozen=True)
class Material:
    """What arms and seeds share: text, triples, encoder, topics, and bits and bytes before."""

    known: Sources
    target: Sources
    triples: Dataset
    tokenizer: PreTrainedTokenizerFast
    folder: Path
    topics: Topics
    before: dict[str, tuple[Floats, Floats]]


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return what arms and seeds share, made once a process; `values` are the setting's JSON.

    The encoder reads all text of the known languages and the first ``values["seen"]`` documents of
    the target; its tokenizer is made from the same.
    """
    chosen = json.loads(values)
    known = read_sources(chosen["known"], chosen["documents"])
    target = read_sources(chosen["target"], chosen["documents"])
    text = {code: parts["train"] for code, parts in known.items()}
    for code, parts in target.items():
        text[code] = parts["train"].select(range(chosen["seen"]))
        parts["train"] = parts["train"].select(range(chosen["seen"], len(parts["train"])))
    tokenizer = encoder_tokenizer(chosen, text)
    folder = base_encoder(chosen, 0, text, tokenizer)
    encoder = load_model(find_model(str(folder)))
    before = {
        name: masked_bits(encoder, tokenizer, held_out(sources))
        for name, sources in ((BITS, target), (KEPT, known))
    }
    return Material(known, target, graph_of(chosen), tokenizer, folder, topic_rows(chosen), before)


def held_out(sources: Mapping[str, DatasetDict]) -> list[str]:
    """Return the held-out documents of all sources."""
    return [text for parts in sources.values() for text in parts["test"]["text"]]


def graph_of(values: Mapping[str, Any]) -> Dataset:
    """Return what is known in the target languages, as triples."""
    if values["graph"] == WORLD:
        return concatenate_datasets([world.graph(code) for code in values["target"]])
    root = Path(locate(values["graph"]))
    labelled = root / "cldr_kg"
    return concatenate_datasets(
        [
            graph
            for code in values["target"]
            for graph in (
                read_conceptnet(root / "conceptnet_sample" / "edges.jsonl.gz", code),
                read_labelled_graph(
                    labelled / "train.jsonl.gz", labelled / "labels.jsonl.gz", code
                ),
            )
            if len(graph)
        ]
    )


def delta_of(kind: str, name: str, values: Mapping[str, Any]) -> Delta:
    """Return what moves; all but the whole model are of about one size (see the costs)."""
    narrow = Bottleneck(name, reduction=2 * values["reduction"])
    kinds: dict[str, Delta] = {
        "bottleneck": Bottleneck(name, reduction=values["reduction"]),
        "invertible": Together((narrow, Invertible(name))),
        "lora": LowRank(rank=values["rank"], alpha=values["rank"], targets=("Wqkv",)),
        "full": AllWeights(),
    }
    return kinds[kind]


def sources_of(shared: Material, reads: str, seed: int) -> dict[str, Dataset]:
    """Return what a stage reads: text of the target or of others, its graph, or a false one."""
    if reads == TEXT:
        return {code: parts["train"] for code, parts in shared.target.items()}
    if reads == ELSE:
        return {code: parts["train"] for code, parts in shared.known.items()}
    triples = shuffled_triples(shared.triples, seed) if reads == SHUFFLED else shared.triples
    return {reads: verbalise(triples)}


def adapt(setting: Setting, seed: int, folder: Path, *, reading: Reading) -> Measurement:
    """Adapt the encoder in one or more stages, and measure language, topics and what was kept.

    An adapter of a later stage is stacked on those of the stages before. All stages together take
    ``values["stage_steps"]`` steps. The known languages are measured with adapters taken out.
    """
    values = setting.values
    shared = material(json.dumps(dict(values), sort_keys=True))
    model: Any = load_model(find_model(str(shared.folder)))
    started, steps, moved = time.monotonic(), 0, 0
    stack: list[Delta] = []
    learnt: dict[str, torch.Tensor] = {}
    for number, (kind, reads, part) in enumerate(reading):
        delta = delta_of(kind, f"stage-{number + 1}", values)
        sources = sources_of(shared, reads, seed)
        trained = train_stage(
            model,
            shared.tokenizer,
            prepared(model, shared.tokenizer, sources),
            Mixture(sources, natural, seed=seed),
            Budget(round(part * values["stage_steps"]), "steps"),
            rate=values["learning_rates"][kind],
            seed=seed,
            folder=folder / f"stage-{number + 1}",
            delta=delta,
        )
        steps, moved = steps + trained.steps, moved + trained.moving
        model = trained.model
        if trained.adapters:
            stack.append(delta)
            learnt = dict(trained.adapters)
            restore(model, [delta], learnt)
    adapted = masked_bits(model, shared.tokenizer, held_out(shared.target))
    for delta in reversed(stack):
        model = delta.remove(model)
    kept = masked_bits(model, shared.tokenizer, held_out(shared.known))
    ids, right = topics_right(
        model, shared, values, seed, partial(restore, stack=stack, learnt=learnt)
    )
    seconds = time.monotonic() - started
    return measurement(shared, steps, moved, adapted, kept, (ids, right), seconds)


def restore(model: Any, stack: Sequence[Delta], learnt: Mapping[str, torch.Tensor]) -> None:
    """Put adapters back into a model, with what they learnt."""
    for delta in stack:
        delta.apply(model)
    fill(model, learnt)


def measurement(
    shared: Material,
    steps: int,
    moved: int,
    adapted: tuple[Floats, Floats],
    kept: tuple[Floats, Floats],
    topics: tuple[list[str], Floats],
    seconds: float,
) -> Measurement:
    """Return an arm's scores: changes of bits per byte of hidden words, and topics found."""
    changes = {
        name: (after[0] - shared.before[name][0]) / after[1]
        for name, after in ((BITS, adapted), (KEPT, kept))
    }
    rows = {
        name: [f"{code} {id}" for code, parts in sources.items() for id in parts["test"]["id"]]
        for name, sources in ((BITS, shared.target), (KEPT, shared.known))
    }
    return Measurement(
        steps,
        changes | {GAIN: -changes[BITS] / (moved / 1000), TOPICS: topics[1]},
        rows | {GAIN: rows[BITS], TOPICS: topics[0]},
        {BITS: adapted[1], GAIN: adapted[1], KEPT: kept[1], TOPICS: np.ones(len(topics[1]))},
        {
            "seconds": seconds,
            "weights that move": moved,
            "bytes of the graph as text": sum(map(len, verbalise(shared.triples)["text"])),
            "test documents in training": repeated(shared.target),
        },
    )


def topics_right(
    encoder: PreTrainedModel,
    shared: Material,
    values: Mapping[str, Any],
    seed: int,
    put_back: Callable[[PreTrainedModel], object],
) -> tuple[list[str], Floats]:
    """Return ids and 1 where a task adapter and a head on the language adapter find the topic."""

    def under_task(classifier: PreTrainedModel) -> None:
        put_back(classifier)
        Together((Bottleneck("task", reduction=values["reduction"]), Parts(HEAD))).apply(classifier)

    (code,) = values["languages"]
    classifier = fine_tune_classifier(
        encoder,
        shared.tokenizer,
        *shared.topics.training([code]),
        classes=len(shared.topics.classes),
        epochs=values["epochs"],
        rate=values["tuning_rate"],
        seed=seed,
        prepare=under_task,
    )
    test = shared.topics.rows[code]["test"]
    found = logits(classifier, shared.tokenizer, list(test["text"])).argmax(1)
    return list(test["id"]), (found == np.array(test["label"])).astype(np.float64)
