"""Log-probabilities of continuations under causal, masked and encoder-decoder models."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from transformers.modeling_outputs import BaseModelOutput

from glotlift.clients.pairs import Pair, bodies, tokenise_pairs
from glotlift.objectives.cross_entropy import IGNORED, language_model_loss
from glotlift.objectives.features import padding_id
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Scores


@contextmanager
def resting(model: Any) -> Iterator[None]:
    """Switch dropout and gradients off for a while."""
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(was_training)


def batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Yield indices of like length, longest first, each batch of at most `batch_tokens` padded."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > batch_tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def window(model: PreTrainedModel) -> int | None:
    """Return how many tokens the model has positions for, or None where nothing limits it."""
    limit = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if not limit:
        return None
    # RoBERTa counts positions from its padding id, 1, so two are never used.
    return int(limit) - (2 if "roberta" in model.config.model_type else 0)


def refuse_long(model: PreTrainedModel, lengths: Sequence[int]) -> None:
    """Raise GL-CLIENT-003 where a text does not fit the model's positions."""
    limit = window(model)
    for row, length in enumerate(lengths):
        if limit is not None and length > limit:
            raise GlotliftError(
                "GL-CLIENT-003",
                f"a text of {length} tokens does not fit the model's {limit} positions",
                place=f"text {row}",
                fix="shorten the prompt or show fewer examples",
            )


def pad(rows: Sequence[Sequence[int]], filler: int, *, left: bool = False) -> torch.Tensor:
    """Return the rows as one tensor [rows, longest], filled up at one side."""
    width = max(1, *(len(row) for row in rows))
    padded = np.full((len(rows), width), filler, dtype=np.int64)
    for index, row in enumerate(rows):
        if row:
            padded[index, slice(-len(row), None) if left else slice(len(row))] = row
    return torch.from_numpy(padded)


def label_losses(
    model: PreTrainedModel, inputs: dict[str, Any], labels: torch.Tensor
) -> NDArray[np.float64]:
    """Return the summed loss in nats of each row's labelled positions, [rows]."""
    moved = {
        name: values.to(model.device) if isinstance(values, torch.Tensor) else values
        for name, values in inputs.items()
    }
    _, each = language_model_loss(model, moved, labels.to(model.device))
    rows = (labels != IGNORED).nonzero()[:, 0].numpy()
    sums = np.bincount(rows, weights=each.double().cpu().numpy(), minlength=len(labels))
    return sums.astype(np.float64)


def causal_pairs(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    contexts: Sequence[str],
    continuations: Sequence[str],
) -> list[Pair]:
    """Return the pairs up to the end of their continuations; raises GL-CLIENT-003 or -004."""
    pairs = [
        pair._replace(ids=pair.ids[: pair.stop])
        for pair in tokenise_pairs(tokenizer, contexts, continuations)
    ]
    refuse_long(model, [len(pair.ids) for pair in pairs])
    return pairs


def score_causal(
    model: PreTrainedModel, pairs: Sequence[Pair], filler: int, batch_tokens: int
) -> NDArray[np.float64]:
    """Sum log p(token | everything before it) over each continuation's tokens, text by text."""
    sums = np.zeros(len(pairs))
    for batch in batches([len(pair.ids) for pair in pairs], batch_tokens):
        chosen = [pairs[index] for index in batch]
        ids = pad([pair.ids for pair in chosen], filler)
        labels = torch.full_like(ids, IGNORED)
        for row, pair in enumerate(chosen):
            labels[row, pair.start - 1 : pair.stop - 1] = ids[row, pair.start : pair.stop]
        inputs = {"input_ids": ids, "attention_mask": seen([pair.ids for pair in chosen])}
        sums[batch] = -label_losses(model, inputs, labels)
    return sums


def score_masked(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    contexts: Sequence[str],
    continuations: Sequence[str],
    batch_tokens: int,
) -> Scores:
    """Sum log p(token | all other tokens), each token hidden in turn.

    This is the pseudo-log-likelihood of Salazar et al. 2020 (arXiv:1910.14659, section 2.2) over
    the continuation's tokens.
    """
    pairs = tokenise_pairs(tokenizer, contexts, continuations)
    refuse_long(model, [len(pair.ids) for pair in pairs])
    hidden = [(i, at) for i, pair in enumerate(pairs) for at in range(pair.start, pair.stop)]
    sums = np.zeros(len(pairs))
    for batch in batches([len(pairs[i].ids) for i, _ in hidden], batch_tokens):
        owners = [hidden[index][0] for index in batch]
        places = torch.tensor([hidden[index][1] for index in batch])
        ids = pad([pairs[i].ids for i in owners], padding_id(tokenizer))
        labels = torch.full_like(ids, IGNORED)
        rows = torch.arange(len(batch))
        labels[rows, places] = ids[rows, places]
        ids[rows, places] = tokenizer.mask_token_id
        inputs = {"input_ids": ids, "attention_mask": seen([pairs[i].ids for i in owners])}
        np.subtract.at(sums, owners, label_losses(model, inputs, labels))
    return Scores(sums, counts(pairs))


def score_seq2seq(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    contexts: Sequence[str],
    continuations: Sequence[str],
    batch_tokens: int,
) -> Scores:
    """Sum log p(token | context, continuation so far): context to encoder, rest to decoder.

    Continuations of one context in a batch share what the encoder makes of it.
    """
    filler = padding_id(tokenizer)
    distinct = list(dict.fromkeys(contexts)) or [""]
    tokenised = tokenizer(distinct, verbose=False)["input_ids"]
    sources = {text: list(ids) or [filler] for text, ids in zip(distinct, tokenised, strict=True)}
    targets = bodies(tokenizer, continuations)
    for row, target in enumerate(targets):
        if not target:
            raise GlotliftError(
                "GL-CLIENT-004",
                "a continuation has no tokens of its own",
                place=f"pair {row}: {continuations[row]!r:.60}",
                fix="give it text",
            )
    lengths = [max(len(sources[a]), len(b)) for a, b in zip(contexts, targets, strict=True)]
    refuse_long(model, lengths)
    start, encoder = model.config.decoder_start_token_id, model.get_encoder()
    sums = np.zeros(len(targets))
    for batch in batches(lengths, batch_tokens):
        chosen = [targets[index] for index in batch]
        texts = list(dict.fromkeys(contexts[index] for index in batch))
        of_text = [texts.index(contexts[index]) for index in batch]
        read = [sources[text] for text in texts]
        mask = seen(read)
        states = encoder(
            input_ids=pad(read, filler).to(model.device), attention_mask=mask.to(model.device)
        ).last_hidden_state
        inputs = {
            "encoder_outputs": BaseModelOutput(last_hidden_state=states[of_text]),
            "attention_mask": mask[of_text],
            "decoder_input_ids": pad([[start, *ids[:-1]] for ids in chosen], filler),
        }
        sums[batch] = -label_losses(model, inputs, pad(chosen, IGNORED))
    return Scores(sums, np.array([len(target) for target in targets], np.int64))


def seen(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return the attention mask of right-padded rows."""
    return pad([[1] * len(row) for row in rows], 0)


def counts(pairs: Sequence[Pair]) -> NDArray[np.int64]:
    """Return how many tokens each continuation has."""
    return np.array([pair.stop - pair.start for pair in pairs], np.int64)
