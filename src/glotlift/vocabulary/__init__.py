"""Vocabulary: train a tokenizer, measure it, extend it so that ordinary segmentation reaches the
new pieces, and carry a model's embeddings across the edit."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "DECODER": "glotlift.vocabulary.train",
        "ENCODER": "glotlift.vocabulary.train",
        "SEQ2SEQ": "glotlift.vocabulary.train",
        "VocabularyEdit": "glotlift.vocabulary.edit",
        "apply_edit": "glotlift.vocabulary.apply",
        "audit": "glotlift.vocabulary.comparison",
        "extend": "glotlift.vocabulary.extension",
        "load_edit": "glotlift.vocabulary.edit",
        "mean_of_pieces": "glotlift.vocabulary.initialise",
        "random_rows": "glotlift.vocabulary.initialise",
        "segment": "glotlift.vocabulary.segmentation",
        "train_tokenizer": "glotlift.vocabulary.train",
        "vocabulary_report": "glotlift.vocabulary.report",
    },
)
