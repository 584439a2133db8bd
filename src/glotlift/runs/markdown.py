"""Markdown of untrusted text: escaped words, fenced code, tables."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from glotlift.runs.page import inert

PUNCTUATION = re.compile(r"""([\\`*_{}\[\]<>()#+!|~&@$^="]|:(?=/)|^[-.]|(?<=^\d)\.|(?<=www)\.)""")


def line(text: Any) -> str:
    """Return text made inert and on one line."""
    return inert(" ".join(str("" if text is None else text).split()))


def escape(text: Any) -> str:
    """Return text on one line that Markdown and HTML show as it stands."""
    return PUNCTUATION.sub(r"\\\1", line(text))


def fenced(text: Any, language: str = "") -> str:
    """Return text in a code block whose fence is longer than any run of backticks within."""
    shown = inert(str(text)).rstrip()
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{fence}{language}\n{shown}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; cells are escaped by whoever wrote them."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
