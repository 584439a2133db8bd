"""Supervised tuning after continued pretraining, and whether what is asked is then done.

What is asked is the sample world's instructions, whose fulfilment a program checks, or real
sentences whose topic is to be named (SIB-200, Adelani et al. 2024, arXiv:2309.07445).
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift import world
from glotlift.clients import LocalModel
from glotlift.corpus import Mixture, natural
from glotlift.evidence.design import Measurement, Setting
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.instructions import InstructionTuning
from glotlift.probing.similarity import derangement
from glotlift.recipes.one_stage import train_stage
from glotlift.recipes.staged_pretraining import Phase, pretrain_in_phases
from glotlift.recipes.starting_point import NEW, SOURCE, starting_point
from glotlift.recipes.topics import WORLD, sib_topics
from glotlift.runs.machine import peak_memory
from glotlift.training.schedule import Budget
from glotlift.world.tasks import fulfils

DONE, ABOVE, BITS_OF_ANSWERS = "asked and done: ", "done above others' answers: ", "answers: "
LONGEST_ANSWER = 48  # tokens


@dataclass(frozen=True)
class Answered:
    """How rows were answered, [rows] each: what was done of what was asked, and a control."""

    done: NDArray[np.float64]
    done_by_others: NDArray[np.float64]
    bits: NDArray[np.float64]
    bytes: NDArray[np.float64]


def tune_after(
    setting: Setting, seed: int, folder: Path, *, phases: tuple[Phase, ...]
) -> Measurement:
    """Carry the setting's model through the phases, tune it on instructions, and ask it.

    ``values["tokens"]`` are those of the phases, ``values["tuning_tokens"]`` those of the
    instructions, which are the budget and in all the languages of ``values["answered"]``.
    """
    values = setting.values
    chosen = {key: value for key, value in values.items() if key not in OWN}
    start = starting_point(json.dumps(chosen, sort_keys=True))
    started = time.monotonic()
    model, tokenizer = load_model(find_model(str(start.folder))), load_tokenizer(start.folder)
    model, seen, steps = pretrain_in_phases(
        start, model, tokenizer, values, phases, "tokens", seed, folder
    )
    objective = InstructionTuning(tokenizer)
    codes = values["answered"]
    rows = {code: conversations(values, code, "train", seed) for code in codes}
    trained = train_stage(
        model,
        tokenizer,
        {code: objective.prepare(found) for code, found in rows.items()},
        Mixture(rows, natural, seed=seed),
        Budget(values["tuning_tokens"], "tokens"),
        rate=values["tuning_rate"],
        seed=seed,
        folder=folder / "tuning",
        objective=objective,
    )
    scores: dict[str, NDArray[np.float64]] = {}
    weights: dict[str, NDArray[np.float64]] = {}
    ids: dict[str, list[str]] = {}
    for group, members in ((NEW, start.new), (SOURCE, start.kept)):
        answered = [
            answers(trained.model, tokenizer, objective, conversations(values, code, "test", 0))
            for code in codes
            if code in members
        ]
        found = measures(group, answered)
        scores |= found
        named = [str(row) for row in range(len(answered[0].done))]
        ids |= dict.fromkeys(found, named)
        weights[f"{BITS_OF_ANSWERS}{group}"] = np.sum([each.bytes for each in answered], axis=0)
    cost = {
        "seconds": time.monotonic() - started,
        "pretraining tokens": float(seen.total()),
        "pretraining steps": float(steps),
        "tuning steps": float(trained.steps),
        "peak_memory_bytes": float(peak_memory()),
    }
    return Measurement(trained.plan.total_tokens, scores, ids, weights, cost)


OWN = ("answers", "answered", "asked", "characters", "tuning_rows", "tuning_tokens", "tuning_rate")


def measures(group: str, answered: Sequence[Answered]) -> dict[str, NDArray[np.float64]]:
    """Return the metrics of a group of languages, [rows]; a row is one item in all of them."""
    done = np.mean([each.done for each in answered], axis=0)
    others = np.mean([each.done_by_others for each in answered], axis=0)
    bits = np.sum([each.bits for each in answered], axis=0)
    length = np.sum([each.bytes for each in answered], axis=0)
    return {
        f"{DONE}{group}": done,
        f"{ABOVE}{group}": done - others,
        f"{BITS_OF_ANSWERS}{group}": bits / length,
    }


def conversations(values: Mapping[str, Any], code: str, split: str, seed: int) -> Dataset:
    """Return rows of a language with prompt, response, and the text of both."""
    asked = {key: values[key] for key in ("answers", "tuning_rows", "asked", "characters")}
    return told(json.dumps(asked), code, split, seed)


@lru_cache(maxsize=32)
def told(key: str, code: str, split: str, seed: int) -> Dataset:
    """Return what `conversations` says, which all arms of a seed share; `key` is JSON."""
    values = json.loads(key)
    count = values["tuning_rows"] if split == "train" else values["asked"]
    if values["answers"] == WORLD:
        rows = list(world.tasks.instructions(code, count, split=split, seed=seed))
    else:
        rows = [
            {"id": row["id"], "language": code, "response": row["label"], "constraints": []}
            | {"prompt": row["text"][: values["characters"]]}
            for row in sib_topics(values["answers"], code, split, count)
        ]
    return Dataset.from_list([row | {"text": f"{row['prompt']} {row['response']}"} for row in rows])


def answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    objective: InstructionTuning,
    rows: Dataset,
) -> Answered:
    """Return what the model does of what rows ask, and what another row's answer would do."""
    client = LocalModel(model, tokenizer)
    asked = [objective.ask(prompt) for prompt in rows["prompt"]]
    written = client.generate(asked, max_new_tokens=LONGEST_ANSWER)
    shuffled = [written[other] for other in derangement(len(written), 0)]
    scored = client.score(asked, list(rows["response"]))
    return Answered(
        np.array([done(row, text) for row, text in zip(rows, written, strict=True)]),
        np.array([done(row, text) for row, text in zip(rows, shuffled, strict=True)]),
        -scored.log_probabilities / np.log(2),
        np.array([len(text.encode()) for text in rows["response"]], np.float64),
    )


def done(row: Mapping[str, Any], text: str) -> float:
    """Return the share of a row's instructions that a text fulfils, or whether it is the answer."""
    if not row["constraints"]:
        return float(text.strip() == row["response"])
    return float(np.mean(fulfils(text, row["constraints"], row["language"])))
