"""glotlift: take any model into any language, and prove it."""

from glotlift.runs.lazy import attach

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "adapt": "glotlift.adaptation.job",
        "AdaptConfig": "glotlift.adaptation.config",
        "language": "glotlift.languages",
        "plan": "glotlift.adaptation.planning",
    },
)
