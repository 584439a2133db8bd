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
Side = Literal["left", "right"]
PIPE_WIDTH = 200  # a pipe has no width to keep to, so that little is folded there


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
    listed = list(rows)
    names = list(columns) or list(listed[0] if listed else [])
    sides = [side([row.get(name) for row in listed]) for name in names]
    cells = [[shown(row.get(name)) for name in names] for row in listed]
    heads = [name.replace("_", " ") for name in names]
    terminal = sys.stdout.isatty()
    plain = plain_table(heads, sides, cells) if heads and cells and not (terminal or title) else []
    if plain:
        print("\n".join(plain))
        return

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for head, where in zip(heads, sides, strict=True):
        table.add_column(Text(head), justify=where)
    for row in cells:
        table.add_row(*map(Text, row))
    Console(width=None if terminal else PIPE_WIDTH, highlight=False).print(table)


def plain_table(
    heads: Sequence[str], sides: Sequence[Side], cells: Sequence[Sequence[str]]
) -> list[str]:
    """Return the lines of a table as rich writes them to a pipe, which takes long to import.

    Nothing is returned for a table that rich would fold, or write in other characters.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    texts = [text for row in (heads, *cells) for text in row]
    if not (encoding.lower().startswith("utf") and all(map(str.isprintable, texts))):
        return []
    widths = [max(map(cells_of, column)) for column in zip(heads, *cells, strict=True)]
    whole = sum(widths) + 3 * len(widths) - 1
    if whole > PIPE_WIDTH:
        return []

    def line(row: Sequence[str]) -> str:
        placed = map(set_against, row, sides, widths)
        return f" {'   '.join(placed)} "

    return [" " * whole, line(heads), f" {'─' * (whole - 2)} ", *map(line, cells), " " * whole]


def set_against(text: str, where: Side, width: int) -> str:
    """Return text filled up with spaces to a width in cells of a terminal."""
    blank = " " * (width - cells_of(text))
    return blank + text if where == "right" else text + blank


def cells_of(text: str) -> int:
    """Return how many cells of a terminal a text takes: two for each wide character."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def side(column: Sequence[Any]) -> Side:
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
