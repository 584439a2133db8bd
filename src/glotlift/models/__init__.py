"""What moves in a model when it is trained, and architectures that transformers lacks."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AllWeights": "glotlift.models.deltas",
        "LowRank": "glotlift.models.deltas",
        "NewRows": "glotlift.models.deltas",
        "Together": "glotlift.models.deltas",
    },
)
