import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.clients import LocalModel
from glotlift.probing.mexa import (
    alignment_by_layer,
    estimate_score,
    exact_margins,
    mexa,
    pool_layers,
)
from glotlift.runs.errors import GlotliftError
from tiny import TEXTS, model_of, tokenizer


def by_definition(pivot, other):
    """Return the paper's equation 1, sentence by sentence, from cosines in float64."""
    one, two = pivot.astype(np.float64), other.astype(np.float64)
    count = 0
    for i in range(len(one)):
        rivals = [j for j in range(len(one)) if j != i]
        own = cosine(one[i], two[i])
        count += own > max(max(cosine(one[i], two[j]), cosine(one[j], two[i])) for j in rivals)
    return count / len(one)


def cosine(a, b):
    return a @ b / np.sqrt((a @ a) * (b @ b))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 20), st.floats(0.05, 3))
def test_it_is_the_definition(seed, sentences, noise):
    rng = np.random.default_rng(seed)
    pivot = rng.standard_normal((3, sentences, 8)).astype(np.float32)
    other = pivot + (noise * rng.standard_normal(pivot.shape)).astype(np.float32)
    expected = [by_definition(a, b) for a, b in zip(pivot, other, strict=True)]
    assert mexa(pivot, other).tolist() == expected


def test_ties_are_failures_and_close_margins_are_told_apart():
    pivot = np.eye(3, dtype=np.float32)[None] + 1
    twice = pivot[:, [0, 0, 2]]
    assert mexa(pivot, pivot)[0] == 1
    assert mexa(twice, twice)[0] == pytest.approx(1 / 3)
    near = np.array([[1.0, 0], [1, 1e-6], [0, 1]])
    assert 0 < exact_margins(near, near, np.array([0]))[0] < 1e-11
    assert mexa(near[None], near[None])[0] < 1  # as near as rounding: no reason to call it told


def test_shuffled_translations_are_not_aligned():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((2, 100, 16)).astype(np.float32)
    assert mexa(vectors, vectors).tolist() == [1, 1]
    assert mexa(vectors, np.roll(vectors, 1, axis=1)).max() == 0
    assert mexa(vectors, rng.standard_normal(vectors.shape)).max() < 0.06


def test_a_language_is_aligned_with_itself_in_every_layer():
    client = LocalModel(model_of("llama"), tokenizer())
    found = alignment_by_layer(client, TEXTS, TEXTS)
    assert found.shape == (3,)
    assert found.tolist() == [1, 1, 1]


def test_pooling_and_estimates():
    layers = np.array([0.0, 0.5, 1.0])
    assert pool_layers(layers) == 0.5
    assert pool_layers(layers, "max") == 1
    assert estimate_score(1, 0.8, 0.25) == pytest.approx(0.8)
    assert estimate_score(0, 0.8, 0.25) == 0.25


def test_refusals():
    vectors = np.ones((2, 3, 4))
    for one, other, code in (
        (vectors, np.ones((2, 4, 4)), "GL-PROBING-050"),
        (vectors[0], vectors[0], "GL-PROBING-050"),
        (vectors[:, :1], vectors[:, :1], "GL-PROBING-051"),
    ):
        with pytest.raises(GlotliftError) as error:
            mexa(one, other)
        assert error.value.code == code
