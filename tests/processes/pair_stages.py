"""Stages over pairs that one process or several train; see `small_stages`.

torchrun --nproc_per_node 2 pair_stages.py FOLDER NAME...
"""

import sys
from pathlib import Path
from typing import Any

from glotlift import world
from glotlift.corpus import Mixture, equal_bytes
from glotlift.objectives.named import objective_named
from glotlift.training.schedule import Budget
from glotlift.training.stages import Stage, Trained, TrainingSettings, run_stage
from processes.small_stages import leave
from tiny import model_of, tokenizer

STAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "tlm": ("tlm", {}),
    "tcm": ("tcm", {"weight": 1.0}),
    "tcm in parts": ("tcm", {"weight": 1.0, "chunk": 1}),
}


def train(name: str, folder: Path) -> Trained:
    """Train a stage over pairs and single texts; each step is one micro-batch in each process."""
    objective_name, settings = STAGES[name]
    objective = objective_named(objective_name, model_of("bert"), tokenizer(), **settings)
    rows = {
        "pairs": world.tasks.translation("eng_Latn", "spa_Latn", 40, split="train"),
        "texts": world.parallel("spa_Latn", 15),
    }
    stage = Stage(
        name,
        {source: objective.prepare(each) for source, each in rows.items()},
        Mixture(rows, equal_bytes, seed=3),
        Budget(8, "steps"),
        settings=TrainingSettings(
            block=64, blocks_per_step=8, micro_blocks=8, learning_rate=5e-3, log_every=1
        ),
        seed=3,
        objective=objective,
    )
    return run_stage(model_of("bert"), tokenizer(), stage, folder)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name in sys.argv[2:]:
        leave(folder, name, train(name, folder / "run" / name))
