"""Seconds to trim 250,000 pieces to 60,000, beside lm-vocab-trimmer's row selection.

    python benchmarks/trimming_speed.py [--pieces 250000] [--size 60000] [--repeats 3]
        [--peer SOURCE [--every 25] [--python PYTHON]] [--width 64]

Two vocabularies: a Unigram as XLM-R has it and a byte-level BPE as GPT-2 has it. "selection" is
what turns the pieces to keep into the map of rows; "whole" is that and everything else that a trim
by size does (reading the tokenizer, what each piece needs, the new tokenizer), and "edited" also
the model's configuration; "weights" is the copy of the rows, timed apart on a model of ``--width``
columns, and "counting" the segmentation of the text, where pieces are chosen by text.

SOURCE is a checkout of asahi417/lm-vocab-trimmer or vocabtrimmer from PyPI, unpacked: its own code
runs in a process of its own, on the same pieces, and its loop sees one piece of ``--every``, whose
seconds are multiplied (1 for all: minutes). It fails on a BPE, whose merges it does not trim; its
loop is timed before that. Prints one JSON object, and a line that sums it up last; the exit status
is 1 where a trim takes 2 s or more of its own work or is less than 100 times as fast.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("RAYON_NUM_THREADS", "1")

import numpy as np
import torch
import transformers
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.vocabulary import VocabularyEdit, apply_edit, trim
from glotlift.vocabulary.segmentation import LETTERS
from glotlift.vocabulary.trimming import count_pieces, edit_keeping, read

PEER = Path(__file__).parent / "peers" / "lm_trimmer.py"
LETTERS_OF = ((0x61, 26), (0x430, 32), (0x905, 48), (0xAC00, 900), (0x5D0, 27))
FASTER, SECONDS = 100, 2.0
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


def unigram(pieces: int) -> PreTrainedTokenizerFast:
    """Return an XLM-R-like tokenizer of made-up words in five scripts."""
    draw = np.random.default_rng(0)
    scripts = [[chr(first + step) for step in range(many)] for first, many in LETTERS_OF]
    names = dict.fromkeys([*SPECIAL, "▁", *(letter for letters in scripts for letter in letters)])
    while len(names) < pieces - 1:
        letters = scripts[int(draw.integers(len(scripts)))]
        word = "".join(
            letters[place] for place in draw.integers(len(letters), size=draw.integers(3, 9))
        )
        names.setdefault("▁" * int(draw.integers(2)) + word)
    scored = [
        (name, -5.0 - place / pieces if place > 3 else 0.0) for place, name in enumerate(names)
    ]
    return transformers.XLMRobertaTokenizer(vocab=scored)


def byte_pairs(pieces: int) -> PreTrainedTokenizerFast:
    """Return a GPT-2-like tokenizer whose pieces are random merges of earlier ones."""
    draw = np.random.default_rng(0)
    names = list(LETTERS)
    known = set(names)
    merges: list[tuple[str, str]] = []
    pairs = iter(draw.random((8 * pieces, 2)).tolist())
    while len(names) < pieces - 1:
        left, right = (int(place * min(len(names), 3_000)) for place in next(pairs))
        whole = names[left] + names[right]
        if whole not in known and len(whole) <= 16:
            known.add(whole)
            names.append(whole)
            merges.append((names[left], names[right]))
    vocab = {name: number for number, name in enumerate(["<|endoftext|>", *names])}
    return transformers.GPT2Tokenizer(vocab=vocab, merges=merges)


def model_of(kind: str, rows: int, width: int) -> PreTrainedModel:
    """Return a small model with many rows."""
    if kind == "bpe":
        config = transformers.GPT2Config(vocab_size=rows, n_embd=width, n_layer=1, n_head=2)
        config.bos_token_id = config.eos_token_id = 0
        return transformers.GPT2LMHeadModel(config)
    return transformers.XLMRobertaForMaskedLM(
        transformers.XLMRobertaConfig(
            vocab_size=rows,
            hidden_size=width,
            intermediate_size=width,
            num_hidden_layers=1,
            num_attention_heads=2,
        )
    )


def texts_of(tokenizer: PreTrainedTokenizerFast, number: int = 2000) -> list[str]:
    """Return made-up sentences of the tokenizer's own pieces."""
    draw = np.random.default_rng(1)
    ids = draw.integers(300, len(tokenizer) - 1, size=(number, 12)).tolist()
    return tokenizer.batch_decode(ids)  # type: ignore[no-any-return]


def timed(run: Callable[[], Any], repeats: int) -> tuple[dict[str, float], Any]:
    """Return the median seconds by the clock and of processors, and the last value."""
    clock, work = [], []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        value = run()
        clock.append(time.perf_counter() - start[0])
        work.append(time.process_time() - start[1])
    median = statistics.median
    seconds = {"seconds": round(median(clock), 4), "processor_seconds": round(median(work), 4)}
    return seconds, value


def peer(
    options: argparse.Namespace, tokenizer: PreTrainedTokenizerFast, edit: VocabularyEdit
) -> dict[str, Any]:
    """Run lm-vocab-trimmer on the same pieces and return the seconds of its row selection."""
    names = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    kept = {names[number]: number for number in np.flatnonzero(edit.old_to_new >= 0).tolist()}
    model = model_of("unigram", len(tokenizer), 8)  # the class that it can load; rows alone matter
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        mined = Path(folder) / "kept.json"
        mined.write_text(json.dumps(kept), encoding="utf-8")
        ran = subprocess.run(
            [options.python, PEER, options.peer, folder, mined, str(options.every)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: dict[str, Any] = json.loads(ran.stdout)
    share = len(tokenizer) / found["seen"]
    return {
        **found,
        "scaled_seconds": round(found["seconds"] * share, 2),
        "scaled_processor_seconds": round(found["processor_seconds"] * share, 2),
    }


def figures(kind: str, options: argparse.Namespace) -> dict[str, Any]:
    """Trim one vocabulary and return all seconds."""
    tokenizer = {"unigram": unigram, "bpe": byte_pairs}[kind](options.pieces)
    whole, (edit, _) = timed(lambda: trimmed(tokenizer, options.size), options.repeats)
    inventory = read(tokenizer)
    kept = edit.old_to_new >= 0
    selection, _ = timed(lambda: edit_keeping(inventory, kept), options.repeats)
    texts = texts_of(tokenizer)
    counting, _ = timed(lambda: count_pieces(tokenizer, texts), 1)
    by_text, _ = timed(lambda: trim(tokenizer, texts=texts, size=options.size), 1)
    model = model_of(kind, len(tokenizer), options.width)
    weights, _ = timed(lambda: apply_edit(model, edit), 1)
    found: dict[str, Any] = {
        "pieces": [len(tokenizer), edit.new_size],
        "selection": selection,
        "whole": whole,
        "text_bytes": sum(len(text.encode()) for text in texts),
        "counting": counting,
        "trim_by_text": by_text,
        "weights": weights,
    }
    if options.peer:
        found["peer"] = peer(options, tokenizer, edit)
        work = found["peer"]["scaled_processor_seconds"]
        found["selection_ratio"] = round(work / selection["processor_seconds"], 1)
        found["whole_ratio"] = round(work / whole["processor_seconds"], 1)
    return found


def trimmed(
    tokenizer: PreTrainedTokenizerFast, size: int
) -> tuple[VocabularyEdit, PreTrainedTokenizerFast]:
    """Return the edit to a size and the new tokenizer."""
    edit = trim(tokenizer, size=size)
    return edit, edit.tokenizer(tokenizer)


def main() -> None:
    """Time both vocabularies, print the figures and the summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("pieces", 250_000), ("size", 60_000), ("repeats", 3), ("width", 64)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--every", type=int, default=25)
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--kinds", default="unigram,bpe")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    found = {kind: figures(kind, options) for kind in options.kinds.split(",")}
    short = [
        kind
        for kind, one in found.items()
        if one["whole"]["seconds"] >= SECONDS or one.get("selection_ratio", FASTER) < FASTER
    ]
    print(json.dumps(found, indent=1))
    says = "; ".join(
        f"{kind} {one['pieces'][0]} to {one['pieces'][1]} in {one['whole']['seconds']} s"
        f" ({one['whole']['processor_seconds']} s of processor)"
        + (f", selection {one['selection_ratio']} times" if options.peer else "")
        for kind, one in found.items()
    )
    print(f"{'FAILED' if short else 'PASSED'}: {says}")
    sys.exit(1 if short else 0)


if __name__ == "__main__":
    main()
