"""What a batch teaches: features, collation, loss, and bits per byte to measure it by."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CausalLanguageModelling": "glotlift.objectives.causal",
        "MaskedLanguageModelling": "glotlift.objectives.masked",
        "PrefixLanguageModelling": "glotlift.objectives.prefix",
        "chunked_cross_entropy": "glotlift.objectives.cross_entropy",
        "document_bits": "glotlift.objectives.bits",
        "objective_for": "glotlift.objectives.choice",
    },
)
