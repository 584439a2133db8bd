"""A small decoder trained from scratch on text by source, and its bits on held-out documents.

A decoder, because its bits per byte are exact: a masked model's pseudo-likelihood is no likelihood
of the text, and two of them cannot be compared as two decoders can.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift.corpus import Mixture, Policy
from glotlift.objectives.bits import document_bits
from glotlift.recipes.one_stage import BLOCKS, prepared, train_stage
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.hashing import hash_json
from glotlift.runs.machine import peak_memory
from glotlift.training.schedule import Budget
from glotlift.training.schooling import BLOCK, build, make_tokenizer
from glotlift.training.stages import Trained
from glotlift.training.starters import SIZES, VERSION


@dataclass(frozen=True)
class Scored:
    """Bits [documents] and UTF-8 bytes [documents] of held-out documents."""

    ids: list[str]
    bits: NDArray[np.float64]
    bytes: NDArray[np.float64]


def tokenizer_of(values: Mapping[str, Any], sources: Mapping[str, Dataset]) -> Any:
    """Return a tokenizer of ``values["pieces"]`` trained on all the text of the sources."""
    shape = replace(SIZES[values["size"]], pieces=values["pieces"])
    return make_tokenizer("decoder", shape, sources)


def train_decoder(
    values: Mapping[str, Any],
    tokenizer: PreTrainedTokenizerFast,
    sources: Mapping[str, Dataset],
    policy: Policy,
    seed: int,
    folder: Path,
    *,
    budget: Budget | None = None,
) -> Trained:
    """Train a decoder of ``values["size"]`` on text mixed by `policy`.

    Without a `budget` it reads ``values["bytes"]``; a step reads ``values["blocks"]`` blocks, or 8,
    of ``values["block"]`` tokens, or 128.
    """
    set_seed(seed)
    model = build("decoder", SIZES[values["size"]], tokenizer)
    return train_stage(
        model,
        tokenizer,
        prepared(model, tokenizer, sources),
        Mixture(sources, policy, seed=seed),
        budget or Budget(values["bytes"], "bytes"),
        rate=values["learning_rate"],
        seed=seed,
        folder=folder,
        blocks=values.get("blocks", BLOCKS),
        block=values.get("block", BLOCK),
    )


def kept_decoder(
    name: str, values: Mapping[str, Any], sources: Mapping[str, Dataset], policy: Policy, seed: int
) -> Path:
    """Return the folder of a decoder trained for ``values["steps"]`` on text mixed by `policy`.

    Made once for all that decides it, with the tokenizer of all the text; `name` begins the
    folder's name, and stands for the policy.
    """
    told = {source: list(rows["text"]) for source, rows in sources.items()}
    shape = replace(SIZES[values["size"]], steps=values["steps"])
    asked = [values.get(key) for key in ("learning_rate", "pieces", "block", "blocks")]
    key = hash_json([VERSION, repr(shape), asked, seed, told])
    path = cache_folder("bases") / f"{name}-{values['size']}-{key[:12]}"
    with atomic.locked(path):
        if not path.is_dir():
            tokenizer = tokenizer_of(values, sources)
            budget = Budget(values["steps"], "steps")
            with TemporaryDirectory() as work:
                made = train_decoder(
                    values, tokenizer, sources, policy, seed, Path(work) / name, budget=budget
                )
            with atomic.folder(path) as folder:
                made.model.save_pretrained(folder)
                tokenizer.save_pretrained(folder)
    return path


def score(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, documents: Dataset) -> Scored:
    """Return the bits of held-out documents."""
    bits, lengths = document_bits(model, tokenizer, list(documents["text"]))
    return Scored(list(documents["id"]), bits, lengths.astype(np.float64))


def costs(
    trained: Trained, sources: Mapping[str, Dataset], held_out: Mapping[str, Dataset]
) -> dict[str, float]:
    """Return what an arm read, how often, and how much of what it is tested on."""
    there = {name: sum(len(text.encode()) for text in sources[name]["text"]) for name in sources}
    known = {text for rows in sources.values() for text in rows["text"]}
    tested = [text for rows in held_out.values() for text in rows["text"]]
    return {
        "steps": trained.steps,
        "tokens": trained.plan.total_tokens,
        "bytes of text there are": sum(there.values()),
        "documents there are": sum(len(rows) for rows in sources.values()),
        "test documents in training": sum(text in known for text in tested),
        "peak_memory_bytes": peak_memory(),
        **{f"epochs: {name}": trained.plan.bytes[name] / size for name, size in there.items()},
    }
