"""Small stages that one process or several train; run by ``torchrun`` or by the test itself.

    torchrun --nproc_per_node 2 small_stages.py FOLDER OBJECTIVE... [--shards]

Leaves FOLDER/<objective>.json (losses by step, bits per byte) and FOLDER/<objective>.safetensors.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType
from safetensors.torch import save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from glotlift import world
from glotlift.corpus import Mixture, equal_bytes
from glotlift.models.deltas import AllWeights, NewRows
from glotlift.objectives.choice import objective_for
from glotlift.training.schedule import Budget
from glotlift.training.stages import Stage, Trained, TrainingSettings, run_stage
from glotlift.training.trainer import checkpoints
from glotlift.vocabulary import DECODER, ENCODER, SEQ2SEQ, train_tokenizer

STEPS, SAVE_EVERY, COPIED = 12, 4, 4
SPECIAL_TOKENS = {"causal": DECODER, "rows": DECODER, "masked": ENCODER, "prefix": SEQ2SEQ}


def build(objective: str, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """Return an untrained model without dropout, which would differ between the processes."""
    torch.manual_seed(0)
    tokens = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    if objective in ("causal", "rows"):
        return LlamaForCausalLM(
            LlamaConfig(
                **shape,
                **tokens,
                intermediate_size=64,
                max_position_embeddings=128,
                tie_word_embeddings=True,
            )
        )
    if objective == "masked":
        return BertForMaskedLM(
            BertConfig(
                **shape,
                **tokens,
                intermediate_size=64,
                max_position_embeddings=128,
                hidden_dropout_prob=0.0,
                attention_probs_dropout_prob=0.0,
            )
        )
    return T5ForConditionalGeneration(
        T5Config(
            **tokens,
            d_model=32,
            d_kv=16,
            d_ff=64,
            num_layers=2,
            num_heads=2,
            dropout_rate=0.0,
            decoder_start_token_id=tokenizer.pad_token_id,
        )
    )


def train(objective: str, folder: Path, *, keep_a_checkpoint: bool = False) -> Trained:
    """Train one small stage; with `keep_a_checkpoint`, one from the midst stays in `<folder>-mid`."""
    codes = ("eng_Latn", "deu_Latn")
    rows = {code: world.documents(code, 120, seed=3) for code in codes}
    tokenizer = train_tokenizer(
        (text for dataset in rows.values() for text in dataset["text"]),
        kind="bpe",
        size=400,
        special_tokens=SPECIAL_TOKENS[objective],
    )
    model = build(objective, tokenizer)
    prepare = objective_for(model, tokenizer).prepare
    stage = Stage(
        objective,
        {code: prepare(dataset) for code, dataset in rows.items()},
        Mixture(rows, equal_bytes, seed=1),
        Budget(STEPS, "steps"),
        NewRows(tuple(range(300, 400))) if objective == "rows" else AllWeights(),
        TrainingSettings(
            learning_rate=3e-3,
            block=64,
            blocks_per_step=8,
            micro_blocks=2,
            save_every=SAVE_EVERY,
            evaluate_every=6,
            log_every=1,
        ),
        seed=7,
    )
    validation = {code: dataset["text"][:4] for code, dataset in rows.items()}

    def copy_checkpoint(_: str, *, step: int, **__: Any) -> None:
        source = folder / f"checkpoint-{COPIED}"
        if keep_a_checkpoint and step == COPIED + 1:
            shutil.copytree(source, folder.with_name(f"{folder.name}-mid") / source.name)

    return run_stage(model, tokenizer, stage, folder, validation=validation, event=copy_checkpoint)


def figures(trained: Trained) -> dict[str, Any]:
    """Return the loss by step and the bits per byte that were logged."""
    return {
        "loss": [entry["loss"] for entry in trained.history if "loss" in entry],
        "bits": [
            value
            for entry in trained.history
            for name, value in sorted(entry.items())
            if name.startswith("eval_bits")
        ],
    }


def weights(trained: Trained) -> dict[str, torch.Tensor]:
    """Return the trained weights, each under one name."""
    return {name: p.detach().clone() for name, p in trained.model.named_parameters()}


def let_processors_shard() -> None:
    """Let accelerate shard models on processors, which torch and gloo can but it does not offer."""
    start = AcceleratorState.__init__

    def start_sharding(self: Any, *arguments: Any, fsdp_plugin: Any = None, **named: Any) -> None:
        start(self, *arguments, fsdp_plugin=fsdp_plugin, **named)
        if fsdp_plugin is not None:
            PartialState._shared_state["distributed_type"] = DistributedType.FSDP
            self.distributed_type, self.fsdp_plugin = DistributedType.FSDP, fsdp_plugin

    AcceleratorState.__init__ = start_sharding


def leave(folder: Path, name: str, trained: Trained) -> None:
    """Write figures and weights, by the first process."""
    if PartialState().is_main_process:
        (folder / f"{name}.json").write_text(json.dumps(figures(trained)), encoding="utf-8")
        save_file(weights(trained), folder / f"{name}.safetensors")


def main(folder: Path, objectives: list[str], *, shards: bool) -> None:
    """Train each objective from the start and again from a checkpoint in the midst."""
    if shards:
        let_processors_shard()
    for objective in objectives:
        leave(
            folder, objective, train(objective, folder / "run" / objective, keep_a_checkpoint=True)
        )
        PartialState().wait_for_everyone()
        midst = folder / "run" / f"{objective}-mid"
        assert [path.name for path in checkpoints(midst)] == [f"checkpoint-{COPIED}"]
        leave(folder, f"{objective}-resumed", train(objective, midst))


if __name__ == "__main__":
    chosen = [word for word in sys.argv[2:] if not word.startswith("--")]
    main(Path(sys.argv[1]), chosen, shards="--shards" in sys.argv)
