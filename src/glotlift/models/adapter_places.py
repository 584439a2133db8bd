"""Where models of each family take adapters: their layers, sublayers, sums and embeddings."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from torch import nn

from glotlift.models.chosen import submodule
from glotlift.runs.errors import GlotliftError


class Shape(NamedTuple):
    """Where one family's layers take adapters; paths inside a layer.

    `attention` and `feed_forward` are the last projections of the two sublayers, and `total` is
    what returns the residual sum after the second: the layer itself, or with `normed` the norm that
    this sum goes through. `holders` get the adapters; `only` restricts it to a type of model.
    """

    attention: str
    feed_forward: str
    total: str = ""
    normed: bool = False
    holders: tuple[str, str] = ("attention_adapters", "output_adapters")
    only: str = ""


SHAPES = (
    Shape(
        "attention.output.dense",
        "output.dense",
        "output.LayerNorm",
        normed=True,
        holders=("attention.output", "output"),
    ),  # BERT, RoBERTa, XLM-R
    Shape("self_attn.o_proj", "mlp.down_proj"),  # Llama, Qwen, Mistral, Gemma
    Shape("attn.Wo", "mlp.Wo"),  # ModernBERT
    Shape("attn.c_proj", "mlp.c_proj"),  # GPT-2
    Shape("self_attn.out_proj", "fc2", "final_layer_norm", normed=True, only="bart"),
    Shape("self_attn.out_proj", "fc2"),  # mBART, M2M-100, XGLM
    *(
        Shape(
            "layer.0.SelfAttention.o",
            f"layer.{last}.DenseReluDense.wo",
            f"layer.{last}",
            holders=("layer.0", f"layer.{last}"),
        )
        for last in (1, 2)
    ),  # T5 and mT5: the encoder's layers, the decoder's
)
# What returns the embeddings that the first layer reads, in the base model or the encoder.
EMBEDDED = ("layernorm_embedding", "embeddings", "drop", "embed_tokens")


def layers(model: Any) -> Iterator[tuple[nn.Module, Shape]]:
    """Yield every layer that takes adapters, in order; raises GL-MODEL-046 for a strange model."""
    found = False
    for module in model.modules():
        for shape in SHAPES:
            if fits(module, shape) and shape.only in ("", model.config.model_type):
                found = True
                yield module, shape
                break
    if not found:
        raise strange(model)


def fits(layer: nn.Module, shape: Shape) -> bool:
    """Tell whether a module has all that a shape names."""
    return all(submodule(layer, path) is not None for path in shape[:3])


def strange(model: Any) -> GlotliftError:
    """Return the refusal of a model whose parts are not known."""
    return GlotliftError(
        "GL-MODEL-046",
        f"adapters do not know where they belong in a {type(model).__name__}",
        place="delta",
        fix="use lora, or a model of the kin of BERT, Llama, GPT-2, T5 or BART",
    )


def written(projection: Any) -> int:
    """Return the width of what a projection writes; of GPT-2's the weight is [in, out]."""
    return int(projection.nf if hasattr(projection, "nf") else projection.out_features)


def encoder_of(model: Any) -> Any:
    """Return the stack whose embeddings an invertible adapter shifts."""
    return model.get_encoder() if model.config.is_encoder_decoder else model.base_model


def embedded(model: Any) -> nn.Module:
    """Return the module whose output is what the first layer reads; raises GL-MODEL-046."""
    stack = encoder_of(model)
    for path in EMBEDDED:
        module = getattr(stack, path, None)
        if isinstance(module, nn.Module):
            return module
    raise strange(model)
