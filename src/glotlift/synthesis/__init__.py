"""Data made by models: chosen, generated, verified, with provenance."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {})
