"""Cross-entropy over large vocabularies without ever holding all logits.

The output layer and the loss are computed together, a block of positions at a time, and the
gradients are made in the forward pass while a block's logits are at hand (the idea of Liger
Kernel, Hsu et al. 2024, arXiv:2410.10989, and Cut Cross-Entropy, Wijmans et al. 2024,
arXiv:2411.09009; here in plain torch, so that it runs on any device). Memory beyond the gradients
themselves is one block of logits instead of ``positions x vocabulary``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from glotlift.objectives.wrapping import unwrapped

IGNORED = -100
BLOCK_ELEMENTS = 2**22  # logits held at a time by a processor: what its caches still help with
ACCELERATED = 32  # times as many where an accelerator wants large products
CHANGES = (
    "final_logit_softcapping", "logits_soft_cap", "output_logit_soft_cap", "logit_scale",
    "logits_scaling", "lm_head_multiplier", "output_multiplier",
)  # fmt: skip


class _ChunkedCrossEntropy(torch.autograd.Function):
    """Summed loss and the cross-entropy of each position, block by block."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        labels: torch.Tensor,
        z_loss: float,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        elements = BLOCK_ELEMENTS * (1 if hidden.device.type == "cpu" else ACCELERATED)
        rows = max(1, elements // weight.shape[0])
        exact = torch.promote_types(hidden.dtype, torch.float32)
        losses = torch.empty(len(hidden), dtype=exact, device=hidden.device)
        normaliser = torch.zeros_like(losses)  # log Z, where it is penalised
        wants = [
            ctx.needs_input_grad[0],
            ctx.needs_input_grad[1],
            bias is not None and ctx.needs_input_grad[2],
        ]
        hidden_gradient = torch.empty_like(hidden) if wants[0] else None
        weight_gradient = torch.zeros_like(weight, dtype=exact) if wants[1] else None
        bias_gradient = (
            torch.zeros(len(weight), dtype=exact, device=hidden.device) if wants[2] else None
        )
        for start in range(0, len(hidden), rows):
            block = slice(start, start + rows)
            logits = functional.linear(hidden[block], weight, bias)
            logs = functional.log_softmax(logits, dim=-1, dtype=exact)
            targets = labels[block, None]
            losses[block] = -logs.gather(1, targets)[:, 0]
            if z_loss:
                normaliser[block] = logits.gather(1, targets)[:, 0].to(exact) + losses[block]
            if not any(wants):
                continue
            slope = logs.exp_()
            if z_loss:  # d (log Z)^2 / d logits is 2 log Z times the probabilities
                slope.mul_(1 + 2 * z_loss * normaliser[block, None])
            slope.scatter_add_(1, targets, torch.full_like(targets, -1, dtype=slope.dtype))
            small = slope.to(hidden.dtype)
            if hidden_gradient is not None:
                hidden_gradient[block] = small @ weight
            if weight_gradient is not None:
                weight_gradient.addmm_(
                    small.T, hidden[block]
                ) if small.dtype == exact else weight_gradient.add_(small.T @ hidden[block])
            if bias_gradient is not None:
                bias_gradient += slope.sum(0)
        ctx.weight_dtype = weight.dtype
        ctx.save_for_backward(hidden_gradient, weight_gradient, bias_gradient)
        ctx.mark_non_differentiable(losses)
        total = losses.sum()
        return (total + z_loss * normaliser.square().sum() if z_loss else total), losses

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor, _: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        hidden, weight, bias = ctx.saved_tensors
        return (
            None if hidden is None else hidden.mul_(slope),
            None if weight is None else weight.mul_(slope).to(ctx.weight_dtype),
            None if bias is None else bias.mul_(slope).to(ctx.weight_dtype),
            None,
            None,
        )


def chunked_cross_entropy(
    hidden: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    labels: torch.Tensor,
    z_loss: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the summed loss (differentiable) and the cross-entropy of each position (detached).

    `hidden` is [positions, width], `weight` [vocabulary, width], `bias` [vocabulary] or None,
    `labels` [positions] with every label a vocabulary id. Both results are in nats, in
    float32 or better. The sum holds ``z_loss * (log Z)^2`` of each position too, where Z is the sum
    of the exponentials of its logits (Chowdhery et al. 2022, PaLM, section 5).
    """
    total, each = _ChunkedCrossEntropy.apply(hidden, weight, bias, labels, z_loss)  # type: ignore[no-untyped-call]
    return total, each


def language_model_loss(
    model: nn.Module, inputs: dict[str, Any], labels: torch.Tensor, z_loss: float = 0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run `model` and return (summed loss, cross-entropy of each labelled position), in nats.

    `labels` is [batch, sequence], aligned with the positions that predict them; ``IGNORED``
    positions never reach the output layer.
    """
    chosen = labels != IGNORED
    return loss_at(model, inputs, chosen, labels[chosen], z_loss)


def loss_at(
    model: nn.Module,
    inputs: dict[str, Any],
    chosen: torch.Tensor | tuple[torch.Tensor, ...],
    targets: torch.Tensor,
    z_loss: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run `model` and return (summed loss, cross-entropy of each target [targets]), in nats.

    `chosen` indexes [batch, sequence] and picks the position that predicts each target; a position
    may be picked several times. Where a model does something to its logits after the output layer
    (soft-capping, scaling), they are computed in full and the plain loss is used. The sum holds the
    penalties that are no cross-entropy: `z_loss` and what `balance_loss` finds.
    """
    head = output_layer(model)
    if head is None or transforms_logits(model):
        outputs = model(**inputs)
        logits = outputs.logits[chosen]
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        each = functional.cross_entropy(logits, targets, reduction="none")
        total, each = each.sum(), each.detach()
        if z_loss:
            total = total + z_loss * logits.logsumexp(-1).square().sum()
    else:
        with loss_in_place_of_logits(head, chosen, targets, z_loss) as losses:
            outputs = model(**inputs)
        total, each = outputs.logits.sum(), losses[0]
    balance = balance_loss(model, outputs)
    return (total if balance is None else total + balance * len(targets)), each


def balance_loss(model: nn.Module, outputs: Any) -> torch.Tensor | None:
    """Return what a mixture of experts adds to the loss of each label, None where there is none.

    Its outputs say how unevenly its experts are used (`aux_loss`), its configuration how much that
    weighs (`router_aux_loss_coef`), as for the mixtures of transformers.
    """
    uneven = getattr(outputs, "aux_loss", None)
    if uneven is None:
        return None
    config: Any = unwrapped(model).config
    weighed: torch.Tensor = config.get_text_config().router_aux_loss_coef * uneven
    return weighed


def output_layer(model: nn.Module) -> nn.Linear | None:
    """Return the model's output layer when it is a plain linear one (also under wrappers)."""
    inner = unwrapped(model)
    head = inner.get_output_embeddings() if hasattr(inner, "get_output_embeddings") else None
    return head if isinstance(head, nn.Linear) else None


def transforms_logits(model: nn.Module) -> bool:
    """Tell whether the model changes its logits after the output layer."""
    inner = unwrapped(model)
    config: Any = getattr(inner, "config", None)
    text_config = config.get_text_config() if hasattr(config, "get_text_config") else config
    return any(getattr(text_config, name, None) not in (None, 1.0) for name in CHANGES) or any(
        name.endswith("final_logits_bias") for name, _ in inner.named_buffers()
    )


@contextmanager
def loss_in_place_of_logits(
    head: nn.Linear,
    chosen: torch.Tensor | tuple[torch.Tensor, ...],
    targets: torch.Tensor,
    z_loss: float = 0.0,
) -> Iterator[list[torch.Tensor]]:
    """Let `head` return the summed loss of the chosen positions instead of their logits.

    The loss is made inside the model's own forward pass, where sharded weights are whole and
    wrappers see it as an output. Yields a list that then holds each position's loss.
    """
    losses: list[torch.Tensor] = []

    def keep_none(_: nn.Module, arguments: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        kept.append(arguments[0])
        return (arguments[0][..., :0, :],)

    def lose(module: nn.Linear, *_: Any) -> torch.Tensor:
        hidden = kept.pop()[chosen]
        total, each = chunked_cross_entropy(hidden, module.weight, module.bias, targets, z_loss)
        losses.append(each)
        return total.reshape(1, 1, 1)

    kept: list[torch.Tensor] = []
    handles = [head.register_forward_pre_hook(keep_none), head.register_forward_hook(lose)]
    try:
        yield losses
    finally:
        for handle in handles:
            handle.remove()
