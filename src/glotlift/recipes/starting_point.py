"""Where the arms of a recipe start from: one model, its text, and its bits before."""

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, DatasetDict
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import deduplicate, equal_bytes, read, split_rows
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.bits import document_bits
from glotlift.recipes.one_stage import prepared
from glotlift.recipes.python_source import standard_library
from glotlift.recipes.token_shares import REPLAY
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json
from glotlift.training.schooling import pretrain
from glotlift.training.starters import SIZES, STARTER, VERSION, starter_address

PRETRAINED, CODE = "pretrained", "python:standard-library"
SOURCE, NEW = "source languages", "new languages"
HELD_OUT = 0.1  # of the ids, where a text has no test split of its own
Sources = dict[str, DatasetDict]


@dataclass(frozen=True)
class Rows:
    """Bits and bytes of held-out rows; a row is an item in all the languages that have it."""

    ids: list[str]
    bits: NDArray[np.float64]
    bytes: NDArray[np.float64]


@dataclass(frozen=True)
class Start:
    """What all arms of a setting share: model, training text, held-out text, and bits before.

    `rows` and `features` are training text by source; what the model knows is named ``replay:``.
    """

    folder: Path
    kept: Sources
    new: Sources
    rows: dict[str, Dataset]
    features: dict[str, Dataset]
    before: dict[str, Rows]


@lru_cache(maxsize=1)
def starting_point(values: str) -> Start:
    """Return what the arms of a setting share, made once a process; `values` are its JSON."""
    chosen = json.loads(values)
    kept = read_sources(chosen["kept"], chosen["documents"])
    new = read_sources(chosen["new"], chosen["documents"])
    folder = base_model(chosen, kept)
    model, tokenizer = load_model(find_model(str(folder))), load_tokenizer(folder)
    rows = {f"{REPLAY}{name}": parts["train"] for name, parts in kept.items()}
    rows |= {name: parts["train"] for name, parts in new.items()}
    features = prepared(model, tokenizer, rows)
    before = held_out_rows(model, tokenizer, kept, new)
    return Start(folder, kept, new, rows, features, before)


def read_sources(addresses: Mapping[str, str], documents: int) -> Sources:
    """Return training rows and at most `documents` held-out ones by source.

    Text of the sample world has a test split; other text is parted by shared id.
    """
    sources = {}
    for name, address in addresses.items():
        if address.startswith("world:"):
            end = f"{'&' if '?' in address else '?'}split=test&rows={documents}"
            test = read(address + end, language=name)
            sources[name] = DatasetDict(train=read(address, language=name), test=test)
            continue
        rows = standard_library() if address == CODE else read(locate(address), language=name)
        parts = split_rows(deduplicate(rows), validation=0, test=HELD_OUT)
        test = parts["test"].select(range(min(documents, len(parts["test"]))))
        sources[name] = DatasetDict(train=parts["train"], test=test)
    return sources


def locate(address: str) -> str:
    """Return an address with the folder that its first part, ``$NAME``, stands for.

    Raises GL-RECIPE-002 where the environment has no such variable.
    """
    if not address.startswith("$"):
        return address
    name, _, rest = address[1:].partition("/")
    root = os.environ.get(name)
    if not root:
        raise GlotliftError(
            "GL-RECIPE-002",
            f"{name} is not set",
            place=address,
            fix="set it to the folder that holds such data, or choose --setting world",
        )
    return str(Path(root) / rest)


def base_model(values: Mapping[str, Any], kept: Sources) -> Path:
    """Return the folder of the model to start from: a starter, any model, or one made and cached.

    ``pretrained`` is a decoder of ``values["size"]``, pretrained for ``values["steps"]`` on the
    training rows of the kept sources in equal shares of bytes, with a tokenizer of its own.
    """
    address = str(values["model"])
    if address.startswith(STARTER):
        return starter_address(address)
    if address != PRETRAINED:
        return find_model(address).folder
    shape = replace(SIZES[values["size"]], steps=values["steps"])
    rows = {name: parts["train"] for name, parts in kept.items()}
    key = hash_json(
        [VERSION, repr(shape), {name: list(text["text"]) for name, text in rows.items()}]
    )
    path = cache_folder("bases") / f"decoder-{values['size']}-{key[:12]}"
    if not path.is_dir():
        model, tokenizer = pretrain("decoder", shape, rows, path, policy=equal_bytes)
        with atomic.folder(path) as folder:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
    return path


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


def rows_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, sources: Sources) -> Rows:
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
