import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.evaluation.statistics import Interval, paired_difference
from glotlift.evidence.verdicts import Claim, Published, judge
from glotlift.runs.errors import GlotliftError


def claim(kind: str, margin: float = 0.1, **more: object) -> Claim:
    return Claim("c", "a beats b", "accuracy", "a", "b", kind, margin, "points", **more)


def interval(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high, 5, 100, 0.95, row_variance=1.0)


@pytest.mark.parametrize(
    ("kind", "low", "high", "outcome"),
    [
        ("greater", 0.2, 0.4, "CONFIRMED"),
        ("greater", 0.0, 0.4, "NOT SEPARABLE"),
        ("greater", -0.2, 0.05, "CONTRADICTED"),
        ("less", -0.4, -0.2, "CONFIRMED"),
        ("less", -0.4, 0.0, "NOT SEPARABLE"),
        ("less", -0.05, 0.2, "CONTRADICTED"),
        ("within", -0.05, 0.05, "CONFIRMED"),
        ("within", -0.05, 0.2, "NOT SEPARABLE"),
        ("within", -0.4, 0.4, "NOT SEPARABLE"),
        ("within", 0.2, 0.4, "CONTRADICTED"),
        ("within", -0.4, -0.2, "CONTRADICTED"),
        ("greater", 0.1, 0.4, "NOT SEPARABLE"),  # touching the margin is not beyond it
    ],
)
def test_every_kind_reaches_every_verdict(kind: str, low: float, high: float, outcome: str) -> None:
    verdict = judge(claim(kind), interval(low, high))
    assert verdict.outcome == outcome
    assert (verdict.needed is not None) == (outcome == "NOT SEPARABLE")


def test_a_negative_margin_claims_not_worse() -> None:
    assert judge(claim("greater", -0.1), interval(-0.05, 0.3)).outcome == "CONFIRMED"
    assert judge(claim("less", -0.1), interval(-0.3, 0.05)).outcome == "CONFIRMED"


@given(st.floats(-1, 1), st.floats(0.001, 1), st.floats(0, 1))
def test_greater_and_less_mirror_each_other(middle: float, width: float, margin: float) -> None:
    one, other = interval(middle - width, middle + width), interval(-middle - width, width - middle)
    assert (
        judge(claim("greater", margin), one).outcome == judge(claim("less", margin), other).outcome
    )


@given(st.floats(-1, 1), st.floats(0.001, 1), st.floats(0.01, 1))
def test_more_data_never_turns_a_verdict_over(middle: float, width: float, margin: float) -> None:
    for kind in ("greater", "less", "within"):
        wide = judge(claim(kind, margin), interval(middle - width, middle + width)).outcome
        close = judge(claim(kind, margin), interval(middle - width / 2, middle + width / 2)).outcome
        assert wide in ("NOT SEPARABLE", close)


def test_needed_data_would_tell() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(50)
    seen = paired_difference(noise - noise.mean() + 0.2, 0.0)
    verdict = judge(claim("greater", 0.0), seen)
    assert verdict.outcome == "NOT SEPARABLE"
    assert verdict.needed is not None
    rows = verdict.needed.rows
    assert rows is not None
    more = rng.standard_normal(2 * rows)
    more = (more - more.mean()) / more.std() * noise.std() + 0.2
    assert judge(claim("greater", 0.0), paired_difference(more, 0.0)).outcome == "CONFIRMED"


def test_row_carries_everything_a_reader_needs() -> None:
    published = Published("2.1 points", "Table 3")
    row = judge(claim("greater", published=published), interval(0.0, 0.4)).row()
    assert row["verdict"] == "NOT SEPARABLE"
    assert row["published"] == {"figure": "2.1 points", "source": "Table 3"}
    assert "rows" in row["needed"]
    assert row["scope"] == "seeds and rows"
    assert {"id", "text", "kind", "margin", "unit", "estimate", "low", "high"} <= set(row)


def test_confirmed_needs_nothing_more() -> None:
    assert judge(claim("greater"), interval(0.2, 0.4)).row()["needed"] is None


@pytest.mark.parametrize(
    ("kind", "margin", "code"),
    [
        ("bigger", 0.1, "GL-EVIDENCE-001"),
        ("within", 0.0, "GL-EVIDENCE-002"),
        ("within", -0.1, "GL-EVIDENCE-002"),
        ("greater", float("nan"), "GL-EVIDENCE-002"),
    ],
)
def test_claims_that_claim_nothing_are_refused(kind: str, margin: float, code: str) -> None:
    with pytest.raises(GlotliftError) as error:
        claim(kind, margin)
    assert error.value.code == code
