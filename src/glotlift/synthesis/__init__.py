"""Data made by models: chosen, generated, verified, with provenance."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Entry": "glotlift.synthesis.rounds",
        "SelfTrained": "glotlift.synthesis.rounds",
        "complete": "glotlift.synthesis.completion",
        "cut_off": "glotlift.synthesis.completion",
        "self_train": "glotlift.synthesis.rounds",
        "unsureness": "glotlift.synthesis.completion",
        "worth_cutting": "glotlift.synthesis.completion",
    },
)
