"""A chart of a table of numbers: the stronger the colour, the larger the number."""

from collections.abc import Sequence

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from glotlift.runs.figures import plain
from glotlift.runs.page import SVG_RC, TONES, svg
from glotlift.runs.plots import FOOT, LETTER, ROW, WIDTH, dress, name

STRONGEST = 0.55  # opacity; more would hide the numbers
WIDE = 27  # units that a number of two places needs


def heat_chart(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    caption: str,
    *,
    label: str,
) -> Markup:
    """Draw values [rows][columns]; those below zero in the colour of a loss.

    Numbers stand in the cells where there is room. What was not measured stays empty.
    """
    most = max((abs(value) for row in values for value in row if value is not None), default=0) or 1
    with matplotlib.rc_context(SVG_RC):
        height = ROW * len(rows) + FOOT + 8
        left = 14 + LETTER * max((len(name(row)) for row in rows), default=0)
        inside = WIDTH - left - 8
        figure = Figure(figsize=(WIDTH / 72, height / 72))
        box = (left / WIDTH, FOOT / height, inside / WIDTH, ROW * len(rows) / height)
        axes = figure.add_axes(box)
        dress(figure, axes, name(caption))
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        step = max(1, -(-len(columns) // 14))
        axes.set_xticks(range(0, len(columns), step), list(columns)[::step])
        axes.set_yticks(range(len(rows)), [name(row) for row in rows])
        axes.tick_params(axis="y", labelsize=12.5, labelcolor=TONES["ink"])
        for spine in axes.spines.values():
            spine.set_visible(False)
        for place, row in enumerate(values):
            for column, value in enumerate(row):
                if value is not None:
                    draw_cell(axes, place, column, value, most, inside / len(columns) >= WIDE)
        return svg(figure, label)


def draw_cell(axes: Axes, row: int, column: int, value: float, most: float, written: bool) -> None:
    """Draw one cell, with its number where it is to be written."""
    axes.add_patch(
        Rectangle(
            (column - 0.47, row - 0.46),
            0.94,
            0.92,
            facecolor=TONES["loss" if value < 0 else "after"],
            alpha=STRONGEST * abs(value) / most,
            linewidth=0,
        )
    )
    if written:
        axes.text(
            column, row, plain(value, 2), ha="center", va="center", fontsize=10.5,
            color=TONES["ink"],
        )  # fmt: skip
