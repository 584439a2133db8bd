"""What a model holds inside: neurons, similarity, memorisation, alignment."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "LinearProbe": "glotlift.probing.linear",
        "PairDecisions": "glotlift.probing.word_pairs",
        "agreement": "glotlift.probing.word_meanings",
        "alignment_by_layer": "glotlift.probing.mexa",
        "continuations": "glotlift.probing.memorisation",
        "deactivated": "glotlift.probing.neurons",
        "deactivation_matrix": "glotlift.probing.neurons",
        "decide_pairs": "glotlift.probing.word_pairs",
        "estimate_score": "glotlift.probing.mexa",
        "fit_probe": "glotlift.probing.linear",
        "kernel_alignment": "glotlift.probing.similarity",
        "language_neurons": "glotlift.probing.neurons",
        "language_similarity": "glotlift.probing.similarity",
        "meaning_questions": "glotlift.probing.word_meanings",
        "meanings_known": "glotlift.probing.word_meanings",
        "memorisation_curve": "glotlift.probing.memorisation",
        "n_gram_similarity": "glotlift.probing.spelling",
        "neuron_importance": "glotlift.probing.neurons",
        "neuron_overlap": "glotlift.probing.neurons",
        "occurrences": "glotlift.probing.word_vectors",
        "pairs_known": "glotlift.probing.word_meanings",
        "pool_layers": "glotlift.probing.mexa",
        "random_neurons": "glotlift.probing.neurons",
        "share_aligned": "glotlift.probing.mexa",
        "spelling_similarity": "glotlift.probing.spelling",
        "translation_similarity": "glotlift.probing.similarity",
        "typed_pairs": "glotlift.probing.pair_types",
        "vectors_in_context": "glotlift.probing.word_vectors",
        "with_unrelated": "glotlift.probing.word_pairs",
    },
)
