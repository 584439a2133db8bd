"""What a row of a file says, or what is wrong with it."""

from functools import cache
from typing import Any

from glotlift.corpus.fields import ROW_BYTES, TOO_LONG, Row
from glotlift.languages import covers
from glotlift.languages import language as find_language
from glotlift.runs.errors import GlotliftError

UNDETERMINED = "und"
UNKNOWN = "unknown"
EMPTY = "empty text"


def as_string(value: Any) -> str:
    """Return an id, a source or a license as a string; "" where it is missing or no plain value."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-8", "replace").decode().strip()


def raw_text(row: Row) -> tuple[str, str]:
    """Return a row's text as it stands, and its fault where it has none."""
    text = row.values.get("text")
    if row.fault or text is None:
        return "", row.fault or "no text"
    if not isinstance(text, str):
        return "", "text is not a string"
    if "\0" in text:
        return "", "NUL character"
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return "", "lone surrogate"
    return (text, "") if size <= ROW_BYTES else ("", TOO_LONG)


def spoken_language(stated: Any, wanted: str | None) -> tuple[str, str]:
    """Return a row's language code, and its fault where it is unknown or not the one wanted."""
    if stated is None or stated == "":
        return wanted or UNDETERMINED, ""
    code = resolve(stated) if isinstance(stated, str) else None
    if code is None:
        # `zh` beside a wanted zho_Hans does not contradict it; it only says less.
        vague = isinstance(stated, str) and wanted is not None and covers(stated, wanted)
        return (wanted or "", "") if vague else ("", "unknown language")
    return code, f"other language: {code}" if wanted not in {None, code} else ""


@cache
def resolve(stated: str) -> str | None:
    """Return the language code that a row's own code stands for, if it is one."""
    try:
        return str(find_language(stated).code)
    except GlotliftError:
        return None
