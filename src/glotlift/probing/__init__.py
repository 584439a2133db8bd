"""What a model holds inside: neurons, similarity, memorisation, alignment."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {})
