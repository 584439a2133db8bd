"""Coded errors: every refusal says what is wrong, where, and what to do.

    GL-CORPUS-012: column 'text' is missing (at data.jsonl:3). Fix: rename it or pass columns=...

A code names one cause for ever; `docs/errors.md` has one entry per code.
"""

import re
from functools import partial
from typing import Any


class GlotliftError(Exception):
    """An error that a user can act on, told in one line.

    `code` is ``GL-<ROOM>-<three digits>``; `place` is a file and line, a row id or a config key.
    """

    def __init__(self, code: str, cause: str, *, place: str = "", fix: str = "") -> None:
        if not re.fullmatch(r"GL-[A-Z]+-\d{3}", code):
            raise ValueError(f"not an error code: {code}")
        self.code, self.cause, self.place, self.fix = code, cause, place, fix
        where = f" (at {place})" if place else ""
        remedy = f". Fix: {fix}" if fix else ""
        super().__init__(" ".join(f"{code}: {cause}{where}{remedy}".split()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error pass from a worker process to the one that waits for it."""
        told = partial(GlotliftError, place=self.place, fix=self.fix)
        return told, (self.code, self.cause)
