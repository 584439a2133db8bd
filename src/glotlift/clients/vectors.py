"""Text as vectors: a layer's hidden states, pooled over a text's tokens or taken at its words."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.clients.likelihood import batches, pad, refuse_long, seen
from glotlift.objectives.features import padding_id
from glotlift.runs.errors import GlotliftError

Pooling = Literal["mean", "weighted", "first", "last"]
Piece = Literal["first", "last"]
Span = tuple[int, int]


def pool(states: torch.Tensor, mask: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    """Return [texts, width] from states [texts, tokens, width] of right-padded texts.

    "mean" weighs tokens alike, "weighted" by their position (Muennighoff 2022, arXiv:2202.08904,
    section 3.1.1: in a causal model later tokens have seen more); "first" and "last" take one.
    """
    places = torch.arange(mask.shape[1], device=mask.device)
    weights = {
        "mean": mask,
        "weighted": mask * (places + 1),
        "first": (places == 0).expand_as(mask),
        "last": places == mask.sum(1, keepdim=True) - 1,
    }[pooling].float()
    return torch.einsum("ntw,nt->nw", states.float(), weights) / weights.sum(1, keepdim=True)


def encode_layers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    layers: Sequence[int] | None,
    pooling: Pooling,
    batch_tokens: int,
) -> NDArray[np.float32]:
    """Return pooled hidden states, [layers, texts, width]; by default of all layers.

    Of an encoder-decoder the encoder is asked. Raises GL-CLIENT-003, -018 or -019.
    """
    rows = [list(ids) for ids in tokenizer(list(texts), verbose=False)["input_ids"]]
    rows = [row or [padding_id(tokenizer)] for row in rows]
    config: Any = model.config.get_text_config()
    chosen = chosen_layers(layers, config.num_hidden_layers)
    if pooling not in get_args(Pooling):
        raise GlotliftError(
            "GL-CLIENT-019",
            f"there is no pooling {pooling!r}",
            fix=f"choose {', '.join(get_args(Pooling))}",
        )
    vectors = np.zeros((len(chosen), len(rows), config.hidden_size), np.float32)
    for batch, mask, states in read_states(model, tokenizer, rows, chosen, batch_tokens):
        for place, layer in enumerate(states):
            vectors[place, batch] = pool(layer, mask, pooling).cpu().numpy()
    return vectors


def encode_words(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    spans: Sequence[Sequence[Span]],
    layers: Sequence[int] | None,
    piece: Piece,
    batch_tokens: int,
) -> NDArray[np.float32]:
    """Return the hidden states of words in their texts, [layers, words, width], text after text.

    `spans` are the words of each text, first character and last + 1; a word's state is that of its
    first or last token. Raises GL-CLIENT-003 or -018.
    """
    encoded = tokenizer(list(texts), return_offsets_mapping=True, verbose=False)
    rows = [list(ids) or [padding_id(tokenizer)] for ids in encoded["input_ids"]]
    places = [
        [token_of(span, offsets, piece) for span in own]
        for own, offsets in zip(spans, encoded["offset_mapping"], strict=True)
    ]
    starts = np.cumsum([0, *map(len, places)])
    config: Any = model.config.get_text_config()
    chosen = chosen_layers(layers, config.num_hidden_layers)
    vectors = np.zeros((len(chosen), int(starts[-1]), config.hidden_size), np.float32)
    for batch, _, states in read_states(model, tokenizer, rows, chosen, batch_tokens):
        for place, layer in enumerate(states):
            for at, row in enumerate(batch):
                found = layer[at, places[row]].float().cpu().numpy()
                vectors[place, starts[row] : starts[row + 1]] = found
    return vectors


def token_of(span: Span, offsets: Sequence[Span], piece: Piece) -> int:
    """Return the first or the last token that a word has characters in.

    Where a token reaches over several words it stands for each of them; a word that the tokenizer
    leaves out takes the token beside it.
    """
    start, end = span
    whole = [(place, *found) for place, found in enumerate(offsets) if found[1] > found[0]]
    if piece == "first":
        return next((place for place, _, last in whole if last > start), len(offsets) - 1)
    return next((place for place, first, _ in reversed(whole) if first < end), 0)


def read_states(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: Sequence[Sequence[int]],
    chosen: Sequence[int],
    batch_tokens: int,
) -> Iterator[tuple[list[int], torch.Tensor, list[torch.Tensor]]]:
    """Yield batches of rows, their mask [texts, tokens], and each layer's states.

    States are [texts, tokens, width]; of an encoder-decoder the encoder is asked.
    """
    refuse_long(model, [len(row) for row in rows])
    config: Any = model.config.get_text_config()
    body: Any = model.get_encoder() if config.is_encoder_decoder else model.base_model
    last = list(chosen) == [config.num_hidden_layers]
    for batch in batches([len(row) for row in rows], batch_tokens):
        mask = seen([rows[index] for index in batch]).to(model.device)
        ids = pad([rows[index] for index in batch], padding_id(tokenizer)).to(model.device)
        out = body(input_ids=ids, attention_mask=mask, output_hidden_states=not last)
        found = [out.last_hidden_state] if last else [out.hidden_states[at] for at in chosen]
        yield batch, mask, found


def chosen_layers(layers: Sequence[int] | None, last: int) -> list[int]:
    """Return layers counted from the embeddings, 0, to `last`; raises GL-CLIENT-018."""
    if layers is None:
        return list(range(last + 1))
    for layer in layers:
        if not -last - 1 <= layer <= last:
            raise GlotliftError(
                "GL-CLIENT-018",
                f"there is no layer {layer}",
                fix=f"choose from 0, the embeddings, to {last}, or -1 for the last",
            )
    return [layer % (last + 1) for layer in layers]
