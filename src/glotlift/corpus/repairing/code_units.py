"""What each UTF-16 unit may mean for a text's soundness, as a table to look texts up in."""

import unicodedata
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

CONTROL, INVISIBLE, FULL_WIDTH, FORM, SURROGATE = 1, 2, 4, 8, 16
# CONTINUATION is the highest bit, so that `>=` finds it.
LEAD_OF_TWO, LEAD_OF_MANY, CONTINUATION = 32, 64, 128

CONTROL_RANGES = (
    (0x00, 0x08),
    (0x0B, 0x0C),
    (0x0E, 0x1F),
    (0x7F, 0x84),
    (0x86, 0x9F),
    (0xFDD0, 0xFDEF),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0xFFFE, 0xFFFF),
)
INVISIBLE_RANGES = ((0xAD, 0xAD), (0x180E, 0x180E), (0x200B, 0x200D), (0x2060, 0x2064))
# What windows-1252 makes of the bytes 80 to 9F.
WINDOWS_1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
# Kana, Bopomofo, Hangul, Han, Yi, and the high surrogates of planes 2 and 3.
EAST_ASIAN_RANGES = ((0x3041, 0x318E), (0x31A0, 0xA4CF), (0xAC00, 0xD7A3), (0xD840, 0xD8BF))
EAST_ASIAN_SHARE = 0.1
UNITS = 0x10000
SURROGATES = range(0xD800, 0xE000)
HANGUL_VOWELS, HANGUL_TAILS = (0x1161, 0x1175), (0x11A8, 0x11C2)


@cache
def unit_flags() -> NDArray[np.uint8]:
    """Return [65536] the bits of each UTF-16 unit."""
    flags = np.zeros(UNITS, np.uint8)
    for bit, ranges in (
        (CONTROL, CONTROL_RANGES),
        (INVISIBLE, INVISIBLE_RANGES),
        (FULL_WIDTH, ((0xFF01, 0xFF5E),)),
        (SURROGATE, ((0xD800, 0xDFFF),)),
        (LEAD_OF_TWO, ((0xC2, 0xDF),)),
        (LEAD_OF_MANY, ((0xE0, 0xF4),)),
        (CONTINUATION, ((0x80, 0xBF), *((ord(sign), ord(sign)) for sign in WINDOWS_1252))),
    ):
        for first, last in ranges:
            flags[first : last + 1] |= bit
    flags[seconds() | unstable() | (combining_classes() > 0)] |= FORM
    return flags


@cache
def unstable() -> NDArray[np.bool_]:
    """Return [65536] whether NFC never leaves a unit as it is, or joins it to most before it.

    The first are those of UAX #15 with NFC_Quick_Check=No, the second conjoining Hangul.
    """
    changed = [
        unit not in SURROGATES and not unicodedata.is_normalized("NFC", chr(unit))
        for unit in range(UNITS)
    ]
    for first, last in (HANGUL_VOWELS, HANGUL_TAILS):
        changed[first : last + 1] = [True] * (last + 1 - first)
    return np.array(changed)


@cache
def seconds() -> NDArray[np.bool_]:
    """Return [65536] whether NFC may join a unit with one before it."""
    joins = np.zeros(UNITS, bool)
    joins[[pair & 0xFFFF for pair in composing_pairs()]] = True
    return joins


@cache
def combining_classes() -> NDArray[np.uint8]:
    """Return [65536] the canonical combining class of each unit."""
    return np.array([unicodedata.combining(chr(unit)) for unit in range(UNITS)], np.uint8)


@cache
def composing_pairs() -> frozenset[int]:
    """Return the pairs of units, the first in the upper 16 bits, of which NFC makes one."""
    pairs = set()
    for unit in range(UNITS):
        parts = unicodedata.decomposition(chr(unit)).split()
        # Composition exclusions are decomposed and never made (UAX #15, section 5).
        excluded = unit in SURROGATES or not unicodedata.is_normalized("NFC", chr(unit))
        if len(parts) == 2 and not parts[0].startswith("<") and not excluded:
            pairs.add(int(parts[0], 16) << 16 | int(parts[1], 16))
    return frozenset(pairs)


@lru_cache(maxsize=UNITS)
def pair_is_normal(pair: int) -> bool:
    """Return whether two units, the first in the upper 16 bits, are in NFC as they stand."""
    return unicodedata.is_normalized("NFC", chr(pair >> 16) + chr(pair & 0xFFFF))


def composes(units: NDArray[np.uint16], flags: NDArray[np.uint8]) -> bool:
    """Return whether NFC may change a text, from its units [n] and their flags [n].

    False is certain, for units without surrogates: marks stand in their order, and what could join
    stands directly after a starter that it leaves as it is.
    """
    places = ((flags & FORM) != 0).nonzero()[0]
    found, before = units[places], units[places - 1]
    if unstable()[found].any():
        return True
    classes, earlier = combining_classes()[found], combining_classes()[before]
    if (((classes < earlier) & (classes > 0)) | ((earlier > 0) & seconds()[found])).any():
        return True
    pairs = (before.astype(np.int64) << 16) | found
    return not all(map(pair_is_normal, set(pairs.tolist())))


@cache
def letters() -> NDArray[np.uint8]:
    """Return [65536] 0 for a unit that is no letter, 2 for an East Asian letter, 1 for another."""
    kinds = np.array([chr(unit).isalpha() for unit in range(UNITS)], np.uint8)
    kinds[0xFF01:0xFF5F] = 0
    for first, last in EAST_ASIAN_RANGES:
        kinds[first : last + 1] *= 2
    kinds[0xD840:0xD8C0] = 2
    return kinds


def is_east_asian(units: NDArray[np.uint16]) -> bool:
    """Return whether a tenth of a text's letters is East Asian, so that wide forms are at home."""
    kinds = letters()[units]
    east = np.count_nonzero(kinds == 2)
    return bool(east > EAST_ASIAN_SHARE * np.count_nonzero(kinds))
