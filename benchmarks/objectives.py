"""Rows per second that each objective collates, beside transformers' collators and published code.

    python benchmarks/objectives.py [--fairseq SOURCE] [--spanbert SOURCE] [--translico SOURCE]
        [--t5 SOURCE --tensorflow PYTHON] [--length 128] [--rows 32] [--rounds 30]
        [--record] [--check]

Each SOURCE is a checkout: facebookresearch/fairseq, facebookresearch/SpanBERT, cisnlp/TransliCo,
google-research/text-to-text-transfer-transformer. Their code runs as it is, see
`benchmarks/peers`; T5's needs TensorFlow, so PYTHON runs it in a process of its own, in turn with
ours. All else is one process with one thread. Every row has ``--length`` tokens, since
transformers' whole-word collator takes rows of one length alone, and every peer is given what it
likes best: lists with their special tokens' masks and offsets, or tensors.

The two take turns, a round of batches each; the ratio is the median over rounds. ``--check`` prints
one line for each objective and a summary last; the exit
status is then 1 where one with a peer is less than 5 times as fast. ``--record`` writes
benchmarks/results/objectives.json.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import torch
import transformers
from datasets import Dataset, disable_progress_bars
from peers import fairseq_noise, spanbert_masking, translico_collator
from transformers import DataCollatorForLanguageModeling, DataCollatorForSeq2Seq

from glotlift import world
from glotlift.objectives.named import MODELS, OBJECTIVES, objective_named
from glotlift.objectives.showing import blocks_of
from glotlift.runs.machine import describe, versions
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES
from glotlift.vocabulary import ENCODER, train_tokenizer
from glotlift.vocabulary.denoising_tokens import MODES, sentinel

RESULTS = Path(__file__).parent / "results" / "objectives.json"
FASTER = 5
CODES = ("eng_Latn", "spa_Latn", "hin_Deva")
SENTINELS = 100
Rows = list[dict[str, Any]]
Run = Callable[[], Any]
MASKED = ("whole-words", "spans", "entities")


@dataclass(frozen=True)
class Setting:
    """The rows that are collated: a tokenizer and a model of each shape, and text."""

    tokenizer: Any
    rows: Dataset
    length: int
    count: int

    @classmethod
    def make(cls, length: int, count: int) -> "Setting":
        """Return `count` rows for a batch, of translations with labels, long enough to be cut."""
        text = world_rows(length, count)
        tokenizer: Any = train_tokenizer(
            list(text["text"]), kind="bpe", size=3000, special_tokens=ENCODER
        )
        names = [*MODES, *map(sentinel, range(SENTINELS))]
        tokenizer.add_special_tokens({"extra_special_tokens": names})
        return cls(tokenizer, text, length, count)

    def model(self, shape: str) -> Any:
        """Return an untrained model of a shape."""
        return build(shape, SIZES["tiny"], self.tokenizer)  # type: ignore[arg-type]

    def objective(self, name: str, **settings: Any) -> Any:
        """Return an objective for the first shape of model that can learn it."""
        return objective_named(name, self.model(MODELS[name][0]), self.tokenizer, **settings)

    def blocks(self, objective: Any) -> list[list[Any]]:
        """Return a batch of blocks, each one piece of `length` tokens."""
        features = objective.prepare(self.rows)
        pieces = blocks_of(objective, features, block=self.length, together=False)
        whole = [piece for piece in pieces if len(piece[0]) == self.length]
        return whole[: self.count]

    @cached_property
    def encoded(self) -> Rows:
        """Return rows as transformers' collators like them, cut to `length`."""
        texts = list(self.rows["text"])
        made = self.tokenizer(texts, return_special_tokens_mask=True, return_offsets_mapping=True)
        whole = [row for row, ids in enumerate(made["input_ids"]) if len(ids) >= self.length]
        names = ("input_ids", "special_tokens_mask", "offset_mapping")
        return [
            {name: made[name][row][: self.length] for name in names} for row in whole[: self.count]
        ]

    def given(self, *names: str) -> Rows:
        """Return some columns of the encoded rows, as fresh dictionaries."""
        return [{name: row[name] for name in names} for row in self.encoded]


def world_rows(length: int, count: int) -> Dataset:
    """Return rows of several labelled sentences each, with translations and conversations."""
    joined = max(1, length // 6)
    parts: dict[str, list[Any]] = {}
    for code in CODES:
        told = world.labelled(code, joined * (1 + count // 2))
        for start in range(0, len(told), joined):
            some = told[start : start + joined]
            text = " ".join(some["text"])
            row = {
                "language": code,
                "text": text,
                "tokens": [token for tokens in some["tokens"] for token in tokens],
                "pos": [tag for tags in some["pos"] for tag in tags],
                "source_text": text,
                "source_language": code,
                "prompt": some["text"][0],
                "response": text,
            }
            for name, value in row.items():
                parts.setdefault(name, []).append(value)
    return Dataset.from_dict(parts)


def peers(name: str, setting: Setting, options: argparse.Namespace) -> tuple[str, Run] | None:
    """Return what an objective is compared with: its name, and what collates one batch."""
    tokenizer = setting.tokenizer
    if name in ("masked", "tlm"):
        collator = DataCollatorForLanguageModeling(tokenizer)
        columns = ("input_ids", "special_tokens_mask")
        return "DataCollatorForLanguageModeling", lambda: collator(setting.given(*columns))
    if name == "masked whole-words":
        whole = DataCollatorForLanguageModeling(tokenizer, whole_word_mask=True)
        columns = ("input_ids", "special_tokens_mask", "offset_mapping")
        return f"{type(whole).__name__}(whole_word_mask)", lambda: whole(setting.given(*columns))
    if name == "causal":
        causal = DataCollatorForLanguageModeling(tokenizer, mlm=False)
        return f"{type(causal).__name__}(mlm=False)", lambda: causal(setting.given("input_ids"))
    if name in ("prefix", "instructions"):
        return "DataCollatorForSeq2Seq", seq2seq(setting, parts=name == "prefix")
    if name == "denoising" and options.fairseq:
        return "fairseq's DenoisingDataset", fairseq_noise.collating(
            options.fairseq, sentences(setting), tokenizer
        )
    if name == "masked spans" and options.spanbert:
        return "SpanBERT's masking", spanbert_masking.collating(
            options.spanbert, [row["input_ids"] for row in setting.encoded], tokenizer
        )
    if name == "tcm" and options.translico:
        return "TransliCo's collator", translico_collator.collating(
            options.translico, halves(setting), tokenizer
        )
    return None


def seq2seq(setting: Setting, *, parts: bool) -> Run:
    """Return transformers' collator over halves (`parts`), or over texts with labels."""
    collator = DataCollatorForSeq2Seq(setting.tokenizer)
    half = setting.length // 2
    rows = [row["input_ids"] for row in setting.encoded]
    pairs = [(ids[:half], ids[half:]) if parts else (ids, [-100] * half + ids[half:])
             for ids in rows]  # fmt: skip
    return lambda: collator([{"input_ids": a, "labels": list(b)} for a, b in pairs])


def sentences(setting: Setting) -> list[list[list[int]]]:
    """Return the ids of each row, sentence by sentence."""
    objective = setting.objective("denoising")
    return [
        [part[:, 0].tolist() for part in np.split(piece, np.flatnonzero(np.diff(piece[:, 2])) + 1)]
        for [piece] in setting.blocks(objective)
    ]


def halves(setting: Setting) -> list[tuple[list[int], list[int]]]:
    """Return the ids of both sides of each row."""
    half = setting.length // 2
    return [(row["input_ids"][:half], row["input_ids"][half:]) for row in setting.encoded]


def ours(name: str, setting: Setting) -> Run:
    """Return what collates one batch by an objective, or by masked modelling with a masker."""
    base, _, masker = name.partition(" ")
    objective = setting.objective(base, **({"masker": masker} if masker else {}))
    blocks = setting.blocks(objective)
    assert len(blocks) == setting.count, name
    seeds = list(range(setting.count))
    return lambda: objective.collate(blocks, seeds)


def seconds(run: Run, batches: int) -> float:
    """Return the seconds of some batches."""
    start = time.process_time()
    for _ in range(batches):
        run()
    return time.process_time() - start


def alternating(one: Run, other: Run | None, rounds: int) -> tuple[list[float], list[float]]:
    """Return seconds a batch of both, round by round in turn; about 20 ms each."""
    first, second = [], []
    many = [max(1, round(0.02 / seconds(run, 2) * 2)) if run else 0 for run in (one, other)]
    for _ in range(rounds):
        first.append(seconds(one, many[0]) / many[0])
        if other:
            second.append(seconds(other, many[1]) / many[1])
    return first, second


@contextmanager
def t5(setting: Setting, options: argparse.Namespace) -> Iterator[Callable[[int], float] | None]:
    """Yield a function that returns T5's seconds for a batch, or None without TensorFlow."""
    if not (options.t5 and options.tensorflow):
        yield None
        return
    repeats = 8
    with tempfile.TemporaryDirectory() as folder:
        told = {
            "rows": [row["input_ids"] for row in setting.encoded] * repeats,
            "batch": setting.count,
            "vocabulary": len(setting.tokenizer),
            "density": 0.15,
            "mean": 3.0,
        }
        path = Path(folder) / "rows.json"
        path.write_text(json.dumps(told), encoding="utf-8")
        program = Path(__file__).parent / "peers" / "t5_spans.py"
        with subprocess.Popen(
            [options.tensorflow, program, options.t5, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdin
            assert process.stdout

            def ask(_: int) -> float:
                print("go", file=process.stdin, flush=True)
                return float(process.stdout.readline()) / repeats  # type: ignore[union-attr]

            ask(0)
            yield ask
            process.stdin.close()


def against_t5(one: Run, ask: Callable[[int], float], rounds: int) -> tuple[list[float], ...]:
    """Return seconds a batch of ours and of T5's process, in turn."""
    many = max(1, round(0.05 / seconds(one, 2) * 2))
    pairs = [(seconds(one, many) / many, ask(number)) for number in range(rounds)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def peak(run: Run) -> int:
    """Return the bytes that Python and numpy hold at most while one batch is made."""
    tracemalloc.start()
    run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def figures(name: str, setting: Setting, options: argparse.Namespace) -> dict[str, Any]:
    """Return rows per second of one objective and of its peer."""
    run = ours(name, setting)
    run()
    found = peers(name, setting, options)
    peer, other = found or ("", None)
    if other:
        other()
    mine, theirs = alternating(run, other, options.rounds)
    if name == "spans":
        with t5(setting, options) as ask:
            if ask:
                peer = "T5's preprocessors, in TensorFlow"
                mine, theirs = against_t5(run, ask, options.rounds)
    result: dict[str, Any] = {
        "objective": name,
        "rows_per_second": round(setting.count / statistics.median(mine)),
        "peak_kilobytes": round(peak(run) / 1000),
    }
    if theirs:
        ratios = [b / a for a, b in zip(mine, theirs, strict=True)]
        low, high = np.quantile(ratios, [0.25, 0.75])
        result |= {
            "peer": peer,
            "peer_rows_per_second": round(setting.count / statistics.median(theirs)),
            "ratio": round(statistics.median(ratios), 1),
            "quartiles": [round(float(low), 1), round(float(high), 1)],
        }
    return result


def line(found: dict[str, Any]) -> str:
    """Return one objective's figures as a line."""
    told = f"{found['objective']:22} {found['rows_per_second']:>9,} rows/s"
    if "ratio" not in found:
        return f"{told}  no peer"
    low, high = found["quartiles"]
    return (
        f"{told}  {found['ratio']:6.1f} times ({low:.1f} to {high:.1f}) "
        f"{found['peer']}: {found['peer_rows_per_second']:,}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all objectives, print and record the figures, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("fairseq", "spanbert", "translico", "t5"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--tensorflow", help="a Python that has TensorFlow, for --t5")
    for name, value in (("length", 128), ("rows", 32), ("rounds", 30)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--only", action="append", help="an objective; repeat it")
    for name in ("record", "check"):
        parser.add_argument(f"--{name}", action="store_true")
    options = parser.parse_args(arguments)
    prepare_process()
    names = options.only or [*OBJECTIVES, *(f"masked {masker}" for masker in MASKED)]
    setting = Setting.make(options.length, options.rows)
    found = [figures(name, setting, options) for name in names]
    compared = [row for row in found if "ratio" in row]
    slow = [row["objective"] for row in compared if row["ratio"] < FASTER]
    result = {
        "machine": describe(),
        "versions": versions(),
        "length": options.length,
        "rows": options.rows,
        "rounds": options.rounds,
        "objectives": found,
    }
    print("\n".join(map(line, found)) if options.check else json.dumps(result, indent=1))
    if options.record:
        RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    least = min((row["ratio"] for row in compared), default=float("nan"))
    verdict = f"FAILED: {', '.join(slow)} under {FASTER} times" if slow else "PASSED"
    print(
        f"{verdict}: {len(compared)} of {len(found)} have a peer, {least:g} times as fast or more"
    )
    return int(bool(slow))


def prepare_process() -> None:
    """Let one thread work, and nothing be said along the way."""
    torch.set_num_threads(1)
    disable_progress_bars()
    warnings.filterwarnings("ignore")
    transformers.utils.logging.set_verbosity_error()


if __name__ == "__main__":
    sys.exit(main())
