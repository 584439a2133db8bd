"""Evidence in words: names of languages, what intervals are over, which way is good."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from glotlift.languages import language
from glotlift.runs.errors import GlotliftError
from glotlift.runs.figures import number, plain, signed

TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
DIRECTIONS = {"ltr", "rtl"}
SCOPES = {
    "rows only": "over held-out documents only; one run",
    "seeds and rows": "over seeds and the held-out rows that they share",
    "seeds only": "over seeds only",
}


@dataclass(frozen=True)
class Tongue:
    """A language as the page needs it: its name, code, HTML language tag and direction."""

    name: str
    code: str
    tag: str
    direction: str


def tongue_finder(evidence: Mapping[str, Any]) -> Callable[[Any], Tongue]:
    """Return a function from a code to a `Tongue`.

    Names and directions that the evidence states come first, then those of the code itself. A
    code that nobody knows is shown as it stands, in the direction of its own letters.
    """
    stated = {str(row.get("language")): row for row in evidence.get("languages") or []}

    def find(code: Any) -> Tongue:
        known = describe(str(code or ""))
        row = stated.get(known.code, {})
        direction = row.get("direction")
        return Tongue(
            name=str(row.get("name") or known.name),
            code=known.code,
            tag=known.tag,
            direction=direction if direction in DIRECTIONS else known.direction,
        )

    return find


@cache
def describe(code: str) -> Tongue:
    """Describe a code by the languages that are known, or by itself."""
    tag = code.replace("_", "-")
    if not TAG.fullmatch(tag):
        return Tongue(code or "unnamed", code, "und", "auto")
    try:
        known = language(code)
    except GlotliftError:
        return Tongue(code, code, tag, "auto")
    return Tongue(known.name, code, known.bcp47, known.direction)


def tone(change: Any, higher_is_better: Any = False) -> str:
    """Return ``gain`` or ``loss`` where the whole interval lies on that side of zero.

    Anything else is ``unsure``. Most changes are of bits per byte, where higher is worse.
    """
    if not isinstance(change, Mapping):
        return "unsure"
    low, high = number(change.get("low")), number(change.get("high"))
    if low is None or high is None or low <= 0 <= high:
        return "unsure"
    return "gain" if (low > 0) == bool(higher_is_better) else "loss"


def coverage(changes: Iterable[Any], seeds: int = 1) -> str:
    """Say what the intervals of `changes` are over, by the scope that they state.

    Without one, a single seed means held-out documents of one run, and several mean both.
    """
    scopes = {change.get("scope") for change in changes if isinstance(change, Mapping)}
    stated = [text for scope, text in SCOPES.items() if scope in scopes]
    usual = SCOPES["rows only" if seeds <= 1 else "seeds and rows"]
    return ", or ".join(stated) or usual


def claimed(claim: Mapping[str, Any]) -> str:
    """Say what a claim claims: its kind and its margin, with unit."""
    margin, unit = number(claim.get("margin")), claim.get("unit") or ""
    if margin is None:
        return "not stated"
    match claim.get("kind"):
        case "greater":
            return f"above {signed(margin)} {unit}"
        case "less":
            return f"below {signed(-margin)} {unit}"
        case "within":
            return f"within ±{plain(abs(margin))} {unit}"
        case kind:
            return f"{kind} {plain(margin)} {unit}"


def published_figure(claim: Mapping[str, Any]) -> str:
    """Return the published figure that stands beside a claim, with where it comes from."""
    published = claim.get("published")
    if isinstance(published, Mapping):
        figure, source = published.get("figure"), published.get("source")
        return f"{plain(figure)} ({source})" if source else plain(figure)
    return plain(published) if published is not None else "none"


def needed(claim: Mapping[str, Any]) -> str:
    """Say what it would take to tell, where a verdict could not be reached."""
    value = claim.get("needed")
    if value is None:
        return "unknown" if claim.get("verdict") == "NOT SEPARABLE" else ""
    return str(value)
