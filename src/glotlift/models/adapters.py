"""Adapters: small modules that a frozen model learns to use, and that can be taken out again.

An adapter cannot be merged into the weights. What it learnt is therefore kept apart (`learnt`,
`fill`, and files as the `adapters` library writes them in `adapter_files`), and `remove` gives back
the plain model without it, bit-equal to what it was. Adapters stack: one applied to a model that
has others reads what those return, and they stay as they are.

Modules bear the names that they have in the `adapters` library (Poth et al. 2023,
arXiv:2311.11077), so that weights on the Hub need no translation. They are reached by hooks, and
nothing of the model is renamed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast

import torch
from torch import nn
from transformers.activations import ACT2FN

from glotlift.models.adapter_places import Shape, embedded, encoder_of, layers, written
from glotlift.models.chosen import submodule
from glotlift.runs.errors import GlotliftError

Placement = Literal["seq_bn", "double_seq_bn"]
ACTIVATIONS: dict[Placement, str] = {"seq_bn": "relu", "double_seq_bn": "swish"}
INITIAL = 0.02  # standard deviation of the first weights, as in BERT


class Adapter(nn.Module):
    """A bottleneck: down, a non-linearity, up. What it returns is added to what it reads."""

    def __init__(self, width: int, inner: int, activation: str) -> None:
        super().__init__()
        self.adapter_down = nn.Sequential(nn.Linear(width, inner), ACT2FN[activation])
        self.adapter_up = nn.Linear(inner, width)
        self.apply(begin)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return the update of `states` [..., width]."""
        return cast(torch.Tensor, self.adapter_up(self.adapter_down(states)))


class Coupling(nn.Module):
    """A coupling block (NICE, Dinh et al. 2014, arXiv:1410.8516): each half shifts the other."""

    def __init__(self, width: int, reduction: int, activation: str) -> None:
        super().__init__()
        first, second = width // 2, width - width // 2
        self.F = self.shift(second, first, reduction, activation)
        self.G = self.shift(first, second, reduction, activation)
        self.first = first
        self.apply(begin)

    @staticmethod
    def shift(width: int, out: int, reduction: int, activation: str) -> nn.Sequential:
        """Return the network that reads one half and shifts the other."""
        inner = width // reduction
        return nn.Sequential(nn.Linear(width, inner), ACT2FN[activation], nn.Linear(inner, out))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return `states` [..., width], shifted."""
        one, two = states[..., : self.first], states[..., self.first :]
        one = one + self.F(two)
        return torch.cat((one, two + self.G(one)), -1)

    def inverse(self, states: torch.Tensor) -> torch.Tensor:
        """Return what `forward` makes `states` from."""
        one, two = states[..., : self.first], states[..., self.first :]
        two = two - self.G(one)
        return torch.cat((one - self.F(two), two), -1)


def begin(module: nn.Module) -> None:
    """Give a linear layer its first weights."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=INITIAL)
        nn.init.zeros_(module.bias)


def after_sum(_: nn.Module, __: Any, output: Any, adapters: nn.ModuleDict) -> Any:
    """Add what the adapters make of a module's output, one after the other."""
    states = output[0] if isinstance(output, tuple) else output
    for adapter in adapters.values():
        states = states + adapter(states)
    return (states, *output[1:]) if isinstance(output, tuple) else states


def after_norm(norm: nn.Module, inputs: Any, output: Any, adapters: nn.ModuleDict) -> Any:
    """Add what the adapters make of a normed sum to that sum, and norm it again."""
    total = inputs[0]
    for adapter in adapters.values():
        total = total + adapter(output)
        output = norm.forward(total)
    return output


def after_embedding(_: nn.Module, __: Any, output: torch.Tensor, adapters: nn.ModuleDict) -> Any:
    """Shift embeddings by each invertible adapter."""
    for adapter in adapters.values():
        output = adapter(output)
    return output


def before_head(_: nn.Module, inputs: Any, adapters: nn.ModuleDict) -> Any:
    """Undo the shifts where states are compared with embeddings, the last first."""
    states = inputs[0]
    for adapter in reversed(list(adapters.values())):
        states = cast(Coupling, adapter).inverse(states)
    return (states, *inputs[1:])


@dataclass(frozen=True)
class Bottleneck:
    """Bottleneck adapters in every layer: after the feed-forward sublayer, or after both.

    ``seq_bn`` is the placement of Pfeiffer et al. 2020 (arXiv:2005.00247), ``double_seq_bn`` that
    of Houlsby et al. 2019 (arXiv:1902.00751). The inner width is the model's over `reduction`.
    """

    name: str = "language"
    placement: Placement = "seq_bn"
    reduction: int = 16
    activation: str | None = None

    def apply(self, model: Any) -> Any:
        """Freeze the model, other adapters included, and add this one.

        Raises GL-MODEL-045 (a name that is taken or cannot be one), -046 (a model whose layers
        are not known) and -047 (a placement that there is not).
        """
        if self.placement not in ACTIVATIONS:
            raise GlotliftError(
                "GL-MODEL-047",
                f"adapters cannot be placed {self.placement!r}",
                place="delta.placement",
                fix=f"choose one of {', '.join(ACTIVATIONS)}",
            )
        check_name(model, self.name, Adapter)
        model.requires_grad_(False)
        device, kind = model.device, model.dtype
        for layer, shape in layers(model):
            for held, width in self.points(layer, shape):
                inner = max(1, width // self.reduction)
                made = Adapter(width, inner, self.activation or ACTIVATIONS[self.placement])
                held[self.name] = made.to(device, kind)
        return model

    def points(self, layer: nn.Module, shape: Shape) -> Iterator[tuple[nn.ModuleDict, int]]:
        """Yield where a layer takes an adapter, hooked up, and the width of what it reads."""
        projections = [
            layer.get_submodule(shape.attention),
            layer.get_submodule(shape.feed_forward),
        ]
        width = written(projections[1])
        if self.placement == "seq_bn":
            total = layer.get_submodule(shape.total) if shape.total else layer
            hook = after_norm if shape.normed else after_sum
            yield hooked(layer, shape.holders[1], total, hook), width
            return
        for holder, projection in zip(shape.holders, projections, strict=True):
            yield hooked(layer, holder, projection, after_sum), width

    def remove(self, model: Any) -> Any:
        """Return the plain model, bit-equal to what it was: the adapter is taken out and lost.

        Keep what it learnt before, by `learnt` or `write_adapter`.
        """
        return without(model, self.name, Adapter)


@dataclass(frozen=True)
class Invertible:
    """An invertible adapter at the embeddings, undone before the tied output embeddings.

    Pfeiffer et al. 2020 (MAD-X, arXiv:2005.00052, section 4.2). Both halves' networks are narrower
    by `reduction`. In an encoder-decoder it stands at the encoder's embeddings alone.
    """

    name: str = "language"
    reduction: int = 2
    activation: str = "relu"

    def apply(self, model: Any) -> Any:
        """Freeze the model, other adapters included, and add this one.

        Raises GL-MODEL-045 (a name that is taken or cannot be one) and -046 (a model whose
        embeddings are not known).
        """
        check_name(model, self.name, Coupling)
        model.requires_grad_(False)
        stack = encoder_of(model)
        embeddings = embedded(model)
        held = hooked(stack, "", embeddings, after_embedding, "invertible_adapters")
        head = model.get_output_embeddings()
        if head is not None and not is_hooked(head, held):
            head.register_forward_pre_hook(partial(before_head, adapters=held))
        width = model.get_input_embeddings().weight.shape[1]
        made = Coupling(width, self.reduction, self.activation)
        held[self.name] = made.to(model.device, model.dtype)
        return model

    def remove(self, model: Any) -> Any:
        """Return the plain model, bit-equal to what it was: the adapter is taken out and lost."""
        return without(model, self.name, Coupling)


def hooked(
    root: nn.Module, holder: str, point: nn.Module, hook: Any, name: str = "adapters"
) -> nn.ModuleDict:
    """Return the adapters held under `root`, made and hooked to `point` at the first call."""
    if submodule(root, holder) is None:
        root.add_module(holder, nn.Module())
    place = root.get_submodule(holder)
    if not hasattr(place, name):
        place.add_module(name, nn.ModuleDict())
    held = cast(nn.ModuleDict, getattr(place, name))
    if not is_hooked(point, held):
        point.register_forward_hook(partial(hook, adapters=held))
    return held


def is_hooked(point: nn.Module, held: nn.ModuleDict) -> bool:
    """Tell whether adapters are hooked to a module."""
    hooks = (*point._forward_hooks.values(), *point._forward_pre_hooks.values())
    return any(isinstance(h, partial) and h.keywords.get("adapters") is held for h in hooks)


def check_name(model: nn.Module, name: str, kind: type[nn.Module]) -> None:
    """Raise GL-MODEL-045 for a name that an adapter of that kind has, or that none can have."""
    taken = name in names(model, kind)
    if taken or not re.fullmatch(r"\w[\w-]*", name):
        raise GlotliftError(
            "GL-MODEL-045",
            f"an adapter cannot be named {name!r}{', which one already is' if taken else ''}",
            place="delta.name",
            fix="give another name, of letters, digits, - and _",
        )


def held_by(model: nn.Module) -> Iterator[tuple[str, nn.ModuleDict]]:
    """Yield the name of every place that holds adapters, and what it holds."""
    for name, module in model.named_modules():
        last = name.rpartition(".")[2]
        if isinstance(module, nn.ModuleDict) and last in ("adapters", "invertible_adapters"):
            yield name, module


def names(model: nn.Module, *kinds: type[nn.Module]) -> list[str]:
    """Return the names of the adapters in a model, of some kinds or all, in the order of use."""
    chosen = kinds or (Adapter, Coupling)
    found = {
        name: None
        for _, held in held_by(model)
        for name, adapter in held.items()
        if isinstance(adapter, chosen)
    }
    return list(found)


def learnt(model: nn.Module, name: str | None = None) -> dict[str, torch.Tensor]:
    """Return the weights of one adapter, its invertible part included, by their full names.

    Without a `name`, of all adapters.
    """
    places = [
        f"{place}.{one}." for place, held in held_by(model) for one in held if name in (None, one)
    ]
    return {
        key: value.detach().clone()
        for key, value in model.state_dict().items()
        if any(key.startswith(place) for place in places)
    }


def fill(model: nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Write weights that `learnt` returned into adapters of these names; raises GL-MODEL-048."""
    there: dict[str, torch.Tensor] = model.state_dict()
    wrong = [
        name for name, new in weights.items() if name not in there or there[name].shape != new.shape
    ]
    if wrong:
        raise GlotliftError(
            "GL-MODEL-048",
            f"the model has no place of this shape for {wrong[0]}",
            place="adapter",
            fix="apply an adapter of the same name, placement and reduction first",
        )
    model.load_state_dict(dict(weights), strict=False)


def without(model: Any, name: str, kind: type[nn.Module]) -> Any:
    """Return the model without the adapters of that name and kind, and all of it free to move."""
    for place, held in list(held_by(model)):
        if isinstance(held._modules.get(name), kind):
            del held[name]
        if not len(held):
            drop(model, place, held)
    model.requires_grad_(True)
    return model


def drop(model: nn.Module, place: str, held: nn.ModuleDict) -> None:
    """Take an empty holder of adapters out of a model, with its hooks."""
    for module in model.modules():
        for hooks in (module._forward_hooks, module._forward_pre_hooks):
            for key, hook in list(hooks.items()):
                if isinstance(hook, partial) and hook.keywords.get("adapters") is held:
                    del hooks[key]
    holder, _, last = place.rpartition(".")
    above = model.get_submodule(holder)
    delattr(above, last)
    if type(above) is nn.Module:  # one that was made for them
        root, _, own = holder.rpartition(".")
        delattr(model.get_submodule(root), own)
