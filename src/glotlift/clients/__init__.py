"""A model asked for text, for log-probability or for vectors: local, behind a server, replayed."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AnswerBook": "glotlift.clients.answers",
        "LocalModel": "glotlift.clients.local",
        "Patience": "glotlift.clients.transport",
        "RecordedModel": "glotlift.clients.recording",
        "ScriptedModel": "glotlift.clients.scripted",
        "ServerModel": "glotlift.clients.server",
        "VllmModel": "glotlift.clients.vllm_engine",
        "client_for": "glotlift.clients.addresses",
        "infill": "glotlift.clients.infilling",
    },
)
