"""Small decoders that know languages alike, have read translations, and know a task in some.

All languages have plain text and pairs with English; a few have solved rows of a task as well, in
English or their own instructions. So what a prompt brings can be told from what was learnt.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import set_seed

from glotlift.clients.local import LocalModel
from glotlift.corpus import hand, read
from glotlift.evaluation.tasks.sources import task_source
from glotlift.evaluation.tasks.wording import Instructions, Wording, labels_of, wordings
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.recipes.aligned_decoders import sentences
from glotlift.recipes.small_decoders import kept_decoder
from glotlift.recipes.starting_point import locate
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES

Values = Mapping[str, Any]
SHARES = {"text": 0.3, "pairs": 0.2, "tasks": 0.5}  # of the bytes read
TOGETHER = 4  # pairs, or solved rows, in a document


@lru_cache(maxsize=32)
def task_rows(address: str, code: str, count: int, split: str) -> Dataset:
    """Return rows of a task in a language."""
    layout, _, where = address.partition(":")
    return task_source(f"{layout}:{locate(where)}").rows(code, count, split=split)


def asked_in(values: Values, code: str, instructions: Instructions) -> list[Wording]:
    """Return the formulations of the task in a language, in English or in its own words."""
    rows = task_rows(values["task"], values["pivot"], values["task_rows"]["train"], "train")
    kind, labels = task_source(values["task"]).kind, labels_of(rows)
    ways = wordings(kind, code, instructions=instructions, labels=labels)
    return [ways[place] for place in values["formulations"]]


def pair(source: str, target: str) -> str:
    """Return a translation in one line, as XGLM is asked for it (section 4.6)."""
    return f"{source} = {target}"


def texts(values: Values, seed: int) -> dict[str, Dataset]:
    """Return what a decoder reads by source: plain text, pairs with the pivot, and solved rows."""
    pivot, draw = values["pivot"], np.random.default_rng([seed, 0x58474C4D])
    known = sentences(json.dumps(dict(values), sort_keys=True)).taught
    sources = {
        f"text:{code}": read(locate(values["text"].format(code)), language=code)
        for code in (pivot, *values["languages"])
    }
    if values.get("documents"):
        sources = {
            name: rows.select(range(min(values["documents"], len(rows))))
            for name, rows in sources.items()
        }
    for code in values["languages"]:
        order = draw.permutation(len(known[pivot]))
        joined = [pair(known[pivot][place], known[code][place]) for place in order]
        sources[f"pairs:{code}"] = documents(code, joined, "\n")
    for code in (pivot, *values["taught"]):
        rows = list(task_rows(values["task"], code, values["task_rows"]["train"], "train"))
        ways = [way for one in ("english", "target") for way in asked_in(values, code, one)]
        solved = []
        for _ in range(values["times"]):
            for start in range(0, len(rows), TOGETHER):
                way = ways[int(draw.integers(len(ways)))]
                solved += [way.put(row, way.answers(row)) for row in rows[start : start + TOGETHER]]
            draw.shuffle(rows)
        sources[f"tasks:{code}"] = documents(code, solved, "\n\n")
    return sources


def documents(code: str, parts: list[str], between: str) -> Dataset:
    """Return documents of a few parts each."""
    joined = [
        between.join(parts[start : start + TOGETHER]) for start in range(0, len(parts), TOGETHER)
    ]
    return Dataset.from_dict({"id": [f"{code}/{n}" for n in range(len(joined))], "text": joined})


@lru_cache(maxsize=1)
def taught_decoder(key: str, seed: int, trained: bool = True) -> LocalModel:
    """Return the decoder of a setting and a seed, trained on its texts, or as it begins."""
    values = json.loads(key)
    sources = texts(values, seed)
    groups = [name.partition(":")[0] for name in sources]
    shares = {
        name: SHARES[group] / groups.count(group)
        for name, group in zip(sources, groups, strict=True)
    }
    path = kept_decoder("taught", values, sources, hand(shares), seed)
    tokenizer = load_tokenizer(path)
    if trained:
        return LocalModel(load_model(find_model(str(path))), tokenizer)
    set_seed(seed)
    return LocalModel(build("decoder", SIZES[values["size"]], tokenizer), tokenizer)
