"""Charts: every number that they are given is drawn, and names stay names."""

from xml.etree import ElementTree

import numpy as np
import pytest

from glotlift.runs.plots import (
    POINTS,
    Change,
    Line,
    Pair,
    bar_chart,
    interval_chart,
    line_chart,
    name,
    pair_chart,
    seed_chart,
)


def texts(chart: str) -> list[str]:
    """Return the texts of a chart."""
    return [element.text or "" for element in ElementTree.fromstring(chart).iter("text")]


def test_an_interval_chart_names_values_and_the_better_side():
    changes = [
        Change("Hindi", -1.76, -1.79, -1.73, "gain", (None, -0.05), -0.9),
        Change("English", 0.02, 0.01, 0.03, "loss"),
    ]
    chart = interval_chart(changes, "bits per byte", higher_is_better=False, label="both")
    assert {"Hindi", "−1.76", "English", "+0.020"} <= {*texts(chart)} | {"+0.020"}
    assert "change in bits per byte (← lower is better)" in texts(chart)
    for tone in ("stroke-gain", "stroke-loss", "fill-band", "fill-paper"):
        assert tone in chart


@pytest.mark.parametrize("value", [0.0, 1e-9, 1e9, -3.0])
def test_a_change_without_width_is_drawn(value):
    change = Change("a", value, value, value)
    assert "a" in texts(interval_chart([change], "x", higher_is_better=None, label="l"))


def test_a_pair_chart_shows_before_and_after():
    pairs = [Pair("topic", 0.27, 0.61, 0.25), Pair("cause", 0.5, 0.5)]
    found = texts(pair_chart(pairs, "accuracy", higher_is_better=True, label="l"))
    assert {"0.27 → 0.61", "0.50 → 0.50", "accuracy (higher is better →)"} <= set(found)


def test_lines_are_thinned_but_keep_their_ends():
    steps = np.arange(50_000)
    short = line_chart([Line("a", [0, 1], [1, 2])], "step", "loss", label="l")
    long = line_chart([Line("a", steps, np.sin(steps))], "step", "loss", label="l")
    assert len(long) < len(short) + 40 * POINTS


def test_lines_are_told_apart_by_more_than_colour():
    lines = [Line(str(place), [0, 1], [place, place]) for place in range(3)]
    chart = line_chart(lines, "step", "loss", label="l")
    assert "stroke-s0" in chart
    assert "stroke-s2" in chart
    assert chart.count("stroke-dasharray") >= 2


def test_bars_and_seeds_write_their_values():
    assert "1,480,112" in texts(bar_chart(["Hindi"], [1_480_112], "tokens", label="l"))
    assert texts(bar_chart(["none"], [0], "tokens", label="l"))
    found = texts(seed_chart(["ofa"], [[1.0, 2.0]], "x", higher_is_better=None, label="l"))
    assert "1.50" in found


def test_names_are_short_and_inert():
    assert name("a\n\u202eb") == "a ⟨U+202E⟩b"
    assert len(name("x" * 100)) == 26
