"""Encoders that nine tasks of one language are learnt with, and what all of them share."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from datasets import DatasetDict
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift.corpus import equal_bytes
from glotlift.evaluation.leakage import find_leakage
from glotlift.models.loading import find_model, load_model
from glotlift.recipes.berta_encoder import parted
from glotlift.recipes.nine_tasks import Task, nine_tasks, text_of
from glotlift.recipes.small_encoders import Floats, continue_masked, encoder_tokenizer
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.hashing import hash_json
from glotlift.training.schedule import Budget
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES, VERSION


@dataclass(frozen=True)
class Material:
    """What all arms share: text by language, two tokenizers, the tasks, and their clean rows."""

    text: dict[str, DatasetDict]
    tokenizers: dict[bool, PreTrainedTokenizerFast]
    tasks: dict[str, Task]
    clean: dict[str, Floats]
    exact: dict[str, float]


@lru_cache(maxsize=1)
def material(values: str) -> Material:
    """Return what arms and seeds share; `values` are the setting's JSON."""
    chosen = json.loads(values)
    code = chosen["language"]
    text = {name: parted(chosen, name, rows) for name, rows in chosen["documents"].items()}
    read = {name: parts["train"] for name, parts in text.items()}
    apart = list(text[code]["test"]["text"])
    tasks = nine_tasks(chosen, {"train": apart[::2], "test": apart[1::2]})
    leaks = {
        name: find_leakage(text_of(task, task.train), text_of(task, task.test))
        for name, task in tasks.items()
    }
    return Material(
        text,
        {
            several: encoder_tokenizer(chosen, {name: read[name] for name in names})
            for several, names in ((True, list(read)), (False, [code]))
        },
        tasks,
        {name: (~leak.near()).astype(np.float64) for name, leak in leaks.items()},
        {name: float(leak.exact.mean()) for name, leak in leaks.items()},
    )


def pretrained(values: str, several: float) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Return an encoder that read `several` languages for that share of its bytes, then the one.

    Made once for all that decides it and cached; `values` are the setting's JSON.
    """
    chosen, shared = json.loads(values), material(values)
    tokenizer = shared.tokenizers[several > 0]
    everyone = {name: parts["train"] for name, parts in shared.text.items()}
    code = chosen["language"]
    told = [VERSION, several, values, {name: list(rows["text"]) for name, rows in everyone.items()}]
    path = cache_folder("bases") / f"nine-tasks-{hash_json(told)[:12]}"
    with atomic.locked(path):
        if not path.is_dir():
            model = untrained(values, several=several > 0)
            with TemporaryDirectory() as work:
                for share, sources in ((several, everyone), (1 - several, {code: everyone[code]})):
                    if share:
                        model = continue_masked(
                            model,
                            tokenizer,
                            sources,
                            equal_bytes,
                            budget=Budget(round(share * chosen["bytes"]), "bytes"),
                            rate=chosen["learning_rate"],
                            seed=0,
                            folder=Path(work) / str(len(sources)),
                        ).model
            with atomic.folder(path) as folder:
                model.save_pretrained(folder)
                tokenizer.save_pretrained(folder)
    return load_model(find_model(str(path))), tokenizer


def untrained(values: str, *, several: bool = False) -> PreTrainedModel:
    """Return an encoder as it begins, for the tokenizer of several languages or of the one."""
    set_seed(0)
    shape = SIZES[json.loads(values)["size"]]
    return build("encoder", shape, material(values).tokenizers[several])
