"""Words as vectors: what a model makes of a word, in the sentences of its language that have it."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.clients.likelihood import batches, pad, resting, seen
from glotlift.languages.words import word_spans
from glotlift.objectives.features import padding_id

BATCH_TOKENS, LONGEST = 8192, 256
Floats = NDArray[np.float64]
Found = dict[str, list[tuple[str, int, int]]]  # by word: a text and the word's place in it


def occurrences(
    texts: Sequence[str], code: str, words: Sequence[str], *, most: int, longest: int = 400
) -> Found:
    """Return the first `most` places of each word in texts of a language, case not counted.

    Only the first `longest` characters of a text are looked at.
    """
    found: Found = {word: [] for word in words}
    by_form = {word.casefold(): places for word, places in found.items()}
    for text in texts:
        shown = text[:longest]
        for start, end in word_spans(shown, code):
            places = by_form.get(shown[start:end].casefold())
            if places is not None and len(places) < most:
                places.append((shown, start, end))
    return found


def vectors_in_context(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    places: Mapping[str, Sequence[tuple[str, int, int]]],
    *,
    layers: Sequence[int],
) -> Floats:
    """Return the mean vector of each word over its places, [layers, words, width].

    At a place it is the mean of the states of the tokens that the word touches (Cao et al. 2020,
    arXiv:2002.03518, take the last one). Layer 0 is the embeddings, which no context has touched
    yet. A word with no place has the zero vector.
    """
    texts = list(dict.fromkeys(text for own in places.values() for text, _, _ in own))
    wanted: dict[str, list[tuple[int, int, int]]] = {text: [] for text in texts}
    for number, own in enumerate(places.values()):
        for text, start, end in own:
            wanted[text].append((number, start, end))
    encoded = tokenizer(
        texts,
        return_offsets_mapping=True,
        truncation=True,
        max_length=LONGEST,
        verbose=False,
    )
    rows, offsets = encoded["input_ids"], encoded["offset_mapping"]
    width = model.config.get_text_config().hidden_size
    sums, counts = np.zeros((len(layers), len(places), width)), np.zeros(len(places))
    with resting(model):
        for batch in batches([len(row) for row in rows], BATCH_TOKENS):
            mask = seen([rows[at] for at in batch])
            ids = pad([rows[at] for at in batch], padding_id(tokenizer))
            states = states_of(model, ids, mask, layers)
            for place, at in enumerate(batch):
                for number, start, end in wanted[texts[at]]:
                    touched = touching(offsets[at], start, end)
                    if touched:
                        sums[:, number] += states[:, place, touched].mean(1)
                        counts[number] += 1
    vectors: Floats = sums / np.maximum(counts, 1)[:, None]
    return vectors


def states_of(
    model: PreTrainedModel, ids: torch.Tensor, mask: torch.Tensor, layers: Sequence[int]
) -> Floats:
    """Return the hidden states of layers, [layers, texts, tokens, width]."""
    out = model.base_model(
        input_ids=ids.to(model.device),
        attention_mask=mask.to(model.device),
        output_hidden_states=True,
    )
    chosen = torch.stack([out.hidden_states[layer] for layer in layers])
    return np.asarray(chosen.double().cpu().numpy())


def touching(offsets: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    """Return the tokens that have letters between two places of a text."""
    return [at for at, (left, right) in enumerate(offsets) if left < end and start < right]
