"""OFA (Liu et al. 2024, arXiv:2311.08849): wise rows for a large new multilingual vocabulary.

A masked encoder of two languages gets the tokenizer of many. All arms copy the rows of the pieces
that both tokenizers have, and differ in the other rows: drawn at random; the mean of the old pieces
that spelt the new one; mixed from overlapping pieces near in the new text, as FOCUS does (Dobler
and de Melo 2023); or mixed from the old pieces nearest in an external space of aligned word
vectors, as OFA does. OFA is also run over factorised rows, half and a quarter as wide and
tied in the head, and with its vectors dealt to the wrong pieces. Then all arms read equally many
bytes of one mixture in one order; a figure along the way is one after so many steps.

The paper's vectors come from a parallel Bible; these from parallel training rows, all words of a
row's translations shuffled into one text (Vulić and Moens 2015) and their association factorised.
Singular values are shared between both factors; the paper leaves them all in the primitives.
Bits per byte are those of hidden words, the same in all arms. The paper's tasks are not reproduced.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import Mixture, equal_bytes
from glotlift.evaluation.embeddings import bitext_scores
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.models.factorised import FactorisedEmbedding
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.ofa_start import PIVOT, Start, Text, starting_point, text_of
from glotlift.recipes.one_stage import train_stage
from glotlift.recipes.small_encoders import masked_bits, sentence_vectors
from glotlift.runs.machine import peak_memory
from glotlift.runs.protocols import Initialiser
from glotlift.training.schedule import Budget
from glotlift.training.stages import Trained
from glotlift.vocabulary import (
    Focus,
    Ofa,
    VocabularyEdit,
    apply_edit,
    apply_factorised,
    copy_rows,
    mean_of_pieces,
)
from glotlift.vocabulary.neighbours import covered

RANDOM, MEAN, FOCUS = "random", "mean of pieces", "FOCUS"
OFA, HALF, QUARTER, SHUFFLED = "OFA", "OFA, half", "OFA, quarter", "OFA, shuffled vectors"
START, EARLY, END, AREA = "at the start", "early", "at the end", "mean along the way"
RETRIEVAL, BITS = "retrieval into English", "bits per byte of hidden words"
WORLD: dict[str, Any] = {
    "text": "world:{}?rows=300&sentences=10",
    "parallel": "world:{}?rows=1500&sentences=1",
    "held_out": "world:{}?rows=50&sentences=1&split=test",
    "source": [PIVOT, "spa_Latn"],
    "new": ["deu_Latn", "ell_Grek", "hin_Deva", "tur_Latn"],
    "size": "tiny",
    "pieces": 2000,
    "new_pieces": 4000,
    "bases": 2,
    "steps": 1000,
    "vectors": 100,
    "bytes": 170_000,
    "learning_rate": 2e-3,
    "points": [5, 15, 40],
}
REAL: dict[str, Any] = WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "held_out": 40,
    "new": ["fin_Latn", "hin_Deva", "swh_Latn", "tur_Latn"],
    "text_bytes": 300_000,
    "new_pieces": 6000,
    "bases": 1,
    "steps": 700,
    "bytes": 140_000,
}

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Divided:
    """OFA over coordinates that are so many times narrower than the model."""

    by: int


def focus(edit: VocabularyEdit, rows: Tensor, aids: Mapping[str, Any]) -> Tensor:
    """Call FOCUS with vectors of the new pieces from all training text."""
    mixed: Tensor = Focus()(edit, rows, {**aids, **aids["of pieces"]})
    return mixed


def shuffled(edit: VocabularyEdit, rows: Tensor, aids: Mapping[str, Any]) -> Any:
    """Call OFA with the vectors of the added pieces dealt among them."""
    vectors = torch.as_tensor(aids["new_vectors"]).clone()
    places = edit.added_ids.start + covered(vectors[edit.added_ids.start :]).nonzero().squeeze(1)
    order = torch.randperm(len(places), generator=torch.Generator().manual_seed(aids["seed"]))
    vectors[places] = vectors[places[order]]
    return Ofa()(edit, rows, {**aids, "new_vectors": vectors})


def begin(start: Start, rows: Initialiser | Divided, seed: int) -> PreTrainedModel:
    """Return the old model with the new tokenizer's rows."""
    model: PreTrainedModel = load_model(find_model(str(start.folder)))
    apply, chosen = apply_edit, rows
    if isinstance(rows, Divided):
        chosen = Ofa(rank=model.config.hidden_size // rows.by, balanced=True)
        apply = apply_factorised
    begun: PreTrainedModel = apply(model, start.edit, chosen, aids=start.aids, seed=seed)
    return begun


def train_from(
    setting: Setting, seed: int, folder: Path, *, rows: Initialiser | Divided
) -> Measurement:
    """Begin with an initialiser's rows, continue on all languages, and score along the way."""
    values = json.dumps(dict(setting.values), sort_keys=True)
    start, text = starting_point(values, seed), text_of(values)
    model = begin(start, rows, seed)
    cost = start.costs | sizes(model, start.edit)
    score = partial(bits_by_language, model, start.tokenizer, text, setting.values["new"])
    curve = {0: score()}
    trained = continue_on_all(setting.values, model, start, text, seed, folder, curve, score)
    curve[trained.steps] = last = score()
    bits = {step: over_languages(found) for step, found in curve.items()}
    scores = measures(bits)
    scores[RETRIEVAL] = found_in(model, start.tokenizer, text, setting.values["new"])
    cost |= {f"bits/byte after {step} steps": float(found.mean()) for step, found in bits.items()}
    last |= bits_by_language(model, start.tokenizer, text, setting.values["source"])
    cost |= {f"bits/byte: {code}": float(b.sum() / n.sum()) for code, (b, n) in last.items()}
    cost |= {"steps": trained.steps, "peak_memory_bytes": peak_memory()}
    return Measurement(trained.plan.total_bytes, scores, dict.fromkeys(scores, text.ids), cost=cost)


def continue_on_all(
    values: Mapping[str, Any],
    model: PreTrainedModel,
    start: Start,
    text: Text,
    seed: int,
    folder: Path,
    curve: dict[int, Any],
    score: Callable[[], Any],
) -> Trained:
    """Train on all languages in equal shares of bytes; put scores at the points into `curve`."""

    def watch(event: str, **told: Any) -> None:
        step = told.get("step", 0)
        if step not in curve and sum(point <= step for point in values["points"]) >= len(curve):
            curve[step] = score()
            model.train()

    return train_stage(
        model,
        start.tokenizer,
        start.features,
        Mixture(text.training, equal_bytes, seed=seed),
        Budget(values["bytes"], "bytes"),
        rate=values["learning_rate"],
        seed=seed,
        folder=folder,
        log_every=values["points"][0],
        event=watch,
    )


def bits_by_language(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, text: Text, codes: list[str]
) -> dict[str, tuple[Scores, Scores]]:
    """Return bits and bytes of the hidden words of held-out rows by language."""
    return {code: masked_bits(model, tokenizer, text.held_out[code]) for code in codes}


def over_languages(found: Mapping[str, tuple[Scores, Scores]]) -> Scores:
    """Return the bits per byte of each row, languages alike, as their mean over rows has it."""
    mean: Scores = np.mean([bits / lengths.mean() for bits, lengths in found.values()], axis=0)
    return mean


def measures(bits: Mapping[int, Scores]) -> dict[str, Scores]:
    """Return the metrics, [rows] each, from the bits [rows] after so many steps."""
    steps = sorted(bits)
    heights = np.stack([bits[step] for step in steps])
    area: Any = np.trapezoid(heights, np.array(steps, np.float64), axis=0) / steps[-1]
    return {START: bits[0], EARLY: bits[steps[1]], END: bits[steps[-1]], AREA: area}


def found_in(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, text: Text, codes: list[str]
) -> Scores:
    """Return [rows] the share of languages in which a row finds its English translation."""
    pivot = sentence_vectors(model, tokenizer, text.held_out[PIVOT])
    hits = [
        bitext_scores(sentence_vectors(model, tokenizer, text.held_out[code]), pivot)
        for code in codes
    ]
    mean: Scores = np.mean(hits, axis=0)
    return mean


@torch.no_grad()
def sizes(model: PreTrainedModel, edit: VocabularyEdit) -> dict[str, float]:
    """Return parameters, and the geometric mean norms of copied and other rows."""
    embedding: Any = model.get_input_embeddings()
    factored = isinstance(embedding, FactorisedEmbedding)
    rows = embedding.rows() if factored else embedding.weight
    logs = rows.norm(dim=1).clamp(min=1e-6).log()
    first, last = edit.added_ids.start, edit.new_size
    return {
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "parameters of embeddings": sum(weight.numel() for weight in embedding.parameters()),
        "norm of copied rows": float(logs[:first].mean().exp()),
        "norm of other rows": float(logs[first:last].mean().exp()),
    }


def arm(name: str, description: str, rows: Any) -> Arm:
    """Return the arm that begins with these rows."""
    return Arm(name, description, partial(train_from, rows=rows))


def lower(
    id: str, text: str, versus: str, margin: float = 0, metric: str = AREA, name: str = OFA
) -> Claim:
    """Claim that an arm has fewer bits per byte than another; a negative margin grants as much."""
    return Claim(id, text, metric, name, versus, "less", margin, BITS)


RECIPES = (
    Recipe(
        name="ofa",
        part="rows",
        question="Which rows should a model begin with that gets a large new vocabulary?",
        difference="the rows of the pieces that the old tokenizer did not have",
        budget_unit="bytes of text read",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(RANDOM, "drawn by the old rows' mean and deviation; the overlap copied", copy_rows),
            arm(MEAN, "mean of the old pieces that spelt the new one", mean_of_pieces),
            arm(FOCUS, "mix of overlapping pieces near in text of all languages", focus),
            arm(OFA, "mix of the ten nearest old pieces in aligned vectors", Ofa()),
            arm(HALF, "the same over coordinates half as wide as the model", Divided(2)),
            arm(QUARTER, "the same over coordinates a quarter as wide", Divided(4)),
            arm(SHUFFLED, "as OFA, with the vectors dealt to other pieces", shuffled),
        ),
        claims=(
            lower("start", "OFA begins lower than random rows", RANDOM, metric=START),
            lower("faster", "OFA is lower on the way by over 0.05", RANDOM, 0.05),
            lower("end", "OFA is still lower at the end", RANDOM, metric=END),
            lower("vectors", "the vectors earn it: shuffled ones do worse", SHUFFLED),
            lower("mean", "OFA beats the mean of old pieces", MEAN),
            lower("focus", "OFA beats FOCUS", FOCUS),
            lower("half", "half the width costs at most 0.1 on the way", OFA, -0.1, name=HALF),
            lower("quarter", "a quarter of it beats random rows", RANDOM, name=QUARTER),
            Claim(
                "retrieval",
                "after OFA more translations are found than after random rows",
                *(RETRIEVAL, OFA, RANDOM, "greater", 0, "share of rows"),
            ),
        ),
        metrics={
            **dict.fromkeys((START, EARLY, END, AREA), Metric(BITS, higher_is_better=False)),
            RETRIEVAL: Metric("share of rows", higher_is_better=True),
        },
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
)
