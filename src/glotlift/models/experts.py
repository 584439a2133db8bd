"""A layer of experts: each token is computed by the one or two that its gate chooses.

The layer of DeepSpeed-MoE and Z-code (Kim et al. 2021, arXiv:2109.10465, sections 2 and 3.2; top-1
as in Switch, Fedus et al. 2021, arXiv:2101.03961; top-2 as in GShard, Lepikhin et al. 2020,
arXiv:2006.16668). An expert takes so many tokens and no more. Of those that choose it beyond that,
either the first positions of their sequences are kept, or ones drawn at random (random token
selection); the others pass by on the residual. Tokens are gathered by index: nothing of the size
tokens x experts x capacity is ever made.
"""

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.activations import ACT2FN
from transformers.integrations.moe import use_experts_implementation

Selection = Literal["random", "position"]


class Routing(NamedTuple):
    """Where the tokens of one layer went.

    `positions` [tokens] are their places in their sequences and `probabilities` [tokens, experts]
    the gate's; `chosen` [tokens, k] are the experts that each wants, best first, `weights`
    [tokens, k] what their outputs count, and `kept` [tokens, k] tells which had room.
    """

    positions: Tensor
    probabilities: Tensor
    chosen: Tensor
    weights: Tensor
    kept: Tensor

    @property
    def balance(self) -> Tensor:
        """The balance loss: experts x sum over experts of (mean gate x share of first choices).

        1 where experts are used evenly, more where they are not. Choices count before any token is
        dropped (DeepSpeed's and GShard's; for k = 1 Switch's equation 4).
        """
        count = self.probabilities.shape[1]
        first = torch.bincount(self.chosen[:, 0], minlength=count).to(self.probabilities.dtype)
        shares = first / max(1, len(self.chosen))
        return count * (self.probabilities.mean(0) * shares).sum()


def capacity(tokens: int, experts: int, choices: int, factor: float | None, least: int) -> int:
    """Return how many tokens an expert takes: its even share times `factor`, but `least` anyway."""
    if factor is None:
        return tokens
    return max(least, math.ceil(tokens * choices / experts * factor))


def within_capacity(chosen: Tensor, order: Tensor, experts: int, room: int) -> Tensor:
    """Tell which choices [tokens, k] are among the first `room` of their expert.

    First choices come before second ones, and among equals the tokens stand in `order` [tokens].
    """
    queue = chosen[order].T.flatten()
    by_expert = queue.argsort(stable=True)
    sizes = torch.bincount(queue, minlength=experts)
    starts = (sizes.cumsum(0) - sizes)[queue[by_expert]]
    fits = torch.empty_like(queue, dtype=torch.bool)
    fits[by_expert] = torch.arange(len(queue), device=queue.device) - starts < room
    kept = torch.empty_like(chosen, dtype=torch.bool)
    kept[order] = fits.view(chosen.shape[1], -1).T
    return kept


class Router(nn.Module):
    """The gate: which experts compute a token, and how much each counts."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(config.num_experts, config.d_model))
        self.choices: int = config.num_experts_per_tok
        self.selection: Selection = config.token_selection
        self.factors = (config.evaluation_capacity_factor, config.capacity_factor)
        self.least: int = config.min_capacity
        self.jitter: float = config.router_jitter_noise

    def forward(self, tokens: Tensor, positions: Tensor) -> Routing:
        """Route tokens [tokens, d], given in the order in which they are served.

        The gate computes in float32 at least. In training its input is multiplied by noise of the
        `jitter`. A single choice counts as its probability says, so that the gate learns from the
        loss; of several, the probabilities of those with room are made to sum to 1.
        """
        exact = torch.promote_types(tokens.dtype, torch.float32)
        states = tokens.to(exact)
        if self.training and self.jitter:
            states = states * torch.empty_like(states).uniform_(1 - self.jitter, 1 + self.jitter)
        probabilities = F.linear(states, self.weight.to(exact)).softmax(-1)
        gates, chosen = probabilities.topk(self.choices, dim=-1)
        count, experts = probabilities.shape
        room = capacity(count, experts, self.choices, self.factors[self.training], self.least)
        shuffled = self.training and self.selection == "random"
        order = (torch.randperm if shuffled else torch.arange)(count, device=tokens.device)
        kept = within_capacity(chosen, order, experts, room)
        weights = gates * kept
        if self.choices > 1:
            least = torch.finfo(exact).eps
            weights = weights / weights.sum(-1, keepdim=True).clamp(min=least)
        return Routing(positions, probabilities, chosen, weights.to(tokens.dtype), kept)


@use_experts_implementation(has_gate=False)
class Experts(nn.Module):
    """Feed-forward networks side by side, by transformers' interface for experts.

    Through it their products can be computed in one call (`grouped_mm`), and their weights lie on
    several processes. The method below is its ``eager`` form: one expert after the other.
    """

    gate_up_proj: nn.Parameter
    up_proj: nn.Parameter
    has_gate: bool
    _apply_gate: Callable[[Tensor], Tensor]

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.num_experts, inner = config.num_experts, config.d_ff
        first = "gate_up_proj" if config.is_gated_act else "up_proj"
        rows = 2 * inner if config.is_gated_act else inner
        empty = torch.empty(self.num_experts, rows, config.d_model)
        self.register_parameter(first, nn.Parameter(empty))
        self.down_proj = nn.Parameter(torch.empty(self.num_experts, config.d_model, inner))
        self.act_fn = ACT2FN[config.dense_act_fn]

    def forward(self, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
        """Return [tokens, d]: the weighted outputs of each token's experts, [tokens, k] of both.

        An expert of the number `num_experts` stands for one of another process and adds nothing.
        """
        wanted = top_k_index.flatten()
        order = wanted.argsort(stable=True)
        sizes = torch.bincount(wanted, minlength=self.num_experts)[: self.num_experts].tolist()
        order = order[: sum(sizes)]
        tokens = order // top_k_index.shape[1]
        parts = torch.split(hidden_states[tokens], sizes)
        made = [self.compute(number, part) for number, part in enumerate(parts) if len(part)]
        if not made:
            return torch.zeros_like(hidden_states)
        weighted = torch.cat(made) * top_k_weights.flatten()[order, None]
        return torch.zeros_like(hidden_states).index_add(0, tokens, weighted)

    def compute(self, number: int, states: Tensor) -> Tensor:
        """Return what one expert makes of states [tokens, d]."""
        if self.has_gate:
            inner = self._apply_gate(F.linear(states, self.gate_up_proj[number]))
        else:
            inner = self.act_fn(F.linear(states, self.up_proj[number]))
        return F.linear(inner, self.down_proj[number])


class ExpertLayer(nn.Module):
    """Experts and their gate, in the place of one feed-forward network."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.router = Router(config)
        self.experts = Experts(config)
        self.experts.has_gate = config.is_gated_act
        self.seen: Tensor | None = None
        """Which positions [batch, sequence] are tokens; None: all. Others go to no expert."""

    def forward(self, states: Tensor) -> Tensor:
        """Turn states [batch, sequence, d] into outputs of the same shape; 0 where dropped."""
        by_position = states.transpose(0, 1)
        flat = by_position.reshape(-1, states.shape[-1])
        seen = torch.ones(states.shape[:2], dtype=torch.bool) if self.seen is None else self.seen
        places = seen.T.flatten().nonzero()[:, 0].to(states.device)
        tokens = flat[places]
        routing: Routing = self.router(tokens, places // len(states))
        which, choice = routing.kept.nonzero(as_tuple=True)
        made = torch.zeros_like(flat)
        if len(which):
            experts, weights = routing.chosen[which, choice], routing.weights[which, choice]
            outputs = self.experts(tokens[which], experts[:, None], weights[:, None])
            made = made.index_add(0, places[which], outputs)
        return made.view(by_position.shape).transpose(0, 1)
