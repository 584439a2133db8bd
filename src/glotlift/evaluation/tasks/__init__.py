"""Tasks: rows of one form from the world, files or the Hub, put into words and asked of clients."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "EvaluateConfig": "glotlift.evaluation.tasks.config",
        "Sample": "glotlift.evaluation.tasks.asking",
        "TaskSource": "glotlift.evaluation.tasks.sources",
        "Wording": "glotlift.evaluation.tasks.wording",
        "ask_rows": "glotlift.evaluation.tasks.asking",
        "compare_runs": "glotlift.evaluation.tasks.running",
        "evaluate": "glotlift.evaluation.tasks.running",
        "run_scores": "glotlift.evaluation.tasks.running",
        "task_source": "glotlift.evaluation.tasks.sources",
        "wordings": "glotlift.evaluation.tasks.wording",
    },
)
