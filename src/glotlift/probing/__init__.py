"""What a model holds inside: neurons, similarity, memorisation, alignment."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "LinearProbe": "glotlift.probing.linear",
        "alignment_by_layer": "glotlift.probing.mexa",
        "continuations": "glotlift.probing.memorisation",
        "deactivated": "glotlift.probing.neurons",
        "deactivation_matrix": "glotlift.probing.neurons",
        "estimate_score": "glotlift.probing.mexa",
        "fit_probe": "glotlift.probing.linear",
        "kernel_alignment": "glotlift.probing.similarity",
        "language_neurons": "glotlift.probing.neurons",
        "language_similarity": "glotlift.probing.similarity",
        "memorisation_curve": "glotlift.probing.memorisation",
        "neuron_importance": "glotlift.probing.neurons",
        "neuron_overlap": "glotlift.probing.neurons",
        "pool_layers": "glotlift.probing.mexa",
        "random_neurons": "glotlift.probing.neurons",
        "share_aligned": "glotlift.probing.mexa",
        "translation_similarity": "glotlift.probing.similarity",
    },
)
