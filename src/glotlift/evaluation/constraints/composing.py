"""Conversations made by program, with replies that follow every constraint.

In each turn one more thing is asked of a short text, and all that was asked before still holds, as
in Multi-IF (He et al. 2024, arXiv:2410.15553, section 3). What is asked shows in a few characters
and never contradicts anything else that may be, so that a small model can learn it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glotlift.evaluation.constraints.checkers import Constraint
from glotlift.evaluation.constraints.conversations import Conversation, Turn
from glotlift.evaluation.constraints.reading import words
from glotlift.evaluation.constraints.stating import options, quotes, request, state
from glotlift.languages import language

QUOTED, TITLED = "startend:quotation", "detectable_format:title"
STARRED, LISTED = (
    "detectable_format:number_highlighted_sections",
    "detectable_format:number_bullet_lists",
)
GAPPED, LATER = "detectable_content:number_placeholders", "detectable_content:postscript"
ENDED = "startend:end_checker"
ASKED = (QUOTED, TITLED, STARRED, LISTED, GAPPED, LATER, ENDED)
TURNS, MARKER, ENDINGS = 3, "P.S.", 3


def compose(
    sentences: Sequence[str], code: str, count: int, *, seed: int, kind: str = "talk"
) -> list[Conversation]:
    """Return conversations of three turns about one sentence each, drawn by seed and number.

    What is asked has the same names in every language for one seed, kind and number.
    """
    found = []
    for number in range(count):
        draw = np.random.default_rng([seed, number, *kind.encode()])
        names = draw.permutation(ASKED)[:TURNS].tolist()
        bullets, ending = int(draw.integers(2, 4)), int(draw.integers(ENDINGS))
        asked = [Constraint(name, drawn(name, code, bullets, ending)) for name in names]
        body = [sentences[place] for place in draw.integers(len(sentences), size=4)]
        turns = [
            Turn(
                "\n".join(([request(code)] if turn == 0 else []) + [said(asked[turn], code)]),
                tuple(asked[: turn + 1]),
                reply(body, code, asked[: turn + 1]),
            )
            for turn in range(TURNS)
        ]
        found.append(Conversation(f"{kind}/{seed}/{number}", code, tuple(turns)))
    return found


def drawn(name: str, code: str, bullets: int, ending: int) -> dict[str, Any]:
    """Return the keywords of a constraint."""
    known: dict[str, dict[str, Any]] = {
        STARRED: {"num_highlights": 1},
        LISTED: {"num_bullets": bullets},
        GAPPED: {"num_placeholders": 1},
        LATER: {"postscript_marker": MARKER},
        ENDED: {"end_phrase": options(code)[ending]},
    }
    return known.get(name, {})


def said(constraint: Constraint, code: str) -> str:
    """Return a constraint in words."""
    return state(constraint.name, code, **constraint.arguments)


def reply(body: Sequence[str], code: str, constraints: Sequence[Constraint]) -> str:
    """Return a text that begins with the first sentence of `body` and follows the constraints."""
    wanted = {one.name: one.arguments for one in constraints}
    space = " " if language(code).spaced else ""
    text, *others = [sentence.strip() for sentence in body]
    first = [shortened(sentence, code) for sentence in (text, *others)]
    if STARRED in wanted:
        text = text.replace(first[0], f"*{first[0]}*", 1)
    if GAPPED in wanted:
        text = f"{text}{space}[{first[1]}]"
    lines = [f"<<{first[2]}>>"] if TITLED in wanted else []
    lines.append(text)
    bullets = wanted.get(LISTED, {}).get("num_bullets", 0)
    lines += [f"* {word}" for word in [*first[1:], first[0]][:bullets]]
    if LATER in wanted:
        lines.append(f"{MARKER} {first[3]}")
    if ENDED in wanted:
        lines.append(wanted[ENDED]["end_phrase"])
    opening, closing = quotes(code) if QUOTED in wanted else ("", "")
    return opening + "\n".join(lines) + closing


def shortened(sentence: str, code: str) -> str:
    """Return the first word of a sentence; its first two where words are characters."""
    return "".join(words(sentence, code)[: 1 if language(code).spaced else 2])


def alone(row: Conversation, turn: int) -> Turn:
    """Return a turn that says all it asks itself, so that it needs none before it."""
    asked = [before.prompt for before in row.turns[: turn + 1]]
    return Turn("\n".join(asked), row.turns[turn].constraints, row.turns[turn].gold)
