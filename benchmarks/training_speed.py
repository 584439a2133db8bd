"""Useful tokens per second of a training stage against transformers' Trainer, side by side.

    python benchmarks/training_speed.py [--repeats 5] [--steps 12]
    python benchmarks/training_speed.py --shape half-billion --rows 8 --block 4096 --peak 989

The second line is for an accelerator: a Qwen-shaped model of 0.5 billion parameters in bfloat16,
with its model FLOPs utilisation at the given peak in TFLOP/s.

Same model, same documents of mixed length, same batch of documents' worth of tokens. The stock loop
pads each batch to its longest document (`DataCollatorForLanguageModeling`); a second stock run may
group documents by length. Useful tokens are those that carry a loss. Prints one JSON object.
"""

import argparse
import copy
import json
import tempfile
from pathlib import Path

import numpy as np
from datasets import Dataset, concatenate_datasets
from transformers import (
    DataCollatorForLanguageModeling,
    PrinterCallback,
    Qwen2Config,
    Qwen2ForCausalLM,
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

LENGTHS = (1, 2, 3, 5, 8, 12, 16)  # sentences in a document
SHAPES = {
    "tiny": {
        "hidden_size": 192, "intermediate_size": 512, "num_hidden_layers": 4,
        "num_attention_heads": 6, "num_key_value_heads": 6,
    },
    "half-billion": {
        "vocab_size": 151_936, "hidden_size": 896, "intermediate_size": 4864,
        "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2,
    },
}  # fmt: skip


def documents(block: int) -> Dataset:
    """Return world documents of mixed length, shuffled; the longest fill about a block."""
    scale = max(1, block // 256)
    parts = [
        world.documents("eng_Latn", 400, seed=length, sentences=scale * length)
        for length in LENGTHS
    ]
    return concatenate_datasets(parts).shuffle(seed=0)


def stock(
    model: Qwen2ForCausalLM,
    tokenizer: object,
    rows: Dataset,
    options: argparse.Namespace,
    grouped: bool,
) -> float:
    """Return useful tokens per second of transformers' own loop."""
    limit = options.steps * options.rows
    chosen = rows.select(range(min(limit, len(rows)))).select_columns(["input_ids"])
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                max_steps=options.steps,
                per_device_train_batch_size=options.rows,
                bf16=machine.has_accelerator(),
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
        seconds = trainer.train().metrics["train_runtime"]
    return (sum(map(len, chosen["input_ids"])) - len(chosen)) / seconds


def ours(
    model: Qwen2ForCausalLM,
    tokenizer: object,
    features: Dataset,
    rows: Dataset,
    options: argparse.Namespace,
) -> float:
    """Return useful tokens per second of a stage."""
    stage = Stage(
        "speed",
        {"eng_Latn": features},
        Mixture({"eng_Latn": rows}, natural),
        Budget(options.steps, "steps"),
        settings=TrainingSettings(
            block=options.block, blocks_per_step=options.rows, micro_blocks=options.rows,
            save_every=10**6, evaluate_every=10**6, log_every=10**6,
        ),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        trained = run_stage(model, tokenizer, stage, Path(folder) / "checkpoints")
    seconds = next(e["train_runtime"] for e in trained.history if "train_runtime" in e)
    plan = trained.plan
    useful = plan.total_tokens - sum(len(block) for block in plan.blocks)
    return useful / seconds


def utilisation(
    model: Qwen2ForCausalLM, runs: dict[str, list[float]], peak: float | None
) -> dict[str, dict[str, float]]:
    """Return each loop's model FLOPs utilisation: 6 x parameters x useful tokens over the peak."""
    if peak is None:
        return {}
    flops = 6 * sum(p.numel() for p in model.parameters())
    return {
        "model_flops_utilisation": {
            name: round(float(np.median(v)) * flops / (peak * 1e12), 4) for name, v in runs.items()
        }
    }


def main() -> None:
    """Interleave the runs and print the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--shape", choices=tuple(SHAPES), default="tiny")
    parser.add_argument(
        "--block", type=int, default=256, help="tokens in a block, the longest document"
    )
    parser.add_argument(
        "--rows", type=int, default=16, help="blocks, or padded documents, in a step"
    )
    parser.add_argument("--peak", type=float, help="the accelerator's peak in TFLOP/s")
    options = parser.parse_args()
    hush_libraries()
    rows = documents(options.block)
    tokenizer = train_tokenizer(rows["text"], kind="bpe", size=4000)
    shape = {"vocab_size": len(tokenizer), **SHAPES[options.shape]}
    base = Qwen2ForCausalLM(
        Qwen2Config(**shape, max_position_embeddings=2 * options.block, tie_word_embeddings=True)
    )
    features = CausalLanguageModelling(tokenizer).prepare(rows)
    lengths = np.diff(columns(features)[1])
    short = features.filter(lambda row: len(row["input_ids"]) <= options.block)
    runs: dict[str, list[float]] = {"ours": [], "stock": [], "stock, grouped by length": []}
    for _ in range(options.repeats):
        runs["ours"].append(ours(copy.deepcopy(base), tokenizer, features, rows, options))
        runs["stock"].append(stock(copy.deepcopy(base), tokenizer, short, options, False))
        runs["stock, grouped by length"].append(
            stock(copy.deepcopy(base), tokenizer, short, options, True)
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
                "document_tokens": {
                    "median": float(np.median(lengths)),
                    "longest": int(lengths.max()),
                },
                "runs": {name: [round(v) for v in values] for name, values in runs.items()},
                "ratio": {
                    name: {"median": round(float(np.median(v)), 2), "min": round(min(v), 2)}
                    for name, v in ratios.items()
                },
                "parameters": sum(p.numel() for p in base.parameters()),
                **utilisation(base, runs, options.peak),
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
