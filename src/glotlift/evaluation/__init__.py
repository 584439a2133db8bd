"""What a model can do: tasks, scoring, metrics, statistics, and what it has forgotten."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "GenerationResult": "glotlift.evaluation.generation",
        "Interval": "glotlift.evaluation.statistics",
        "Needed": "glotlift.evaluation.power",
        "OptionsResult": "glotlift.evaluation.options",
        "bleu": "glotlift.evaluation.metrics",
        "chrf": "glotlift.evaluation.metrics",
        "chrf_rows": "glotlift.evaluation.metrics",
        "compare_bits": "glotlift.evaluation.forgetting",
        "evaluate_generation": "glotlift.evaluation.generation",
        "evaluate_options": "glotlift.evaluation.options",
        "exact_match": "glotlift.evaluation.metrics",
        "holm": "glotlift.evaluation.statistics",
        "needed": "glotlift.evaluation.power",
        "paired_difference": "glotlift.evaluation.statistics",
    },
)
