"""What task rows must hold.

Option tasks: `id`, `language`, `prompt`, `options` (two or more), `answer` (the right one's index).
Translation: `id`, `language` (of the target), `source_language`, `source_text`, `text`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from datasets import Dataset

OPTION_COLUMNS = ("id", "language", "prompt", "options", "answer")
TRANSLATION_COLUMNS = ("id", "language", "source_language", "source_text", "text")


def check_columns(rows: Dataset, columns: Iterable[str]) -> None:
    """Raise GL-EVALUATION-006 where there are no rows, -007 where a column is missing."""
    if not len(rows):
        raise GlotliftError("GL-EVALUATION-006", "there are no rows to score", fix="give some")
    missing = [name for name in columns if name not in rows.column_names]
    if missing:
        raise GlotliftError(
            "GL-EVALUATION-007",
            f"column {missing[0]!r} is missing",
            place=f"columns {rows.column_names}",
            fix=f"task rows hold {list(columns)}",
        )


def joint(code: str, prompt: str) -> str:
    """Return what stands between a prompt and its continuation: a space where words are spaced."""
    needs_space = prompt and not prompt[-1].isspace() and language(code).spaced
    return " " if needs_space else ""
