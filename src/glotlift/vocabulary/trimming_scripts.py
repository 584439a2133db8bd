"""Which pieces are written in given scripts, fragments of characters included."""

import unicodedata
from collections.abc import Collection, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from glotlift.languages.identification.writing import COMMON, SCRIPTS, script_counts, script_table
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.segmentation import LETTERS

# Codes that stand for more than one script, or for a way of writing one (ISO 15924).
MEMBERS = {
    "Jpan": ("Hira", "Kana", "Hani"),
    "Kore": ("Hang", "Hani"),
    "Hans": ("Hani",),
    "Hant": ("Hani",),
    "Hanb": ("Hani", "Bopo"),
    "Hrkt": ("Hira", "Kana"),
    "Aran": ("Arab",),
    "Zyyy": (),
    "Zinh": (),
}


def written_in(
    names: Sequence[str], scripts: Collection[str], byte_level: bool
) -> NDArray[np.bool_]:
    """Return [V] True for pieces whose letters are all of these scripts.

    What is a letter of no script (digits, punctuation, signs) belongs to all. A byte-level piece
    that begins or ends within a character needs a character of these scripts, or of none, that
    ends or begins with those bytes. Raises GL-VOCABULARY-042 for a code that is no script here.
    """
    wanted = script_numbers(scripts)
    texts: Sequence[str] = names
    fragments: dict[int, tuple[bytes, bytes]] = {}
    if byte_level:
        texts, fragments = decoded(names)
    foreign = np.ones(len(SCRIPTS), dtype=np.bool_)
    foreign[list(wanted)] = False
    inside = np.asarray(script_counts(texts)[:, foreign].sum(1) == 0)
    if fragments:
        heads, tails = cut_bytes(wanted)
        for number, (tail, head) in fragments.items():
            inside[number] &= (not tail or tail in tails) and (not head or head in heads)
    return inside


def script_numbers(scripts: Collection[str]) -> frozenset[int]:
    """Return the places in `SCRIPTS` of these codes, with that of common signs."""
    members = [part for code in scripts for part in MEMBERS.get(code, (code,))]
    unknown = next((code for code in members if code not in SCRIPTS), None)
    if unknown is not None or isinstance(scripts, str):
        raise GlotliftError(
            "GL-VOCABULARY-042",
            f"no script is called {unknown or scripts!r}",
            place="scripts",
            fix="give a list of ISO 15924 codes, such as ['Latn', 'Cyrl']",
        )
    return frozenset([COMMON, *(SCRIPTS.index(code) for code in members)])


def decoded(names: Sequence[str]) -> tuple[list[str], dict[int, tuple[bytes, bytes]]]:
    """Return the text of byte-level pieces, and by id the cut bytes before and after it."""
    table = {ord(letter): byte for letter, byte in LETTERS.items()}
    texts: list[str] = []
    fragments: dict[int, tuple[bytes, bytes]] = {}
    for number, name in enumerate(names):
        if name.isascii():
            texts.append(name)
            continue
        try:
            raw = name.translate(table).encode("latin-1")
            texts.append(raw.decode())
        except UnicodeEncodeError:
            texts.append(name)
        except UnicodeDecodeError:
            start = next((i for i, byte in enumerate(raw) if not 0x80 <= byte < 0xC0), len(raw))
            text = raw[start:].decode(errors="ignore")
            texts.append(text)
            fragments[number] = (raw[:start], raw[start + len(text.encode()) :])
    return texts, fragments


@cache
def cut_bytes(wanted: frozenset[int]) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return how characters of these scripts begin and how they end, cut anywhere inside."""
    table = script_table()
    heads: set[bytes] = set()
    tails: set[bytes] = set()
    for point in np.flatnonzero(np.isin(table, list(wanted)))[0x80:].tolist():
        if 0xD800 <= point < 0xE000 or unicodedata.category(chr(point)) in ("Cn", "Co"):
            continue
        raw = chr(point).encode()
        for place in range(1, len(raw)):
            heads.add(raw[:place])
            tails.add(raw[place:])
    return frozenset(heads), frozenset(tails)
