"""What each layer of a model holds of many languages, as one run with a page."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ProbeConfig": "glotlift.probing.layers.config",
        "compare_probes": "glotlift.probing.layers.comparing",
        "probe_model": "glotlift.probing.layers.job",
        "tag_source": "glotlift.probing.layers.sources",
    },
)
