import pytest
from scipy import stats

from glotlift.evaluation.quantiles import normal_quantile, student_quantile


@pytest.mark.parametrize("freedom", [1, 2, 4, 9, 99, 1000, 1001, 50_000])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_student_quantile_agrees_with_scipy(freedom: int, confidence: float) -> None:
    expected = stats.t.ppf((1 + confidence) / 2, freedom)
    assert student_quantile(confidence, freedom) == pytest.approx(expected, rel=1e-5)


def test_normal_quantile() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959963984540054, abs=1e-12)
