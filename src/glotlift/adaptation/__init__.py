"""The main job: carry one model into one language, and prove what changed."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AdaptConfig": "glotlift.adaptation.config",
        "adapt": "glotlift.adaptation.job",
        "plan": "glotlift.adaptation.planning",
    },
)
