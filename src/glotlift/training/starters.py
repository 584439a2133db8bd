"""Starter models: tiny real models pretrained on the sample world, made once and cached.

A starter is what a recipe, a test or the demo starts from where no downloaded model is at hand.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast

from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift import world
from glotlift.corpus import Mixture, equal_bytes
from glotlift.objectives.choice import objective_for
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json
from glotlift.training.micro_batches import processes
from glotlift.training.schedule import Budget
from glotlift.training.stages import Stage, TrainingSettings, discard_checkpoints, run_stage
from glotlift.vocabulary import DECODER, ENCODER, SEQ2SEQ, train_tokenizer

STARTER = "starter:"
APART = """
import json, sys
from glotlift.training import starter
*what, seed = json.loads(sys.argv[1])
starter(*what, seed=seed)
"""
LAUNCHER = re.compile(r"(LOCAL_|GROUP_|ROLE_)?(RANK|WORLD_SIZE)$|ACCELERATE_|FSDP_|TORCHELASTIC_")
Kind = Literal["decoder", "encoder", "seq2seq"]
KINDS = ("decoder", "encoder", "seq2seq")
SCHOOLED = ("eng_Latn", "spa_Latn", "deu_Latn", "rus_Cyrl")
BLOCK, BLOCKS_PER_STEP = 128, 16
VERSION = 2  # raise when the recipe changes in code


@dataclass(frozen=True)
class StarterSize:
    """A starter's shape and schooling."""

    width: int
    layers: int
    pieces: int
    steps: int
    documents: int
    learning_rate: float


SIZES = {
    "tiny": StarterSize(
        width=64, layers=2, pieces=800, steps=150, documents=300, learning_rate=4e-3
    ),
    "small": StarterSize(
        width=128, layers=4, pieces=2000, steps=300, documents=2500, learning_rate=3e-3
    ),
}
SPECIAL_TOKENS = {"decoder": DECODER, "encoder": ENCODER, "seq2seq": SEQ2SEQ}


def parse(address: str) -> tuple[Kind, str, tuple[str, ...] | None]:
    """Read ``starter:KIND[:SIZE[:LANGUAGES]]``, languages joined by ``+``.

    Raises GL-TRAINING-010.
    """
    kind, size, languages = [*address.removeprefix(STARTER).split(":"), "", ""][:3]
    if kind not in KINDS or (size or "small") not in SIZES:
        raise GlotliftError(
            "GL-TRAINING-010",
            f"no such starter: {address!r}",
            place="model",
            fix=f"write starter:KIND:SIZE with one of {', '.join(KINDS)} and {', '.join(SIZES)}",
        )
    chosen = tuple(languages.split("+")) if languages else None
    return cast(Kind, kind), size or "small", chosen


def starter_address(address: str) -> Path:
    """Return the folder of the starter that an address names, made first if it is not cached."""
    return starter(*parse(address))


def starter(
    kind: Kind = "decoder",
    size: str = "small",
    languages: Sequence[str] | None = None,
    *,
    seed: int = 0,
) -> Path:
    """Return the folder of a starter model, pretraining it first if it is not cached.

    `languages` are those it is pretrained on, in equal shares of bytes; the default leaves some of
    the world's out, so that there are languages to adapt to.
    """
    chosen, shape = tuple(languages or SCHOOLED), SIZES[size]
    recipe = describe(kind, size, chosen, seed)
    path = folder_of(kind, size, chosen, seed)
    if processes() > 1 and not path.is_dir():
        make_apart(kind, size, chosen, seed)
    with atomic.locked(path):
        if not path.is_dir():
            with atomic.folder(path) as folder:
                model, tokenizer = pretrain(kind, shape, chosen, seed, path)
                model.save_pretrained(folder)
                tokenizer.save_pretrained(folder)
                atomic.write_json(folder / "starter.json", recipe)
    return path


def describe(kind: Kind, size: str, languages: Sequence[str], seed: int) -> dict[str, Any]:
    """Return all that decides a starter."""
    shape = asdict(SIZES[size])
    return {"version": VERSION, "kind": kind, **shape, "languages": languages, "seed": seed}


def folder_of(kind: Kind, size: str, languages: Sequence[str] | None = None, seed: int = 0) -> Path:
    """Return where a starter is cached, made or not."""
    name = hash_json(describe(kind, size, tuple(languages or SCHOOLED), seed))[:12]
    return cache_folder("starters") / f"{kind}-{size}-{name}"


def write_untrained(kind: Kind, size: str, languages: Sequence[str] | None, folder: Path) -> None:
    """Write a model of a starter's shape with random weights, and its tokenizer."""
    tokenizer = make_tokenizer(kind, SIZES[size], school(SIZES[size], languages or SCHOOLED, 0))
    build(kind, SIZES[size], tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def school(shape: StarterSize, languages: Sequence[str], seed: int) -> dict[str, Dataset]:
    """Return the world's documents that a starter learns from, by language."""
    return {code: world.documents(code, shape.documents, seed=seed) for code in languages}


def make_tokenizer(
    kind: Kind, shape: StarterSize, rows: Mapping[str, Dataset]
) -> PreTrainedTokenizerFast:
    """Train a starter's tokenizer."""
    tokenizer: PreTrainedTokenizerFast = train_tokenizer(
        (text for dataset in rows.values() for text in dataset["text"]),
        kind="bpe",
        size=shape.pieces,
        special_tokens=SPECIAL_TOKENS[kind],
    )
    return tokenizer


def make_apart(*what: Any) -> None:
    """Make a starter in a process that trains alone, so that it is the same under any launcher."""
    alone = {name: value for name, value in os.environ.items() if not LAUNCHER.match(name)}
    subprocess.run([sys.executable, "-c", APART, json.dumps(what)], env=alone, check=True)


def pretrain(
    kind: Kind, shape: StarterSize, languages: Sequence[str], seed: int, path: Path
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Train a tokenizer and a model on the sample world."""
    rows = school(shape, languages, seed)
    tokenizer = make_tokenizer(kind, shape, rows)
    set_seed(seed)
    model = build(kind, shape, tokenizer)
    objective = objective_for(model, tokenizer)
    features: dict[str, Dataset] = {
        code: objective.prepare(dataset) for code, dataset in rows.items()
    }
    settings = TrainingSettings(
        learning_rate=shape.learning_rate,
        block=BLOCK,
        blocks_per_step=BLOCKS_PER_STEP,
        save_every=10**6,
        evaluate_every=10**6,
        log_every=25,
    )
    stage = Stage(
        f"starter {kind}",
        features,
        Mixture(rows, equal_bytes, seed=seed),
        Budget(shape.steps, "steps"),
        settings=settings,
        seed=seed,
    )
    checkpoints = path.with_name(f"{atomic.PARTIAL}checkpoints-{path.name}")
    trained = run_stage(model, tokenizer, stage, checkpoints)
    discard_checkpoints(checkpoints)
    return trained.model, tokenizer


def build(kind: Kind, shape: StarterSize, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """Return an untrained model: Llama, BERT or T5 of the given shape."""
    import transformers

    heads = max(2, shape.width // 32)
    tokens = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    inner = 8 * round(shape.width * 8 / 3 / 8)
    plain: dict[str, Any] = {
        "hidden_size": shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": heads,
        "max_position_embeddings": 512,
        **tokens,
    }
    if kind == "decoder":
        config = transformers.LlamaConfig(
            **plain, intermediate_size=inner, tie_word_embeddings=True
        )
        return transformers.LlamaForCausalLM(config)
    if kind == "encoder":
        bert = transformers.BertConfig(**plain, intermediate_size=4 * shape.width)
        return transformers.BertForMaskedLM(bert)
    seq2seq: dict[str, Any] = {"decoder_start_token_id": tokenizer.pad_token_id}
    t5 = transformers.T5Config(
        d_model=shape.width,
        d_kv=shape.width // heads,
        d_ff=inner,
        num_layers=shape.layers,
        num_heads=heads,
        feed_forward_proj="gated-gelu",
        **tokens,
        **seq2seq,
    )
    return transformers.T5ForConditionalGeneration(t5)
