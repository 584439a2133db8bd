"""How a page speaks of a language: its name, its HTML language tag, its direction."""

import re
from dataclasses import dataclass
from functools import cache

from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
UNKNOWN = frozenset({"", "und"})


@dataclass(frozen=True)
class Tongue:
    """A language as a page needs it: its name, code, BCP-47 tag and direction."""

    name: str
    code: str
    tag: str
    direction: str


@cache
def tongue(code: str | None) -> Tongue:
    """Describe a code; one that nobody knows is shown as it stands, in its letters' direction."""
    code = code or ""
    if code in UNKNOWN:
        return Tongue("not identified", code, "und", "auto")
    try:
        known = language(code)
    except GlotliftError:
        tag = code.replace("_", "-")
        return Tongue(code, code, tag if TAG.fullmatch(tag) else "und", "auto")
    return Tongue(known.name, known.code, known.bcp47, known.direction)
