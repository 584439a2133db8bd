"""How fast this machine trains a model, measured on a few steps of the real thing."""

import time
from typing import Any

import torch
from transformers import AutoConfig, PreTrainedTokenizerFast

from glotlift.models.loading import ModelFiles, auto_class, load_tokenizer
from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.choice import objective_for
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.packing import columns, pack, split_document
from glotlift.runs import machine

LARGEST = 300_000_000  # parameters of a model that is tried out on a processor
ASSUMED_FLOPS = 3e10  # of a processor, where the model is too large to try


def training_speed(
    files: ModelFiles,
    texts: list[str],
    *,
    block: int,
    micro_blocks: int,
    tokenizer: PreTrainedTokenizerFast | None = None,
    steps: int = 3,
) -> dict[str, float]:
    """Return tokens and bytes trained, and tokens read, per second, with the model's shape.

    Weights are random: only the configuration is read. With a `tokenizer` of more pieces than the
    model has rows, the model grows. Needs as much memory as training does.
    """
    model = random_model(files)
    tokenizer = tokenizer or load_tokenizer(files.folder)
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    objective = objective_for(model, tokenizer)
    from datasets import Dataset

    features = objective.prepare(Dataset.from_dict({"text": texts}))
    flat, offsets = columns(features)
    density = len(flat) / max(1, sum(features["bytes"]))  # tokens per byte
    if sum(p.numel() for p in model.parameters()) > LARGEST and not machine.has_accelerator():
        tokens = ASSUMED_FLOPS / (6 * sum(p.numel() for p in model.parameters()))
        return {
            "tokens": tokens,
            "bytes": tokens / density,
            "read_tokens": 3 * tokens,
            "density": density,
        }
    batch = sample_batch(objective, flat, offsets, block, micro_blocks)
    device = torch.device("cuda" if machine.has_accelerator() else "cpu")
    model, batch = model.to(device), {name: values.to(device) for name, values in batch.items()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-9)
    causal = isinstance(objective, CausalLanguageModelling)
    count = int((batch["labels"] != IGNORED).sum()) if causal else batch["input_ids"].numel()
    seconds = [train_step(model, objective, batch, optimizer) for _ in range(steps + 1)][1:]
    started = time.perf_counter()
    with torch.no_grad():
        objective.loss(model, batch)
    reading = time.perf_counter() - started
    tokens = count / sorted(seconds)[len(seconds) // 2]
    return {
        "tokens": tokens,
        "bytes": tokens / density,
        "read_tokens": count / reading,
        "density": density,
    }


def train_step(model: Any, objective: Any, batch: dict[str, torch.Tensor], optimizer: Any) -> float:
    """Return the seconds that one step takes."""
    started = time.perf_counter()
    total, _ = objective.loss(model, batch)
    total.backward()
    optimizer.step()
    optimizer.zero_grad()
    if machine.has_accelerator():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def random_model(files: ModelFiles) -> Any:
    """Return a model of the files' shape with random weights."""
    config = AutoConfig.from_pretrained(files.folder)
    with torch.random.fork_rng():
        return auto_class(files.configuration, str(files.folder)).from_config(config)


def sample_batch(
    objective: Any, flat: Any, offsets: Any, block: int, micro_blocks: int
) -> dict[str, torch.Tensor]:
    """Return one micro-batch of real text."""
    pieces = [
        flat[offsets[row] + start : offsets[row] + stop]
        for row in range(len(offsets) - 1)
        for start, stop in split_document(
            int(offsets[row + 1] - offsets[row]), block, objective.overlap
        )
    ]
    packed = [[pieces[i] for i in block_] for block_ in pack([len(p) for p in pieces], block)]
    blocks = (packed * micro_blocks)[:micro_blocks]
    batch: dict[str, torch.Tensor] = objective.collate(blocks, list(range(len(blocks))))
    return batch
