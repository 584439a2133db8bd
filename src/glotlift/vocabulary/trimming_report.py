"""What a trim costs and saves: coverage and changed text, size, memory and time."""

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.vocabulary.apply import matrices_of
from glotlift.vocabulary.comparison import audit
from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.report import vocabulary_report
from glotlift.vocabulary.segmentation import backend_of, encodings

State = tuple[PreTrainedModel, PreTrainedTokenizerFast]
STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def trim_report(
    tokenizer: PreTrainedTokenizerFast,
    edit: VocabularyEdit,
    texts_by_language: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """Say, per language, how much of its text a trim covers and what segments differently.

    Returns the rows of `audit` with: covered_sentences (all their pieces are kept and known) and
    covered_fraction, changed_covered (how many of those changed: 0 by the rule of `trim`),
    kept_occurrences (share of running pieces that are kept), and unknown_fraction and
    byte_fallback_fraction before and after (of tokens). Fractions lie in [0, 1].
    """
    after = edit.tokenizer(tokenizer)
    rows = audit(tokenizer, after, texts_by_language)
    ranges = [vocabulary_report(one, texts_by_language) for one in (tokenizer, after)]
    for row, before, later in zip(rows, *ranges, strict=True):
        row |= covered(tokenizer, after, edit, texts_by_language[row["language"]])
        for name in ("unknown_fraction", "byte_fallback_fraction"):
            row[f"{name}_before"], row[f"{name}_after"] = before[name], later[name]
    return rows


def covered(
    tokenizer: PreTrainedTokenizerFast,
    after: PreTrainedTokenizerFast,
    edit: VocabularyEdit,
    texts: Sequence[str],
) -> dict[str, Any]:
    """Return the counts of covered sentences of one language, and of those that changed."""
    old, new = backend_of(tokenizer), backend_of(after)
    unknown = -1 if tokenizer.unk_token_id is None else tokenizer.unk_token_id
    whole = changed = kept = total = 0
    for one, other in zip(encodings(old, texts), encodings(new, texts), strict=True):
        ids = np.asarray(one.ids, dtype=np.int64)
        places = edit.old_to_new[ids]
        kept += int((places >= 0).sum())
        total += len(ids)
        if bool((places >= 0).all()) and unknown not in one.ids:
            whole += 1
            changed += places.tolist() != other.ids
    return {
        "covered_sentences": whole,
        "covered_fraction": whole / len(texts) if texts else 1.0,
        "changed_covered": changed,
        "kept_occurrences": kept / total if total else 1.0,
    }


def cost_table(
    before: State, after: State, texts: Sequence[str], *, repeats: int = 5
) -> list[dict[str, Any]]:
    """Measure a model and its tokenizer before and after an edit on the same texts, in one batch.

    Returns two rows, "before" and "after", and a third, "ratio", of after over before. Columns:
    state, pieces (rows of the input matrix), parameters, vocabulary_parameters (rows and biases
    over pieces, shared ones once), bytes (parameters and buffers), peak_memory_bytes (those bytes
    and what the forward pass takes on top; None where the system does not tell), latency_seconds
    (median over `repeats` of one forward pass, tokenizing included, the two states in turn).
    """
    states = {
        name: (model, backend_of(tokenizer), tokenizer.pad_token_id or 0)
        for name, (model, tokenizer) in (("before", before), ("after", after))
    }
    rows = {name: {"state": name, **sizes(state[0])} for name, state in states.items()}
    seconds: dict[str, list[float]] = {name: [] for name in states}
    for name, state in states.items():
        peak = forward_memory(*state, texts)
        rows[name]["peak_memory_bytes"] = None if peak is None else rows[name]["bytes"] + peak
    for _ in range(repeats):
        for name, state in states.items():
            start = time.perf_counter()
            forward(*state, texts)
            seconds[name].append(time.perf_counter() - start)
    for name, row in rows.items():
        row["latency_seconds"] = statistics.median(seconds[name])
    one, other = rows["before"], rows["after"]
    ratio = {
        name: other[name] / one[name] if one[name] and other[name] is not None else None
        for name in one
        if name != "state"
    }
    return [one, other, {"state": "ratio", **ratio}]


def sizes(model: PreTrainedModel) -> dict[str, Any]:
    """Return the row's columns that need no run."""
    parameters = {id(one): one for one in model.parameters()}.values()
    buffers = {id(one): one for one in model.buffers()}.values()
    tables = matrices_of(model)
    return {
        "pieces": len(tables["input"]),
        "parameters": sum(one.numel() for one in parameters),
        "vocabulary_parameters": sum(one.numel() for one in tables.values()),
        "bytes": sum(one.numel() * one.element_size() for one in (*parameters, *buffers)),
    }


@torch.no_grad()
def forward(model: PreTrainedModel, backend: Tokenizer, filler: int, texts: Sequence[str]) -> None:
    """Run one forward pass over the texts as one padded batch, and wait for it."""
    encoded = [encoding.ids for encoding in encodings(backend, texts)]
    longest = max(map(len, encoded))
    ids = torch.tensor([one + [filler] * (longest - len(one)) for one in encoded])
    mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in encoded])
    batch = {"input_ids": ids.to(model.device), "attention_mask": mask.to(model.device)}
    if model.config.is_encoder_decoder:
        batch["decoder_input_ids"] = batch["input_ids"]
    model(**batch)
    if model.device.type == "cuda":
        torch.cuda.synchronize(model.device)


def forward_memory(
    model: PreTrainedModel, backend: Tokenizer, filler: int, texts: Sequence[str]
) -> int | None:
    """Return the bytes that a forward pass takes at its peak beyond the model, None if unknown."""
    if model.device.type == "cuda":
        held = torch.cuda.memory_allocated(model.device)
        torch.cuda.reset_peak_memory_stats(model.device)
        forward(model, backend, filler, texts)
        return torch.cuda.max_memory_allocated(model.device) - held
    try:
        CLEAR.write_text("5")  # Linux: the peak of resident memory begins anew
        held = resident("VmRSS")
        forward(model, backend, filler, texts)
        return max(resident("VmHWM") - held, 0)
    except OSError:
        return None


def resident(name: str) -> int:
    """Return a line of the process's status, in bytes."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
    return int(lines[name].split()[0]) * 1024
