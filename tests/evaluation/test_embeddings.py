import numpy as np
import pytest
from scipy import stats

from glotlift.evaluation.embeddings import (
    bitext_scores,
    class_mean_scores,
    cosines,
    retrieval_scores,
    similarity_scores,
)
from glotlift.runs.errors import GlotliftError

RANDOM = np.random.default_rng(0)


def test_cosines_do_not_know_lengths():
    one, other = RANDOM.normal(size=(3, 5)), RANDOM.normal(size=(4, 5))
    assert np.allclose(cosines(one * 7, other), cosines(one, other / 3))
    expected = one[0] @ other[1] / np.linalg.norm(one[0]) / np.linalg.norm(other[1])
    assert cosines(one, other)[0, 1] == pytest.approx(expected)
    assert not cosines(np.zeros((1, 5)), other).any()


def test_the_right_document_first_scores_one():
    documents = RANDOM.normal(size=(20, 8))
    grades = np.eye(20)[[4, 9]]
    assert retrieval_scores(documents[[4, 9]] * 2, documents, grades).tolist() == [1, 1]
    # The right one is second: 1 / log2(3).
    near = documents[[4]] + 0.01 * documents[[5]]
    second = retrieval_scores(near, documents, np.eye(20)[[5]])
    assert second[0] <= 1 / np.log2(3)


def test_translations_are_found_only_row_by_row():
    vectors = RANDOM.normal(size=(30, 16))
    noisy = vectors + RANDOM.normal(0, 0.01, size=(30, 16))
    assert bitext_scores(vectors, noisy).mean() == 1
    assert bitext_scores(vectors, np.roll(noisy, 1, axis=0)).mean() == 0


def test_similarity_is_spearmans_correlation():
    one, other = RANDOM.normal(size=(2, 40, 6))
    degrees = RANDOM.integers(0, 5, 40).astype(float)
    pairs = [float(cosines(a[None], b[None])[0, 0]) for a, b in zip(one, other, strict=True)]
    expected = stats.spearmanr(pairs, degrees).statistic
    assert similarity_scores(one, other, degrees).mean() == pytest.approx(expected)


def test_classes_are_told_by_the_nearest_mean():
    centres = np.eye(3) * 5
    labels = np.arange(30) % 3
    taught, asked = (centres[labels] + RANDOM.normal(0, 0.3, (30, 3)) for _ in range(2))
    assert class_mean_scores(taught, labels, asked, labels).mean() == 1
    wrong = (labels + 1) % 3
    assert class_mean_scores(taught, labels, asked, wrong).mean() == 0


@pytest.mark.parametrize("measure", [bitext_scores, lambda a, b: similarity_scores(a, b, [1] * 3)])
def test_sides_that_do_not_pair_are_refused(measure):
    with pytest.raises(GlotliftError) as error:
        measure(np.ones((3, 4)), np.ones((2, 4)))
    assert error.value.code == "GL-EVALUATION-093"
