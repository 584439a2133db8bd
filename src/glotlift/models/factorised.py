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
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    RobertaConfig,
    RobertaForMaskedLM,
    XLMRobertaConfig,
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


class Factorised(PreTrainedModel):
    """What the factorised classes share, beside the plain class that each of them is."""

    _tied_weights_keys = None  # the head reads the embedding's parameters and has none to tie
    plain_config: type
    plain_model: type[PreTrainedModel]

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        old = self.get_input_embeddings()
        width = old.weight.shape[1]
        embedding = FactorisedEmbedding(config.vocab_size, config.rank, width, old.padding_idx)
        head = self.get_output_embeddings()  # type: ignore[no-untyped-call]
        tied = FactorisedHead(embedding, head.bias is not None)
        self.set_input_embeddings(embedding)  # type: ignore[arg-type]
        self.set_output_embeddings(tied)
        for module in self.modules():  # BERT's kind keep the head's bias a second time beside it
            if tied in module.children() and hasattr(module, "bias"):
                module.bias = None

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, FactorisedEmbedding):
            deviation = getattr(self.config, "initializer_range", 0.02)
            nn.init.normal_(module.coordinates)
            nn.init.normal_(module.primitives, std=deviation * module.primitives.shape[0] ** -0.5)
        elif isinstance(module, FactorisedHead):
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        else:
            super()._init_weights(module)

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
        plain = self.plain_model(self.plain_config(**known)).to(self.dtype)
        embedding, head = self.get_input_embeddings(), self.get_output_embeddings()  # type: ignore[no-untyped-call]
        plain.load_state_dict(self.state_dict(), strict=False)
        plain.get_input_embeddings().weight.copy_(embedding.rows())
        if head.bias is not None:
            plain.get_output_embeddings().bias.copy_(head.bias)  # type: ignore[no-untyped-call]
            plain.set_output_embeddings(plain.get_output_embeddings())  # type: ignore[no-untyped-call]
        plain.tie_weights()  # type: ignore[no-untyped-call]
        return plain.to(self.device).train(self.training)


def factorised_form(model: PreTrainedModel) -> type[Factorised]:
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
    model: PreTrainedModel, coordinates: Tensor, primitives: Tensor, bias: Tensor | None = None
) -> Factorised:
    """Return a factorised model with the body of a plain, tied one, and these rows.

    coordinates [V, rank], primitives [rank, d], bias [V] for a head that has one (zeros without).
    V may differ from the old vocabulary.

    Raises GL-MODEL-013 (factors of other shapes), -015 (a class without a factorised form) and
    -016 (an untied head).
    """
    kind = factorised_form(model)
    width = model.get_input_embeddings().weight.shape[1]  # type: ignore[union-attr, index]
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
    embedding, head = made.get_input_embeddings(), made.get_output_embeddings()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        embedding.coordinates.copy_(coordinates)
        embedding.primitives.copy_(primitives)
        if head.bias is not None:
            head.bias.copy_(torch.zeros(size) if bias is None else bias)
    if made.can_generate():
        made.generation_config = copy.deepcopy(model.generation_config)
    return made.to(model.device).train(model.training)


class FactorisedBertConfig(BertConfig):
    """BERT with a `rank` of its embeddings."""

    model_type = "factorised-bert"
    rank: int = 100


class FactorisedBertForMaskedLM(Factorised, BertForMaskedLM):
    """BERT over factorised embeddings."""

    config_class = FactorisedBertConfig
    plain_config, plain_model = BertConfig, BertForMaskedLM


class FactorisedRobertaConfig(RobertaConfig):
    """RoBERTa with a `rank` of its embeddings."""

    model_type = "factorised-roberta"
    rank: int = 100


class FactorisedRobertaForMaskedLM(Factorised, RobertaForMaskedLM):
    """RoBERTa over factorised embeddings."""

    config_class = FactorisedRobertaConfig
    plain_config, plain_model = RobertaConfig, RobertaForMaskedLM


class FactorisedXLMRobertaConfig(XLMRobertaConfig):
    """XLM-R with a `rank` of its embeddings."""

    model_type = "factorised-xlm-roberta"
    rank: int = 100


class FactorisedXLMRobertaForMaskedLM(Factorised, XLMRobertaForMaskedLM):
    """XLM-R over factorised embeddings, the model of Liu et al. 2024."""

    config_class = FactorisedXLMRobertaConfig
    plain_config, plain_model = XLMRobertaConfig, XLMRobertaForMaskedLM


class FactorisedGPT2Config(GPT2Config):
    """GPT-2 with a `rank` of its embeddings."""

    model_type = "factorised-gpt2"
    rank: int = 100


class FactorisedGPT2LMHeadModel(Factorised, GPT2LMHeadModel):
    """GPT-2 over factorised embeddings."""

    config_class = FactorisedGPT2Config
    plain_config, plain_model = GPT2Config, GPT2LMHeadModel


class FactorisedLlamaConfig(LlamaConfig):
    """Llama with a `rank` of its embeddings."""

    model_type = "factorised-llama"
    rank: int = 100


class FactorisedLlamaForCausalLM(Factorised, LlamaForCausalLM):
    """Llama over factorised embeddings."""

    config_class = FactorisedLlamaConfig
    plain_config, plain_model = LlamaConfig, LlamaForCausalLM


class FactorisedQwen2Config(Qwen2Config):
    """Qwen2 with a `rank` of its embeddings."""

    model_type = "factorised-qwen2"
    rank: int = 100


class FactorisedQwen2ForCausalLM(Factorised, Qwen2ForCausalLM):
    """Qwen2 over factorised embeddings."""

    config_class = FactorisedQwen2Config
    plain_config, plain_model = Qwen2Config, Qwen2ForCausalLM


KINDS: dict[type[PreTrainedModel], type[Factorised]] = {
    BertForMaskedLM: FactorisedBertForMaskedLM,
    RobertaForMaskedLM: FactorisedRobertaForMaskedLM,
    XLMRobertaForMaskedLM: FactorisedXLMRobertaForMaskedLM,
    GPT2LMHeadModel: FactorisedGPT2LMHeadModel,
    LlamaForCausalLM: FactorisedLlamaForCausalLM,
    Qwen2ForCausalLM: FactorisedQwen2ForCausalLM,
}

for made in KINDS.values():
    auto = AutoModelForMaskedLM if "Masked" in made.__name__ else AutoModelForCausalLM
    AutoConfig.register(made.config_class.model_type, made.config_class, exist_ok=True)
    auto.register(made.config_class, made, exist_ok=True)
