"""Vectors of words in context, against the model's own states."""

import numpy as np
import pytest
import torch

from glotlift.probing.word_vectors import occurrences, vectors_in_context
from glotlift.training.schooling import build
from glotlift.training.starters import SIZES
from glotlift.vocabulary import ENCODER, train_tokenizer

TEXTS = ["The cat saw a Cat.", "A dog saw the cat and the catalogue.", "dogs and a dog"]


@pytest.fixture(scope="module")
def state():
    tokenizer = train_tokenizer(TEXTS * 4, kind="bpe", size=300, special_tokens=ENCODER)
    torch.manual_seed(0)
    return build("encoder", SIZES["tiny"], tokenizer), tokenizer


def test_places_are_whole_words_in_either_case() -> None:
    found = occurrences(TEXTS, "eng_Latn", ["cat", "dog", "bird"], most=2)
    assert [TEXTS[0][start:end] for _, start, end in found["cat"]] == ["cat", "Cat"]
    assert [text for text, _, _ in found["dog"]] == TEXTS[1:]
    assert found["bird"] == []
    cut = occurrences(TEXTS, "eng_Latn", ["cat"], most=9, longest=10)
    assert len(cut["cat"]) == 1


def test_a_vector_is_the_mean_over_places_of_the_mean_over_tokens(state) -> None:
    model, tokenizer = state
    places = occurrences(TEXTS, "eng_Latn", ["dog", "bird"], most=5)
    found = vectors_in_context(model, tokenizer, places, layers=[0, 2])
    assert found.shape == (2, 2, model.config.hidden_size)
    assert not found[:, 1].any()
    wanted = []
    for text, start, end in places["dog"]:
        encoded = tokenizer(text, return_offsets_mapping=True)
        offsets = encoded.pop("offset_mapping")
        with torch.inference_mode():
            inputs = {name: torch.tensor([values]) for name, values in encoded.items()}
            states = model.base_model(**inputs, output_hidden_states=True).hidden_states
        own = [at for at, (left, right) in enumerate(offsets) if left < end and start < right]
        wanted.append([states[layer][0, own].mean(0).double().numpy() for layer in (0, 2)])
    np.testing.assert_allclose(found[:, 0], np.mean(wanted, axis=0), atol=1e-5)
    assert not np.allclose(found[0, 0], found[1, 0])


def test_the_same_spelling_in_another_context_has_another_vector(state) -> None:
    model, tokenizer = state
    one, other = (
        vectors_in_context(
            model, tokenizer, occurrences([text], "eng_Latn", ["cat"], most=1), layers=[0, 1]
        )
        for text in TEXTS[:2]
    )
    np.testing.assert_allclose(one[0], other[0], atol=1e-6)  # the embeddings see no context
    assert not np.allclose(one[1], other[1], atol=1e-4)
