"""Useful tokens per second of a training stage against transformers' Trainer, side by side.

    python benchmarks/training_speed.py [--repeats 5] [--steps 12]

Same model, same documents of mixed length, same batch of documents' worth of tokens. The stock loop
pads each batch to its longest document (`DataCollatorForLanguageModeling`); a second stock run may
group documents by length. Useful tokens are those that carry a loss. Prints one JSON object.
"""

import argparse
import copy
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from datasets import Dataset, concatenate_datasets
from transformers import (
    DataCollatorForLanguageModeling,
    LlamaConfig,
    LlamaForCausalLM,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

from glotlift import world
from glotlift.corpus import Mixture, natural
from glotlift.objectives import CausalLanguageModelling
from glotlift.objectives.packing import columns
from glotlift.runs import machine
from glotlift.runs.progress import hush_libraries
from glotlift.training import Budget, Stage, run_stage
from glotlift.training.stages import TrainingSettings
from glotlift.vocabulary import train_tokenizer

BLOCK, ROWS = 256, 16
LENGTHS = (1, 2, 3, 5, 8, 12, 16)  # sentences in a document


def documents() -> Dataset:
    """Return world documents of mixed length, shuffled."""
    parts = [
        world.documents("eng_Latn", 400, seed=length, sentences=length) for length in LENGTHS
    ]
    return concatenate_datasets(parts).shuffle(seed=0)


def stock(model: LlamaForCausalLM, tokenizer: object, rows: Dataset, steps: int, grouped: bool) -> float:
    """Return useful tokens per second of transformers' own loop."""
    limit = steps * ROWS
    chosen = rows.select(range(min(limit, len(rows)))).select_columns(["input_ids"])
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                max_steps=steps,
                per_device_train_batch_size=ROWS,
                save_strategy="no",
                logging_strategy="no",
                report_to="none",
                disable_tqdm=True,
                use_cpu=not machine.has_accelerator(),
                **({"train_sampling_strategy": "group_by_length"} if grouped else {}),
            ),
            train_dataset=chosen,
            data_collator=DataCollatorForLanguageModeling(tokenizer, mlm=False),
        )
        trainer.remove_callback(PrinterCallback)
        started = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - started
    return (sum(map(len, chosen["input_ids"])) - len(chosen)) / seconds


def ours(model: LlamaForCausalLM, tokenizer: object, features: Dataset, rows: Dataset, steps: int) -> float:
    """Return useful tokens per second of a stage."""
    stage = Stage(
        "speed",
        {"eng_Latn": features},
        Mixture({"eng_Latn": rows}, natural),
        Budget(steps, "steps"),
        settings=TrainingSettings(
            block=BLOCK, blocks_per_step=ROWS, micro_blocks=ROWS, save_every=10**6, evaluate_every=10**6,
            log_every=10**6,
        ),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        trained = run_stage(model, tokenizer, stage, Path(folder) / "checkpoints")
    seconds = next(e["train_runtime"] for e in trained.history if "train_runtime" in e)
    plan = trained.plan
    useful = plan.total_tokens - sum(len(block) for block in plan.blocks)
    return useful / seconds


def main() -> None:
    """Interleave the runs and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=12)
    options = parser.parse_args()
    hush_libraries()
    rows = documents()
    tokenizer = train_tokenizer(rows["text"], kind="bpe", size=4000)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=192, intermediate_size=512, num_hidden_layers=4,
        num_attention_heads=6, max_position_embeddings=512, tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    base = LlamaForCausalLM(config)
    features = CausalLanguageModelling(tokenizer).prepare(rows)
    lengths = np.diff(columns(features)[1])
    short = features.filter(lambda row: len(row["input_ids"]) <= BLOCK)
    runs: dict[str, list[float]] = {"ours": [], "stock": [], "stock, grouped by length": []}
    for _ in range(options.repeats):
        runs["ours"].append(ours(copy.deepcopy(base), tokenizer, features, rows, options.steps))
        runs["stock"].append(stock(copy.deepcopy(base), tokenizer, short, options.steps, False))
        runs["stock, grouped by length"].append(
            stock(copy.deepcopy(base), tokenizer, short, options.steps, True)
        )
    ratios = {
        name: [a / b for a, b in zip(runs["ours"], values, strict=True)]
        for name, values in runs.items()
        if name != "ours"
    }
    print(
        json.dumps(
            {
                "unit": "useful tokens per second",
                "document_tokens": {"median": float(np.median(lengths)), "longest": int(lengths.max())},
                "runs": {name: [round(v) for v in values] for name, values in runs.items()},
                "ratio": {
                    name: {"median": round(float(np.median(v)), 2), "min": round(min(v), 2)}
                    for name, v in ratios.items()
                },
                "target": 1.5,
                "passed": float(np.median(ratios["stock"])) >= 1.5,
                "machine": machine.describe(),
                "versions": machine.versions(),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
