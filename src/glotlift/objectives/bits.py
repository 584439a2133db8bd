"""Bits per byte: how well a model predicts text, comparable over tokenizers.

A document's bits are the negative log2-likelihood of its text alone (the end token is not
counted); its bytes are those of its UTF-8 form. Their ratio over many documents is the sum of bits
over the sum of bytes. Documents longer than the model's window are read in windows that share a
quarter, so that every token is predicted once and, after the first window, from at least that much
context.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.choice import objective_for
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.masked import MaskedLanguageModelling
from glotlift.objectives.packing import Ids
from glotlift.objectives.prefix import PrefixLanguageModelling
from glotlift.runs.progress import track

WINDOW = 1024  # tokens read at once, unless the model takes fewer
MASK_PASSES = 7  # about one token in seven is hidden at a time, as in training
LATE_STARTERS = (  # model types whose first position is 2: RoBERTa's kin
    "roberta", "camembert", "data2vec-text", "longformer", "xmod", "mpnet", "luke",
)  # fmt: skip
Window = tuple[int, Ids, int]  # (document, ids, first scored position)


def document_bits(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    *,
    batch_tokens: int = 8192,
    window: int | None = None,
    label: str = "",
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return (bits [documents], bytes [documents]) of `texts` under `model`.

    For a causal model the bits are exact. For a masked model each token is hidden once, every
    seventh at a time (a pseudo-likelihood, Salazar et al. 2020, with more than one mask a pass);
    for an encoder-decoder the encoder reads the first half of the text, cut at a character so that
    every tokenizer is asked the same, and bits and bytes are those of the second half.
    """
    objective = objective_for(model, tokenizer)
    lengths = np.asarray([len(text.encode()) for text in texts], dtype=np.int64)
    window = min(window or WINDOW, longest_input(model))
    was_training = model.training
    model.eval()  # type: ignore[no-untyped-call]
    with torch.no_grad():  # inference mode would not let sharded weights be gathered again
        if isinstance(objective, PrefixLanguageModelling):
            bits = halves_bits(model, objective, texts, batch_tokens, window)
            lengths = np.asarray(
                [len(second_half(text).encode()) for text in texts], dtype=np.int64
            )
        elif isinstance(objective, MaskedLanguageModelling):
            bits = masked_bits(model, objective, texts, batch_tokens, window, label)
        else:
            bits = causal_bits(model, objective, texts, batch_tokens, window, label)
    model.train(was_training)
    return bits, lengths


def longest_input(model: PreTrainedModel) -> int:
    """Return how many tokens the model reads at once, as its configuration says."""
    config = model.config.get_text_config()
    for name in ("max_position_embeddings", "n_positions", "max_seq_len"):
        limit = getattr(config, name, None)
        if limit:
            kind = model.config.model_type
            return int(limit) - 2 * any(name in kind for name in LATE_STARTERS)
    return WINDOW


def ids_of(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[Ids]:
    """Return the token ids of each text, without special tokens."""
    if not texts:
        return []  # transformers fails on an empty batch
    encoded = tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
    return [np.asarray(ids, dtype=np.int32) for ids in encoded]


def windows(document: int, ids: Ids, window: int) -> Iterator[Window]:
    """Yield windows over a document; `ids` begin with the start token, which is not scored."""
    share = window // 4
    first = 1
    while first < len(ids):
        begin = 0 if first == 1 else first - share
        stop = min(begin + window, len(ids))
        yield document, ids[begin:stop], first - begin
        first = stop


def batches(items: list[Window], batch_tokens: int) -> Iterator[list[Window]]:
    """Yield batches of windows of like length, each of at most `batch_tokens` padded tokens."""
    batch: list[Window] = []
    for item in sorted(items, key=lambda item: -len(item[1])):
        if batch and len(batch[0][1]) * (len(batch) + 1) > batch_tokens:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def add_losses(
    bits: NDArray[np.float64], owners: Sequence[int], labels: torch.Tensor, each: torch.Tensor
) -> None:
    """Add each labelled position's loss, in bits, to the document that owns its row."""
    rows = (labels != IGNORED).nonzero()[:, 0].cpu().numpy()
    np.add.at(bits, np.asarray(owners)[rows], each.double().cpu().numpy() / math.log(2))


def causal_bits(
    model: PreTrainedModel,
    objective: CausalLanguageModelling,
    texts: Sequence[str],
    batch_tokens: int,
    window: int,
    label: str,
) -> NDArray[np.float64]:
    """Return the exact bits of each text."""
    start = np.asarray([objective.start], dtype=np.int32)
    items = [
        piece
        for document, ids in enumerate(ids_of(objective.tokenizer, texts))
        for piece in windows(document, np.concatenate([start, ids]), window)
    ]
    bits = np.zeros(len(texts))
    for batch in track(list(batches(items, batch_tokens)), label=label):
        inputs = objective.collate([[ids] for _, ids, _ in batch], [0] * len(batch))
        for row, (_, _, first) in enumerate(batch):
            inputs["labels"][row, : first - 1] = IGNORED
        inputs = {name: values.to(model.device) for name, values in inputs.items()}
        _, logs = objective.loss(model, inputs)
        add_losses(bits, [document for document, _, _ in batch], inputs["labels"], logs["each"])
    return bits


def masked_bits(
    model: PreTrainedModel,
    objective: MaskedLanguageModelling,
    texts: Sequence[str],
    batch_tokens: int,
    window: int,
    label: str,
) -> NDArray[np.float64]:
    """Return the pseudo-likelihood bits of each text, every token hidden once."""
    body = window - 1 - len(objective.end)
    items: list[Window] = []
    for document, ids in enumerate(ids_of(objective.tokenizer, texts)):
        for begin in range(0, len(ids), body):
            inner = [objective.start, *ids[begin : begin + body], *objective.end]
            items.append((document, np.asarray(inner, dtype=np.int32), 1))
    bits = np.zeros(len(texts))
    for batch in track(list(batches(items, batch_tokens)), label=label):
        plain = objective.collate([[ids] for _, ids, _ in batch], [0] * len(batch))
        lengths = torch.tensor([len(ids) - len(objective.end) for _, ids, _ in batch])
        for first in range(MASK_PASSES):
            inputs = hide(plain, batch, lengths, first, objective)
            inputs = {name: values.to(model.device) for name, values in inputs.items()}
            _, logs = objective.loss(model, inputs)
            add_losses(bits, [document for document, _, _ in batch], inputs["labels"], logs["each"])
    return bits


def hide(
    plain: dict[str, torch.Tensor],
    batch: list[Window],
    lengths: torch.Tensor,
    first: int,
    objective: MaskedLanguageModelling,
) -> dict[str, torch.Tensor]:
    """Return the batch with every seventh text token hidden, counted from `first`."""
    width = plain["input_ids"].shape[1]
    ids = torch.full_like(plain["input_ids"], objective.padding)
    for row, (_, piece, _) in enumerate(batch):
        ids[row, : len(piece)] = torch.from_numpy(piece.astype(np.int64))
    index = torch.arange(width)
    text = (index >= 1) & (index[None] < lengths[:, None])
    hidden = text & ((index - 1) % MASK_PASSES == first)
    labels = torch.where(hidden, ids, IGNORED)
    return {
        **plain,
        "input_ids": ids.masked_fill(hidden, objective.tokenizer.mask_token_id),
        "labels": labels,
    }


def second_half(text: str) -> str:
    """Return the part of `text` that an encoder-decoder has to write."""
    return text[len(text) // 2 :]


def halves_bits(
    model: PreTrainedModel,
    objective: PrefixLanguageModelling,
    texts: Sequence[str],
    batch_tokens: int,
    window: int,
) -> NDArray[np.float64]:
    """Return the bits of each text's second half given the last `window` tokens of its first."""
    sources = ids_of(objective.tokenizer, [text[: len(text) // 2] for text in texts])
    targets = ids_of(objective.tokenizer, [second_half(text) for text in texts])
    start = np.asarray([objective.decoder_start], dtype=np.int32)
    items = [
        piece
        for document, ids in enumerate(targets)
        for piece in windows(document, np.concatenate([start, ids]), window)
    ]
    bits = np.zeros(len(texts))
    for batch in batches(items, batch_tokens):
        inputs = objective.pairs(
            [sources[document][-window:] for document, _, _ in batch],
            [ids[1:] for _, ids, _ in batch],
        )
        for row, (_, _, first) in enumerate(batch):
            inputs["labels"][row, : first - 1] = IGNORED
        inputs = {name: values.to(model.device) for name, values in inputs.items()}
        _, logs = objective.loss(model, inputs)
        add_losses(bits, [document for document, _, _ in batch], inputs["labels"], logs["each"])
    return bits
