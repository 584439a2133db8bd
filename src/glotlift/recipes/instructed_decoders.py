"""Small decoders that learn a task by instructions in English and in the languages of its rows.

All begin as one decoder, which has read plain text of all languages and every wording of the task
under wrong answers as often as right ones, so that words are known and nothing is answered.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from transformers import set_seed

from glotlift.clients.local import LocalModel
from glotlift.corpus import Mixture, equal_bytes, natural, read
from glotlift.evaluation.tasks.asking import ask_rows
from glotlift.evaluation.tasks.sources import task_source
from glotlift.evaluation.tasks.wording import Instructions, Wording, labels_of, wordings
from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.instructions import InstructionTuning
from glotlift.recipes.one_stage import train_stage
from glotlift.recipes.small_decoders import kept_decoder
from glotlift.recipes.starting_point import locate
from glotlift.recipes.taught_decoders import task_rows
from glotlift.training.schedule import Budget

SHOWN = 60  # rows of each language whose wordings the common decoder has read


def ways(values: Mapping[str, Any], code: str, instructions: Instructions) -> list[Wording]:
    """Return the formulations of the task in a language, in English or in its own words."""
    known = labels_of(task_rows(values["task"], values["pivot"], values["rows"]["train"], "train"))
    every = wordings(
        task_source(values["task"]).kind, code, instructions=instructions, labels=known
    )
    return [every[place] for place in values["formulations"]]


@lru_cache(maxsize=1)
def beginning(key: str) -> Path:
    """Return the folder of the decoder with which all arms and seeds of a setting begin."""
    values = json.loads(key)
    sources, draw = {}, np.random.default_rng(0x424547)
    for code in (values["pivot"], *values["languages"]):
        text = read(locate(values["text"].format(code)), language=code)
        sources[f"text:{code}"] = text.select(range(min(values["documents"], len(text))))
        rows = list(task_rows(values["task"], code, SHOWN, "train"))
        for instructions in ("english", "target"):
            put = []
            for number, row in enumerate(rows):
                way = ways(values, code, instructions)[number % len(values["formulations"])]
                options, _, _ = way.answers(row)
                any_one = int(draw.integers(len(options)))
                put.append(way.put(row, (options, any_one, options[any_one])))
            sources[f"wordings:{code}:{instructions}"] = texts(put)
    return kept_decoder("instructed", values, sources, equal_bytes, 0)


def texts(said: list[str]) -> Dataset:
    """Return texts as rows."""
    return Dataset.from_dict({"id": [str(place) for place in range(len(said))], "text": said})


def lessons(values: Mapping[str, Any], seed: int, english: float) -> dict[str, Dataset]:
    """Return solved rows by language; so large a share of them is asked in English."""
    found = {}
    draw = np.random.default_rng([seed, 0x494E53])
    for code in (values["pivot"], *values["languages"]):
        both = ways(values, code, "target"), ways(values, code, "english")
        prompts, answers = [], []
        for row in task_rows(values["task"], code, values["rows"]["train"], "train"):
            way = both[int(draw.random() < english)][int(draw.integers(len(both[0])))]
            question = way.ask(row)
            prompts.append(question.prompt)
            answers.append(question.options[question.answer])
        joined = [prompt + answer for prompt, answer in zip(prompts, answers, strict=True)]
        found[code] = texts(joined).add_column("prompt", prompts).add_column("response", answers)
    return found


def instructed(key: str, seed: int, folder: Path, english: float) -> LocalModel:
    """Return a decoder that has learnt the task with a share of English instructions."""
    values, start = json.loads(key), beginning(key)
    tokenizer, rows = load_tokenizer(start), lessons(values, seed, english)
    objective = InstructionTuning(tokenizer, separator="")
    set_seed(seed)
    trained = train_stage(
        load_model(find_model(str(start))),
        tokenizer,
        {code: objective.prepare(found) for code, found in rows.items()},
        Mixture(rows, natural, seed=seed),
        Budget(values["tokens"], "tokens"),
        rate=values["tuning_rate"],
        seed=seed,
        folder=folder / "lessons",
        blocks=values["tuning_blocks"],
        block=values["block"],
        objective=objective,
    )
    return LocalModel(trained.model, tokenizer)


def asked_both_ways(
    values: Mapping[str, Any], client: LocalModel
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Return scores [rows] by language of instructions and language, over the formulations."""
    found: dict[str, dict[str, NDArray[np.float64]]] = {}
    for instructions in ("english", "target"):
        for code in values["languages"]:
            rows = task_rows(values["task"], code, values["rows"]["test"], "test")
            scores = [
                [sample.score for sample in ask_rows(client, "task", way, rows)]
                for way in ways(values, code, instructions)
            ]
            found.setdefault(instructions, {})[code] = np.mean(scores, axis=0)
    return found
