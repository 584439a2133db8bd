"""The registry of verifiable constraints: a literal dict from name to check.

A check takes a text, the language in which it was asked, and the keywords of published rows. What
a checker needs it is given: keywords that are missing or make no sense are refused with the row
they stand in, where the published checkers draw a value of their own.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from glotlift.evaluation.constraints import shaping, wording
from glotlift.evaluation.constraints.reading import RELATIONS
from glotlift.languages import covers, language
from glotlift.runs.errors import GlotliftError

Check = Callable[..., bool]

CHECKERS: dict[str, Check] = {
    # Multi-IF (and, but for quotation marks and the like, IFEval)
    "keywords:existence": wording.existence,
    "keywords:frequency": wording.frequency,
    "keywords:forbidden_words": wording.forbidden_words,
    "keywords:letter_frequency": wording.letter_frequency,
    "language:response_language": shaping.response_language,
    "length_constraints:number_sentences": wording.number_sentences,
    "length_constraints:number_paragraphs": wording.number_paragraphs,
    "length_constraints:number_words": wording.number_words,
    "length_constraints:nth_paragraph_first_word": wording.nth_paragraph_first_word,
    "detectable_content:number_placeholders": shaping.number_placeholders,
    "detectable_content:postscript": shaping.postscript,
    "detectable_format:number_bullet_lists": shaping.number_bullet_lists,
    "detectable_format:constrained_response": shaping.constrained_response,
    "detectable_format:number_highlighted_sections": shaping.number_highlighted_sections,
    "detectable_format:multiple_sections": shaping.multiple_sections,
    "detectable_format:json_format": shaping.json_format,
    "detectable_format:title": shaping.title,
    "combination:two_responses": shaping.two_responses,
    "combination:repeat_prompt": shaping.repeat_prompt,
    "startend:end_checker": shaping.end_checker,
    "startend:quotation": shaping.quotation,
    "change_case:capital_word_frequency": shaping.capital_word_frequency,
    "change_case:english_capital": shaping.english_capital,
    "change_case:english_lowercase": shaping.english_lowercase,
    "punctuation:no_comma": shaping.no_comma,
    # M-IFEval
    "change_case:french_capital": shaping.own_capital,
    "change_case:french_lowercase": shaping.own_lowercase,
    "change_case:spanish_capital": shaping.own_capital,
    "change_case:spanish_lowercase": shaping.own_lowercase,
    "detectable_content:informal_address": wording.informal_address,
    "detectable_content:no_digits": shaping.no_digits,
    "punctuation:question_marks": shaping.question_marks,
    "punctuation:exclamation_marks": shaping.exclamation_marks,
    "special_character:accents": wording.accents,
    "special_character:no_accents": wording.no_accents,
    "special_character:ethel_or_cedilla": wording.ethel_or_cedilla,
    "special_character:dieresis": wording.dieresis,
    "special_character:enie": wording.enie,
    "special_character:tildes": wording.tildes,
}


def is_text(value: Any) -> bool:
    """Tell whether a value is text that says something."""
    return isinstance(value, str) and bool(value.strip())


def is_texts(value: Any) -> bool:
    """Tell whether a value is a list of such texts."""
    return isinstance(value, list) and bool(value) and all(map(is_text, value))


def is_count(value: Any) -> bool:
    """Tell whether a value is a whole number that can be counted to."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_relation(value: Any) -> bool:
    """Tell whether a value names a relation."""
    return isinstance(value, str) and value in RELATIONS


def is_letter(value: Any) -> bool:
    """Tell whether a value is one character."""
    return is_text(value) and len(value.strip()) == 1


def is_language(value: Any) -> bool:
    """Tell whether a value is the code of a language, or of several that are called one."""
    try:
        return isinstance(value, str) and bool(covers(value, "zho_Hans") or language(value))
    except GlotliftError:
        return False


def is_words(value: Any) -> bool:
    """Tell whether a value maps words to words."""
    return isinstance(value, Mapping) and bool(value) and is_texts([*value, *value.values()])


COUNT = ("a whole number", is_count)
TEXT, TEXTS = ("text", is_text), ("a list of words", is_texts)
RELATION = (f"one of {', '.join(RELATIONS)}", is_relation)
LETTER = ("one character", is_letter)
ARGUMENTS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "capital_frequency": COUNT,
    "capital_relation": RELATION,
    "end_phrase": TEXT,
    "first_word": TEXT,
    "forbidden_char": LETTER,
    "forbidden_words": TEXTS,
    "frequency": COUNT,
    "keyword": TEXT,
    "keywords": TEXTS,
    "language": ("the code of a language", is_language),
    "let_frequency": COUNT,
    "let_relation": RELATION,
    "letter": LETTER,
    "nth_paragraph": COUNT,
    "num_bullets": COUNT,
    "num_highlights": COUNT,
    "num_paragraphs": COUNT,
    "num_placeholders": COUNT,
    "num_sections": COUNT,
    "num_sentences": COUNT,
    "num_words": COUNT,
    "postscript_marker": TEXT,
    "prompt_to_repeat": TEXT,
    "relation": RELATION,
    "section_spliter": TEXT,
    "word_to_accentuate": ("words by how they are without accents", is_words),
}
"""What each keyword of a check must be, in words and as a test."""


@dataclass(frozen=True)
class Constraint:
    """One thing that a text must do: a checker's name, and its keywords."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def verify(
    name: str,
    text: str,
    code: str,
    /,
    checkers: Mapping[str, Check] = CHECKERS,
    **arguments: Any,
) -> bool:
    """Tell whether a text follows a constraint; a text of white space follows none.

    `code` is the language in which it was asked. Raises what `check_arguments` raises.
    """
    constraint = check_arguments(Constraint(name, arguments), "")
    return bool(text.strip()) and checkers[name](text, code, **constraint.arguments)


def check_arguments(constraint: Constraint, place: str) -> Constraint:
    """Return a constraint without keywords that are None; `place` says where it stands.

    Raises GL-EVALUATION-060 (no such checker) and -061 (keywords that are missing, too many, or
    not what the checker needs).
    """
    name = constraint.name
    if name not in CHECKERS:
        raise GlotliftError(
            "GL-EVALUATION-060",
            f"no checker is called {name!r}",
            place=place,
            fix=f"use one of {', '.join(CHECKERS)}",
        )
    given = {key: value for key, value in constraint.arguments.items() if value is not None}
    wanted = keywords_of(name)
    wrong = [f"{key} is missing" for key, needed in wanted.items() if needed and key not in given]
    wrong += [f"{key} is not known" for key in given if key not in wanted]
    for key in wanted.keys() & given.keys():
        means, fits = ARGUMENTS[key]
        wrong += [] if fits(given[key]) else [f"{key} is {given[key]!r:.40}, not {means}"]
    if not wrong and not 1 <= given.get("nth_paragraph", 1) <= given.get("num_paragraphs", 1):
        wrong = ["there are fewer paragraphs than nth_paragraph"]
    if wrong:
        raise GlotliftError(
            "GL-EVALUATION-061",
            f"{name}: {wrong[0]}",
            place=place,
            fix="mend the row's kwargs, or leave the row out",
        )
    return Constraint(name, given)


@cache
def keywords_of(name: str) -> dict[str, bool]:
    """Return the keywords of a checker, and whether each must be given."""
    parameters = inspect.signature(CHECKERS[name]).parameters.values()
    named = [one for one in parameters if one.kind is one.KEYWORD_ONLY]
    return {one.name: one.default is one.empty for one in named}
