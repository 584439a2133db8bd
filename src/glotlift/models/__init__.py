"""What moves in a model when it is trained, and architectures that transformers lacks."""

from glotlift.runs.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AllWeights": "glotlift.models.deltas",
        "Bottleneck": "glotlift.models.adapters",
        "Experts": "glotlift.models.chosen",
        "Invertible": "glotlift.models.adapters",
        "LowRank": "glotlift.models.deltas",
        "Neurons": "glotlift.models.chosen",
        "NewRows": "glotlift.models.deltas",
        "Parts": "glotlift.models.chosen",
        "Together": "glotlift.models.deltas",
        "delta_named": "glotlift.models.named",
        "read_adapter": "glotlift.models.adapter_files",
        "write_adapter": "glotlift.models.adapter_files",
    },
)
