"""Charts for the page: each takes plain numbers and names, and returns one inline SVG element.

All are drawn 440 units wide, so that their letters stay readable on a phone. Whatever a user may
have named is written by `name`, never as mathematics or mark-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from glotlift.runs.figures import plain, signed
from glotlift.runs.page import SVG_RC, TONES, inert, svg

WIDTH = 440
ROW = 38
FOOT = 46
LETTER = 6.4
DASHES = ("solid", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)), (0, (9, 3)))
MARKERS = ("o", "s", "^", "D", "v")
SERIES = 7
POINTS = 240


@dataclass(frozen=True)
class Change:
    """One row of an interval chart: a difference, its interval, and what it was held against.

    `tone` is ``gain``, ``loss`` or ``unsure``; `margin` (low, high) is the band of a claim, with
    None for an open side; `published` is a figure that others reported.
    """

    label: str
    estimate: float
    low: float
    high: float
    tone: str = "unsure"
    margin: tuple[float | None, float | None] | None = None
    published: float | None = None


@dataclass(frozen=True)
class Pair:
    """One row of a before-and-after chart, with an optional reference such as chance."""

    label: str
    before: float
    after: float
    reference: float | None = None


@dataclass(frozen=True)
class Line:
    """One line: its name, its positions and its heights, equally many."""

    label: str
    x: Sequence[float]
    y: Sequence[float]


def name(text: str, length: int = 20) -> str:
    """Return a name made inert, on one line, and short enough for a margin."""
    shown = inert(" ".join(text.split()))
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def better(higher: bool | None) -> str:
    """Say which direction is an improvement."""
    if higher is None:
        return ""
    return " (higher is better →)" if higher else " (← lower is better)"


def rows_axes(labels: Sequence[str], caption: str, right: int = 22) -> tuple[Figure, Axes]:
    """Return a figure with one horizontal row for each label, the first on top."""
    height = ROW * len(labels) + FOOT + 8
    left = 14 + LETTER * max((len(name(label)) for label in labels), default=0)
    figure = Figure(figsize=(WIDTH / 72, height / 72))
    inside = (WIDTH - left - right) / WIDTH
    axes = figure.add_axes((left / WIDTH, FOOT / height, inside, ROW * len(labels) / height))
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks([])
    for row, label in enumerate(labels):
        axes.annotate(
            name(label),
            (0, row),
            (-10, 0),
            ("axes fraction", "data"),
            "offset points",
            ha="right",
            va="center",
            fontsize=12,
            color=TONES["ink"],
            annotation_clip=False,
        )
    dress(axes, caption)
    axes.grid(axis="x", color=TONES["rule"], linewidth=0.8)
    axes.spines["left"].set_visible(False)
    return figure, axes


def dress(axes: Axes, caption: str) -> None:
    """Give axes quiet spines, few ticks and a caption below."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(TONES["rule"])
    axes.tick_params(length=0, pad=6, labelsize=11, labelcolor=TONES["muted"])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(caption, fontsize=11.5, color=TONES["muted"], labelpad=6)
    axes.set_axisbelow(True)


def interval_chart(
    changes: Sequence[Change], unit: str, *, higher_is_better: bool | None, label: str
) -> Markup:
    """Draw differences with their intervals around a line at zero, one row each.

    A claim's margin is a band behind its row, a published figure a hollow diamond.
    """
    with matplotlib.rc_context(SVG_RC):
        caption = f"change in {inert(unit)}{better(higher_is_better)}"
        figure, axes = rows_axes([change.label for change in changes], caption)
        limits = [value for change in changes for value in (change.low, change.high)]
        limits += [change.published for change in changes if change.published is not None]
        limits += [edge for change in changes for edge in change.margin or () if edge is not None]
        low, high = min(0.0, *limits), max(0.0, *limits)
        pad = 0.08 * (high - low or 1.0)
        axes.set_xlim(low - pad, high + pad)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
        axes.axvline(0, color=TONES["muted"], linewidth=1.2)
        for row, change in enumerate(changes):
            draw_change(axes, row, change)
        return svg(figure, label)


def draw_change(axes: Axes, row: int, change: Change) -> None:
    """Draw one row of an interval chart."""
    colour = TONES[change.tone]
    if change.margin is not None:
        edges = axes.get_xlim()
        low, high = (
            edge if edge is not None else edges[side] for side, edge in enumerate(change.margin)
        )
        axes.fill_betweenx([row - 0.42, row + 0.42], low, high, color=TONES["band"], linewidth=0)
    axes.plot([change.low, change.high], [row, row], color=colour, linewidth=2.4)
    for end in (change.low, change.high):
        axes.plot([end, end], [row - 0.12, row + 0.12], color=colour, linewidth=2.4)
    axes.plot(change.estimate, row, "o", color=colour, markersize=8)
    if change.published is not None:
        axes.plot(
            change.published,
            row,
            "D",
            markersize=7.5,
            markerfacecolor=TONES["paper"],
            markeredgecolor=TONES["ink"],
            markeredgewidth=1.4,
        )
    mark(axes, change.estimate, row - 0.24, signed(change.estimate), colour)


def mark(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    """Write a value above its point, kept within the axes."""
    low, high = axes.get_xlim()
    place = (x - low) / (high - low or 1.0)
    side = "left" if place < 0.1 else "right" if place > 0.9 else "center"
    axes.text(x, y, text, ha=side, va="bottom", fontsize=11.5, color=colour)


def pair_chart(
    pairs: Sequence[Pair], unit: str, *, higher_is_better: bool | None, label: str
) -> Markup:
    """Draw a hollow point before and a full point after on each row, and a tick at the reference.

    The axis starts at zero.
    """
    with matplotlib.rc_context(SVG_RC):
        caption = f"{inert(unit)}{better(higher_is_better)}"
        figure, axes = rows_axes([pair.label for pair in pairs], caption)
        values = [value for pair in pairs for value in (pair.before, pair.after, pair.reference)]
        axes.set_xlim(0, 1.1 * max((value for value in values if value is not None), default=1))
        for row, pair in enumerate(pairs):
            if pair.reference is not None:
                axes.plot(
                    [pair.reference] * 2,
                    [row - 0.3, row + 0.3],
                    color=TONES["ink"],
                    linewidth=1.4,
                    linestyle=(0, (2, 1.5)),
                )
            axes.plot([pair.before, pair.after], [row, row], color=TONES["before"], linewidth=2)
            axes.plot(
                pair.before,
                row,
                "o",
                markersize=8,
                markerfacecolor=TONES["paper"],
                markeredgecolor=TONES["before"],
                markeredgewidth=2,
            )
            axes.plot(pair.after, row, "o", markersize=8, color=TONES["after"])
            mark(axes, pair.after, row - 0.24, plain(pair.after, 2), TONES["after"])
        return svg(figure, label)


def line_chart(lines: Sequence[Line], x_name: str, y_name: str, *, label: str) -> Markup:
    """Draw lines told apart by colour, dashes and markers; the page writes their key."""
    height = 250
    with matplotlib.rc_context(SVG_RC):
        figure = Figure(figsize=(WIDTH / 72, height / 72))
        axes = figure.add_axes((48 / WIDTH, FOOT / height, (WIDTH - 62) / WIDTH, 168 / height))
        dress(axes, inert(x_name))
        axes.grid(axis="y", color=TONES["rule"], linewidth=0.8)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.text(
            -34 / (WIDTH - 62),
            1.08,
            inert(y_name),
            transform=axes.transAxes,
            ha="left",
            va="bottom",
            fontsize=11.5,
            color=TONES["muted"],
        )
        for position, line in enumerate(lines):
            keep = np.unique(np.linspace(0, len(line.x) - 1, min(len(line.x), POINTS)).astype(int))
            axes.plot(
                np.asarray(line.x, dtype=float)[keep],
                np.asarray(line.y, dtype=float)[keep],
                color=TONES[f"s{position % SERIES}"],
                linestyle=DASHES[position % len(DASHES)],
                linewidth=1.8,
                marker=MARKERS[position % len(MARKERS)] if len(keep) <= 24 else None,
                markersize=5,
            )
        axes.margins(x=0.02)
        return svg(figure, label)


def bar_chart(labels: Sequence[str], values: Sequence[float], unit: str, *, label: str) -> Markup:
    """Draw one horizontal bar for each value, from zero, in the order given."""
    with matplotlib.rc_context(SVG_RC):
        figure, axes = rows_axes(labels, inert(unit), right=70)
        axes.set_xlim(0, max(values, default=1) or 1)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}"))
        axes.barh(range(len(values)), values, height=0.46, color=TONES["after"])
        for row, value in enumerate(values):
            axes.annotate(
                plain(value, 0),
                (value, row),
                (6, 0),
                "data",
                "offset points",
                va="center",
                fontsize=11.5,
                color=TONES["ink"],
                annotation_clip=False,
            )
        return svg(figure, label)


def seed_chart(
    labels: Sequence[str],
    seeds: Sequence[Sequence[float]],
    unit: str,
    *,
    higher_is_better: bool | None,
    label: str,
) -> Markup:
    """Draw one point for each seed of each arm, and a tick at the arm's mean."""
    with matplotlib.rc_context(SVG_RC):
        figure, axes = rows_axes(labels, f"{inert(unit)}{better(higher_is_better)}")
        low, high = (edge(value for row in seeds for value in row) for edge in (min, max))
        pad = 0.12 * (high - low or abs(high) or 1.0)
        axes.set_xlim(low - pad, high + pad)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
        for row, values in enumerate(seeds):
            mean = float(np.mean(values))
            axes.plot([mean, mean], [row - 0.2, row + 0.2], color=TONES["ink"], linewidth=1.8)
            axes.plot(
                values, [row] * len(values), "o", color=TONES["after"], markersize=7, alpha=0.6
            )
            mark(axes, mean, row - 0.22, plain(mean), TONES["ink"])
        return svg(figure, label)
