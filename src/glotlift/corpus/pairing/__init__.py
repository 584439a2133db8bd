"""Parallel text: sentences of documents that translate one another, paired and filtered."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Aligner": "glotlift.corpus.pairing.aligning",
        "Lexicon": "glotlift.corpus.pairing.lexicon",
        "Link": "glotlift.corpus.pairing.links",
        "PairConfig": "glotlift.corpus.pairing.job",
        "PairFilter": "glotlift.corpus.pairing.filtering",
        "align_corpus": "glotlift.corpus.pairing.aligning",
        "align_documents": "glotlift.corpus.pairing.aligning",
        "filter_pairs": "glotlift.corpus.pairing.filtering",
        "induce_lexicon": "glotlift.corpus.pairing.lexicon",
        "pair_files": "glotlift.corpus.pairing.job",
        "read_lexicon": "glotlift.corpus.pairing.lexicon",
    },
)
