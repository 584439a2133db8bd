"""What is shown as proof: arms, seeds, claims, verdicts, the report page and the model card."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Arm": "glotlift.evidence.design",
        "Claim": "glotlift.evidence.verdicts",
        "Measurement": "glotlift.evidence.design",
        "Metric": "glotlift.evidence.design",
        "Published": "glotlift.evidence.verdicts",
        "Recipe": "glotlift.evidence.design",
        "Setting": "glotlift.evidence.design",
        "Verdict": "glotlift.evidence.verdicts",
        "Workers": "glotlift.evidence.workers",
        "judge": "glotlift.evidence.verdicts",
        "model_card": "glotlift.evidence.card",
        "read_rows": "glotlift.evidence.scores",
        "render_report": "glotlift.evidence.report",
        "run_recipe": "glotlift.evidence.arms",
        "write_evidence": "glotlift.evidence.scores",
    },
)
