"""Similarities of pieces in an auxiliary space, a block at a time, and mixtures of rows by them.

Everything runs where its tensors are, on a CPU or a GPU, in float32 or float64. Memory is bounded
by a block of similarities, however large the vocabularies are.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

# A block of similarities that a CPU's cache holds in part; a GPU wants larger ones.
BLOCK_BYTES = {"cpu": 16 << 20, "cuda": 1 << 30}
GROUP = 16


def unit(rows: Tensor) -> Tensor:
    """Return rows [n, e] scaled to length 1; zero rows stay zero."""
    return F.normalize(rows, dim=1, eps=torch.finfo(rows.dtype).tiny)


def covered(rows: Tensor) -> Tensor:
    """Return [n] whether a row of auxiliary vectors [n, e] says anything: it is not all zeros."""
    return rows.ne(0).any(1)


def blocks(number: int, width: int, like: Tensor, copies: int = 1) -> Iterator[slice]:
    """Yield slices of `number` rows, so that `copies` of [rows, width] fit into one block."""
    budget = BLOCK_BYTES.get(like.device.type, BLOCK_BYTES["cpu"])
    step = max(1, budget // max(1, width * copies * like.element_size()))
    for start in range(0, number, step):
        yield slice(start, min(start + step, number))


def similarity_blocks(queries: Tensor, keys: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Yield (which queries, their cosines [b, n]) for unit rows [m, e] and [n, e].

    The same memory is used for every block: a caller keeps no block.
    """
    buffer: Tensor | None = None
    for part in blocks(len(queries), len(keys), keys):
        if buffer is None:
            buffer = keys.new_empty((part.stop - part.start, len(keys)))
        yield part, torch.mm(queries[part], keys.T, out=buffer[: part.stop - part.start])


def largest(values: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Return the `number` largest values of each row [b, n] and their places, largest first.

    One pass finds the maxima of groups; the largest values lie in the groups of largest maxima,
    so that only few candidates are sorted. Exact: it is ``torch.topk`` for wide rows.
    """
    width = values.shape[1] // GROUP
    if width <= 2 * number:
        top = values.topk(number, dim=1)
        return top.values, top.indices
    grouped = values[:, : width * GROUP].view(len(values), GROUP, width)
    best = grouped.amax(1).topk(number, dim=1, sorted=False).indices
    inside = torch.arange(GROUP, device=values.device)[:, None] * width
    places = (best[:, None, :] + inside).flatten(1)
    rest = torch.arange(width * GROUP, values.shape[1], device=values.device)
    places = torch.cat([places, rest.expand(len(values), -1)], 1)
    top = values.gather(1, places).topk(number, dim=1)
    return top.values, places.gather(1, top.indices)


def mixed(rows: Tensor, indices: Tensor, weights: Tensor, offsets: Tensor | None = None) -> Tensor:
    """Return weighted sums of rows [n, d]: [m, d].

    `indices` and `weights` are [m, k], or flat with the places where each of the m sums begins.
    """
    return F.embedding_bag(indices, rows, offsets, mode="sum", per_sample_weights=weights)


def nearest_rows(
    rows: Tensor, keys: Tensor, queries: Tensor, *, neighbours: int = 10, temperature: float = 0.1
) -> Tensor:
    """Mix, for each query, the rows of its nearest keys: the rule of WECHSEL and OFA.

    rows [n, d], keys [n, e], queries [m, e] -> [m, d] of the type of `keys`. Weights are the
    softmax of the cosines of the `neighbours` nearest keys over the temperature (Minixhofer et al.
    2022, section 3.2, eq. 3-4; Liu et al. 2024, section 3.3). Keys that are all zeros say nothing
    and are no neighbours.
    """
    known = covered(keys).nonzero().squeeze(1)
    space, asked = unit(keys[known]), unit(queries)
    source = rows[known].to(keys.dtype)
    found = keys.new_empty((len(queries), rows.shape[1]))
    for part, similarities in similarity_blocks(asked, space):
        top, places = largest(similarities, min(neighbours, len(known)))
        found[part] = mixed(source, places, torch.softmax(top / temperature, 1))
    return found


def sparse_rows(rows: Tensor, keys: Tensor, queries: Tensor, *, alpha: float = 2.0) -> Tensor:
    """Mix, for each query, the rows of keys by entmax of their cosines: the rule of FOCUS.

    rows [n, d], keys [n, e], queries [m, e] -> [m, d] of the type of `keys`. With `alpha` 2 the
    weights are sparsemax (Martins and Astudillo 2016), as published (Dobler and de Melo 2023,
    section 2.2, eq. 3); with 1.5 they are the softer 1.5-entmax (Peters et al. 2019).
    """
    space, asked = unit(keys), unit(queries)
    source = rows.to(keys.dtype)
    found = keys.new_empty((len(queries), rows.shape[1]))
    for part, similarities in similarity_blocks(asked, space):
        weights, places = entmax(similarities, alpha)
        chosen = weights > 0
        counts = chosen.sum(1)
        offsets = counts.cumsum(0) - counts
        found[part] = mixed(source, places[chosen], weights[chosen], offsets)
    return found


def entmax(values: Tensor, alpha: float = 2.0, start: int = 64) -> tuple[Tensor, Tensor]:
    """Return the weights of each row [b, n] that are not zero, [b, k], and their places.

    The `start` largest values of a row nearly always hold its support; where the threshold does
    not lie above the last of them, more are taken.
    """
    number = min(start, values.shape[1])
    while True:
        top, places = largest(values, number)
        weights = sparsemax(top) if alpha == 2.0 else entmax_15(top)
        if number == values.shape[1] or not bool((weights[:, -1] > 0).any()):
            return weights, places
        number = min(4 * number, values.shape[1])


def sparsemax(ordered: Tensor) -> Tensor:
    """Project rows [b, k], largest first, on the simplex (Martins and Astudillo 2016, alg. 1)."""
    shifted = ordered - ordered[:, :1]
    rank = torch.arange(1, ordered.shape[1] + 1, device=ordered.device)
    total = shifted.cumsum(1) - 1
    size = (shifted * rank > total).sum(1, keepdim=True)
    threshold = total.gather(1, size - 1) / size
    return (shifted - threshold).clamp(min=0)


def entmax_15(ordered: Tensor) -> Tensor:
    """Return 1.5-entmax of rows [b, k], largest first (Peters et al. 2019, alg. 2)."""
    shifted = (ordered - ordered[:, :1]) / 2
    rank = torch.arange(1, ordered.shape[1] + 1, device=ordered.device)
    mean = shifted.cumsum(1) / rank
    spread = rank * (shifted.square().cumsum(1) / rank - mean.square())
    threshold = mean - ((1 - spread) / rank).clamp(min=0).sqrt()
    size = (threshold <= shifted).sum(1, keepdim=True)
    return (shifted - threshold.gather(1, size - 1)).clamp(min=0).square()
