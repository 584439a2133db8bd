"""Constraints about form: mark-up, beginning and end, combinations, case, marks, language.

Names and keywords are those of IFEval (Zhou et al. 2023, arXiv:2311.07911, table 1) as Multi-IF
(He et al. 2024, arXiv:2410.15553) and M-IFEval (Dussolle et al. 2025, arXiv:2502.04688) use them.
"""

import json

import regex

from glotlift.evaluation.constraints.reading import (
    folded,
    holds,
    occurrences,
    opening_of,
    phrase_pattern,
)
from glotlift.evaluation.constraints.stating import options
from glotlift.languages import bundled, covers, language, split_words
from glotlift.languages.identification import UNDETERMINED
from glotlift.world.tasks.fulfilment import COMMAS

PLACEHOLDER = regex.compile(r"\[[^\[\]]*\]|［[^［］]*］")
BULLET = regex.compile(r"^[^\S\n]*[*•‣·・-](?![*-])[^\S\n]+\S", regex.MULTILINE)
HIGHLIGHT = regex.compile(r"\*\*[^\n*]*[^\s*][^\n*]*\*\*|\*[^\n*]*[^\s*][^\n*]*\*")
TITLE = regex.compile(r"<<[^\n]*[^\s<>][^\n]*>>|##[^\n]*[^\s#][^\n]*##")
FENCE = regex.compile(r"^```(?:json)?|```$", regex.IGNORECASE)
POSTSCRIPTS = {"p.s.": r"p\.\s?s\.", "p.p.s": r"p\.\s?p\.\s?s"}
QUOTES = ('""', "“”", "„“", "„”", "””", "«»", "»«", "「」", "『』", "＂＂")
MARKS = "".join(dict.fromkeys("".join(QUOTES)))
ENDED = regex.compile(r"[\s.。．!！?？।॥…]+$")
QUESTION, EXCLAMATION = regex.compile(r"¿[^?]*\w[^?]*\?"), regex.compile(r"¡[^!]*\w[^!]*!")


def number_placeholders(
    text: str, code: str, /, *, num_placeholders: int, relation: str = "at least"
) -> bool:
    """There are so many stretches in square brackets."""
    return holds(len(PLACEHOLDER.findall(text)), relation, num_placeholders)


def postscript(text: str, code: str, /, *, postscript_marker: str) -> bool:
    """The marker of a postscript is there."""
    marker = folded(postscript_marker.strip())
    known = POSTSCRIPTS.get(marker)
    if known:
        return regex.search(rf"(?<![\p{{L}}\p{{M}}]){known}", folded(text)) is not None
    return occurrences(marker, text) > 0


def number_bullet_lists(text: str, code: str, /, *, num_bullets: int) -> bool:
    """Exactly so many lines begin with a bullet and a space, as Markdown wants it."""
    return len(BULLET.findall(text)) == num_bullets


def constrained_response(text: str, code: str, /) -> bool:
    """One of the three answers is given, in the language asked or in English."""
    return any(occurrences(option, text) for option in options(code))


def number_highlighted_sections(
    text: str, code: str, /, *, num_highlights: int, relation: str = "at least"
) -> bool:
    """There are so many stretches between asterisks."""
    return holds(len(HIGHLIGHT.findall(text)), relation, num_highlights)


def multiple_sections(
    text: str, code: str, /, *, section_spliter: str, num_sections: int, relation: str = "at least"
) -> bool:
    """The word for a section is followed by a number so often."""
    heading = rf"{opening_of(folded(section_spliter.strip()))}\s?\p{{Nd}}+"
    return holds(len(regex.findall(heading, folded(text))), relation, num_sections)


def json_format(text: str, code: str, /) -> bool:
    """The whole text is JSON, between Markdown's fences if need be."""
    try:
        json.loads(FENCE.sub("", text.strip()).strip())
    except ValueError:
        return False
    return True


def title(text: str, code: str, /) -> bool:
    """There is a title in double angular brackets, or as M-IFEval's French has it, ##so##."""
    return TITLE.search(text) is not None


def two_responses(text: str, code: str, /) -> bool:
    """Six asterisks part two different answers."""
    parts = [part.strip() for part in text.split("******")]
    parts = parts[not parts[0] : len(parts) - (not parts[-1])]
    return len(parts) == 2 and all(parts) and parts[0] != parts[1]


def repeat_prompt(text: str, code: str, /, *, prompt_to_repeat: str) -> bool:
    """The text begins with what was asked; how it is spaced and its case make no difference."""
    said, asked = (" ".join(folded(part).split()) for part in (text, prompt_to_repeat))
    return said.startswith(asked)


def end_checker(text: str, code: str, /, *, end_phrase: str) -> bool:
    """The text ends with the phrase; quotation marks after it count for nothing.

    Nor does a full stop or the like, where the phrase has none of its own.
    """
    phrase, said = folded(end_phrase.strip()), folded(text).strip().strip(MARKS).strip()
    if not ENDED.search(phrase):
        said = ENDED.sub("", said)
    return regex.search(phrase_pattern(phrase).pattern + "$", said) is not None


def quotation(text: str, code: str, /) -> bool:
    """The text stands between a pair of double quotation marks of any language."""
    text = text.strip()
    return len(text) > 1 and text[0] + text[-1] in QUOTES


def capital_word_frequency(
    text: str, code: str, /, *, capital_frequency: int, capital_relation: str
) -> bool:
    """So many words are in capitals; of words joined by hyphens each counts."""
    capital = sum(word.isupper() for word in split_words(text, code))
    return holds(capital, capital_relation, capital_frequency)


def english_capital(text: str, code: str, /) -> bool:
    """The text is English and all in capitals."""
    return text.isupper() and is_in("eng", text)


def english_lowercase(text: str, code: str, /) -> bool:
    """The text is English and without a capital."""
    return text.islower() and is_in("eng", text)


def own_capital(text: str, code: str, /) -> bool:
    """The text is in the language asked and all in capitals."""
    return text.isupper() and is_in(code, text)


def own_lowercase(text: str, code: str, /) -> bool:
    """The text is in the language asked and without a capital."""
    return text.islower() and is_in(code, text)


def response_language(text: str, code: str, /, *, language: str) -> bool:
    """The whole text is in a language, given by any of its codes."""
    return is_in(language, text)


def no_comma(text: str, code: str, /) -> bool:
    """There is no comma of any script."""
    return not any(comma in text for comma in COMMAS)


def no_digits(text: str, code: str, /) -> bool:
    """There is no digit of any script."""
    return not any(map(str.isdecimal, text))


def question_marks(text: str, code: str, /) -> bool:
    """A question stands between Spanish question marks."""
    return QUESTION.search(text) is not None


def exclamation_marks(text: str, code: str, /) -> bool:
    """An exclamation stands between Spanish exclamation marks."""
    return EXCLAMATION.search(text) is not None


def is_in(tag: str, text: str) -> bool:
    """Tell whether a text is in a language, as far as can be told; capitals are made small first.

    Of a text too short or too strange to be identified it is believed, as in the published checks.
    """
    (guess,) = bundled().identify([text.lower()])
    if guess.language == UNDETERMINED or covers(tag, guess.language):
        return True
    chinese = covers(tag, "zho_Hans")  # which is several languages, of which none is this one
    return not chinese and bool(language(tag).iso639_3 == guess.language.split("_")[0])
