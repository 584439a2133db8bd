"""What experts are used for, and models with fewer or more of them.

Pruning keeps the experts that matter for what a model is to do, and aggregation makes one model of
two that were trained apart (Kim et al. 2021, arXiv:2109.10465, sections 3.3 and 3.4).
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from glotlift.models.experts import ExpertLayer, Routing
from glotlift.models.moe import MoeT5ForConditionalGeneration, watched
from glotlift.runs.errors import GlotliftError

Dense = Literal["average", "first"]


def expert_layers(model: nn.Module) -> dict[str, ExpertLayer]:
    """Return the layers of experts by name, those of the encoder first."""
    return {name: part for name, part in model.named_modules() if isinstance(part, ExpertLayer)}


@torch.no_grad()
def routings_of(
    model: MoeT5ForConditionalGeneration,
    batches: Iterable[Mapping[str, Tensor]],
    *,
    training: bool = False,
) -> list[list[Routing]]:
    """Return the routings of each layer in each batch of inputs, without changing the model.

    In `training` they are those of training: with noise, its selection, and its capacity.
    """
    before = model.training
    model.train(training)
    found: list[list[Routing]] = [[] for _ in expert_layers(model)]
    for inputs in batches:
        with watched(model) as routings:
            cast(nn.Module, model)(**inputs, use_cache=False)
        for layer, routing in zip(found, routings, strict=True):
            layer.append(routing)
    model.train(before)
    return found


def uses(routings: Sequence[Sequence[Routing]]) -> Tensor:
    """Return how many tokens chose each expert, [layers, experts]."""
    return torch.stack(
        [
            sum(
                (
                    torch.bincount(each.chosen.flatten(), minlength=each.probabilities.shape[1])
                    for each in layer
                ),
                torch.tensor(0),
            )
            for layer in routings
        ]
    )


def evenness(counts: Tensor) -> Tensor:
    """Return the entropy of uses [layers, experts] over that of even ones, [layers], in 0..1."""
    shares = counts.double() / counts.sum(-1, keepdim=True)
    return -torch.xlogy(shares, shares).sum(-1) / torch.tensor(counts.shape[-1]).double().log()


def drops(routings: Iterable[Routing]) -> tuple[Tensor, Tensor]:
    """Return (dropped, all) choices by position in the sequence, [positions] each."""
    positions, lost = [], []
    for each in routings:
        positions.append(each.positions.repeat_interleave(each.kept.shape[1]))
        lost.append(~each.kept.flatten())
    places = torch.cat(positions)
    return torch.bincount(places, weights=torch.cat(lost).double()), torch.bincount(places)


def most_used(counts: Tensor, keep: int) -> list[list[int]]:
    """Return the `keep` experts of each layer that are used most, in their own order."""
    return [sorted(layer.topk(keep).indices.tolist()) for layer in counts]


@torch.no_grad()
def prune_experts(
    model: MoeT5ForConditionalGeneration, kept: Sequence[Sequence[int]]
) -> MoeT5ForConditionalGeneration:
    """Return a copy with the `kept` experts of each layer, and the rows of its gate for them.

    Raises GL-MODEL-074 unless there is a list for each layer, all of one length, each of different
    experts that there are, and no fewer than a token chooses.
    """
    layers, experts = expert_layers(model), model.config.num_experts
    sizes = {len(numbers) for numbers in kept}
    known = all(set(numbers) <= set(range(experts)) for numbers in kept)
    distinct = all(len(set(numbers)) == len(numbers) for numbers in kept)
    enough = min(sizes, default=0) >= model.config.num_experts_per_tok
    if len(kept) != len(layers) or len(sizes) != 1 or not (known and distinct and enough):
        raise GlotliftError(
            "GL-MODEL-074",
            f"these are no experts to keep in {len(layers)} layers of {experts}",
            place="kept",
            fix="give one list for each layer, all as long, of different numbers from 0",
        )
    chosen = {name: torch.tensor(numbers) for name, numbers in zip(layers, kept, strict=True)}
    weights = {
        name: value[chosen[layer]] if (layer := layer_of(name)) in chosen else value
        for name, value in model.state_dict().items()
    }
    return with_experts(model, sizes.pop(), weights)


@torch.no_grad()
def aggregate_experts(
    first: MoeT5ForConditionalGeneration,
    second: MoeT5ForConditionalGeneration,
    dense: Dense = "average",
) -> MoeT5ForConditionalGeneration:
    """Return one model with the experts of both, those of the `first` in front, and both gates.

    The other weights are averages, or those of the `first`. It is to be trained on. Raises
    GL-MODEL-075 for models that differ in more than their number of experts.
    """
    mine, theirs = first.state_dict(), second.state_dict()
    layers = expert_layers(first)
    fitting = mine.keys() == theirs.keys() and all(
        value.shape[layer_of(name) in layers :] == theirs[name].shape[layer_of(name) in layers :]
        for name, value in mine.items()
    )
    if not fitting:
        raise GlotliftError(
            "GL-MODEL-075",
            "the experts of two models of different shapes do not make one",
            place="second",
            fix="train both from configurations that differ in num_experts at most",
        )
    share = 0.5 if dense == "average" else 1.0
    weights = {
        name: torch.cat([value, theirs[name]])
        if layer_of(name) in layers
        else torch.lerp(theirs[name], value, share)
        for name, value in mine.items()
    }
    return with_experts(first, first.config.num_experts + second.config.num_experts, weights)


def layer_of(name: str) -> str:
    """Return the name of the layer of experts that a weight would belong to."""
    layer, _, _ = name.replace(".experts.", ".router.").partition(".router.")
    return layer


def with_experts(
    model: MoeT5ForConditionalGeneration, count: int, weights: Mapping[str, Tensor]
) -> MoeT5ForConditionalGeneration:
    """Return a model of that many experts with these weights, else configured as the given one."""
    config = copy.deepcopy(model.config)
    config.num_experts = count
    made: Any = MoeT5ForConditionalGeneration(cast(Any, config))
    made.load_state_dict(dict(weights), strict=True)
    made.generation_config = copy.deepcopy(model.generation_config)
    placed: MoeT5ForConditionalGeneration = made.to(model.device, model.dtype).train(model.training)
    return placed
