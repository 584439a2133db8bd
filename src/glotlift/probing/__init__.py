"""What a model holds inside: neurons, similarity, memorisation, alignment."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "kernel_alignment": "glotlift.probing.similarity",
        "language_similarity": "glotlift.probing.similarity",
        "layer_vectors": "glotlift.probing.similarity",
        "translation_similarity": "glotlift.probing.similarity",
    },
)
