"""Raw sources in, clean rows out: read, normalise, deduplicate, split and mix."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Ledger": "glotlift.corpus.ledger",
        "Mixture": "glotlift.corpus.mixture",
        "Policy": "glotlift.corpus.policies",
        "alpha": "glotlift.corpus.policies",
        "audit_tokens": "glotlift.corpus.mixture",
        "deduplicate": "glotlift.corpus.repetition.duplicates",
        "equal_bytes": "glotlift.corpus.policies",
        "hand": "glotlift.corpus.policies",
        "natural": "glotlift.corpus.policies",
        "normalise": "glotlift.corpus.repairing.normalisation",
        "read": "glotlift.corpus.reading",
        "split_rows": "glotlift.corpus.split",
        "temperature": "glotlift.corpus.policies",
        "text_bytes": "glotlift.corpus.sizes",
        "tiers": "glotlift.corpus.policies",
    },
)
