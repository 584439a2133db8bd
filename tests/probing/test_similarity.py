import numpy as np
import pytest

from glotlift.probing import (
    kernel_alignment,
    language_similarity,
    translation_similarity,
)
from glotlift.probing.similarity import derangement, translation_excess
from glotlift.runs.errors import GlotliftError


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_alignment_of_one_dimension_is_the_squared_correlation():
    one, other = drawn(50, 1), drawn(50, 1, seed=1)
    expected = np.corrcoef(one[:, 0], other[:, 0])[0, 1] ** 2
    assert kernel_alignment(one, other) == pytest.approx(expected)


def test_alignment_is_that_of_centred_gram_matrices():
    one, other = drawn(20, 5), drawn(20, 7, seed=1)
    centre = np.eye(20) - 1 / 20
    first, second = (centre @ x @ x.T @ centre for x in (one, other))
    expected = (first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum())
    assert kernel_alignment(one, other) == pytest.approx(expected)


def test_alignment_sees_neither_rotation_nor_scale_nor_place():
    vectors = drawn(40, 6)
    rotation, _ = np.linalg.qr(drawn(6, 6, seed=2))
    assert kernel_alignment(vectors, 3 * vectors @ rotation + 5) == pytest.approx(1)
    assert kernel_alignment(vectors, vectors[derangement(40, 0)]) < 0.5


def test_translations_stand_out_from_shuffled_pairs():
    shared = drawn(2, 200, 16)
    vectors = {
        code: shared + 0.5 * drawn(2, 200, 16, seed=seed) + 9 * seed
        for seed, code in enumerate(("eng_Latn", "yor_Latn", "hin_Deva"), start=1)
    }
    found = translation_similarity(vectors)
    assert found["aligned"].shape == found["shuffled"].shape == (3, 2, 200)
    assert found["aligned"].mean() == pytest.approx(1 / 1.25, abs=0.03)
    assert found["shuffled"].mean() == pytest.approx(0, abs=0.03)


def test_means_of_languages_look_alike_until_what_they_share_is_taken_off():
    vectors = {
        code: 10 + drawn(1, 1, 8, seed=seed) + 0.1 * drawn(1, 30, 8, seed=seed + 10)
        for seed, code in enumerate("abc")
    }
    plain, centred = (language_similarity(vectors, centred=c)[0] for c in (False, True))
    assert plain.shape == (3, 3)
    assert plain.min() > 0.98
    assert centred[~np.eye(3, dtype=bool)].max() < 0.5
    np.testing.assert_allclose(np.diag(centred), 1)


@pytest.mark.parametrize("count", [2, 3, 10, 57])
def test_no_text_keeps_its_place_when_shuffled(count):
    moved = derangement(count, 3)
    assert sorted(moved) == list(range(count))
    assert (moved != np.arange(count)).all()


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("041", lambda: language_similarity({"eng_Latn": drawn(1, 5, 4)})),
        ("042", lambda: translation_similarity({"a": drawn(1, 5, 4), "b": drawn(1, 6, 4)})),
        ("042", lambda: kernel_alignment(drawn(5, 4), drawn(6, 4))),
        ("043", lambda: translation_similarity({"a": drawn(1, 1, 4), "b": drawn(1, 1, 4)})),
    ],
)
def test_what_cannot_be_compared_is_refused(code, wrong):
    with pytest.raises(GlotliftError, match=f"GL-PROBING-{code}"):
        wrong()


def test_excess_is_the_mean_of_true_pairs_less_that_of_all_others():
    one, other = drawn(2, 9, 4), drawn(2, 9, 4, seed=1)
    found = translation_excess(one, other)
    for layer in range(2):
        left, right = (side[layer] - side[layer].mean(0) for side in (one, other))
        lengths = np.outer(np.linalg.norm(left, axis=1), np.linalg.norm(right, axis=1))
        cosines = left @ right.T / lengths
        off = cosines[~np.eye(9, dtype=bool)].mean()
        assert found[layer].mean() == pytest.approx(np.diag(cosines).mean() - off)
        rivals = np.concatenate([np.delete(cosines[3], 3), np.delete(cosines[:, 3], 3)])
        assert found[layer, 3] == pytest.approx(cosines[3, 3] - rivals.mean())


def test_excess_is_nothing_for_pairs_put_together_by_chance():
    shared = drawn(1, 60, 8)
    one, other = shared + 5, shared + 0.1 * drawn(1, 60, 8, seed=1) - 3
    assert translation_excess(one, other).mean() > 0.9
    orders = [np.random.default_rng(seed).permutation(60) for seed in range(200)]
    by_chance = [translation_excess(one, other[:, order]).mean() for order in orders]
    assert abs(np.mean(by_chance)) < 0.01


def test_excess_refuses_what_does_not_pair():
    for one, other, code in (
        (drawn(1, 3, 2), drawn(1, 4, 2), "GL-PROBING-042"),
        (drawn(1, 1, 2), drawn(1, 1, 2), "GL-PROBING-043"),
    ):
        with pytest.raises(GlotliftError) as error:
            translation_excess(one, other)
        assert error.value.code == code
