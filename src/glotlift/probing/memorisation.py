"""How much of its training text a model writes on by heart, by how often it read it.

A model is shown the beginning of a training text and writes on greedily; what it read is memorised
where it writes it exactly (Carlini et al. 2022, arXiv:2202.07646, section 3; PaLM's study,
Chowdhery et al. 2022, arXiv:2204.02311, section 8: 50 tokens after 50). Text of the same kind that
it never read says how much of this is not memory but a continuation that anyone would guess.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.bits import ids_of
from glotlift.objectives.features import start_id
from glotlift.objectives.wrapping import accepts
from glotlift.runs.errors import GlotliftError

TOKENS = 50


@dataclass(frozen=True)
class Continued:
    """What a model makes of the continuation of each text, [texts] each.

    `exact` is 1 where it writes the whole continuation greedily, else 0; `bits` are those of the
    continuation given all before it, `first` the tokens that are right before the first wrong one.
    """

    exact: NDArray[np.float64]
    bits: NDArray[np.float64]
    first: NDArray[np.int64]


@torch.no_grad()
def continuations(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    *,
    prompt: int = TOKENS,
    continuation: int = TOKENS,
    batch_tokens: int = 8192,
) -> Continued:
    """Show a causal model the first `prompt` tokens of each text, as it read them in training.

    Greedy writing gives the continuation exactly where each token of it is the most probable one
    after those before it, so that one pass over the text tells. Raises GL-PROBING-020 for a text of
    fewer than ``prompt + continuation`` tokens.
    """
    ids = [row[: prompt + continuation] for row in ids_of(tokenizer, texts)]
    for number, row in enumerate(ids):
        if len(row) < prompt + continuation:
            raise GlotliftError(
                "GL-PROBING-020",
                f"a text has {len(row)} tokens, and {prompt + continuation} are asked for",
                place=f"text {number}: {texts[number]!r:.60}",
                fix="leave short texts out, or ask for fewer tokens",
            )
    was_training = model.training
    model.eval()  # type: ignore[no-untyped-call]
    right, bits = [np.empty((0, continuation), bool)], [np.empty(0)]
    for batch in batches(ids, start_id(tokenizer), batch_tokens):
        logs = last_logs(model, batch.to(model.device), continuation)
        targets = batch[:, -continuation:].to(model.device)
        right.append((logs.argmax(-1) == targets).cpu().numpy())
        spent = -logs.gather(-1, targets[..., None])[..., 0].double().sum(-1)
        bits.append(spent.cpu().numpy() / math.log(2))
    model.train(was_training)
    hits = np.concatenate(right)
    first = np.where(hits.all(1), continuation, hits.argmin(1))
    exact = np.asarray(hits.all(1), dtype=np.float64)
    return Continued(exact, np.concatenate(bits), first)


def batches(
    ids: Sequence[NDArray[np.int32]], start: int, batch_tokens: int
) -> Iterator[torch.Tensor]:
    """Yield texts of one length after their start token, [rows, 1 + tokens]."""
    rows = max(1, batch_tokens // (1 + max(map(len, ids), default=1)))
    for begin in range(0, len(ids), rows):
        block = np.stack(ids[begin : begin + rows]).astype(np.int64)
        yield torch.from_numpy(np.pad(block, ((0, 0), (1, 0)), constant_values=start))


def last_logs(model: Any, ids: torch.Tensor, count: int) -> torch.Tensor:
    """Return the log-probabilities that a model gives the last `count` tokens, [rows, count, V]."""
    kept = {"logits_to_keep": count + 1} if accepts(model, "logits_to_keep") else {}
    logits = model(input_ids=ids, use_cache=False, **kept).logits
    return torch.log_softmax(logits[:, -count - 1 : -1].float(), dim=-1)


def memorisation_curve(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Mapping[int, Sequence[str]],
    **lengths: int,
) -> list[dict[str, float]]:
    """Return how well texts are written on, by how often they were read: `texts` are by that.

    0 stands for texts of the same kind that were never read. Each row has the times `read`, the
    number of `texts`, the share written on `exactly`, the `bits` per token of the continuation and
    the mean number of `tokens` right before the first wrong one. Raises what `continuations` does.
    """
    rows = []
    for times, group in sorted(texts.items()):
        found = continuations(model, tokenizer, group, **lengths)
        tokens = lengths.get("continuation", TOKENS)
        rows.append(
            {
                "read": times,
                "texts": len(group),
                "exactly": float(found.exact.mean()),
                "bits": float(found.bits.mean()) / tokens,
                "tokens": float(found.first.mean()),
            }
        )
    return rows
