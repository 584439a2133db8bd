"""A small decoder trained a little further on a mixture of denoisers, and what it then can do.

All arms go one way: the finished decoder gets sentinels and mode tokens, reads the same text under
one mixture of denoisers until it has computed as many tokens as the others, and is asked for gaps,
continuations and whole texts. More causal training is a mixture too, of nothing read.
"""

import json
import math
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import Mixture, equal_bytes
from glotlift.evidence.design import Measurement, Setting
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.bits import document_bits, ids_of
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.denoisers import MixtureOfDenoisers
from glotlift.objectives.features import end_id, tokenise
from glotlift.objectives.layouts import Example, joined
from glotlift.recipes.one_stage import BLOCKS, train_stage
from glotlift.recipes.starting_point import Sources, base_model, read_sources, repeated
from glotlift.training.schedule import Budget, Documents, plan_blocks
from glotlift.training.schooling import BLOCK
from glotlift.training.trainer import Blocks
from glotlift.vocabulary import add_denoising_tokens, apply_edit, random_rows
from glotlift.vocabulary.denoising_tokens import REGULAR, SEQUENTIAL

BOTH, FILLED = "gap, read from both sides", "gap, read as the arm has learnt"
AHEAD, CONTINUED = "what reading ahead changes", "continuation, read as the arm has learnt"
TEXT = "whole text"
GAP, LONGEST = 4, 96  # tokens in a gap, and in a document that has one
Floats = NDArray[np.float64]
Bits = tuple[Floats, Floats]
State = tuple[PreTrainedModel, PreTrainedTokenizerFast]


@dataclass(frozen=True)
class Shared:
    """What all arms share: the finished decoder, text of both splits, and features of one."""

    folder: Path
    sources: Sources
    features: dict[str, Dataset]
    """Training text by language. Tokens that are added later do not change how text is cut."""


@lru_cache(maxsize=1)
def shared(values: str) -> Shared:
    """Return what the arms of a setting share; `values` are its JSON."""
    chosen = json.loads(values)
    sources = read_sources(chosen["kept"], chosen["documents"])
    folder = base_model(chosen, sources)
    tokenizer = load_tokenizer(folder)
    features = {
        name: tokenise(tokenizer, parts["train"], prefix=[], suffix=end_id(tokenizer))
        for name, parts in sources.items()
    }
    return Shared(folder, sources, features)


def denoise(
    setting: Setting, seed: int, folder: Path, *, mixture: Mapping[str, float], **settings: Any
) -> Measurement:
    """Train the decoder further on a mixture of denoisers; score held-out documents.

    `settings` are further ones of the objective. The budget counts the tokens that are computed:
    sentinels, modes and both sides of every example.
    """
    values = dict(setting.values)
    made = shared(json.dumps(values, sort_keys=True))
    started = time.monotonic()
    model, tokenizer = with_tokens(made.folder, values["sentinels"], seed)
    objective = MixtureOfDenoisers.for_model(model, tokenizer, mixture=mixture, **settings)
    rows = {name: parts["train"] for name, parts in made.sources.items()}
    mixed = Mixture(rows, equal_bytes, seed=seed)
    each = computed(objective, made.features, mixed, values["tokens"], seed)
    trained = train_stage(
        model,
        tokenizer,
        made.features,
        mixed,
        Budget(round(values["tokens"] / each), "tokens"),
        rate=values["learning_rate"],
        seed=seed,
        folder=folder / "stage",
        objective=objective,
    )
    spent = trained.plan.total_tokens * each
    cost = {
        "seconds": time.monotonic() - started,
        "steps": trained.steps,
        "tokens of text": trained.plan.total_tokens,
        "test documents in training": repeated(made.sources),
    }
    return scored((trained.model, tokenizer), objective, made.sources, spent, cost)


def with_tokens(folder: Path, sentinels: int, seed: int) -> State:
    """Return the decoder with sentinels and mode tokens, their rows random."""
    tokenizer = load_tokenizer(folder)
    edit = add_denoising_tokens(tokenizer, sentinels=sentinels)
    model = apply_edit(load_model(find_model(str(folder))), edit, random_rows, seed=seed)
    return model, edit.tokenizer(tokenizer)


def computed(
    objective: MixtureOfDenoisers,
    features: Mapping[str, Dataset],
    mixture: Mixture,
    tokens: int,
    seed: int,
) -> float:
    """Return how many tokens a mixture computes for each token of text."""
    documents = Documents(features)
    plan = plan_blocks(
        documents,
        mixture,
        Budget(tokens, "tokens"),
        block=BLOCK,
        blocks_per_step=BLOCKS,
        overlap=objective.overlap,
        packs=True,
        seed=seed,
    )
    blocks = Blocks(plan, documents, objective, BLOCKS, seed)
    batches = [blocks.collate(range(at, at + BLOCKS)) for at in range(0, len(blocks), BLOCKS)]
    return sum(int((batch["segments"] > 0).sum()) for batch in batches) / plan.total_tokens


def scored(
    state: State,
    objective: MixtureOfDenoisers,
    sources: Sources,
    spent: float,
    cost: Mapping[str, float],
) -> Measurement:
    """Return bits per byte of each held-out row, summed over the languages that have it."""
    totals: dict[str, dict[str, Floats]] = defaultdict(dict)
    for parts in sources.values():
        for name, (bits, lengths) in asked(state, objective, parts["test"]).items():
            for id, pair in zip(parts["test"]["id"], zip(bits, lengths, strict=True), strict=True):
                totals[name][id] = totals[name].get(id, np.zeros(2)) + np.array(pair)
    rows = {name: [id for id, pair in found.items() if pair[1]] for name, found in totals.items()}
    table = {name: np.array([totals[name][id] for id in ids]) for name, ids in rows.items()}
    return Measurement(
        spent,
        {name: found[:, 0] / found[:, 1] for name, found in table.items()},
        rows,
        {name: found[:, 1] for name, found in table.items()},
        dict(cost),
    )


def asked(state: State, objective: MixtureOfDenoisers, documents: Dataset) -> dict[str, Bits]:
    """Return bits and bytes [documents] of each metric; 0 bytes where a document is too short.

    An arm that has learnt to fill spans, or to continue a text that it sees whole, does so with its
    mode token; one that has not reads a gap's left side alone, and a text from left to right.
    """
    model, tokenizer = state
    texts = [ids[:LONGEST] for ids in ids_of(tokenizer, list(documents["text"]))]
    starts = [gap_start(len(ids), place) for place, ids in enumerate(texts)]
    regular = joined(objective.modes.get(REGULAR, []))
    sequential = joined(objective.modes.get(SEQUENTIAL, []))
    mark = objective_sentinel(tokenizer)
    gaps = [ids[at : at + GAP] for ids, at in zip(texts, starts, strict=True)]
    sides = [
        Example(joined(regular, ids[:at], mark, ids[at + GAP :]), joined(mark, gap))
        for ids, at, gap in zip(texts, starts, gaps, strict=True)
    ]
    left = [
        Example(ids[:0], ids[: at + GAP], whole=False)
        for ids, at in zip(texts, starts, strict=True)
    ]
    halves = [len(ids) // 2 for ids in texts]
    rests = [ids[half:] for ids, half in zip(texts, halves, strict=True)]
    ahead = [
        Example(joined(sequential, ids[:half]), ids[half:], whole=False)
        for ids, half in zip(texts, halves, strict=True)
    ]
    straight = [Example(ids[:0], ids, whole=False) for ids in texts]
    both = bits_of(model, objective, sides, [1] * len(texts), gaps)
    alone = bits_of(model, objective, left, starts, gaps)
    seen = bits_of(model, objective, ahead, [0] * len(texts), rests)
    unseen = bits_of(model, objective, straight, halves, rests)
    of_gaps, of_rests = bytes_of(tokenizer, gaps), bytes_of(tokenizer, rests)
    bits, lengths = document_bits(model, tokenizer, list(documents["text"]))
    return {
        BOTH: (both, of_gaps),
        FILLED: (both if len(regular) else alone, of_gaps),
        AHEAD: (seen - unseen, of_rests),
        CONTINUED: (seen if len(sequential) else unseen, of_rests),
        TEXT: (bits, lengths.astype(np.float64)),
    }


def objective_sentinel(tokenizer: PreTrainedTokenizerFast) -> NDArray[np.int32]:
    """Return the first sentinel's id, [1]."""
    return joined([tokenizer.convert_tokens_to_ids("<extra_id_0>")])


def gap_start(length: int, seed: int) -> int:
    """Return where a document's gap begins: anywhere with text before and behind it."""
    return int(np.random.default_rng([seed, 0x474150]).integers(1, max(2, length - GAP)))


@torch.no_grad()
def bits_of(
    model: PreTrainedModel,
    objective: MixtureOfDenoisers,
    examples: Sequence[Example],
    first: Sequence[int],
    wanted: Sequence[NDArray[np.int32]],
) -> Floats:
    """Return the bits of `wanted` [examples], which each target holds from its token `first` on."""
    model.eval()  # type: ignore[no-untyped-call]
    bits = np.zeros(len(examples))
    for at in range(0, len(examples), 2 * BLOCKS):
        chosen = range(at, min(at + 2 * BLOCKS, len(examples)))
        batch = objective.layout.lay_out([[examples[place]] for place in chosen])
        for row, place in enumerate(chosen):
            labelled = (batch["labels"][row] != IGNORED).nonzero()[:, 0]
            inside = slice(first[place], first[place] + len(wanted[place]))
            batch["labels"][row, labelled[: inside.start]] = IGNORED
            batch["labels"][row, labelled[inside.stop :]] = IGNORED
        _, logs = objective.loss(model, batch)
        owners = at + (batch["labels"] != IGNORED).nonzero()[:, 0].numpy()
        np.add.at(bits, owners, logs["each"].double().numpy() / math.log(2))
    return bits


def bytes_of(tokenizer: PreTrainedTokenizerFast, texts: Sequence[NDArray[np.int32]]) -> Floats:
    """Return how many bytes byte-level pieces stand for: each letter of a piece is a byte."""
    return np.array(
        [sum(map(len, tokenizer.convert_ids_to_tokens(ids.tolist()))) for ids in texts], np.float64
    )
