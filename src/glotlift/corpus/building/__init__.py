"""A corpus from raw sources: its shards examined, all decided together, and written."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "BuildConfig": "glotlift.corpus.building.config",
        "build_corpus": "glotlift.corpus.building.job",
        "mix_corpus": "glotlift.corpus.building.manifest",
        "load_manifest": "glotlift.corpus.building.manifest",
        "plan_corpus": "glotlift.corpus.building.planning",
    },
)
