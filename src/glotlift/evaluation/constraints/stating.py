"""Constraints in words, by language."""

from collections.abc import Collection
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

ENGLISH = "eng"


def state(name: str, code: str, /, **arguments: Any) -> str:
    """Return a constraint in the words of a language; lists are quoted one by one.

    Numbers stand after a colon, so that nothing has to agree with them. Raises GL-EVALUATION-064
    (no words for this constraint, or not in this language).
    """
    known, spoken = statements(), language(code).iso639_3
    if spoken not in known["texts"].get(name, {}):
        raise unstated(f"{name} is not put into words in {code}", known["texts"].get(name, ()))
    relations = known["relations"].get(spoken, {})
    said = {key: in_words(value, spoken, relations) for key, value in arguments.items()}
    return str(known["texts"][name][spoken]).format(**said)


def in_words(value: Any, spoken: str, relations: dict[str, str]) -> str:
    """Return an argument as a sentence says it."""
    if isinstance(value, (list, tuple)):
        return ("、" if spoken == "zho" else ", ").join(f"“{item}”" for item in value)
    return relations.get(value, value) if isinstance(value, str) else str(value)


def options(code: str) -> tuple[str, ...]:
    """Return the answers that a constrained response may give: of the language, and in English."""
    known = statements()["options"]
    return (*known.get(language(code).iso639_3, ()), *known[ENGLISH])


def request(code: str) -> str:
    """Return the words that ask for a text; raises GL-EVALUATION-064."""
    return str(of_language("requests", code))


def quotes(code: str) -> tuple[str, str]:
    """Return the double quotation marks of a language (CLDR); raises GL-EVALUATION-064."""
    opening, closing = of_language("quotes", code)
    return opening, closing


def of_language(what: str, code: str) -> Any:
    """Return what stands under a heading for a language; raises GL-EVALUATION-064."""
    known, spoken = statements()[what], language(code).iso639_3
    if spoken not in known:
        raise unstated(f"there are no {what} in {code}", known)
    return known[spoken]


def unstated(cause: str, there: Collection[str]) -> GlotliftError:
    """Return the refusal of what is not put into words in a language."""
    fix = f"state it in one of {', '.join(there)}" if there else "write the prompt yourself"
    return GlotliftError("GL-EVALUATION-064", cause, fix=fix)


@cache
def statements() -> dict[str, Any]:
    """Return the words for all constraints."""
    text = (files("glotlift.evaluation.constraints") / "statements.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))
