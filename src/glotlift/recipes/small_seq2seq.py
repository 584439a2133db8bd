"""A small encoder-decoder that learns from pairs: made once, trained, scored, and let write.

A pair is what is read and what is written, as token ids. Pairs of any lengths are taken, which a
training stage of prefix modelling cannot: that cuts one text in two.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift.models.loading import find_model, load_model, load_tokenizer
from glotlift.objectives.choice import objective_for
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.prefix import PrefixLanguageModelling
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.hashing import hash_json

Pair = tuple[Sequence[int], Sequence[int]]
Unit = Literal["pairs", "tokens written", "processor seconds"]
State = tuple[PreTrainedModel, PreTrainedTokenizerFast]
Floats = NDArray[np.float64]
VERSION = 1  # raise when a base comes out different from the same values
BATCH = 16
WARMUP, LAST = 0.05, 0.1  # share of the budget in which the rate rises; what is left of it


@dataclass(frozen=True)
class Spent:
    """What training took: pairs, tokens read and written, steps, and seconds of processor time."""

    pairs: int
    tokens: int
    written: int
    steps: int
    seconds: float

    def of(self, unit: Unit) -> float:
        """Return how much of a unit was spent."""
        each = {"pairs": self.pairs, "tokens written": self.written}
        return float(each.get(unit, self.seconds))


def cached(told: object, make: Callable[[], State]) -> Path:
    """Return the folder of a model and tokenizer, made once for all that `told` says."""
    path = cache_folder("bases") / f"seq2seq-{hash_json([VERSION, told])[:12]}"
    with atomic.locked(path):
        if not path.is_dir():
            model, tokenizer = make()
            with atomic.folder(path) as folder:
                model.save_pretrained(folder)
                tokenizer.save_pretrained(folder)
    return path


def load(folder: Path) -> State:
    """Return the model, in evaluation mode, and the tokenizer of a folder."""
    model: PreTrainedModel = load_model(find_model(str(folder)))
    model.eval()  # type: ignore[no-untyped-call]
    return model, load_tokenizer(folder)


def prefix_objective(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
) -> PrefixLanguageModelling:
    """Return the objective of an encoder-decoder."""
    objective = objective_for(model, tokenizer)
    assert isinstance(objective, PrefixLanguageModelling)
    return objective


def in_turn(groups: Mapping[str, Sequence[Pair]], seed: int) -> Iterator[Pair]:
    """Yield pairs of the groups in turn, without end; each group in an order of its own."""
    streams = [
        endless(group, np.random.default_rng([seed, number]))
        for number, group in enumerate(groups.values())
    ]
    while True:
        for stream in streams:
            yield next(stream)


def endless(pairs: Sequence[Pair], order: np.random.Generator) -> Iterator[Pair]:
    """Yield pairs in ever new orders."""
    while True:
        for place in order.permutation(len(pairs)):
            yield pairs[int(place)]


def learn(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    pairs: Iterator[Pair],
    *,
    amount: float,
    unit: Unit,
    rate: float,
    seed: int,
) -> Spent:
    """Train a model in place, with Adafactor, until `amount` of a unit is spent.

    The learning rate is relative to the size of each weight matrix (Shazeer and Stern 2018,
    arXiv:1804.04235, section 8), as T5 was trained; it rises over the first twentieth of the
    budget, and falls on a line to a tenth at its end.
    """
    set_seed(seed)
    objective = prefix_objective(model, tokenizer)
    optimiser = torch.optim.Adafactor(model.parameters(), lr=rate)
    began = time.process_time()
    spent = Spent(0, 0, 0, 0, 0.0)
    model.train()
    while spent.of(unit) < amount:
        share = spent.of(unit) / amount
        batch = fitting(islice(pairs, BATCH), amount - spent.of(unit), unit)
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (share + 0.01) / WARMUP) * (1 - (1 - LAST) * share)
        loss, _ = objective.loss(model, tensors(objective, batch))
        written = sum(len(target) for _, target in batch)
        optimiser.zero_grad()
        (loss / written).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()  # type: ignore[no-untyped-call]
        spent = Spent(
            spent.pairs + len(batch),
            spent.tokens + written + sum(len(source) for source, _ in batch),
            spent.written + written,
            spent.steps + 1,
            time.process_time() - began,
        )
    model.eval()  # type: ignore[no-untyped-call]
    return spent


def fitting(batch: Iterator[Pair], left: float, unit: Unit) -> list[Pair]:
    """Return the pairs of a batch up to the one that spends what is left of the budget."""
    chosen: list[Pair] = []
    for pair in batch:
        chosen.append(pair)
        left -= {"pairs": 1, "tokens written": len(pair[1])}.get(unit, 0)
        if left <= 0:
            break
    return chosen


def tensors(objective: PrefixLanguageModelling, pairs: Sequence[Pair]) -> dict[str, torch.Tensor]:
    """Return the batch that reads the sources and writes the targets."""
    sources, targets = zip(*pairs, strict=True)
    return objective.pairs(*([np.asarray(ids) for ids in side] for side in (sources, targets)))


@torch.no_grad()
def states_and_logits(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, pairs: Sequence[Pair]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the decoder's last states [pairs, tokens, d] and logits [pairs, tokens, V].

    Both are 0 beyond a pair's end.
    """
    batch = tensors(prefix_objective(model, tokenizer), pairs)
    inside = (batch.pop("labels") != IGNORED)[..., None]
    found: Any = model(**batch, output_hidden_states=True, use_cache=False)
    return found.decoder_hidden_states[-1] * inside, found.logits * inside


@torch.no_grad()
def written_bits(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[Pair],
    *,
    given: int = 0,
) -> Floats:
    """Return the bits of each pair's target, [pairs], without its first `given` tokens."""
    objective = prefix_objective(model, tokenizer)
    bits = np.zeros(len(pairs))
    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place][0]))
    for start in range(0, len(order), 2 * BATCH):
        chosen = order[start : start + 2 * BATCH]
        batch = tensors(objective, [pairs[place] for place in chosen])
        batch["labels"][:, :given] = IGNORED
        _, logs = objective.loss(model, batch)
        owners = np.asarray(chosen)[(batch["labels"] != IGNORED).nonzero()[:, 0].numpy()]
        np.add.at(bits, owners, logs["each"].double().numpy() / np.log(2))
    return bits


@torch.no_grad()
def write(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sources: Sequence[Sequence[int]],
    *,
    longest: int,
    begin: Sequence[int] = (),
) -> list[list[int]]:
    """Return the ids that a model writes greedily to each source, up to and with its end token.

    It is made to `begin` with the given ids, which are not returned.
    """
    objective = prefix_objective(model, tokenizer)
    found: dict[int, list[int]] = {}
    order = sorted(range(len(sources)), key=lambda place: len(sources[place]))
    for start in range(0, len(order), 4 * BATCH):
        chosen = order[start : start + 4 * BATCH]
        batch = tensors(objective, [(sources[place], [0]) for place in chosen])
        first = torch.tensor([[objective.decoder_start, *begin]]).repeat(len(chosen), 1)
        ids: Any = model.generate(  # type: ignore[operator]
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            decoder_input_ids=first,
            max_new_tokens=longest,
            do_sample=False,
            num_beams=1,
        )
        for place, row in zip(chosen, ids[:, first.shape[1] :].tolist(), strict=True):
            end = row.index(tokenizer.eos_token_id) + 1 if tokenizer.eos_token_id in row else None
            found[place] = row[:end]
    return [found[place] for place in range(len(sources))]


def encode(tokenizer: PreTrainedTokenizerFast, text: str, longest: int = 96) -> list[int]:
    """Return the ids of a text, of at most `longest` tokens with the end token."""
    ids: list[int] = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return [*ids[: longest - 1], int(tokenizer.eos_token_id)]
