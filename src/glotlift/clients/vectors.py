"""Text as one vector: a layer's hidden states, pooled over the text's tokens."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.clients.likelihood import batches, pad, refuse_long, seen
from glotlift.objectives.features import padding_id
from glotlift.runs.errors import GlotliftError

Pooling = Literal["mean", "weighted", "first", "last"]


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
    refuse_long(model, [len(row) for row in rows])
    config: Any = model.config.get_text_config()
    body: Any = model.get_encoder() if config.is_encoder_decoder else model.base_model
    chosen = chosen_layers(layers, config.num_hidden_layers)
    if pooling not in get_args(Pooling):
        raise GlotliftError(
            "GL-CLIENT-019",
            f"there is no pooling {pooling!r}",
            fix=f"choose {', '.join(get_args(Pooling))}",
        )
    vectors = np.zeros((len(chosen), len(rows), config.hidden_size), np.float32)
    for batch in batches([len(row) for row in rows], batch_tokens):
        mask = seen([rows[index] for index in batch]).to(model.device)
        ids = pad([rows[index] for index in batch], padding_id(tokenizer)).to(model.device)
        last = chosen == [config.num_hidden_layers]
        out = body(input_ids=ids, attention_mask=mask, output_hidden_states=not last)
        for place, layer in enumerate(chosen):
            states = out.last_hidden_state if last else out.hidden_states[layer]
            vectors[place, batch] = pool(states, mask, pooling).cpu().numpy()
    return vectors


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
