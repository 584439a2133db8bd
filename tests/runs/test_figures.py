"""Figures as people read them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.runs import figures


def change(estimate, low, high):
    """Return a change as evidence holds it."""
    return {"estimate": estimate, "low": low, "high": high}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (figures.signed(-1.7622), "−1.76"),
        (figures.signed(0.02), "+0.02"),
        (figures.signed(0.00001, 2), "0.00"),
        (figures.signed(None), "–"),
        (figures.plain(3.2134, 2), "3.21"),
        (figures.plain(-0.001, 2), "0.00"),
        (figures.plain(float("nan")), "–"),
        (figures.plain("about 3"), "about 3"),
        (figures.plain(12_000), "12,000"),
        (figures.plain(300.0), "300"),
        (figures.plain(21_310.4), "21,310"),
        (figures.count(1_234_567), "1,234,567"),
        (figures.short_count(3_145_216), "3.1 million"),
        (figures.short_count(8_000), "8,000"),
        (figures.size(512), "512 bytes"),
        (figures.size(1_912_334_221), "1.9 GB"),
        (figures.size(3e18), "3,000,000.0 TB"),
        (figures.duration(4.21), "4.2 s"),
        (figures.duration(59.9), "60 s"),
        (figures.duration(151.4), "2 min 31 s"),
        (figures.duration(3_725), "1 h 02 min"),
        (figures.percent(0.0123), "1.2 %"),
        (figures.interval(change(-1.7622, -1.79, -1.73)), "−1.76 [−1.79, −1.73]"),
        (figures.interval(change(0.0038, -0.005, 0.013)), "+0.004 [−0.005, +0.013]"),
        (figures.interval({"estimate": 0.5}), "+0.50"),
        (figures.interval(None), "not measured"),
        (figures.listed({"cpu": ["a", None], "bf16": True}), "cpu: a, not recorded; bf16: yes"),
    ],
)  # fmt: skip
def test_figures_read_as_people_write_them(written, expected):
    assert written == expected


@given(
    st.floats(-1e6, 1e6, allow_nan=False),
    st.floats(1e-4, 1e3, allow_nan=False),
)
@settings(deadline=None, max_examples=50)
def test_an_interval_that_leaves_out_zero_never_reads_as_one_that_holds_it(middle, half):
    change = {"estimate": middle, "low": middle - half, "high": middle + half}
    _, low, high = figures.interval(change).replace("[", "").replace("]", "").split(" ")
    if middle - half > half:
        assert low.startswith("+")
    if middle + half < -half:
        assert high.startswith("−")
