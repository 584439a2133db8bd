"""An encoder-decoder in which every other feed-forward network is a mixture of experts.

The model of Z-code M3 (Kim et al. 2021, arXiv:2109.10465) on the body of T5: transformers' mixtures
for encoder-decoders (Switch, NLLB) keep the first tokens of a sequence where an expert is full, or
the most probable; they have no random token selection, and no loss for uneven use unless labels
are given. Importing this module makes the model type known to the Auto classes of transformers.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers import initialization as init
from transformers.modeling_outputs import Seq2SeqLMOutput
from transformers.models.t5.modeling_t5 import T5Block, T5PreTrainedModel, T5Stack
from transformers.utils.generic import can_return_tuple

from glotlift.models.experts import ExpertLayer, Experts, Router, Routing
from glotlift.runs.errors import GlotliftError

SELECTIONS = ("random", "position")


class MoeT5Config(T5Config):  # type: ignore[no-untyped-call]
    """T5's configuration with experts.

    Raises GL-MODEL-072 (more choices than experts, or none) and -073 (`token_selection`).
    """

    model_type = "moe-t5"

    num_experts: int = 8
    """Experts in each layer that has them."""
    expert_every: int = 2
    """Each so manieth layer has them, in the encoder and in the decoder."""
    num_experts_per_tok: int = 1
    """Experts that compute a token."""
    token_selection: str = "random"
    """Which tokens an expert keeps that is wanted by too many: `random` ones, or by `position`."""
    capacity_factor: float | None = 1.0
    """Tokens that an expert takes in training, as a multiple of its even share; None: all."""
    evaluation_capacity_factor: float | None = None
    """So much outside of training, where by default no token depends on those beside it."""
    min_capacity: int = 4
    """Tokens that an expert takes at least."""
    router_jitter_noise: float = 0.01
    """In training a gate's input is multiplied by 1 plus at most so much."""
    router_aux_loss_coef: float = 0.01
    """Weight of the balance loss, the sum over the layers' `Routing.balance`."""

    def __post_init__(self, **others: Any) -> None:
        """Refuse what does not fit together."""
        super().__post_init__(**others)  # type: ignore[no-untyped-call]
        if not 1 <= self.num_experts_per_tok <= self.num_experts:
            raise GlotliftError(
                "GL-MODEL-072",
                f"a token cannot choose {self.num_experts_per_tok} of {self.num_experts} experts",
                place="num_experts_per_tok",
                fix="choose 1 or 2, and no more than there are",
            )
        if self.token_selection not in SELECTIONS:
            raise GlotliftError(
                "GL-MODEL-073",
                f"unknown token selection {self.token_selection!r}",
                place="token_selection",
                fix=f"choose one of {', '.join(SELECTIONS)}",
            )


@dataclass
class MoeT5Output(Seq2SeqLMOutput):
    """What T5 returns, and how unevenly the experts were used (`aux_loss`, not yet weighted)."""

    aux_loss: Tensor | None = None


class MoeBlock(T5Block):  # type: ignore[no-untyped-call]
    """T5's block, whose experts are told which positions are tokens."""

    def __init__(self, config: MoeT5Config, layer: int, mixed: bool) -> None:
        super().__init__(config, has_relative_attention_bias=layer == 0, layer_idx=layer)
        self.mixed = mixed
        if mixed:
            self.layer[-1].DenseReluDense = ExpertLayer(config)

    def forward(self, *states: Any, seen: Tensor | None = None, **others: Any) -> Any:
        """Compute T5's block; `seen` [batch, sequence] tells tokens from padding."""
        if self.mixed:
            cast(ExpertLayer, self.layer[-1].DenseReluDense).seen = seen
        return super().forward(*states, **others)


class MoeT5PreTrainedModel(T5PreTrainedModel):  # type: ignore[no-untyped-call]
    """What the parts of the model share."""

    config_class = MoeT5Config
    _no_split_modules = ["MoeBlock"]  # noqa: RUF012 - as transformers declares it
    _can_set_experts_implementation_cached_value = True

    @classmethod
    def is_custom_code(cls) -> bool:
        """Return False: else transformers would leave out T5's initialisation of its attention."""
        return False

    def set_experts_implementation(self, experts_implementation: str | dict[str, str]) -> None:
        """Compute experts by ``eager``, ``grouped_mm`` or another way, in both stacks."""
        for part in self.modules():
            if isinstance(part, MoeT5PreTrainedModel):
                super(MoeT5PreTrainedModel, part).set_experts_implementation(experts_implementation)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)  # type: ignore[no-untyped-call]
        if isinstance(module, Router | Experts):
            for weight in module.parameters(recurse=False):
                init.normal_(weight, std=self.config.initializer_factor * weight.shape[-1] ** -0.5)


class MoeStack(MoeT5PreTrainedModel, T5Stack):
    """The encoder, or the decoder."""

    def __init__(self, config: MoeT5Config) -> None:
        super().__init__(config)
        self.block = nn.ModuleList(
            MoeBlock(config, layer, (layer + 1) % config.expert_every == 0)
            for layer in range(config.num_layers)
        )
        self.post_init()  # type: ignore[no-untyped-call]

    @wraps(T5Stack.forward)
    def forward(  # type: ignore[override]
        self, input_ids: Tensor | None = None, attention_mask: Tensor | None = None, **others: Any
    ) -> Any:
        seen: Tensor | None = None
        if attention_mask is not None:
            given = others.get("inputs_embeds") if input_ids is None else input_ids
            seen = attention_mask[:, -given.shape[1] :].bool()  # type: ignore[union-attr]
        elif input_ids is not None:
            seen = input_ids.ne(cast(int, self.config.pad_token_id))
            seen[:, 0] = True  # T5's decoder starts from the padding id
        return super().forward(input_ids, attention_mask, seen=seen, **others)


class MoeT5ForConditionalGeneration(MoeT5PreTrainedModel, T5ForConditionalGeneration):
    """T5 with experts in every other layer of its encoder and its decoder.

    Padding takes no expert's room: in the encoder it is what the attention mask leaves out, in the
    decoder padding ids after the first position. Experts can lie on several processes, to which
    transformers then brings their tokens: load with `distributed_config` of an `ep_size`.
    """

    _ep_plan = {  # noqa: RUF012 - as transformers declares it
        f"{stack}.block.*.layer.*.DenseReluDense.experts{part}": style
        for stack in ("encoder", "decoder")
        for part, style in {
            ".up_proj": "grouped_gemm",
            ".gate_up_proj": "grouped_gemm",
            ".down_proj": "grouped_gemm",
            "": "ep_dispatch_experts",
        }.items()
    }
    _fsdp_plan = {  # noqa: RUF012 - as transformers declares it
        "encoder.block.*": "free_full_weight",
        "decoder.block.*": "free_full_weight",
        "lm_head": "keep_full_weight",
    }

    def __init__(self, config: MoeT5Config) -> None:
        T5PreTrainedModel.__init__(self, config)  # T5's own would make its stacks, without experts
        self.model_dim = config.d_model
        self.shared = nn.Embedding(config.vocab_size, config.d_model)
        self.encoder = MoeStack(stack_config(config, is_decoder=False, use_cache=False))
        layers = config.num_decoder_layers
        self.decoder = MoeStack(stack_config(config, is_decoder=True, num_layers=layers))
        self.lm_head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.post_init()  # type: ignore[no-untyped-call]

    def init_parallel_plans(self) -> None:
        """Plan for the weights that this model's experts have: with a gate, or without."""
        super().init_parallel_plans()
        unused = ".up_proj" if self.config.is_gated_act else ".gate_up_proj"
        rules = (self._ep_plan or {}).items()
        self._ep_plan = {rule: style for rule, style in rules if not rule.endswith(unused)}

    @can_return_tuple  # type: ignore[untyped-decorator]
    @wraps(T5ForConditionalGeneration.forward)
    def forward(self, *inputs: Any, **others: Any) -> MoeT5Output:
        with watched(self) as routings:
            outputs = super().forward(*inputs, **others)
        uneven = torch.stack([each.balance for each in routings]).sum() if routings else None
        return MoeT5Output(**outputs, aux_loss=uneven)


def stack_config(config: MoeT5Config, **changes: Any) -> MoeT5Config:
    """Return the configuration of one of the two stacks."""
    changed = copy.deepcopy(config)
    for name, value in changes.items():
        setattr(changed, name, value)
    return changed


@contextmanager
def watched(model: nn.Module) -> Iterator[list[Routing]]:
    """Yield a list that gathers the routings of all layers of experts that compute meanwhile."""
    found: list[Routing] = []
    handles = [
        router.register_forward_hook(lambda _, __, routing: found.append(routing))
        for router in model.modules()
        if isinstance(router, Router)
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


AutoConfig.register(MoeT5Config.model_type, MoeT5Config, exist_ok=True)
AutoModelForSeq2SeqLM.register(MoeT5Config, MoeT5ForConditionalGeneration, exist_ok=True)
