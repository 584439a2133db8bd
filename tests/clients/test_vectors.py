from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from transformers import PreTrainedTokenizerFast

from glotlift.clients.local import LocalModel
from glotlift.clients.vectors import token_of
from glotlift.runs.errors import GlotliftError

Tiny = Callable[[str], tuple[Any, PreTrainedTokenizerFast]]
TEXTS = ["the cat", "a dog sees the bird and", "наша"]
POOLINGS = {
    "mean": lambda states: states.mean(0),
    "weighted": lambda states: np.average(states, axis=0, weights=np.arange(1, len(states) + 1)),
    "first": lambda states: states[0],
    "last": lambda states: states[-1],
}


@pytest.mark.parametrize("kind", ["causal", "masked", "seq2seq"])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_vectors_are_pooled_hidden_states(tiny: Tiny, kind: str, pooling: str) -> None:
    model, tokenizer = tiny(kind)
    body = model.get_encoder() if kind == "seq2seq" else model.base_model
    client = LocalModel(model, tokenizer)
    together = client.encode_layers(TEXTS, pooling=pooling)
    for row, text in enumerate(TEXTS):
        with torch.no_grad():
            ids = tokenizer(text, return_tensors="pt")["input_ids"]
            states = body(input_ids=ids, output_hidden_states=True).hidden_states
        assert len(together) == len(states) == 3
        for layer, one in enumerate(states):
            assert together[layer, row] == pytest.approx(
                POOLINGS[pooling](one[0].numpy()), abs=1e-4
            )
    for layer in (0, -1, -2):
        assert client.encode(TEXTS, layer=layer, pooling=pooling) == pytest.approx(together[layer])


def test_unknown_layers_and_poolings_are_refused(tiny: Tiny) -> None:
    client = LocalModel(*tiny("causal"))
    for asked, code in (
        ({"layer": 3}, "GL-CLIENT-018"),
        ({"layer": -4}, "GL-CLIENT-018"),
        ({"pooling": "sum"}, "GL-CLIENT-019"),
    ):
        with pytest.raises(GlotliftError) as error:
            client.encode(TEXTS, **asked)
        assert error.value.code == code


@pytest.mark.parametrize("kind", ["causal", "masked", "seq2seq"])
@pytest.mark.parametrize("piece", ["first", "last"])
def test_a_word_has_the_state_of_one_of_its_tokens(tiny: Tiny, kind: str, piece: str) -> None:
    model, tokenizer = tiny(kind)
    body = model.get_encoder() if kind == "seq2seq" else model.base_model
    spans = [[(0, 3), (4, 7)], [(2, 5), (15, 19)], [(0, 4)]]
    found = LocalModel(model, tokenizer).encode_words(TEXTS, spans, piece=piece)
    assert found.shape == (3, 5, model.config.hidden_size)
    word = 0
    for text, own in zip(TEXTS, spans, strict=True):
        encoded = tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
        offsets = encoded["offset_mapping"][0].tolist()
        with torch.no_grad():
            states = body(encoded["input_ids"], output_hidden_states=True).hidden_states
        for start, end in own:
            inside = [n for n, (a, b) in enumerate(offsets) if a < end and b > start]
            token = inside[0 if piece == "first" else -1]
            for layer, one in enumerate(states):
                assert found[layer, word] == pytest.approx(one[0, token].numpy(), abs=1e-4)
            word += 1


def test_words_without_a_token_of_their_own_take_one_beside_them() -> None:
    offsets = [(0, 0), (0, 5), (6, 7), (0, 0)]  # specials at both ends, one token of two words
    assert [token_of((0, 2), offsets, piece) for piece in ("first", "last")] == [1, 1]
    assert [token_of((2, 5), offsets, piece) for piece in ("first", "last")] == [1, 1]
    assert token_of((4, 7), offsets, "last") == 2
    assert token_of((8, 9), offsets, "first") == 3
    assert token_of((8, 9), offsets, "last") == 2
