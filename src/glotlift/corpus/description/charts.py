"""Charts of a corpus: where its rows went, how long its texts are, what they are written in."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib
from markupsafe import Markup
from matplotlib.collections import PolyCollection
from matplotlib.ticker import FixedLocator, FuncFormatter

from glotlift.runs.figures import short_count
from glotlift.runs.page import SVG_RC, TONES, svg
from glotlift.runs.plots import rows_axes, tick

# Colours in an order in which neighbours differ.
SHADES = ("after", "s1", "s2", "s3", "s5", "s4", "s6", "before")
HALF = 0.28  # of a bar's height; rows are one apart


class Range(NamedTuple):
    """Lengths in characters of a language's texts: five quantiles."""

    label: str
    least: float
    lower: float
    median: float
    upper: float
    most: float


def key(labels: Sequence[str]) -> list[dict[str, str]]:
    """Return the key of a stacked chart, as the page's template draws it."""
    return [
        {"label": label, "tone": SHADES[place], "dash": ""} for place, label in enumerate(labels)
    ]


def stacked_chart(
    labels: Sequence[str],
    shares: Sequence[Mapping[str, float]],
    parts: Sequence[str],
    values: Sequence[str],
    caption: str,
    *,
    reach: float = 1.0,
    mark: float | None = None,
    label: str,
) -> Markup:
    """Draw one bar for each label, cut into `parts` (at most eight) by their shares in [0, 1].

    `values` stand in the margin, and the axis ends at `reach`. A bar that goes beyond `mark`, where
    a dashed line is drawn, has its value coloured as a loss.
    """
    beyond = [mark is not None and sum(share.values()) > mark for share in shares]
    tones = ["loss" if over else "ink" for over in beyond]
    with matplotlib.rc_context(SVG_RC):
        figure, axes = rows_axes(labels, values, caption, tones)
        axes.set_xlim(0, reach)
        axes.xaxis.set_major_formatter(FuncFormatter(short_percent))
        starts = [0.0] * len(labels)
        for place, part in enumerate(parts):
            ends = [
                start + share.get(part, 0.0) for start, share in zip(starts, shares, strict=True)
            ]
            axes.add_collection(bars(starts, ends, TONES[SHADES[place]]))
            starts = ends
        if mark is not None:
            axes.axvline(mark, color=TONES["ink"], linewidth=1.2, linestyle=(0, (3, 2)))
        return svg(figure, label)


def bars(starts: Sequence[float], ends: Sequence[float], color: str) -> PolyCollection:
    """Return one lying bar for each row, as one shape: many times faster than a shape each."""
    corners = [
        [(start, row - HALF), (end, row - HALF), (end, row + HALF), (start, row + HALF)]
        for row, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    return PolyCollection(corners, facecolors=color, linewidths=0)


def short_percent(value: float, _: int | None = None) -> str:
    """Write a share as a tick: ``25 %``, ``2.5 %``."""
    return f"{100 * value:.3g} %"


def length_chart(ranges: Sequence[Range], label: str) -> Markup:
    """Draw the lengths of texts: a line from 5 to 95 %, a bar for the middle half, the median."""
    with matplotlib.rc_context(SVG_RC):
        values = [short_count(found.median) for found in ranges]
        figure, axes = rows_axes(
            [found.label for found in ranges], values, "characters in a text (logarithmic)"
        )
        axes.set_xscale("log")
        low = max(1.0, min(found.least for found in ranges)) / 1.3
        high = max(10.0, *(found.most for found in ranges)) * 1.3
        axes.set_xlim(low, high)
        steps = (1, 2, 5) if high < 100 * low else (1,)
        marks = [step * 10**power for power in range(12) for step in steps]
        ticks = [mark for mark in marks if low <= mark <= high]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(FixedLocator([]))
        axes.xaxis.set_major_formatter(FuncFormatter(tick))
        for row, found in enumerate(ranges):
            ends = [max(1.0, found.least), found.most]
            axes.plot(ends, [row, row], color=TONES["before"], linewidth=1.6)
            middle = [max(1.0, found.lower), found.upper]
            axes.plot(middle, [row, row], color=TONES["after"], linewidth=9, solid_capstyle="butt")
            axes.plot(
                max(1.0, found.median),
                row,
                "o",
                markersize=7,
                markerfacecolor=TONES["paper"],
                markeredgecolor=TONES["ink"],
                markeredgewidth=1.6,
            )
        return svg(figure, label)


def spoken(rows: Mapping[str, Any]) -> str:
    """Tell a chart in words, for those who do not see it."""
    return "; ".join(f"{name} {value}" for name, value in rows.items())
