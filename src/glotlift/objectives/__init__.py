"""What a batch teaches: features, collation, loss, and bits per byte to measure it by."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CausalLanguageModelling": "glotlift.objectives.causal",
        "CodeSwitchingRestore": "glotlift.objectives.code_switching",
        "InstructionTuning": "glotlift.objectives.instructions",
        "MaskedLanguageModelling": "glotlift.objectives.masked",
        "MixtureOfDenoisers": "glotlift.objectives.denoisers",
        "PrefixLanguageModelling": "glotlift.objectives.prefix",
        "SpanCorruption": "glotlift.objectives.denoisers",
        "chunked_cross_entropy": "glotlift.objectives.cross_entropy",
        "document_bits": "glotlift.objectives.bits",
        "objective_for": "glotlift.objectives.choice",
        "induce_dictionary": "glotlift.objectives.dictionaries",
        "read_dictionary": "glotlift.objectives.dictionaries",
    },
)
