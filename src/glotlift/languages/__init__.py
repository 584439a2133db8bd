"""Who is spoken to: language codes, scripts, writing habits, families and resource tiers."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Language": "glotlift.languages.codes",
        "bundled": "glotlift.languages.identification.libraries",
        "combine": "glotlift.languages.identification.combining",
        "covers": "glotlift.languages.codes",
        "identify_parts": "glotlift.languages.identification.parts",
        "language": "glotlift.languages.codes",
        "load_identifier": "glotlift.languages.identification.loading",
        "split_sentences": "glotlift.languages.sentences",
        "split_words": "glotlift.languages.words",
        "train_identifier": "glotlift.languages.identification.training",
    },
)
