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
        "MoeT5Config": "glotlift.models.moe",
        "MoeT5ForConditionalGeneration": "glotlift.models.moe",
        "Neurons": "glotlift.models.chosen",
        "NewRows": "glotlift.models.deltas",
        "PalmConfig": "glotlift.models.palm",
        "PalmForCausalLM": "glotlift.models.palm",
        "Parts": "glotlift.models.chosen",
        "Together": "glotlift.models.deltas",
        "aggregate_experts": "glotlift.models.expert_changes",
        "delta_named": "glotlift.models.named",
        "prune_experts": "glotlift.models.expert_changes",
        "read_adapter": "glotlift.models.adapter_files",
        "write_adapter": "glotlift.models.adapter_files",
    },
)
