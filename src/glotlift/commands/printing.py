"""Tables for people and JSON for programs, from the same rows."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
"""The flag that every command with something to print takes."""


def examples(*lines: str) -> str:
    """Return the epilog of a command's help: one example per paragraph."""
    return "\n\n".join(["Examples:", *lines])


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
        numeric = any(isinstance(row.get(name), int | float) for row in listed)
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left")
    for row in listed:
        table.add_row(*(Text(shown(row.get(name))) for name in names))
    # A pipe has no width to keep to, so nothing is folded or cut there.
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False).print(table)


def shown(value: Any) -> str:
    """Return the cell text of a value: four significant places, thousands parted, lists joined."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
        case {"estimate": estimate, "low": low, "high": high}:
            return f"{estimate:+.3f} [{low:+.3f}, {high:+.3f}]"
        case Mapping():
            return ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) or "-"
        case list() | tuple():
            return ", ".join(shown(item) for item in value) or "-"
        case _:
            return str(value)


def size(count: float) -> str:
    """Return a number of bytes in the unit that suits it."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def quiet_output(as_json: bool) -> AbstractContextManager[Any]:
    """Send what is printed along the way to standard error, so that JSON stands alone."""
    return redirect_stdout(sys.stderr) if as_json else nullcontext()
