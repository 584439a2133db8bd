import numpy as np
import pytest
from scipy import stats

from glotlift.evaluation.correlation import average_ranks, kendall, pearson_rows, spearman_rows
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


@pytest.mark.parametrize("seed", range(5))
def test_ranks_and_their_correlations_are_those_of_scipy(seed):
    x, y = np.random.default_rng(seed).integers(0, 6, (2, 20))
    assert average_ranks(x).tolist() == stats.rankdata(x).tolist()
    assert np.array_equal(average_ranks(np.stack([x, y], 1))[:, 1], stats.rankdata(y))
    assert spearman_rows(x, y).mean() == pytest.approx(stats.spearmanr(x, y).statistic)
    assert kendall(x, y) == pytest.approx(stats.kendalltau(x, y).statistic)
    both = kendall(np.stack([y, x], 1), x)
    assert both == pytest.approx([stats.kendalltau(x, y).statistic, 1])


def test_ranks_without_an_order_agree_with_nothing():
    assert kendall([1, 1, 1], [1, 2, 3]) == 0
