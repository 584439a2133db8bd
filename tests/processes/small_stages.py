"""Small stages that one process or several train; the test runs it, alone or by ``torchrun``.

    torchrun --nproc_per_node 2 small_stages.py FOLDER [--shards] NAME...

Each is trained to its end, and again from a checkpoint in its midst. The first process leaves
FOLDER/<name>.json (losses, bits per byte) and FOLDER/<name>.safetensors, and the same for
<name>-resumed.
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

from glotlift.corpus import Mixture, natural
from glotlift.models.adapters import Bottleneck, Invertible
from glotlift.models.chosen import Neurons
from glotlift.models.deltas import AllWeights, LowRank, NewRows, Together
from glotlift.objectives.named import MODELS, OBJECTIVES
from glotlift.training.schedule import Budget
from glotlift.training.stages import Stage, Trained, TrainingSettings, run_stage
from glotlift.training.trainer import checkpoints
from objectives.every_objective import SHAPES, full_tokenizer, opened, rows
from training.stage import STEPS, trained

ROWS = NewRows(tuple(range(250, 320)))
STAGES: dict[str, tuple[str, Any]] = {
    "causal": ("llama", AllWeights()),
    "masked": ("bert", AllWeights()),
    "prefix": ("t5", AllWeights()),
    "rows": ("llama", ROWS),
    "low rank": ("llama", Together((ROWS, LowRank(rank=4)))),
    "adapters": ("bert", Together((Bottleneck(reduction=4), Invertible()))),
    "neurons": ("llama", Neurons({"model.layers.1.mlp.up_proj": list(range(9))})),
}
LEARNT = {f"objective {name}": (name, SHAPES[MODELS[name][0]][0], ()) for name in OBJECTIVES}
TOGETHER = {"tcm": 4}  # blocks of a step that must be computed at once, over all processes
COPIED = 4  # the step whose checkpoint is gone on from


def train(name: str, folder: Path, aside: Path | None = None) -> Trained:
    """Train a stage in `folder`; a checkpoint from its midst is copied to the folder `aside`."""

    def copy(_: str, *, step: int, **__: Any) -> None:
        if aside is not None and step == COPIED + 1 and not aside.exists():
            shutil.copytree(folder / f"checkpoint-{COPIED}", aside / f"checkpoint-{COPIED}")

    if name in LEARNT:
        return learnt(name, folder, copy)
    kind, delta = STAGES[name]
    return trained(folder, kind, delta=delta, event=copy, watched=True, micro_blocks=1)


def learnt(name: str, folder: Path, event: Any) -> Trained:
    """Train a small model by a registered objective."""
    model, objective = opened(LEARNT[name])
    sources = {"spa_Latn": rows(60)}
    settings = TrainingSettings(
        block=64,
        blocks_per_step=4,
        micro_blocks=TOGETHER.get(LEARNT[name][0], 1),
        learning_rate=5e-3,
        save_every=2,
        evaluate_every=STEPS,
        log_every=1,
    )
    stage = Stage(
        name,
        {code: objective.prepare(texts) for code, texts in sources.items()},
        Mixture(sources, natural, seed=3),
        Budget(STEPS, "steps"),
        settings=settings,
        seed=3,
        objective=objective,
    )
    return run_stage(model, full_tokenizer(), stage, folder, event=event)


def figures(stage: Trained) -> dict[str, Any]:
    """Return the losses and the bits per byte that were logged, in order."""
    logged = [sorted(entry.items()) for entry in stage.history]
    return {
        kind: [value for entry in logged for name, value in entry if name.startswith(kind)]
        for kind in ("loss", "eval_bits")
    }


def weights(stage: Trained) -> dict[str, torch.Tensor]:
    """Return the trained weights, each under one name, and those of adapters."""
    plain = {name: p.detach().clone() for name, p in stage.model.named_parameters()}
    return plain | dict(stage.adapters)


def let_processors_shard() -> None:
    """Let accelerate shard models on processors, which torch and gloo can but it does not offer."""
    start = AcceleratorState.__init__

    def start_sharding(self: Any, *arguments: Any, fsdp_plugin: Any = None, **named: Any) -> None:
        start(self, *arguments, fsdp_plugin=fsdp_plugin, **named)
        if fsdp_plugin is not None:
            PartialState._shared_state["distributed_type"] = DistributedType.FSDP
            self.distributed_type, self.fsdp_plugin = DistributedType.FSDP, fsdp_plugin

    AcceleratorState.__init__ = start_sharding


def leave(folder: Path, name: str, stage: Trained) -> None:
    """Write figures and weights, by the first process."""
    if PartialState().is_main_process:
        (folder / f"{name}.json").write_text(json.dumps(figures(stage)), encoding="utf-8")
        save_file(weights(stage), folder / f"{name}.safetensors")
    PartialState().wait_for_everyone()


def main(folder: Path, names: list[str]) -> None:
    """Train each stage to its end, and again from the midst."""
    for name in names:
        aside = folder / "aside" / name
        leave(folder, name, train(name, folder / "run" / name, aside))
        assert [path.name for path in checkpoints(aside)] == [f"checkpoint-{COPIED}"]
        leave(folder, f"{name}-resumed", train(name, aside))


if __name__ == "__main__":
    if "--shards" in sys.argv:
        let_processors_shard()
    main(Path(sys.argv[1]), [word for word in sys.argv[2:] if word in {*STAGES, *LEARNT}])
