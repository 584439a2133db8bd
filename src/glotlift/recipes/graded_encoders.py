"""Sentence encoders from bad to fair, and many small tasks that rank them.

Encoders are layers of one small network at several points of its life (untrained, after few and
more steps of masked modelling, after few and more steps on translations) and counts of letters.
Tasks are a type in a language. What a recipe about benchmarks needs: models that differ by grades.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift.evaluation.embeddings import (
    bitext_scores,
    class_mean_scores,
    cosines,
    retrieval_scores,
    similarity_scores,
)
from glotlift.models.loading import find_model, load_model
from glotlift.objectives.contrastive import mean_states
from glotlift.probing.letters import LetterCounts
from glotlift.recipes.embedding_tasks import Corpus, Tasks, embedding_tasks
from glotlift.recipes.romanised_encoders import first_text
from glotlift.recipes.small_encoders import base_encoder, encoder_tokenizer, over_batches
from glotlift.recipes.translation_alignment import tune_on_translations
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES

Floats = NDArray[np.float64]
Values = Mapping[str, Any]
Vectors = Callable[[Sequence[str]], dict[str, Floats]]  # of texts, by the model's name
UNTRAINED, FEW, MORE = "untrained", "few steps", "more steps"
TUNED_FEW, TUNED_MORE = "few translations", "more translations"
LAYERS = {UNTRAINED: (2,), FEW: (1, 2), MORE: (0, 1, 2), TUNED_FEW: (1, 2), TUNED_MORE: (1, 2)}
WIDTHS = (16, 64, 256, 1024)  # of counts of letters


@dataclass(frozen=True)
class Ranked:
    """Scores [models, tasks], and [models, queries] of every document by language of a corpus."""

    models: list[str]
    tasks: list[str]
    types: list[str]
    scores: Floats
    runs: dict[str, Floats]


@lru_cache(maxsize=8)
def ranked(values: str, seed: int) -> Ranked:
    """Return what the encoders of a seed score in the tasks of a setting; `values` are JSON.

    `runs` are the cosines of every corpus by its language, [models, queries, documents].
    """
    tasks = embedding_tasks(values)
    found: dict[str, dict[str, float]] = {}
    runs: dict[str, list[Floats]] = {}
    for vectors in (letter_vectors, *network_vectors(json.loads(values), seed, tasks)):
        for task, scored in scored_tasks(tasks, vectors):
            for model, score in scored.items():
                found.setdefault(model, {})[task] = score
        for code, corpus in tasks.corpora.items():
            runs.setdefault(code, []).extend(each for each in rankings(corpus, vectors).values())
    models, names = list(found), list(next(iter(found.values())))
    return Ranked(
        models,
        names,
        [name.split(" ")[0] for name in names],
        np.array([[found[model][name] for name in names] for model in models]),
        {code: np.stack(each) for code, each in runs.items()},
    )


def scored_tasks(tasks: Tasks, vectors: Vectors) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each task's name, its type first, with the scores of some models in it."""
    for name, rows in tasks.labelled.items():
        taught, asked = (vectors(rows[split]["text"]) for split in ("train", "test"))
        yield (
            name,
            {
                model: class_mean_scores(
                    taught[model], rows["train"]["label"], asked[model], rows["test"]["label"]
                ).mean()
                for model in taught
            },
        )
    for name, (one, other) in tasks.bitexts.items():
        first, second = vectors(one), vectors(other)
        yield name, {m: bitext_scores(first[m], second[m]).mean() for m in first}
    for name, (one, other, degrees) in tasks.similar.items():
        first, second = vectors(one), vectors(other)
        yield name, {m: similarity_scores(first[m], second[m], degrees).mean() for m in first}
    for code, corpus in tasks.corpora.items():
        documents = vectors(corpus.documents)
        for kind, asking in (("retrieval", corpus.queries), ("crosslingual", corpus.foreign)):
            asked = vectors(asking)
            yield (
                f"{kind} {code}",
                {m: retrieval_scores(asked[m], documents[m], corpus.grades).mean() for m in asked},
            )


def rankings(corpus: Corpus, vectors: Vectors) -> dict[str, Floats]:
    """Return the cosines of queries in the corpus's own language with its documents, by model."""
    asked, documents = vectors(corpus.queries), vectors(corpus.documents)
    return {model: cosines(asked[model], documents[model]) for model in asked}


def letter_vectors(texts: Sequence[str]) -> dict[str, Floats]:
    """Return the counts of letters of several widths."""
    return {
        f"letters in {width}": np.asarray(LetterCounts(width).encode_layers(texts)[0], np.float64)
        for width in WIDTHS
    }


def network_vectors(values: Values, seed: int, tasks: Tasks) -> Iterator[Vectors]:
    """Yield the encoders of each point in the life of a seed's network."""
    text = {code: first_text(values, code) for code in (values["pivot"], *values["languages"])}
    tokenizer = encoder_tokenizer(values, text)
    few, more = (
        base_encoder({**values, "steps": steps}, seed, text, tokenizer) for steps in values["steps"]
    )
    set_seed(seed)
    yield layers_of(UNTRAINED, build("encoder", SIZES[values["size"]], tokenizer), tokenizer)
    yield layers_of(FEW, load_model(find_model(str(few))), tokenizer)
    yield layers_of(MORE, load_model(find_model(str(more))), tokenizer)
    for name, steps in zip((TUNED_FEW, TUNED_MORE), values["tuning_steps"], strict=True):
        tuned = tune_on_translations(
            more,
            tokenizer,
            tasks.pivot,
            tasks.translations,
            steps=steps,
            rate=values["tuning_rate"],
            seed=seed,
        )
        yield layers_of(name, tuned, tokenizer)


def layers_of(name: str, network: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Vectors:
    """Return the encoders that the layers of a network are; texts are read once a process."""
    network.eval()  # type: ignore[no-untyped-call]
    special = torch.tensor(sorted(set(tokenizer.all_special_ids)))
    known: dict[tuple[str, ...], dict[str, Floats]] = {}

    def states(batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        found = network.base_model(**batch, output_hidden_states=True).hidden_states
        content = ~torch.isin(batch["input_ids"], special)
        return torch.cat([mean_states(found[layer], content) for layer in LAYERS[name]], dim=1)

    def vectors(texts: Sequence[str]) -> dict[str, Floats]:
        key = tuple(texts)
        if key not in known:
            parts = np.split(over_batches(tokenizer, texts, states), len(LAYERS[name]), axis=1)
            known[key] = {f"{name}, layer {n}": p for n, p in zip(LAYERS[name], parts, strict=True)}
        return known[key]

    return vectors
