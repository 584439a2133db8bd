"""Where a written text ends."""

from collections.abc import Sequence


def cut(text: str, stop: Sequence[str]) -> str:
    """Return the text before the first of the stop strings in it."""
    ends = [text.find(end) for end in stop if end in text]
    return text[: min(ends, default=len(text))]
