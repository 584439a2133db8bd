"""Tables for people and JSON for programs, from the same rows."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from typing import Annotated, Any, Literal

import typer

from glotlift.runs import figures

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
"""The flag that every command with something to print takes."""


def examples(*lines: str) -> str:
    """Return the epilog of a command's help; the mark in front keeps its lines as written."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def print_json(value: Any) -> None:
    """Print `value` as JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def print_table(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = (), *, title: str = ""
) -> None:
    """Print rows as a table; `columns` chooses and orders them (default: the first row's keys)."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    listed = list(rows)
    names = list(columns) or list(listed[0] if listed else [])
    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for name in names:
        table.add_column(name.replace("_", " "), justify=side([row.get(name) for row in listed]))
    for row in listed:
        table.add_row(*(Text(shown(row.get(name))) for name in names))
    # A pipe has no width to keep to, so nothing is folded or cut there.
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False).print(table)


def side(column: Sequence[Any]) -> Literal["left", "right"]:
    """Return the side a column is set against: numbers right, all else left."""
    given = [value for value in column if value is not None]
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in given)
    return "right" if given and numeric else "left"


def shown(value: Any) -> str:
    """Return the cell text of a value: numbers as people read them, lists joined."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}" if abs(value) >= 10_000 else str(value)
        case None | float():
            return figures.plain(value)
        case {"estimate": _, "low": _, "high": _}:
            return figures.interval(value)
        case Mapping():
            return ", ".join(f"{key}: {shown(item)}" for key, item in value.items())
        case list() | tuple():
            return ", ".join(shown(item) for item in value)
        case _:
            return str(value)


def quiet_output(as_json: bool) -> AbstractContextManager[Any]:
    """Send what is printed along the way to standard error, so that JSON stands alone."""
    return redirect_stdout(sys.stderr) if as_json else nullcontext()
