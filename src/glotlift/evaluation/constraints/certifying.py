"""Texts made to follow or to break each constraint, from plain sentences of a language.

A checker is certified where it agrees with how a text was made. What is so is decided by
construction: by how many sentences were joined, by white space between words, by characters where
there is none, and never by a checker's own reading. So only sentences are used of which this is
beyond doubt (`plain`).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import regex

from glotlift.evaluation.constraints.checkers import Check, Constraint
from glotlift.evaluation.constraints.stating import options, quotes
from glotlift.languages import language

LINE = 3  # sentences of a text
ENDS = ".!?。！？।"
PLAIN = regex.compile(rf"[\p{{L}}\p{{M}} ,，、،]+[{ENDS}]")
UNSPACED = regex.compile(rf"[\p{{Han}}，、]+[{ENDS}]")
COMMA = regex.compile(r"[,，、،]")
MARKS = regex.compile(rf"[{ENDS},，、،]")
ELSEWHERE = {"eng": "deu"}  # the language that a text is not in: English, but for English


@dataclass(frozen=True)
class Case:
    """A text and whether it was made to follow a constraint."""

    constraint: Constraint
    text: str
    code: str
    right: bool


def right(case: Case, check: Check) -> bool:
    """Tell whether a checker says of a case what is so."""
    return check(case.text, case.code, **case.constraint.arguments) == case.right


def plain(sentences: Sequence[str], code: str) -> list[str]:
    """Return the sentences that nobody would cut, or count the words of, in another way."""
    form = PLAIN if language(code).spaced else UNSPACED
    return [one for one in map(str.strip, sentences) if form.fullmatch(one)]


def cases(sentences: Sequence[str], code: str, number: int, seed: int) -> list[Case]:
    """Return the cases of one draw: `LINE` plain sentences and another one that is not there.

    Their order and what they ask are the same in every language, so that draws can be paired.
    """
    draw = np.random.default_rng([seed, number])
    texts = [sentences[place] for place in draw.choice(len(sentences), LINE + 1, replace=False)]
    made = [*counted(texts, code, draw), *worded(texts, code, draw), *formed(texts, code)]
    return [replace(case, text=case.text.strip()) for case in made]


def case(code: str, right: bool, name: str, text: str, **arguments: Any) -> Case:
    """Return a case of a constraint by name."""
    return Case(Constraint(name, arguments), text, code, right)


def joined(texts: Sequence[str], code: str) -> str:
    """Return sentences one after the other."""
    return (" " if language(code).spaced else "").join(texts)


def tokens(text: str, code: str) -> list[str]:
    """Return the words of plain sentences: between spaces, or characters."""
    bare = MARKS.sub(" ", text)
    return bare.split() if language(code).spaced else list(bare.replace(" ", ""))


def counted(texts: Sequence[str], code: str, draw: np.random.Generator) -> Iterator[Case]:
    """Yield cases of counts, each at its number and one above it."""
    text = joined(texts[:LINE], code)
    letters = [mark for mark in text.lower() if mark.isalpha()]
    letter = letters[int(draw.integers(len(letters)))]
    for name, count, key in (
        ("length_constraints:number_sentences", LINE, "num_sentences"),
        ("length_constraints:number_words", len(tokens(text, code)), "num_words"),
    ):
        for more, relation in (
            (0, "at least"),
            (1, "at least"),
            (0, "less than"),
            (1, "less than"),
        ):
            holds = (more == 0) == (relation == "at least")
            yield case(code, holds, name, text, **{key: count + more, "relation": relation})
    name, count = "keywords:letter_frequency", letters.count(letter)
    for more in (0, 1):
        asked = {"let_frequency": count + more, "let_relation": "at least"}
        yield case(code, more == 0, name, text, letter=letter, **asked)


def worded(texts: Sequence[str], code: str, draw: np.random.Generator) -> Iterator[Case]:
    """Yield cases of keywords: one that is there, and one that is only a part of words."""
    text = joined(texts[:LINE], code)
    known = tokens(text.lower(), code)
    longest = max(known, key=len)
    there = known[int(draw.integers(len(known)))]
    part = longest[: max(1, len(longest) - 2)]
    absent = part if language(code).spaced and part not in known else "\u04d9\u04d9"
    for word, found in ((there, True), (absent, False)):
        yield case(code, found, "keywords:existence", text, keywords=[word])
        yield case(code, not found, "keywords:forbidden_words", text, forbidden_words=[word])
    count = known.count(there)
    for more in (0, 1):
        asked = {"keyword": there, "frequency": count + more, "relation": "at least"}
        yield case(code, more == 0, "keywords:frequency", text, **asked)
    second = tokens(texts[1], code)
    for first, found in ((second[0], True), (second[-1] + second[-1], False)):
        asked = {"num_paragraphs": LINE, "nth_paragraph": 2, "first_word": first}
        name = "length_constraints:nth_paragraph_first_word"
        yield case(code, found, name, "\n\n".join(texts[:LINE]), **asked)
    yield case(code, True, "startend:end_checker", text, end_phrase=texts[LINE - 1])
    yield case(code, False, "startend:end_checker", text, end_phrase=texts[0] + texts[LINE])


def formed(texts: Sequence[str], code: str) -> Iterator[Case]:
    """Yield cases of form, one that has it and one that lacks it or has too little."""
    one, two, *_ = texts
    text = joined(texts[:LINE], code)
    opening, closing = quotes(code)
    spoken = language(code).iso639_3
    other = ELSEWHERE.get(spoken, "eng")
    for name, held, broken, arguments in (
        ("startend:quotation", f"{opening}{text}{closing}", text, {}),
        ("punctuation:no_comma", COMMA.sub("", text), commaed(text, code), {}),
        ("detectable_format:title", f"<<{one}>>\n{two}", text, {}),
        ("detectable_format:number_bullet_lists", f"* {one}\n* {two}", f"* {one}\n{two}",
         {"num_bullets": 2}),
        ("detectable_format:number_highlighted_sections", f"*{one}*\n*{two}*", f"*{one}*\n{two}",
         {"num_highlights": 2}),
        ("detectable_format:multiple_sections", f"SECTION 1\n{one}\nSECTION 2\n{two}",
         f"SECTION 1\n{one}\n{two}", {"section_spliter": "SECTION", "num_sections": 2}),
        ("detectable_format:json_format", json.dumps([one, two], ensure_ascii=False), text, {}),
        ("detectable_format:constrained_response", options(code)[0], text, {}),
        ("detectable_content:number_placeholders", f"{one} [a] [b]", f"{one} [a]",
         {"num_placeholders": 2}),
        ("detectable_content:postscript", f"{one}\nP.S. {two}", text,
         {"postscript_marker": "P.S."}),
        ("length_constraints:number_paragraphs", f"{one}\n***\n{two}", text,
         {"num_paragraphs": 2}),
        ("combination:two_responses", f"{one}\n******\n{two}", f"{one}\n******\n{one}", {}),
        ("combination:repeat_prompt", f"{one}\n{two}", f"{two}\n{one}", {"prompt_to_repeat": one}),
        ("change_case:capital_word_frequency", f"NATO UNO {one.lower()}", f"NATO {one.lower()}",
         {"capital_frequency": 2, "capital_relation": "at least"}),
    ):  # fmt: skip
        yield case(code, True, name, held, **arguments)
        yield case(code, False, name, broken, **arguments)
    for tag, found in ((code, True), (other, False)):
        yield case(code, found, "language:response_language", text, language=tag)
    for name, said in (("english_capital", text.upper()), ("english_lowercase", text.lower())):
        yield case(code, spoken == "eng", f"change_case:{name}", said)
        yield case(code, False, f"change_case:{name}", text)


def commaed(text: str, code: str) -> str:
    """Return a text with a comma of its language before its last mark."""
    comma = {"zho": "，", "jpn": "、", "arb": "،"}.get(language(code).iso639_3, ",")
    return text[:-1] + comma + text[-1]
