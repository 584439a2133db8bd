"""A small decoder with skills of its own learns tasks one after another; what it keeps of all.

It has read text of several languages and learnt to answer: word problems step by step, and what is
right to refuse. Then each task is learnt for equally many tokens, in an order drawn by the seed.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from datasets import Dataset, concatenate_datasets
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift.clients.local import LocalModel
from glotlift.evaluation.continual import (
    ability_change,
    backward_transfer,
    forgetting,
    forward_transfer,
    learnt_performance,
    overall_performance,
    task_changes,
)
from glotlift.evidence.design import Measurement, Setting
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.bits import document_bits
from glotlift.objectives.instructions import InstructionTuning
from glotlift.recipes.one_stage import NEVER
from glotlift.recipes.starting_point import read_sources
from glotlift.recipes.task_sequences import (
    PLAIN,
    REASONS,
    Splits,
    answered_rows,
    conversations,
    right,
    told,
)
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.hashing import hash_json
from glotlift.runs.machine import peak_memory
from glotlift.training.schedule import Budget
from glotlift.training.schooling import BLOCK, build, make_tokenizer
from glotlift.training.sequences import Reading, plain, run_in_order, task_stages
from glotlift.training.settings import TrainingSettings
from glotlift.training.starters import SIZES, VERSION

Floats = NDArray[np.float64]
GENERAL, REASONING = "general", "reasoning"
OVERALL, BACKWARD, LEARNT = "overall performance", "backward transfer", "learnt above majority"
TEXT, CHANGE = "change in bits of text", "change in "
LONGEST = 28  # tokens of an answer


@dataclass(frozen=True)
class Standing:
    """What a model does of tasks and skills, [rows] each, and its bits of held-out documents."""

    tasks: dict[str, Floats]
    skills: dict[str, Floats]
    bits: Floats


@dataclass(frozen=True)
class Beginning:
    """What the arms of a setting share: the model, what it has learnt, and how it stands."""

    folder: Path
    general: Dataset
    tasks: dict[str, Splits]
    skills: dict[str, Splits]
    documents: Dataset
    bytes: Floats
    before: Standing


@lru_cache(maxsize=1)
def beginning(values: str) -> Beginning:
    """Return what the arms of a setting share, made once a process; `values` are its JSON."""
    chosen = json.loads(values)
    found = {
        kind: {
            name: answered_rows(name, spec, chosen["asked"]) for name, spec in chosen[kind].items()
        }
        for kind in ("tasks", "skills")
    }
    texts = [
        shortened(parts, chosen)
        for parts in read_sources(chosen["text"], chosen["documents"]).values()
    ]
    documents = concatenate_datasets([parts["test"] for parts in texts])
    general = concatenate_datasets(
        [
            *(told(parts["train"]) for parts in texts),
            *(
                conversations(splits["train"], REASONS if name == REASONING else PLAIN)
                for name, splits in found["skills"].items()
            ),
        ]
    )
    folder = general_decoder(chosen, general)
    model, tokenizer = load_model(find_model(str(folder))), load_tokenizer(folder)
    bits, lengths = document_bits(model, tokenizer, list(documents["text"]))
    before = Standing(
        answers(model, tokenizer, found["tasks"], chosen["tasks"]),
        answers(model, tokenizer, found["skills"], chosen["skills"]),
        bits,
    )
    return Beginning(
        folder,
        general,
        found["tasks"],
        found["skills"],
        documents,
        lengths.astype(np.float64),
        before,
    )


def shortened(parts: Mapping[str, Dataset], values: Mapping[str, Any]) -> dict[str, Dataset]:
    """Return at most so many rows of each split, their text cut to so many characters."""
    most = {"train": values["text_rows"], "test": values["documents"]}
    return {
        split: Dataset.from_list(
            [
                {
                    "id": f"{row['language']}/{row['id']}",
                    "text": row["text"][: values["characters"]],
                }
                for row in parts[split].select(range(min(count, len(parts[split]))))
            ]
        )
        for split, count in most.items()
    }


def general_decoder(values: Mapping[str, Any], general: Dataset) -> Path:
    """Return the folder of the decoder that has learnt the general rows, made once and cached."""
    shape = replace(SIZES[values["size"]], pieces=values["pieces"], steps=values["steps"])
    key = hash_json([VERSION, repr(shape), list(general["text"])])
    path = cache_folder("bases") / f"answering-{values['size']}-{key[:12]}"
    with atomic.locked(path):
        if not path.is_dir():
            tokenizer = make_tokenizer("decoder", shape, {GENERAL: general})
            set_seed(0)
            model = build("decoder", shape, tokenizer)
            stages = task_stages(
                InstructionTuning(tokenizer),
                {GENERAL: general},
                [GENERAL],
                Budget(shape.steps, "steps"),
                settings=training(shape.learning_rate, 8),
            )
            with TemporaryDirectory() as work:
                ((_, trained),) = run_in_order(model, tokenizer, stages, Path(work))
            with atomic.folder(path) as folder:
                trained.model.save_pretrained(folder)
                tokenizer.save_pretrained(folder)
    return path


def training(rate: float, blocks: int) -> TrainingSettings:
    """Return how a stage is trained."""
    return TrainingSettings(
        learning_rate=rate,
        block=BLOCK,
        blocks_per_step=blocks,
        micro_blocks=blocks,
        save_every=NEVER,
        evaluate_every=NEVER,
    )


def answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    asked: Mapping[str, Splits],
    specs: Mapping[str, Mapping[str, Any]],
) -> dict[str, Floats]:
    """Return how right the model's answers to the test rows of each task are, [rows]."""
    objective = InstructionTuning(tokenizer)
    tests = {name: splits["test"] for name, splits in asked.items()}
    prompts = [objective.ask(prompt) for rows in tests.values() for prompt in rows["prompt"]]
    written = iter(LocalModel(model, tokenizer).generate(prompts, max_new_tokens=LONGEST))
    return {
        name: right(rows, [next(written) for _ in range(len(rows))], specs[name])
        for name, rows in tests.items()
    }


def learn_in_order(
    setting: Setting, seed: int, folder: Path, *, reading: Reading = plain, says: str = PLAIN
) -> Measurement:
    """Learn the setting's tasks in an order drawn by the seed; score tasks, skills and text.

    A row of the tasks' metrics is one row of every task, of the skills' one row of a skill; the
    text's are documents, in bits per byte after minus before.
    """
    values = setting.values
    start = beginning(json.dumps(dict(values), sort_keys=True))
    started = time.monotonic()
    names = list(start.tasks)
    order = [names[at] for at in np.random.default_rng(seed).permutation(len(names))]
    model, tokenizer = load_model(find_model(str(start.folder))), load_tokenizer(start.folder)
    stages = task_stages(
        InstructionTuning(tokenizer),
        {name: conversations(start.tasks[name]["train"], says, seed) for name in order}
        | {GENERAL: start.general.shuffle(seed).select(range(values["kept_rows"]))},
        order,
        Budget(values["task_tokens"], "tokens"),
        reading=reading,
        seed=seed,
        settings=training(values["learning_rate"], values["blocks"]),
    )
    standing, left = [start.before.tasks], []
    for _, trained in run_in_order(model, tokenizer, stages, folder):
        standing.append(answers(trained.model, tokenizer, start.tasks, values["tasks"]))
        left.append(trained)
        model = trained.model
    scores = np.array([[found[name] for name in order] for found in standing])
    bits, _ = document_bits(model, tokenizer, list(start.documents["text"]))
    skills = answers(model, tokenizer, start.skills, values["skills"])
    found = task_measures(scores, [start.tasks[name] for name in order])
    found |= {
        f"{CHANGE}{name}": ability_change([start.before.skills[name]], [now])
        for name, now in skills.items()
    }
    rows = {name: [str(row) for row in range(len(each))] for name, each in found.items()}
    cost = {
        "seconds": time.monotonic() - started,
        "steps": float(sum(trained.steps for trained in left)),
        "rows read": float(sum(sum(trained.plan.documents.values()) for trained in left)),
        "peak_memory_bytes": float(peak_memory()),
        "test rows in training": repeated([*start.tasks.values(), *start.skills.values()]),
        **{f"{name}: before": float(each.mean()) for name, each in start.before.skills.items()},
    }
    return Measurement(
        float(sum(trained.plan.total_tokens for trained in left)),
        found | {TEXT: (bits - start.before.bits) / start.bytes},
        rows | {TEXT: list(start.documents["id"])},
        {TEXT: start.bytes},
        cost | told_by_task(scores.mean(axis=2), order),
    )


def task_measures(scores: Floats, tasks: Sequence[Splits]) -> dict[str, Floats]:
    """Return the metrics of the tasks, [rows], of scores [stages + 1, tasks, rows]."""
    majority = np.mean([majority_right(splits) for splits in tasks], axis=0)
    return {
        OVERALL: overall_performance(scores),
        BACKWARD: backward_transfer(scores),
        LEARNT: learnt_performance(scores) - majority,
    }


def told_by_task(means: Floats, order: Sequence[str]) -> dict[str, float]:
    """Return what else there is to tell of mean scores [stages + 1, tasks]."""
    changes = task_changes(means)
    return {
        "forgetting": forgetting(means),
        "forward transfer": float(forward_transfer(means)),
        **{f"{name}: when learnt": float(means[at + 1, at]) for at, name in enumerate(order)},
        **{f"{name}: change": float(changes[at]) for at, name in enumerate(order)},
    }


def repeated(tasks: Sequence[Splits]) -> float:
    """Return how many test rows ask word for word what a training row of the task does."""
    return float(
        sum(
            asked in known
            for splits in tasks
            for known in [{*splits["train"]["asked"]}]
            for asked in splits["test"]["asked"]
        )
    )


def majority_right(splits: Splits) -> Floats:
    """Return where the commonest answer of the training rows is the right one, [rows]."""
    commonest = Counter(splits["train"]["answer"]).most_common(1)[0][0]
    return np.array([answer == commonest for answer in splits["test"]["answer"]], np.float64)
