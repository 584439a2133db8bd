"""Damage of encoding undone: mojibake, entities, invisible characters, decomposed text.

Most texts are sound, so a text is looked at once, by a table over its UTF-16 units, and only what
that look suspects is treated. Sound text comes back as it was, in Unicode NFC (UAX #15).
"""

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.repairing.code_units import (
    CONTINUATION,
    CONTROL,
    FORM,
    FULL_WIDTH,
    INVISIBLE,
    LEAD_OF_MANY,
    LEAD_OF_TWO,
    SURROGATE,
    WINDOWS_1252,
    composes,
    is_east_asian,
    unit_flags,
)
from glotlift.corpus.repairing.invisible import narrow, remove_invisible
from glotlift.corpus.repairing.mojibake import MOJIBAKE, repair_mojibake

ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
BYTE_ORDER_MARK = "\ufeff"
REPLACEMENT = "\ufffd"
# C0 and C1 controls but tab, line ends and NEL, noncharacters, interlinear annotation.
CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]"
)
C1_SIGNS = {sign.encode("windows-1252")[0]: sign for sign in WINDOWS_1252 if sign != "…"}
LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Repaired:
    """A text after repair, the kinds of damage that were undone, and what could not be.

    `damage` names are of `DAMAGE`, in its order. `lost` counts replacement characters (U+FFFD) in
    the text: what stood there is gone.
    """

    text: str
    damage: tuple[str, ...] = ()
    lost: int = 0


def repair(text: str) -> Repaired:
    """Undo damage of encoding; sound text comes back unchanged but for NFC.

    Doing it twice changes nothing more. Raises GL-CORPUS-100 where a text may hold mojibake among
    sound text and ftfy, which tells them apart, is not installed.
    """
    damage: set[str] = set()
    while step := next_step(text):
        name, text = step
        damage.add(name)
    return Repaired(text, tuple(n for n in DAMAGE if n in damage), text.count(REPLACEMENT))


def next_step(text: str) -> tuple[str, str] | None:
    """Return the first repair that changes the text, and what it makes of it."""
    for name in suspect(text):
        repaired = STEPS[name](text)
        if repaired != text:
            return name, repaired
    return None


def suspect(text: str) -> list[str]:
    """Return the kinds of damage that a text may have, by one look at each of its characters."""
    named = ["entities"] if "&" in text and ENTITY.search(text) else []
    if text.isascii():
        return named + (["control characters"] if CONTROLS.search(text) else [])
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    flags = unit_flags()[units]
    present = int(np.bitwise_or.reduce(flags))
    if present & SURROGATE and LONE.search(text):
        named.append("lone surrogates")
    if may_be_mojibake(flags, present) and MOJIBAKE.search(text):
        named.append("mojibake")
    if present & CONTROL:
        named += ["byte-order marks", "windows-1252", "control characters"]
    if present & INVISIBLE:
        named.append("invisible characters")
    if present & FULL_WIDTH and not is_east_asian(units):
        named.append("full width")
    if present & (FORM | SURROGATE) and (present & SURROGATE or composes(units, flags)):
        named.append("not NFC")
    return named


def may_be_mojibake(flags: NDArray[np.uint8], present: int) -> bool:
    """Return whether characters stand together that as bytes would begin a UTF-8 sequence."""
    if not present & CONTINUATION or not present & (LEAD_OF_TWO | LEAD_OF_MANY):
        return False
    places = (flags >= CONTINUATION).nonzero()[0]
    before = flags[places - 1]
    if (before & LEAD_OF_TWO).any():
        return True
    second = places[before >= CONTINUATION]
    return bool((flags[second - 2] & LEAD_OF_MANY).any())


def decode_entities(text: str) -> str:
    """Decode HTML's character references, however often they were escaped.

    Text with tags is markup that is shown, and stays as it is.
    """
    while not TAG.search(text):
        decoded = ENTITY.sub(lambda found: html.unescape(found[0]), text)
        if decoded == text:
            break
        text = decoded
    return text


def join_surrogates(text: str) -> str:
    """Join surrogate pairs that were decoded apart; a lone one is a lost character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def remove_marks(text: str) -> str:
    """Remove byte-order marks, at the start and where files were joined."""
    return text.replace(BYTE_ORDER_MARK, "")


def read_windows_1252(text: str) -> str:
    """Read C1 controls, which no text means, as windows-1252 does; NEL stays a line end."""
    return text.translate(C1_SIGNS)


def remove_controls(text: str) -> str:
    """Remove control characters and noncharacters."""
    return CONTROLS.sub("", text)


def compose(text: str) -> str:
    """Return the text in NFC."""
    return unicodedata.normalize("NFC", text)


STEPS: dict[str, Callable[[str], str]] = {
    "entities": decode_entities,
    "lone surrogates": join_surrogates,
    "mojibake": repair_mojibake,
    "byte-order marks": remove_marks,
    "windows-1252": read_windows_1252,
    "control characters": remove_controls,
    "invisible characters": remove_invisible,
    "full width": narrow,
    "not NFC": compose,
}
DAMAGE = tuple(STEPS)
