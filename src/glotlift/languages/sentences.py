"""Text cut into sentences, in any language, with their places.

Boundaries are proposed by sentencex (Wikimedia), which knows the abbreviations of many languages.
What it does badly is put right here: quotation marks that never close, tokenised punctuation, small
letters after a mark, numbered lists. Scripts whose sentences end without a mark, or with marks of
their own, are cut by rules of their own.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import regex

from glotlift.languages.codes import language
from glotlift.runs.errors import GlotliftError

Span = tuple[int, int]
# sentencex keeps a sentence open until its quotation mark or bracket closes; so they are hidden.
HIDDEN = re.compile("[\\n\\t\\r\"'`´“”„‟‘’‚‛«»‹›()\\[\\]{}（）「」『』【】《》〈〉]")
CLOSING = regex.compile(
    r"(?:[\p{Pe}\p{Pf}\"'`*]|\p{Pi}(?=\s|$)|\s[\"”’»)\]'`]+(?=\s|$)"
    r"|\s?[:;=]-?[()DP]+(?=\s|$)|\s?[\p{Extended_Pictographic}\uFE0F\u200D]+)+"
)
# A small letter goes on with a sentence, but in Georgian, and but for Dutch 's and Afrikaans 'n.
GOES_ON = regex.compile(r"(?!\s*['’]\p{Ll}\s+\p{Lu})[\s\p{P}]*[\p{Ll}--\p{Georgian}]", regex.V1)
CAPITAL = regex.compile(r"\p{Lu}")
GOES_UP = regex.compile(r"[\s\p{P}]*[\p{Lu}\p{Lt}\p{Nd}]")
# A number of a list, or a text of marks alone, is no sentence of its own.
COUNTED = regex.compile(r"(?<!\p{Nd})\p{Nd}{1,3}\.\s\p{Nd}")
NO_SENTENCE = regex.compile(r"[^\p{L}]*|[\s\p{P}]*\p{L}[.)]\s*")
ENDS = regex.compile(r"[\p{Sentence_Terminal}…][\p{P}\s]*$")
REPORTED = regex.compile(
    r"(?<=[\"”’»])\s*(?:[^\s\p{Sentence_Terminal}\"“”]+\s+){0,3}"
    r"[^\s\p{Sentence_Terminal}\"“”]+\s?[।॥.,]"
)
QUOTING = regex.compile("[」』”](?:と|って)")
OWN_MARKS = {
    "Khmr": regex.compile(r"[។៕៖?!៚]+\s*|(?<=\p{Khmr})\s{2,}"),
    "Mymr": regex.compile(r"[။?!]+\s*"),
    "Tibt": regex.compile(r"[།༎༏༐༑༔]+(?:\s*[།༎༏༐༑༔]+)*\s*"),
}
# Two word separators stand for the full stop of Ethiopic where a keyboard lacks it.
TWO_DOTS = re.compile("፡፡|::")
UNBROKEN = "\u00a0\u202f"
PHRASED = frozenset({"Thai", "Laoo"})
PHRASE_END = regex.compile(r"[?!…]+\s*|(?<=[\p{Thai}\p{Lao}ๆฯ])\s+")
PHRASE_CHARACTERS = 60
# A wrapped text: at least so many lines, the longest of so many characters, and this share of them
# nearly as long and without a mark at the end.
WRAPPED_LINES, WRAPPED_FROM, WRAPPED_TO, FULL_LINE, WRAPPED_SHARE = 4, 40, 100, 0.75, 0.6
LOOKED_AT = 200  # lines
# Titles that names keep in every language.
TITLES = "Dr|Mr|Mrs|Ms|Prof|St"
# Abbreviations that sentencex lacks, by ISO 639-3, without their stop.
ABBREVIATIONS = {
    "fra": "m mm mme mlle mgr",
    "rus": "св англ нем фр лат им ул гр",
    "tam": "திரு திருமதி",
    "ind": "ir drs jl hj kh st sdr tgl dll tn ny dsn dk",
    "vie": "tp ts ths pgs gs bs ks ls",
    "mlt": "dr onor prof nru art mons perit sur",
    "tur": "dr prof doç sok cad mah bkz",
    "mar": "डॉ श्री प्रा रु कु सौ",
    "hin": "डॉ श्री प्रो रु कु",
}


def split_sentences(text: str, code: str) -> list[str]:
    """Return the sentences of a text, without the white space around them.

    `code` is any code that `language` knows. Raises what `sentence_spans` raises.
    """
    return [text[start:end] for start, end in sentence_spans(text, code)]


def sentence_spans(text: str, code: str) -> list[Span]:
    """Return start and end of each sentence, in characters of the text, in order.

    Between two sentences, and at the ends, there is only white space. A line end ends a sentence,
    unless the text is wrapped: several lines of about one width, most without a mark at their end.
    Where a script marks no ends (Thai, Lao), phrases at spaces are joined up to 60 characters.

    Raises GL-LANGUAGE-040 when sentencex is not installed, and what `language` raises.
    """
    spoken = language(code)
    if spoken.script in OWN_MARKS:
        proposed: Callable[[int, int], Iterator[int]] = own_marks(text, spoken.script)
    elif spoken.script in PHRASED:
        proposed = phrases(text)
    else:
        proposed = marked(text, spoken.iso639_3, spoken.bcp47.split("-")[0])
    spans: list[Span] = []
    for start, end in blocks(text):
        spans += cut(text, start, end, proposed(start, end))
    return spans


def blocks(text: str) -> Iterator[Span]:
    """Yield the stretches that no sentence leaves: lines, or paragraphs where lines are wrapped."""
    ends = "\n\\s*\n" if is_wrapped(text) else "\n"
    start = 0
    for found in re.finditer(ends, text):
        yield start, found.start()
        start = found.end()
    yield start, len(text)


def is_wrapped(text: str) -> bool:
    """Return whether the lines of a text were broken at a width, not at ends of sentences."""
    lines = text.split("\n", LOOKED_AT)[:LOOKED_AT]
    width = max(map(len, lines))
    if len(lines) < WRAPPED_LINES or not WRAPPED_FROM < width <= WRAPPED_TO:
        return False
    inner = [line for line, following in pairwise(lines) if line.strip() and following.strip()]
    full = sum(len(line) > FULL_LINE * width for line in inner)
    unmarked = sum(not ENDS.search(line[-3:]) for line in inner)
    return len(inner) >= WRAPPED_LINES - 1 and min(full, unmarked) > WRAPPED_SHARE * len(inner)


def cut(text: str, start: int, end: int, boundaries: Iterator[int]) -> Iterator[Span]:
    """Yield the spans between boundaries, without white space and without empty ones."""
    for boundary in (*boundaries, end):
        while start < boundary and text[start].isspace():
            start += 1
        last = boundary
        while last > start and text[last - 1].isspace():
            last -= 1
        if last > start:
            yield start, last
        start = max(start, boundary)


def own_marks(text: str, script: str) -> Callable[[int, int], Iterator[int]]:
    """Return what proposes the boundaries of a script by its own marks."""
    marks = OWN_MARKS[script]
    return lambda start, end: (found.end() for found in marks.finditer(text, start, end))


def phrases(text: str) -> Callable[[int, int], Iterator[int]]:
    """Return what proposes boundaries at spaces, phrases being joined up to a length."""

    def propose(start: int, end: int) -> Iterator[int]:
        for found in PHRASE_END.finditer(text, start, end):
            if not found[0].isspace() or found.end() - start >= PHRASE_CHARACTERS:
                yield found.end()
                start = found.end()

    return propose


def marked(text: str, iso639_3: str, subtag: str) -> Callable[[int, int], Iterator[int]]:
    """Return what proposes boundaries by sentencex, put right by what stands around them."""
    segment = segmenter()
    shown = HIDDEN.sub(" ", text)
    if "፡" in text or "።" in text:
        shown = TWO_DOTS.sub("፡።", shown)
    abbreviation = abbreviations(iso639_3)
    cased = CAPITAL.search(text) is not None

    def propose(start: int, end: int) -> Iterator[int]:
        place, last = start, start
        for piece in segment(subtag, shown[start:end]):
            place += len(piece)
            boundary = place - (len(piece) - len(piece.rstrip()))
            boundary = absorb(text, boundary, end)
            if boundary > last and ends_here(text, last, boundary, end, abbreviation, cased):
                yield boundary
                last = boundary

    return propose


def absorb(text: str, boundary: int, end: int) -> int:
    """Return the boundary after closing quotation marks, brackets and smileys."""
    found = CLOSING.match(text, boundary, end)
    return found.end() if found else boundary


def ends_here(
    text: str,
    start: int,
    boundary: int,
    end: int,
    abbreviation: "regex.Pattern[str]",
    cased: bool,
) -> bool:
    """Return whether a sentence that began at `start` may end at a proposed boundary.

    `cased` says that the text writes capitals at all.
    """
    if boundary >= end or (cased and GOES_ON.match(text, boundary, end)):
        return False
    if text[boundary - 1] == "." and (
        text[boundary] in UNBROKEN
        or not text[boundary].isspace()
        or abbreviation.search(text, max(start, boundary - 12), boundary)
        or COUNTED.match(text, digits_before(text, boundary), end)
    ):
        return False
    if NO_SENTENCE.fullmatch(text, start, boundary):
        return False
    if text[boundary - 1] in "」』”" and QUOTING.match(text, boundary - 1, end):
        return False
    uncased = text[boundary - 1] in '"”’»' and not GOES_UP.match(text, boundary, end)
    return not (uncased and REPORTED.match(text, boundary, end))


def digits_before(text: str, stop: int) -> int:
    """Return where the digits begin that stand before a stop, which ends at `stop`."""
    start = stop - 1
    while start > 0 and text[start - 1].isdecimal():
        start -= 1
    return start


@cache
def abbreviations(iso639_3: str) -> "regex.Pattern[str]":
    """Return the pattern of initials and of a language's further abbreviations at a text's end."""
    words = "|".join(ABBREVIATIONS.get(iso639_3, "").split())
    own = rf"|(?i:{words})" if words else ""
    # Elsewhere a single letter may be a word that ends sentences, as in Sinhala.
    initial = r"|\p{Lu}|\p{Ethiopic}"
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{TITLES}{initial}{own})\.$")


@cache
def segmenter() -> Any:
    """Return sentencex's function, which keeps white space: the pieces make up the text."""
    try:
        from sentencex import segment
    except ImportError as error:
        raise GlotliftError(
            "GL-LANGUAGE-040",
            f"{error.name} is not installed, and sentences are found by it",
            fix="pip install 'glotlift[data]'",
        ) from None
    return segment
