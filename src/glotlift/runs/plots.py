"""Charts for the page: each takes plain numbers and names, and returns one inline SVG element.

All are drawn 400 units wide, so that their letters stay readable on a phone. Whatever a user may
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

from glotlift.runs.figures import MINUS, count, decimals, plain, signed
from glotlift.runs.page import SVG_RC, TONES, inert, svg

WIDTH = 400
ROW = 31
FOOT = 44
LETTER = 6.7
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


def name(text: str, length: int = 26) -> str:
    """Return a name made inert, on one line, and short enough for a margin."""
    shown = inert(" ".join(text.split()))
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def better(higher: bool | None) -> str:
    """Say which direction is an improvement."""
    if higher is None:
        return ""
    return " (higher is better →)" if higher else " (← lower is better)"


def rows_axes(
    labels: Sequence[str],
    values: Sequence[str],
    caption: str,
    tones: Sequence[str] = (),
    foot: int = FOOT,
) -> tuple[Figure, Axes]:
    """Return a figure with one row for each label, first on top, its value in the right margin."""
    height = ROW * len(labels) + foot + 8
    left = 14 + LETTER * max((len(name(label)) for label in labels), default=0)
    right = 16 + LETTER * max((len(value) for value in values), default=0)
    figure = Figure(figsize=(WIDTH / 72, height / 72))
    inside = (WIDTH - left - right) / WIDTH
    axes = figure.add_axes((left / WIDTH, foot / height, inside, ROW * len(labels) / height))
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks([])
    for row, label in enumerate(labels):
        tone = tones[row] if tones else "ink"
        for text, side, colour in ((name(label), 0, "ink"), (values[row], 1, tone)):
            axes.annotate(
                text,
                (side, row),
                ((-10, 10)[side], 0),
                ("axes fraction", "data"),
                "offset points",
                ha=("right", "left")[side],
                va="center",
                fontsize=12.5,
                color=TONES[colour],
            )
    dress(figure, axes, caption)
    axes.grid(axis="x", color=TONES["rule"], linewidth=0.8)
    axes.spines["left"].set_visible(False)
    return figure, axes


def dress(figure: Figure, axes: Axes, caption: str) -> None:
    """Give axes quiet spines, few ticks and a caption below."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(TONES["rule"])
    axes.tick_params(length=0, pad=6, labelsize=11.5, labelcolor=TONES["muted"])
    axes.xaxis.set_major_locator(MaxNLocator(4))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(tick))
    axes.set_axisbelow(True)
    low = 5 / (figure.get_figheight() * 72)
    figure.text(0.5, low, caption, ha="center", va="bottom", fontsize=12, color=TONES["muted"])


def tick(value: float, _: int | None = None) -> str:
    """Write a tick as short as it goes: ``0.5``, ``1,200``, ``−0.25``."""
    return f"{value:,.10g}".replace("-", MINUS)


def interval_chart(
    changes: Sequence[Change], unit: str, *, higher_is_better: bool | None, label: str
) -> Markup:
    """Draw differences with their intervals around a line at zero, one row each.

    A claim's margin is a band behind its row, a published figure a hollow diamond.
    """
    with matplotlib.rc_context(SVG_RC):
        caption = f"change in {name(unit)}{better(higher_is_better)}"
        figure, axes = rows_axes(
            [change.label for change in changes],
            [
                signed(change.estimate, decimals((change.high - change.low) / 2))
                for change in changes
            ],
            caption,
            [change.tone for change in changes],
        )
        limits = [value for change in changes for value in (change.low, change.high)]
        limits += [change.published for change in changes if change.published is not None]
        limits += [edge for change in changes for edge in change.margin or () if edge is not None]
        low, high = min(0.0, *limits), max(0.0, *limits)
        pad = 0.08 * (high - low or 1.0)
        axes.set_xlim(low - pad, high + pad)
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


def pair_chart(
    pairs: Sequence[Pair], unit: str, *, higher_is_better: bool | None, label: str
) -> Markup:
    """Draw a hollow point before and a full point after on each row, and a tick at the reference.

    The axis starts at zero.
    """
    with matplotlib.rc_context(SVG_RC):
        figure, axes = rows_axes(
            [pair.label for pair in pairs],
            [f"{plain(pair.before, 2)} → {plain(pair.after, 2)}" for pair in pairs],
            f"{name(unit)}{better(higher_is_better)}",
        )
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
        return svg(figure, label)


def line_chart(lines: Sequence[Line], x_name: str, y_name: str, *, label: str) -> Markup:
    """Draw lines told apart by colour, dashes and markers; the page writes their key."""
    height = 250
    with matplotlib.rc_context(SVG_RC):
        figure = Figure(figsize=(WIDTH / 72, height / 72))
        axes = figure.add_axes((48 / WIDTH, FOOT / height, (WIDTH - 62) / WIDTH, 168 / height))
        dress(figure, axes, name(x_name))
        axes.grid(axis="y", color=TONES["rule"], linewidth=0.8)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.text(
            -34 / (WIDTH - 62),
            1.08,
            name(y_name),
            transform=axes.transAxes,
            ha="left",
            va="bottom",
            fontsize=12,
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
        figure, axes = rows_axes(labels, [count(value) for value in values], name(unit), foot=28)
        axes.set_xlim(0, max(values, default=1) or 1)
        axes.set_xticks([])
        axes.barh(range(len(values)), values, height=0.46, color=TONES["after"])
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
        means = [float(np.mean(values)) for values in seeds]
        caption = f"{name(unit)}{better(higher_is_better)}"
        figure, axes = rows_axes(labels, [plain(mean) for mean in means], caption)
        low, high = (edge(value for row in seeds for value in row) for edge in (min, max))
        pad = 0.12 * (high - low or abs(high) or 1.0)
        axes.set_xlim(low - pad, high + pad)
        for row, values in enumerate(seeds):
            axes.plot([means[row]] * 2, [row - 0.2, row + 0.2], color=TONES["ink"], linewidth=1.8)
            axes.plot(
                values, [row] * len(values), "o", color=TONES["after"], markersize=7, alpha=0.6
            )
        return svg(figure, label)
