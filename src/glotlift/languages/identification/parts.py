"""The runs of lines of one language inside a document.

Every line is identified; each language's evidence of a line is its confidence times the line's
length, and a change of language costs a fixed amount (a hidden Markov model with equal transitions,
decoded by Viterbi 1967). So a short odd line, a name or a line of code does not break a run.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from glotlift.languages.identification.guesses import UNDETERMINED, Guess, Identifier, sample

SWITCH = 100.0  # letters of certain evidence that a change of language must bring
LEAST = 150  # such characters of the shortest part
SHORT_LINE = 40  # characters; a shorter line is read with the next
LINE = 400  # characters of a line that are read
WINDOW, EVERY = 400, 2_000  # characters read to see whether a text may be mixed, and how often
DENSE, LETTERS_IN_ONE = ("Hans", "Hant", "Jpan", "Hang"), 2  # such characters say more each
CODE = re.compile(r"[{}<>=\\|;$_#@~^*\[\]()/]")
CODE_SHARE = 0.12
CERTAIN = 0.9
# Languages whose single lines no identifier tells apart: the document decides for all its lines.
NEAR = (
    {"ind_Latn", "zsm_Latn"},
    {"mar_Deva", "san_Deva"},
    {"hin_Deva", "bho_Deva", "mai_Deva", "mag_Deva"},
    {"bos_Latn", "hrv_Latn", "srp_Latn"},
    {"nob_Latn", "nno_Latn", "dan_Latn"},
    {"kin_Latn", "run_Latn"},
    {"zul_Latn", "xho_Latn", "ssw_Latn", "nbl_Latn"},
    {"sot_Latn", "nso_Latn", "tsn_Latn"},
    {"zho_Hans", "zho_Hant", "yue_Hant", "wuu_Hans"},
    {"bod_Tibt", "dzo_Tibt"},
    {"eng_Latn", "sco_Latn"},
    {"spa_Latn", "glg_Latn", "ext_Latn"},
    {"por_Latn", "glg_Latn"},
)
_LINE = re.compile(r"[^\n]*\n?")


@dataclass(frozen=True, slots=True)
class Part:
    """A run text[start:end] in one language, "und" where none could be named."""

    start: int
    end: int
    language: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line text[start:end] with letters in it, and the evidence for its language."""

    start: int
    end: int
    guess: Guess
    letters: int


def identify_parts(
    texts: Sequence[str], identifier: Identifier, whole: Sequence[Guess] | None = None
) -> list[list[Part]]:
    """Return the parts of each text, in order and without gaps; one where it is not mixed.

    A text's parts cover it from 0 to its end. `whole` are the identifier's guesses for the texts,
    where they are there already. An empty text has one part, "und".
    """
    guesses = identifier.identify(texts) if whole is None else whole
    parts = [
        [Part(0, len(text), guess.language, guess.confidence)]
        for text, guess in zip(texts, guesses, strict=True)
    ]
    doubtful = maybe_mixed(texts, guesses, identifier)
    spans = [line_spans(texts[index]) for index in doubtful]
    lines = [
        sample(texts[index][a:b], LINE)
        for index, found in zip(doubtful, spans, strict=True)
        for a, b in found
    ]
    of_lines = iter(identifier.identify(lines))
    for index, found in zip(doubtful, spans, strict=True):
        own = [Line(a, b, next(of_lines), letters(texts[index][a:b])) for a, b in found]
        parts[index] = parts_of(parts[index][0], own)
    return settle(texts, parts, identifier, guesses)


def maybe_mixed(
    texts: Sequence[str], guesses: Sequence[Guess], identifier: Identifier
) -> list[int]:
    """Return the texts of which a window, at an end or between, seems to be of another language."""
    owner, windows = [], []
    for index, text in enumerate(texts):
        if len(text) < 2 * LEAST:
            continue
        steps = max(2, len(text) // EVERY)
        for step in range(steps + 1):
            size = WINDOW if len(text) > 3 * WINDOW else len(text) // 3
            start = (len(text) - size) * step // steps
            owner.append(index)
            windows.append(text[start : start + size])
    found = zip(owner, identifier.identify(windows), strict=True)
    other = {
        index
        for index, guess in found
        if guess.language != UNDETERMINED and not near(guess.language, guesses[index].language)
    }
    return sorted(other)


def near(left: str, right: str) -> bool:
    """Return whether two codes are the same, or of languages too near for single lines."""
    return left == right or any(left in group and right in group for group in NEAR)


def line_spans(text: str) -> list[tuple[int, int]]:
    """Return the lines of a text, short ones together with those after them."""
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _LINE.finditer(text):
        if found.end() - start >= SHORT_LINE or found.end() == len(text):
            if found.end() > start:
                spans.append((start, found.end()))
            start = found.end()
    return spans


def letters(line: str) -> int:
    """Return how many characters of a line are evidence: none where it looks like code."""
    return 0 if len(CODE.findall(line)) > CODE_SHARE * len(line) else min(len(line), LINE)


def worth(line: Line) -> float:
    """Return the evidence of a line for its language, in letters of certain evidence."""
    if line.guess.language == UNDETERMINED:
        return 0.0
    times = LETTERS_IN_ONE if line.guess.language.endswith(DENSE) else 1
    return line.guess.confidence * line.letters * times


def parts_of(whole: Part, lines: Sequence[Line]) -> list[Part]:
    """Return the runs that explain a text's lines best."""
    total: defaultdict[str, float] = defaultdict(float)
    for line in lines:
        total[line.guess.language] += worth(line)
    total.pop(UNDETERMINED, None)
    ranked = [code for code, _ in sorted(total.items(), key=lambda item: (-item[1], item[0]))]
    stands = {c: next(first for first in ranked if near(first, c)) for c in ranked}
    known = sorted(set(stands.values()))
    if len(known) < 2:
        return [whole]
    parts: list[Part] = []
    answers = [stands.get(line.guess.language, "") for line in lines]
    for line, code in zip(lines, decode(lines, answers, known), strict=True):
        if parts and parts[-1].language == code:
            parts[-1] = Part(parts[-1].start, line.end, code, 0.0)
        else:
            parts.append(Part(parts[-1].end if parts else 0, line.end, code, 0.0))
    return parts


def decode(lines: Sequence[Line], answers: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the language of each line that together cost least."""
    cost = dict.fromkeys(known, 0.0)
    back: list[dict[str, str]] = []
    for line, answer in zip(lines, answers, strict=True):
        best = min(cost, key=lambda code: cost[code])
        change = cost[best] + SWITCH
        came = {code: code if cost[code] <= change else best for code in known}
        miss = worth(line)
        cost = {code: min(cost[code], change) + (0.0 if code == answer else miss) for code in known}
        back.append(came)
    code = min(cost, key=lambda code: cost[code])
    path = []
    for came in reversed(back):
        path.append(code)
        code = came[code]
    return path[::-1]


def settle(
    texts: Sequence[str],
    parts: list[list[Part]],
    identifier: Identifier,
    guesses: Sequence[Guess],
) -> list[list[Part]]:
    """Read each part of a mixed text as a whole, and join to its neighbour what stays in doubt."""
    mixed = [index for index, found in enumerate(parts) if len(found) > 1]
    pieces = [texts[index][part.start : part.end] for index in mixed for part in parts[index]]
    read = iter(identifier.identify(pieces))
    for index in mixed:
        joined: list[Part] = []
        for part in parts[index]:
            fresh = confirmed(part, next(read))
            if joined and (not fresh.language or near(fresh.language, joined[-1].language)):
                joined[-1] = replace(joined[-1], end=fresh.end)
            elif joined and not joined[-1].language:
                joined[-1] = replace(fresh, start=joined[-1].start)
            else:
                joined.append(fresh)
        if len(joined) == 1:
            guess = guesses[index]
            joined = [Part(0, len(texts[index]), guess.language, guess.confidence)]
        parts[index] = joined
    return parts


def confirmed(part: Part, guess: Guess) -> Part:
    """Return the part as it is read whole, without a language where it is short or in doubt."""
    times = LETTERS_IN_ONE if part.language.endswith(DENSE) else 1
    long = (part.end - part.start) * times >= LEAST
    sure = near(guess.language, part.language) and guess.confidence >= CERTAIN
    return replace(
        part, language=guess.language if long and sure else "", confidence=guess.confidence
    )
