"""The PaLM decoder (Chowdhery et al. 2022, arXiv:2204.02311, section 2), each choice a switch.

Attention and MLP stand side by side behind one norm, all query heads share one key and value head,
the MLP is a SwiGLU, nothing has a bias, positions are rotary, and the embeddings are also the
output layer, whose logits are divided by the root of the width. Everything that Llama has too is
transformers' own Llama: with the switches turned its way the two are the same model. Importing this
module makes the model type known to the Auto classes of transformers.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaModel,
)
from transformers import initialization as init
from transformers.activations import ACT2FN
from transformers.masking_utils import create_causal_mask as create_causal_mask
from transformers.models.llama.modeling_llama import (
    LlamaDecoderLayer,
    LlamaMLP,
    LlamaPreTrainedModel,
    LlamaRMSNorm,
)

from glotlift.runs.errors import GlotliftError

NORMS = ("layer", "rms")


class PalmConfig(LlamaConfig):  # type: ignore[no-untyped-call]
    """Llama's configuration with PaLM's defaults and its switches.

    `num_key_value_heads` is 1 (multi-query); as many as there are query heads is multi-head, and
    numbers between are groups. `attention_bias` and `mlp_bias` are Llama's. `hidden_act` acts on
    the gate of a `gated` MLP (SwiGLU, or GLU by other names), else between its two matrices.

    Raises GL-MODEL-070 (query heads that key and value heads cannot share out) and -071 (`norm`).
    """

    model_type = "palm"

    num_key_value_heads: int | None = 1
    tie_word_embeddings: bool = True
    parallel: bool = True
    """Attention and MLP read one norm's output and are added together; else one after the other."""
    gated: bool = True
    """The MLP has a gate; three matrices instead of two."""
    norm: str = "layer"
    """`layer` is LayerNorm without a bias, `rms` is RMSNorm."""
    scaled_logits: bool = True
    """Logits are multiplied by 1 / sqrt(width), as embeddings of unit variance ask for."""

    def __post_init__(self, **others: Any) -> None:
        """Refuse what does not fit together."""
        super().__post_init__(**others)  # type: ignore[no-untyped-call]
        if self.num_attention_heads % (self.num_key_value_heads or self.num_attention_heads):
            raise GlotliftError(
                "GL-MODEL-070",
                f"{self.num_attention_heads} query heads cannot share "
                f"{self.num_key_value_heads} key and value heads evenly",
                place="num_key_value_heads",
                fix="choose a divisor of num_attention_heads: 1 is multi-query",
            )
        if self.norm not in NORMS:
            raise GlotliftError(
                "GL-MODEL-071",
                f"unknown norm {self.norm!r}",
                place="norm",
                fix=f"choose one of {', '.join(NORMS)}",
            )


class PlainMLP(nn.Module):
    """Two matrices with an activation between them."""

    def __init__(self, config: PalmConfig) -> None:
        super().__init__()
        width, inner, biased = config.hidden_size, config.intermediate_size, config.mlp_bias
        self.up_proj = nn.Linear(width, inner, bias=biased)
        self.down_proj = nn.Linear(inner, width, bias=biased)
        self.act_fn = ACT2FN[config.hidden_act]

    def forward(self, states: Tensor) -> Tensor:
        """Turn states [..., d] into states [..., d]."""
        return self.down_proj(self.act_fn(self.up_proj(states)))  # type: ignore[no-any-return]


class PalmBlock(LlamaDecoderLayer):  # type: ignore[no-untyped-call]
    """One block: ``x + attention(norm(x)) + mlp(norm(x))``, or Llama's two steps."""

    def __init__(self, config: PalmConfig, layer_idx: int) -> None:
        super().__init__(config, layer_idx)
        self.parallel = config.parallel
        self.input_layernorm = norm_of(config)
        if config.parallel:
            del self.post_attention_layernorm  # the two share one
        else:
            self.post_attention_layernorm = norm_of(config)
        self.mlp: Any = (LlamaMLP if config.gated else PlainMLP)(config)

    def forward(self, hidden_states: Tensor, **others: Any) -> Tensor:  # type: ignore[override]
        """Turn states [batch, sequence, d] into states of the same shape."""
        if not self.parallel:
            serial: Tensor = super().forward(hidden_states, **others)
            return serial
        normed = self.input_layernorm(hidden_states)
        attended, _ = self.self_attn(hidden_states=normed, **others)
        added: Tensor = hidden_states + attended + self.mlp(normed)
        return added


def norm_of(config: PalmConfig) -> Any:
    """Return a norm with a scale and no bias."""
    if config.norm == "rms":
        return LlamaRMSNorm(config.hidden_size, eps=config.rms_norm_eps)
    return nn.LayerNorm(config.hidden_size, eps=config.rms_norm_eps, bias=False)


class ScaledNorm(nn.Module):
    """The last norm, times a constant that would otherwise stand behind the output layer.

    There it would keep the loss from being computed together with the output layer.
    """

    def __init__(self, norm: nn.Module, scale: float) -> None:
        super().__init__()
        self.norm = norm
        self.scale = scale

    def forward(self, states: Tensor) -> Tensor:
        """Turn states [..., d] into states [..., d]."""
        scaled: Tensor = self.norm(states) * self.scale
        return scaled


class PalmPreTrainedModel(LlamaPreTrainedModel):  # type: ignore[no-untyped-call]
    """Weights of unit variance where they are looked up, of variance 1 / inputs where multiplied.

    Section 5 of the paper: embeddings are N(0, 1), since no norm stands behind them.
    """

    config_class = PalmConfig
    _no_split_modules = ["PalmBlock"]  # noqa: RUF012 - as transformers declares it

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)  # type: ignore[no-untyped-call]
        if isinstance(module, nn.Linear):
            init.normal_(module.weight, std=module.in_features**-0.5)
        elif isinstance(module, nn.Embedding):
            init.normal_(module.weight)


class PalmModel(PalmPreTrainedModel, LlamaModel):
    """The stack of blocks, without an output layer."""

    def __init__(self, config: PalmConfig) -> None:
        super().__init__(config)
        count = config.num_hidden_layers
        self.layers = nn.ModuleList([PalmBlock(config, layer) for layer in range(count)])
        self.norm: Any = norm_of(config)
        if config.scaled_logits:
            self.norm = ScaledNorm(self.norm, config.hidden_size**-0.5)
        self.post_init()  # type: ignore[no-untyped-call]


class PalmForCausalLM(PalmPreTrainedModel, LlamaForCausalLM):
    """A PaLM decoder with its output layer."""

    def __init__(self, config: PalmConfig) -> None:
        super().__init__(config)
        self.model = PalmModel(config)
        self.post_init()  # type: ignore[no-untyped-call]


AutoConfig.register(PalmConfig.model_type, PalmConfig, exist_ok=True)
AutoModel.register(PalmConfig, PalmModel, exist_ok=True)
AutoModelForCausalLM.register(PalmConfig, PalmForCausalLM, exist_ok=True)
