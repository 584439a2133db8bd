"""A row as it stands in a file, and the names under which its fields are found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glotlift.runs.errors import GlotliftError

FIELDS = ("id", "language", "text", "source", "license")
ALIASES = {
    "id": ("id", "doc_id", "docid", "document_id", "_id", "uuid", "guid"),
    "language": ("language", "lang", "language_code", "lang_code", "languagecode", "langcode"),
    "text": ("text", "content", "body", "sentence", "document", "raw_content"),
    "source": ("source", "origin", "url"),
    "license": ("license", "licence", "license_name", "licence_name"),
}
ROW_BYTES = 16 * 2**20
INVALID = "invalid UTF-8"
DAMAGED = "truncated or damaged archive"
TOO_LONG = "row longer than 16 MiB"


@dataclass(frozen=True)
class Row:
    """One row as it stood in a file: its line, its known fields, or the fault it has."""

    line: int
    values: Mapping[str, Any]
    fault: str = ""


def locate(names: Iterable[str], columns: Mapping[str, str] | None) -> dict[str, str]:
    """Return field -> the column that holds it, by `columns` and then by the known names."""
    found = {name.strip().lower(): name for name in reversed(list(names))}
    given = {field: name for field, name in (columns or {}).items() if name in found.values()}
    known = {
        field: next(found[alias] for alias in aliases if alias in found)
        for field, aliases in ALIASES.items()
        if field not in (columns or {}) and any(alias in found for alias in aliases)
    }
    return {**known, **given}


def locate_text(
    path: Path | str, names: list[str], columns: Mapping[str, str] | None
) -> dict[str, str]:
    """Return field -> column of a table, refusing one without text."""
    located = locate(names, columns)
    if "text" not in located:
        shown = ", ".join(names).encode("utf-8", "replace").decode()
        wanted = (columns or {}).get("text", "text")
        cause = f"there is no column {wanted!r} among: {shown:.200}"
        fix = f"name it, as in columns={{'text': {names[0] if names else 'body'!r}}}"
        raise GlotliftError("GL-CORPUS-006", cause, place=str(path), fix=fix)
    return located
