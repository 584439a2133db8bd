"""The rules of the published checkers where they differ from ours, to compare with their figures.

`ENGLISH` are the rules of IFEval (Zhou et al. 2023), made for English and used for all languages.
`FORK` are those of Multi-IF (He et al. 2024), which count words and sentences of Hindi and Chinese
otherwise. The published code chooses by a language identified anew from each reply, with chance in
it; here the language is that of the row. English sentences are cut by a trained model there and by
their marks here.
"""

import re

import regex

from glotlift.evaluation.constraints.checkers import CHECKERS, Check
from glotlift.evaluation.constraints.reading import holds
from glotlift.languages import language

SENTENCE = re.compile(r"[.!?]+[\"')\]]*\s+(?=\S)")
DANDA = re.compile(r"(?<=[।!?])\s*")
HAN_SENTENCE = re.compile(r"[^!?。.！？．\n]+[!?。.！？．\n]?")
HAN = re.compile(r"[\u4E00-\u9FFF\u3400-\u4DBF\u3040-\u30ff\uAC00-\uD7AF]")
HAN_MARKS = re.compile(
    r"[\\.!?．/_,{}<>:;$%^&*(+\"'—！，。？、`~@#￥…（）：；《》“”()\[\]»〔〕\-「」]+"
)


def found(expression: str, text: str) -> int:
    """Count an expression in a text, case aside; one that is none is not there."""
    try:
        return len(re.findall(expression, text, re.IGNORECASE))
    except re.error:
        return 0


def existence(text: str, code: str, /, *, keywords: list[str]) -> bool:
    """Each keyword, read as a regular expression, is anywhere, also within a word."""
    return all(found(keyword, text) for keyword in keywords)


def frequency(text: str, code: str, /, *, keyword: str, frequency: int, relation: str) -> bool:
    """The keyword, read as a regular expression, is there so often, also within words."""
    return holds(found(keyword.strip(), text), relation, frequency)


def forbidden_words(text: str, code: str, /, *, forbidden_words: list[str]) -> bool:
    """No forbidden word, as Python's ``\\b`` bounds words, to which vowel signs do not belong."""
    return not any(found(rf"\b{word}\b", text) for word in forbidden_words)


def number_sentences(text: str, code: str, /, *, num_sentences: int, relation: str) -> bool:
    """So many sentences end with a Latin mark and white space."""
    return holds(len(SENTENCE.split(text.strip())), relation, num_sentences)


def number_words(text: str, code: str, /, *, num_words: int, relation: str) -> bool:
    """So many runs of word characters, as the newest NLTK reads them (once by Python's ``re``)."""
    return holds(len(regex.findall(r"\w+", text)), relation, num_words)


def no_comma(text: str, code: str, /) -> bool:
    """There is no Latin comma."""
    return "," not in text


def quotation(text: str, code: str, /) -> bool:
    """The text stands between straight double quotation marks."""
    text = text.strip()
    return len(text) > 1 and text[0] == text[-1] == '"'


def nth_paragraph_first_word(
    text: str, code: str, /, *, num_paragraphs: int, nth_paragraph: int, first_word: str
) -> bool:
    """What is blank is not counted but takes a number; the word ends at white space or a mark."""
    parts = text.split("\n\n")
    if nth_paragraph > sum(map(bool, map(str.strip, parts))):
        return False
    chosen = parts[nth_paragraph - 1].strip()
    word = re.split(r"[.,?!'\"]", chosen.split()[0].lstrip("'\""))[0] if chosen else ""
    whole = sum(map(bool, map(str.strip, parts))) == num_paragraphs
    return whole and word.lower() == first_word.lower()


def end_checker(text: str, code: str, /, *, end_phrase: str) -> bool:
    """The text ends with just this phrase; straight quotation marks around it are dropped."""
    return text.strip().strip('"').lower().endswith(end_phrase.strip().lower())


def forked_sentences(text: str, code: str, /, *, num_sentences: int, relation: str) -> bool:
    """Hindi is cut at dandas and Chinese at its own marks; the rest as English."""
    spoken = language(code).iso639_3
    if spoken == "hin":
        count = sum(bool(part.strip()) for part in DANDA.split(text))
    elif spoken in ("zho", "jpn"):
        count = sum(len(HAN_SENTENCE.findall(line.strip())) for line in text.splitlines())
    else:
        return number_sentences(text, code, num_sentences=num_sentences, relation=relation)
    return holds(count, relation, num_sentences)


def forked_words(text: str, code: str, /, *, num_words: int, relation: str) -> bool:
    """Chinese is counted by characters, with what stands between spaces; the rest as English."""
    if language(code).iso639_3 not in ("zho", "jpn"):
        return number_words(text, code, num_words=num_words, relation=relation)
    bare = HAN_MARKS.sub("", text)
    count = len(HAN.findall(bare)) + len(HAN.sub(" ", bare).split())
    return holds(count, relation, num_words)


def forked_quotation(text: str, code: str, /) -> bool:
    """The text stands between English, Chinese or Japanese double quotation marks."""
    text = text.strip()
    return len(text) > 1 and text[0] + text[-1] in ('""', "“”", "「」")


ENGLISH: dict[str, Check] = CHECKERS | {
    "keywords:existence": existence,
    "keywords:frequency": frequency,
    "keywords:forbidden_words": forbidden_words,
    "length_constraints:number_sentences": number_sentences,
    "length_constraints:number_words": number_words,
    "length_constraints:nth_paragraph_first_word": nth_paragraph_first_word,
    "startend:end_checker": end_checker,
    "startend:quotation": quotation,
    "punctuation:no_comma": no_comma,
}
FORK: dict[str, Check] = ENGLISH | {
    "length_constraints:number_sentences": forked_sentences,
    "length_constraints:number_words": forked_words,
    "startend:quotation": forked_quotation,
}
