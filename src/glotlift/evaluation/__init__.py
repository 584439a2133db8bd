"""What a model can do: tasks, scoring, metrics, statistics, and what it has forgotten."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Aggregate": "glotlift.evaluation.aggregates",
        "GenerationResult": "glotlift.evaluation.generation",
        "Interval": "glotlift.evaluation.statistics",
        "Needed": "glotlift.evaluation.power",
        "OptionsResult": "glotlift.evaluation.options",
        "TaskFacts": "glotlift.evaluation.selection",
        "aggregate": "glotlift.evaluation.aggregates",
        "agreeing_tasks": "glotlift.evaluation.selection",
        "answer_scores": "glotlift.evaluation.answers",
        "bleu": "glotlift.evaluation.metrics",
        "borda_points": "glotlift.evaluation.borda",
        "borda_ranks": "glotlift.evaluation.borda",
        "chrf": "glotlift.evaluation.metrics",
        "chrf_rows": "glotlift.evaluation.metrics",
        "compare_bits": "glotlift.evaluation.forgetting",
        "compare_languages": "glotlift.evaluation.aggregates",
        "evaluate_generation": "glotlift.evaluation.generation",
        "evaluate_options": "glotlift.evaluation.options",
        "exact_match": "glotlift.evaluation.metrics",
        "holm": "glotlift.evaluation.statistics",
        "macro_weights": "glotlift.evaluation.aggregates",
        "measure_calibration": "glotlift.evaluation.calibration",
        "needed": "glotlift.evaluation.power",
        "paired_difference": "glotlift.evaluation.statistics",
        "pooled_corpus": "glotlift.evaluation.negatives",
        "predictability": "glotlift.evaluation.selection",
        "ranking_scores": "glotlift.evaluation.ranking",
        "reduce_tasks": "glotlift.evaluation.selection",
        "span_f1": "glotlift.evaluation.spans",
    },
)
