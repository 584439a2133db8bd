"""A model asked for text, for log-probability or for vectors: local, or scripted for tests."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "LocalModel": "glotlift.clients.local",
        "ScriptedModel": "glotlift.clients.scripted",
    },
)
