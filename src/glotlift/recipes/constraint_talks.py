"""A small decoder taught to do what it is told, by one turn or by several, and then talked to.

What it is told adds up over three turns. All arms are taught the same sentences and constraints for
equally many tokens, laid out as conversations in one way or another.
"""

import json
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from transformers import set_seed

from glotlift.clients.local import LocalModel
from glotlift.corpus import Mixture, natural
from glotlift.evaluation.constraints.composing import TURNS, alone, compose
from glotlift.evaluation.constraints.conversations import Conversation, Turn
from glotlift.evaluation.constraints.grading import Graded, grade
from glotlift.evaluation.constraints.measures import corrected, forgotten, mean, turn_rows
from glotlift.evaluation.constraints.talking import converse
from glotlift.evidence.design import Measurement, Setting
from glotlift.objectives.instructions import InstructionTuning
from glotlift.probing.similarity import derangement
from glotlift.recipes.aligned_decoders import sentences
from glotlift.recipes.one_stage import train_stage
from glotlift.recipes.small_decoders import tokenizer_of
from glotlift.runs.machine import peak_memory
from glotlift.training.schedule import Budget
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES

Talks = Sequence[Sequence[Turn]]
Layout = Callable[[Sequence[Conversation], int], Talks]
FIRST, THIRD, FALL = "turn 1", "turn 3", "turn 3 less turn 1"
ABOVE, GOLD, REPEATED = "turn 1 above others' replies", "gold history", "all said again"
LONGEST, BLOCK, BLOCKS = 48, 256, 2  # tokens of a reply and of a block, blocks of a step


def together(rows: Sequence[Conversation], seed: int) -> Talks:
    """Lay out conversations as they are: each turn adds to those before it."""
    return [row.turns for row in rows]


def single(rows: Sequence[Conversation], seed: int) -> Talks:
    """Lay out every turn as a conversation of its own that says all it asks."""
    return [[alone(row, turn)] for row in rows for turn in range(TURNS)]


def unrelated(rows: Sequence[Conversation], seed: int) -> Talks:
    """Lay out such turns three at a time, of three conversations that have nothing in common."""
    order = np.random.default_rng([seed, 0x554E52]).permutation(len(rows))

    def turn_at(at: int, turn: int) -> Turn:
        place = (at + turn) % len(rows)
        return alone(rows[order[place]], (place + turn) % TURNS)

    return [[turn_at(at, turn) for turn in range(TURNS)] for at in range(len(rows))]


@lru_cache(maxsize=2)
def conversations(values: str, seed: int, split: str) -> dict[str, list[Conversation]]:
    """Return conversations by language, about the shortest sentences of a split."""
    chosen = json.loads(values)
    known = sentences(values)
    texts, count = (
        (known.taught, chosen["taught"]) if split == "train" else (known.held_out, chosen["asked"])
    )
    return {
        code: compose(sorted(said, key=len)[: chosen["kept"]], code, count, seed=seed, kind=split)
        for code, said in texts.items()
    }


def teach(setting: Setting, seed: int, folder: Path, *, layout: Layout) -> Measurement:
    """Teach a decoder conversations in a layout, then hold others with it.

    The budget is ``values["tokens"]``. A row of the scores is a held-out conversation.
    """
    values, key = setting.values, json.dumps(dict(setting.values), sort_keys=True)
    started = time.monotonic()
    client, steps = taught(key, seed, folder, layout)
    rows = [row for talks in conversations(key, 0, "test").values() for row in talks]
    scores, cost = talked(client, rows)
    ids = [f"{row.language}/{row.id}" for row in rows]
    cost |= {"seconds": time.monotonic() - started, "steps": float(steps)}
    return Measurement(
        values["tokens"],
        scores,
        dict.fromkeys(scores, ids),
        cost=cost | {"peak_memory_bytes": float(peak_memory())},
    )


@lru_cache(maxsize=1)
def tokenizer_for(values: str, seed: int) -> Any:
    """Return the tokenizer that all layouts of a seed share, made once a process."""
    known = conversations(values, seed, "train")
    texts = {code: texts_of(together(rows, seed), code) for code, rows in known.items()}
    return tokenizer_of(json.loads(values), texts)


def taught(key: str, seed: int, folder: Path, layout: Layout) -> tuple[LocalModel, int]:
    """Return a decoder taught a seed's conversations in a layout, and how many steps it took."""
    values, known = json.loads(key), conversations(key, seed, "train")
    tokenizer = tokenizer_for(key, seed)
    objective = InstructionTuning(tokenizer)
    rows = {code: texts_of(layout(talks, seed), code) for code, talks in known.items()}
    set_seed(seed)
    trained = train_stage(
        build("decoder", SIZES[values["size"]], tokenizer),
        tokenizer,
        {code: objective.prepare(found) for code, found in rows.items()},
        Mixture(rows, natural, seed=seed),
        Budget(values["tokens"], "tokens"),
        rate=values["learning_rate"],
        seed=seed,
        folder=folder / "teaching",
        blocks=BLOCKS,
        block=BLOCK,
        objective=objective,
    )
    return LocalModel(trained.model, tokenizer), trained.steps


def texts_of(talks: Talks, code: str) -> Dataset:
    """Return conversations as rows of messages, and their text."""
    told = [
        [
            {"role": role, "content": text}
            for turn in talk
            for role, text in (("user", turn.prompt), ("assistant", turn.gold))
        ]
        for talk in talks
    ]
    return Dataset.from_dict(
        {
            "id": [f"{code}/{number}" for number in range(len(told))],
            "language": [code] * len(told),
            "messages": told,
            "text": ["\n".join(message["content"] for message in talk) for talk in told],
        }
    )


def talked(
    client: LocalModel, rows: Sequence[Conversation]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, float]]:
    """Return the scores of conversations held with a client, [rows], and figures beside them."""

    def held(**control: Any) -> list[Graded]:
        return grade(rows, converse(client, rows, max_new_tokens=LONGEST, **control))

    replies = converse(client, rows, max_new_tokens=LONGEST)
    own = grade(rows, replies)
    others = grade(rows, moved(replies, rows))
    first, third = turn_rows(own, 0), turn_rows(own, TURNS - 1)
    scores = {
        FIRST: first,
        THIRD: third,
        FALL: third - first,
        ABOVE: first - turn_rows(others, 0),
        GOLD: turn_rows(held(history="gold"), TURNS - 1) - third,
        REPEATED: turn_rows(held(repeat=True), TURNS - 1) - third,
    }
    cost = {"turn 2": float(turn_rows(own, 1).mean())}
    for turn in range(1, TURNS):
        cost[f"forgotten in turn {turn + 1}"] = mean(forgotten(own, turn))
        cost[f"corrected in turn {turn + 1}"] = mean(corrected(own, turn))
    return scores, {name: value for name, value in cost.items() if not np.isnan(value)}


def moved(replies: Sequence[list[str]], rows: Sequence[Conversation]) -> list[list[str]]:
    """Return another conversation's replies for each, of the same language."""
    found = list(replies)
    for code in dict.fromkeys(row.language for row in rows):
        own = [place for place, row in enumerate(rows) if row.language == code]
        for place, other in zip(own, derangement(len(own), 0), strict=True):
            found[place] = replies[own[other]]
    return found
