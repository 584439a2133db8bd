"""Language models whose embeddings are coordinates over a few primitives, tied in the head.

A row of the vocabulary is ``coordinates [V, rank] @ primitives [rank, d]`` (Liu et al. 2024, OFA,
section 3.1 and 3.4), so that a large vocabulary costs V x rank parameters and not V x d. The head
projects down with the same primitives and scores with the same coordinates. Importing this module
makes the model types known to the Auto classes of transformers.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    BertForMaskedLM,
    GPT2LMHeadModel,
    LlamaForCausalLM,
    ModernBertForMaskedLM,
    PreTrainedModel,
    Qwen2ForCausalLM,
    RobertaForMaskedLM,
    XLMRobertaForMaskedLM,
)

from glotlift.runs.errors import GlotliftError


class FactorisedEmbedding(nn.Module):
    """Rows of a vocabulary as coordinates over primitives."""

    def __init__(self, size: int, rank: int, width: int, padding: int | None) -> None:
        super().__init__()
        self.padding_idx = padding
        self.coordinates = nn.Parameter(torch.empty(size, rank).normal_())
        self.primitives = nn.Parameter(torch.empty(rank, width).normal_(std=rank**-0.5))

    def forward(self, ids: Tensor) -> Tensor:
        """Turn ids [...] into rows [..., d]."""
        return F.embedding(ids, self.coordinates, self.padding_idx) @ self.primitives

    def rows(self) -> Tensor:
        """Return the plain matrix [V, d]."""
        return self.coordinates @ self.primitives


class FactorisedHead(nn.Module):
    """Logits from an embedding's own factors.

    The embedding is held beside the registered modules: its parameters belong to it alone, so that
    they are saved, counted and moved once, and nothing can untie them.
    """

    def __init__(self, embedding: FactorisedEmbedding, biased: bool) -> None:
        super().__init__()
        self.embedding = (embedding,)
        size = len(embedding.coordinates)
        self.bias = nn.Parameter(torch.zeros(size)) if biased else None

    def forward(self, states: Tensor) -> Tensor:
        """Turn states [..., d] into logits [..., V]."""
        embedding = self.embedding[0]
        down = states @ embedding.primitives.T
        return F.linear(down, embedding.coordinates, self.bias)


class Factorised(PreTrainedModel):  # type: ignore[no-untyped-call]
    """What the factorised classes share, beside the plain class that each of them is."""

    _tied_weights_keys: Any = None  # the head reads the embedding's parameters: nothing to tie
    plain_model: Any

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        old: Any = self.get_input_embeddings()
        width = old.weight.shape[1]
        embedding = FactorisedEmbedding(config.vocab_size, config.rank, width, old.padding_idx)
        head: Any = self.get_output_embeddings()  # type: ignore[no-untyped-call]
        tied = FactorisedHead(embedding, head.bias is not None)
        self.set_input_embeddings(embedding)
        self.set_output_embeddings(tied)  # type: ignore[no-untyped-call]
        for module in self.modules():  # BERT's kind keep the head's bias a second time beside it
            if tied in module.children() and hasattr(module, "bias"):
                module.register_parameter("bias", None)

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, FactorisedEmbedding):
            deviation = getattr(self.config, "initializer_range", 0.02)
            nn.init.normal_(module.coordinates)
            nn.init.normal_(module.primitives, std=deviation * module.primitives.shape[0] ** -0.5)
        elif isinstance(module, FactorisedHead):
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        else:
            super()._init_weights(module)  # type: ignore[no-untyped-call]

    def resize_token_embeddings(self, *_: Any, **__: Any) -> Any:
        """Raise GL-MODEL-014: change the vocabulary of the plain model, then factorise."""
        raise GlotliftError(
            "GL-MODEL-014",
            "a factorised model's vocabulary cannot be resized",
            place=type(self).__name__,
            fix="materialise() it, edit the vocabulary, and factorise again",
        )

    @torch.no_grad()
    def materialise(self) -> PreTrainedModel:
        """Return the model in its plain class, with rows [V, d] and the head tied to them.

        Logits are those of this model up to rounding.
        """
        known = self.config.to_dict()
        for name in ("rank", "model_type", "architectures"):
            known.pop(name, None)
        plain: PreTrainedModel = self.plain_model(self.plain_model.config_class(**known))
        return self.filled(plain.to(dtype=self.dtype))  # type: ignore[call-arg, no-any-return]

    def filled(self, plain: Any) -> Any:
        """Give a fresh plain model this one's weights."""
        embedding: Any = self.get_input_embeddings()
        head: Any = self.get_output_embeddings()  # type: ignore[no-untyped-call]
        plain.load_state_dict(self.state_dict(), strict=False)
        plain.get_input_embeddings().weight.copy_(embedding.rows())
        if head.bias is not None:
            plain.get_output_embeddings().bias.copy_(head.bias)
            plain.set_output_embeddings(plain.get_output_embeddings())
        plain.tie_weights()
        return plain.to(self.device).train(self.training)


def factorised_form(model: PreTrainedModel) -> Any:
    """Return the class that factorises a model's. Raises GL-MODEL-015 and -016."""
    kind = KINDS.get(type(model))
    if kind is None:
        raise GlotliftError(
            "GL-MODEL-015",
            f"{type(model).__name__} has no factorised form",
            place="model",
            fix=f"use one of {', '.join(plain.__name__ for plain in KINDS)}",
        )
    if not model.config.tie_word_embeddings:
        raise GlotliftError(
            "GL-MODEL-016",
            "the head has rows of its own, which one factorisation cannot hold",
            place=f"{type(model).__name__}: tie_word_embeddings",
            fix="use a model whose head is tied to its embeddings",
        )
    return kind


def factorise(
    model: Any, coordinates: Tensor, primitives: Tensor, bias: Tensor | None = None
) -> Factorised:
    """Return a factorised model with the body of a plain, tied one, and these rows.

    coordinates [V, rank], primitives [rank, d], bias [V] for a head that has one (zeros without).
    V may differ from the old vocabulary.

    Raises GL-MODEL-013 (factors of other shapes), -015 (a class without a factorised form) and
    -016 (an untied head).
    """
    kind = factorised_form(model)
    width = model.config.hidden_size
    size, rank = coordinates.shape
    if primitives.shape != (rank, width) or (bias is not None and bias.shape != (size,)):
        raise GlotliftError(
            "GL-MODEL-013",
            f"factors {tuple(coordinates.shape)} and {tuple(primitives.shape)} do not fit",
            place="coordinates and primitives",
            fix=f"give [V, rank] and [rank, {width}], and a bias of V",
        )
    known = model.config.to_dict() | {"vocab_size": size, "rank": rank}
    for name in ("model_type", "architectures"):
        known.pop(name, None)
    made = kind(kind.config_class(**known)).to(model.dtype)
    old = model.state_dict()
    made.load_state_dict(
        {
            name: old[name]
            for name, value in made.state_dict().items()
            if name in old and old[name].shape == value.shape
        },
        strict=False,
    )
    embedding, head = made.get_input_embeddings(), made.get_output_embeddings()
    with torch.no_grad():
        embedding.coordinates.copy_(coordinates)
        embedding.primitives.copy_(primitives)
        if head.bias is not None:
            head.bias.copy_(torch.zeros(size) if bias is None else bias)
    if made.can_generate():
        made.generation_config = copy.deepcopy(model.generation_config)
    placed: Factorised = made.to(model.device).train(model.training)
    return placed


def factorised_class(plain: Any) -> Any:
    """Return the factorised form of a plain class, with a configuration that has a `rank`."""
    name = plain.config_class.__name__.removesuffix("Config")
    config = type(
        f"Factorised{name}Config",
        (plain.config_class,),
        {
            "__module__": __name__,
            "__doc__": f"{name} with the `rank` of its embeddings.",
            "__annotations__": {"rank": int},
            "model_type": f"factorised-{plain.config_class.model_type}",
            "rank": 100,
        },
    )
    known = {
        "__module__": __name__,
        "__doc__": f"{plain.__name__} over factorised embeddings.",
        "config_class": config,
        "plain_model": plain,
    }
    return type(f"Factorised{plain.__name__}", (Factorised, plain), known)


PLAIN = (
    BertForMaskedLM,
    RobertaForMaskedLM,
    XLMRobertaForMaskedLM,
    ModernBertForMaskedLM,
    GPT2LMHeadModel,
    LlamaForCausalLM,
    Qwen2ForCausalLM,
)
KINDS: dict[type[PreTrainedModel], Any] = {plain: factorised_class(plain) for plain in PLAIN}

for made in KINDS.values():
    auto = AutoModelForMaskedLM if "Masked" in made.__name__ else AutoModelForCausalLM
    AutoConfig.register(made.config_class.model_type, made.config_class, exist_ok=True)
    auto.register(made.config_class, made, exist_ok=True)
    # pickle finds a class by its name in its module
    globals().update({kind.__name__: kind for kind in (made, made.config_class)})
