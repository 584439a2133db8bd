"""Who is spoken to: language codes, scripts, writing habits, families and resource tiers."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Language": "glotlift.languages.codes",
        "covers": "glotlift.languages.codes",
        "language": "glotlift.languages.codes",
    },
)
