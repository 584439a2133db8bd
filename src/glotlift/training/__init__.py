"""The one loop: stages, checkpoints that are whole or absent, and starter models."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Budget": "glotlift.training.schedule",
        "Stage": "glotlift.training.stages",
        "StageTrainer": "glotlift.training.trainer",
        "TrainConfig": "glotlift.training.run_config",
        "TrainingSettings": "glotlift.training.settings",
        "plan": "glotlift.training.run_plan",
        "run_stage": "glotlift.training.stages",
        "starter": "glotlift.training.starters",
        "train": "glotlift.training.run",
    },
)
