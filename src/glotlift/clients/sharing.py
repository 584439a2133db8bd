"""Log-probabilities with every shared beginning of the texts read once.

What a part of the texts shares stays in the model's cache of keys and values; the rest is one
sequence, a tree laid flat, in which a mask lets each token see only its own text (tree attention:
Miao et al. 2024, arXiv:2305.09781, section 4). Positions are those of each text alone. A model that
has no use for such a mask, or makes something else of it, would answer wrongly without a word, so
that answers are compared with plain ones before any is given out.
"""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import DynamicCache, PreTrainedModel

from glotlift.clients.pairs import Pair
from glotlift.clients.prefixes import branches, parts, shared, tokens_to_read
from glotlift.objectives.cross_entropy import loss_at
from glotlift.objectives.wrapping import accepts

BRANCH_TOKENS = 512  # past this a pass fills the processor, and its mask grows with the square
TOLERANCE = 1e-4  # nats, in float32
WORTHWHILE = 1.2  # times as many tokens when each text is read alone
KNOWN = {"full_attention", "sliding_attention"}
Windows = dict[str, int | None]
Sums = NDArray[np.float64]


def windows(model: PreTrainedModel) -> Windows | None:
    """Return how far each kind of layer looks back (None: to the start).

    Returns None for a model that takes no positions or has layers of other kinds.
    """
    if not accepts(model, "position_ids"):
        return None
    config: Any = model.config.get_text_config()
    window = getattr(config, "sliding_window", None)
    if getattr(config, "use_sliding_window", True) is False:
        window = None
    kinds = set(getattr(config, "layer_types", None) or ())
    if not kinds <= KNOWN:
        return None
    if not kinds:
        kinds = {"sliding_attention" if window else "full_attention"}
    return {kind: window if kind == "sliding_attention" else None for kind in sorted(kinds)}


def attention_masks(
    sees: NDArray[np.bool_], queries: NDArray[np.int64], keys: NDArray[np.int64], looks: Windows,
    dtype: torch.dtype,
) -> torch.Tensor | dict[str, torch.Tensor]:  # fmt: skip
    """Return what is added to attention scores, [1, 1, queries, keys], for each kind of layer.

    `sees` [queries, keys] is narrowed to each window by the positions of `queries` and `keys`.
    A model whose layers are all of one kind takes the bare tensor.
    """
    masks = {}
    for kind, window in looks.items():
        seen = sees if window is None else sees & (queries[:, None] - keys[None] < window)
        mask = torch.zeros(1, 1, *seen.shape, dtype=dtype)
        masks[kind] = mask.masked_fill_(~torch.from_numpy(seen), torch.finfo(dtype).min)
    return masks if len(masks) > 1 else next(iter(masks.values()))


class Trunk:
    """The beginning that the model has read and keeps in its cache."""

    def __init__(self, model: PreTrainedModel, looks: Windows) -> None:
        self.model, self.looks = model, looks
        self.ids: list[int] = []
        self.cache = DynamicCache()

    def become(self, ids: list[int]) -> None:
        """Forget what does not begin `ids`, and read the rest of them."""
        kept = shared(self.ids, ids)
        self.forget(len(self.ids) - kept)
        self.ids = list(ids)
        for start in range(kept, len(ids), BRANCH_TOKENS):
            stop = min(start + BRANCH_TOKENS, len(ids))
            sees = np.tri(stop - start, stop, start, dtype=np.bool_)
            places = np.arange(stop)
            inputs = self.reading(ids[start:stop], sees, places[start:], places)
            self.model.base_model(**inputs)

    def forget(self, tokens: int) -> None:
        """Drop the last `tokens` from the cache."""
        if tokens == self.cache.get_seq_length():
            self.cache = DynamicCache()
        elif tokens:
            self.cache.crop(-tokens)

    def reading(
        self, ids: list[int], sees: NDArray[np.bool_], queries: NDArray[np.int64],
        keys: NDArray[np.int64],
    ) -> dict[str, Any]:  # fmt: skip
        """Return the model's inputs for `ids` after what is in the cache."""
        device = self.model.device
        masks = attention_masks(sees, queries, keys, self.looks, self.model.dtype)
        return {
            "input_ids": torch.tensor([ids], device=device),
            "position_ids": torch.from_numpy(queries)[None].to(device),
            "attention_mask": {kind: mask.to(device) for kind, mask in masks.items()}
            if isinstance(masks, dict)
            else masks.to(device),
            "past_key_values": self.cache,
            "use_cache": True,
        }

    def losses(self, pairs: Sequence[Pair]) -> Sums:
        """Return each pair's loss in nats, [pairs]; all begin with the trunk and are sorted."""
        length = len(self.ids)
        tree = branches([pair.ids for pair in pairs], length)
        places = length + tree.depths
        sees = np.hstack([np.ones((len(tree.ids), length), np.bool_), tree.sees])
        keys = np.concatenate([np.arange(length), places])
        inputs = self.reading(tree.ids, sees, places, keys)
        nodes = [
            node
            for pair, path in zip(pairs, tree.paths, strict=True)
            for node in path[pair.start - 1 - length : pair.stop - 1 - length]
        ]
        targets = [number for pair in pairs for number in pair.ids[pair.start : pair.stop]]
        at = torch.tensor(nodes, device=self.model.device)
        _, each = loss_at(
            self.model, inputs, (torch.zeros_like(at), at), torch.tensor(targets).to(at)
        )
        self.forget(len(tree.ids))
        owners = np.repeat(np.arange(len(pairs)), [pair.stop - pair.start for pair in pairs])
        weights = each.double().cpu().numpy()
        return np.bincount(owners, weights, minlength=len(pairs)).astype(np.float64)


def score_sharing(
    model: PreTrainedModel, pairs: Sequence[Pair], looks: Windows, branch_tokens: int
) -> Sums:
    """Return log-probabilities [pairs] of continuations, each shared beginning read once.

    `branch_tokens` bounds how many tokens are read at a time beyond what is shared.
    """
    trunk = Trunk(model, looks)
    sums = np.zeros(len(pairs))
    texts = [pair.ids for pair in pairs]
    # The token before a continuation predicts it, so it belongs to the branches.
    ends = [pair.start - 1 for pair in pairs]
    listed = list(parts(texts, ends, min(branch_tokens, BRANCH_TOKENS)))
    for part, following in zip_longest(listed, listed[1:]):
        # What nothing after it begins with need not be kept, and is read with the branches.
        again = shared(part.trunk, following.trunk) if following else 0
        again = max(again, shared(part.trunk, trunk.ids), len(part.trunk) - BRANCH_TOKENS)
        trunk.become(part.trunk[:again])
        sums[part.rows] = -trunk.losses([pairs[row] for row in part.rows])
    return sums


class SharedReading:
    """Scores by shared beginnings, as long as they agree with `plain` scores.

    The longest text of the first call is scored both ways, and again when longer texts come. `note`
    says why a model is asked plainly from then on; it is empty while it shares.
    """

    def __init__(self, model: PreTrainedModel, plain: Callable[[Sequence[Pair]], Sums]) -> None:
        self.model, self.plain = model, plain
        self.proven = 0
        self.looks = windows(model)
        self.note = "" if self.looks else self._note("it takes no positions, or has other layers")

    def score(self, pairs: Sequence[Pair], branch_tokens: int) -> Sums:
        """Return log-probabilities of continuations in nats, [pairs]."""
        if self.looks is None or self.note or not worthwhile(pairs):
            return self.plain(pairs)
        try:
            sums = score_sharing(self.model, pairs, self.looks, branch_tokens)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # a model refuses a mask that it does not expect in many ways
            if self.proven:
                raise
            self.note = self._note(f"it refuses a mask by position ({type(error).__name__})")
            return self.plain(pairs)
        return sums if self._agrees(pairs, sums) else self.plain(pairs)

    def _agrees(self, pairs: Sequence[Pair], sums: Sums) -> bool:
        """Compare with plain scores where texts are longer than those that agreed before."""
        lengths = [len(pair.ids) for pair in pairs]
        if max(lengths) <= self.proven:
            return True
        # The first text has none before it that a wrong mask could let it see.
        first = min(range(len(pairs)), key=lambda row: pairs[row].ids)
        rows = [max(set(range(len(pairs))) - {first}, key=lambda row: lengths[row])]
        rounding = 4 * torch.finfo(self.model.dtype).eps
        plain = self.plain([pairs[row] for row in rows])
        if np.allclose(sums[rows], plain, rtol=rounding, atol=TOLERANCE):
            self.proven = max(lengths)
            return True
        off = float(np.abs(sums[rows] - plain).max())
        self.note = self._note(f"its scores would be off by {off:.2g} nats")
        return False

    def _note(self, reason: str) -> str:
        return f"{type(self.model).__name__} reads every text alone: {reason}"


def worthwhile(pairs: Sequence[Pair]) -> bool:
    """Tell whether the texts share enough to be read together."""
    texts = [pair.ids for pair in pairs]
    return sum(map(len, texts)) >= WORTHWHILE * max(1, tokens_to_read(texts))
