import numpy as np
import pytest
from scipy import stats

from glotlift.evaluation.correlation import pearson_rows
from glotlift.evaluation.statistics import paired_difference


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_of_the_rows_is_the_correlation(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(30)
    y = 0.5 * x + rng.standard_normal(30)
    assert pearson_rows(x, y).mean() == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-12)


def test_an_interval_of_the_rows_is_about_that_of_fisher():
    rng = np.random.default_rng(0)
    x = rng.standard_normal(400)
    y = 0.6 * x + rng.standard_normal(400)
    found = paired_difference(pearson_rows(x, y), 0.0)
    expected = stats.pearsonr(x, y).confidence_interval(0.95)
    assert found.low == pytest.approx(expected.low, abs=0.02)
    assert found.high == pytest.approx(expected.high, abs=0.02)


def test_what_does_not_vary_correlates_with_nothing():
    assert pearson_rows([1, 1, 1], [1, 2, 3]).tolist() == [0, 0, 0]
