"""Seconds to score options, beside lm-eval's `hf` backend: one process, same model, same rows.

lm-eval is obtained apart (``pip install --no-deps --target FOLDER lm-eval`` and what it misses) and
imported from FOLDER behind everything that is installed. The prompts are of the sample world: four
options after five solved examples, the same for every question of a task (as `first_n` samples
them), or drawn anew for each question, where only a question's own options share anything. The two
take turns, each with the number of texts in a batch, or tokens, that suits it best.
"""

import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from glotlift import world
from glotlift.clients import LocalModel
from glotlift.evaluation.options import asked
from glotlift.evaluation.rows import joint
from glotlift.vocabulary import train_tokenizer
from glotlift.world.tasks.catalogue import TASKS

NAMES = ("reading", "facts", "topic")
SHOTS = 5
FASTER = 5.0
TOLERANCE = 1e-4
BATCH_SIZES = (1, 4, 16)
Pairs = tuple[list[str], list[str]]


def few_shot(name: str, questions: int, *, drawn: bool) -> Pairs:
    """Return contexts and continuations, four to a question, after five solved examples."""
    task = TASKS[name]
    rows = task.make("eng_Latn", questions, split="test")
    examples = task.make("eng_Latn", 200, split="train")
    solved = [
        row["prompt"] + joint("eng_Latn", row["prompt"]) + row["options"][row["answer"]]
        for row in examples
    ]
    draw = np.random.default_rng(0)

    def shown(row: dict[str, Any]) -> dict[str, Any]:
        chosen = draw.choice(len(solved), SHOTS, replace=False) if drawn else range(SHOTS)
        return {"prompt": "\n\n".join([*(solved[place] for place in chosen), row["prompt"]])}

    contexts, listed = asked(
        rows.map(shown, load_from_cache_file=False, keep_in_memory=True), blind=False
    )
    texts = [option for options in listed for option in options]
    return [context for context in contexts for _ in range(4)], texts


def made() -> tuple[Any, Any]:
    """Return a Llama of 4 layers of 256 and a tokenizer of 4,000 pieces."""
    texts = world.documents("eng_Latn", 400, seed=0)["text"]
    tokenizer = train_tokenizer(texts, kind="bpe", size=4000)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=256, intermediate_size=768, num_hidden_layers=4,
        num_attention_heads=8, num_key_value_heads=4, max_position_embeddings=2048,
        initializer_range=0.1,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval(), tokenizer


def peer(folder: Path, model: Any, tokenizer: Any, batch_size: int) -> Callable[[Pairs], Any]:
    """Return lm-eval's scorer of the same model."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    client = HFLM(model, tokenizer=tokenizer, batch_size=batch_size, device="cpu")

    def score(pairs: Pairs) -> Any:
        requests = [
            Instance("loglikelihood", {}, pair, place)
            for place, pair in enumerate(zip(*pairs, strict=True))
        ]
        return np.array([value for value, _ in client.loglikelihood(requests, disable_tqdm=True)])

    return score


def ours(model: Any, tokenizer: Any) -> Callable[[Pairs], Any]:
    """Return a fresh client's scorer, which compares with plain scores before it answers."""

    def score(pairs: Pairs) -> Any:
        return LocalModel(model, tokenizer).score(*pairs).log_probabilities

    return score


def timed(score: Callable[[Pairs], Any], pairs: Pairs) -> tuple[float, Any]:
    """Return processor seconds and scores."""
    began = time.process_time()
    found = score(pairs)
    return time.process_time() - began, found


def beside(folder: Path, questions: int, repeats: int) -> dict[str, Any]:
    """Let both score the tasks in turn, and compare their scores and choices."""
    model, tokenizer = made()
    tasks = {
        (name, layout): few_shot(name, questions, drawn=layout == "drawn")
        for layout in ("same", "drawn")
        for name in NAMES
    }
    trial = tasks["reading", "same"][0][:32], tasks["reading", "same"][1][:32]
    peers = {size: peer(folder, model, tokenizer, size) for size in BATCH_SIZES}
    best = min(peers, key=lambda size: min(timed(peers[size], trial)[0] for _ in range(2)))
    found: dict[str, dict[str, Any]] = {"same": {}, "drawn": {}}
    for (name, layout), pairs in tasks.items():
        seconds: dict[str, list[float]] = {"lm-eval": [], "ours": []}
        for _ in range(repeats):
            for who, score in (("lm-eval", peers[best]), ("ours", ours(model, tokenizer))):
                spent, scores = timed(score, pairs)
                seconds[who].append(spent)
                found[layout].setdefault(name, {})[who] = scores
        theirs, mine = (found[layout][name].pop(who) for who in ("lm-eval", "ours"))
        choices = [scores.reshape(-1, 4).argmax(1) for scores in (theirs, mine)]
        found[layout][name] = {
            "texts": len(mine),
            "longest_text": max(len(tokenizer(a)["input_ids"]) for a in pairs[0]),
            "seconds": {who: round(statistics.median(times), 3) for who, times in seconds.items()},
            "times_as_fast": round(
                statistics.median(
                    a / b for a, b in zip(seconds["lm-eval"], seconds["ours"], strict=True)
                ),
                2,
            ),
            "largest_difference": float(np.abs(theirs - mine).max()),
            "other_choices": int((choices[0] != choices[1]).sum()),
        }
    return {
        "peer": f"lm-eval {version('lm-eval')}, hf",
        "batch_size": best,
        "repeats": repeats,
        **found,
    }


def speed(folder: Path | None, questions: int, repeats: int) -> dict[str, Any]:
    """Compare with lm-eval; a failure is unequal scores, or less than five times as fast in all."""
    if folder is None:
        return {"skipped": "give --peer FOLDER with lm-eval", "failures": 0}
    found = beside(folder, questions, repeats)
    every = [one for layout in ("same", "drawn") for one in found[layout].values()]
    spent = {
        who: sum(one["seconds"][who] for one in found["same"].values())
        for who in ("lm-eval", "ours")
    }
    found["times_as_fast"] = round(spent["lm-eval"] / spent["ours"], 2)
    found["target"] = FASTER
    found["failures"] = (found["times_as_fast"] < FASTER) + sum(
        one["largest_difference"] > TOLERANCE or one["other_choices"] > 0 for one in every
    )
    return found
