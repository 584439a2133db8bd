"""Personal data in text: found by form and by check digits, and masked.

Nothing here guesses names. What is found is what a form gives away: addresses of people and of
their computers, numbers of telephones, bank accounts, payment cards and citizens, and links that
carry a secret. Numbers count only where their check digits hold, and a form that many harmless
numbers share (a date, a version, an order) only where the words before it say what it is.
"""

import re
import sys
from bisect import bisect
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glotlift.corpus.protection.personal_accounts import find_accounts, find_cards
from glotlift.corpus.protection.personal_addresses import (
    find_computers,
    find_emails,
    find_long_computers,
    find_secrets,
)
from glotlift.corpus.protection.personal_identities import find_identities, find_lettered_identities
from glotlift.corpus.protection.personal_phones import Regions, find_phones

KINDS = (
    "URL_TOKEN",
    "EMAIL",
    "IBAN",
    "CREDIT_CARD",
    "IPV6",
    "IPV4",
    "NATIONAL_ID",
    "PHONE",
)
Span = tuple[int, int]
# Three digits or hexadecimal ones close to each other: what all numbers below have.
NUMBERED = re.compile(r"[0-9](?:[^\w\n]{0,2}[0-9A-Fa-f]){2}")
# Six digits with at most two signs between each: less is no number of anybody.
DENSE = re.compile(r"[0-9](?:[^\w\n]{0,2}[0-9]){5}")
# A dot or a colon after the first number of a computer's address.
DOTTED = re.compile(r"\d\.\d{1,3}\.\d{1,3}\.\d", re.ASCII)
COLONS = re.compile(r"[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2}")
LETTERED = re.compile(r"\d{3}[- ]?[A-Z]", re.ASCII)
WIDE_SIGNS = {"＠": "@", "－": "-", "＋": "+", "（": "(", "）": ")"}


class Personal(NamedTuple):
    """Personal data at ``text[start:end]`` (characters); `kind` is one of `KINDS`."""

    kind: str
    start: int
    end: int


def find_personal(text: str, region: Regions = None) -> list[Personal]:
    """Return the personal data in a text, by place and without overlaps.

    `region` is the country (ISO 3166, or several, most likely first: `regions_of`) whose national
    form of telephone numbers is understood; without it numbers with a country's prefix, those in
    parentheses as people write them, North American ones and those after a word for telephone are
    found. Digits of every script count as digits. Addresses that no person has (private networks,
    this computer, netmasks) are left alone.

    Raises GL-CORPUS-055 (phonenumbers) and -056 (python-stdnum) where the text needs a library that
    is not installed.
    """
    folded = fold(text)
    found = [Personal(kind, *span) for kind, span in _candidates(folded, region)]
    return _apart(found) if len(found) > 1 else found


def mask_personal(text: str, found: Iterable[Personal]) -> str:
    """Return the text with every find replaced by its kind, as in ``<EMAIL>``."""
    pieces, last = [], 0
    for kind, start, end in _apart(found):
        pieces += [text[last:start], f"<{kind}>"]
        last = end
    return "".join([*pieces, text[last:]])


def fold(text: str) -> str:
    """Return the text with digits of every script and wide signs in ASCII, each in its place."""
    if text.isascii():
        return text
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    folded = _table()[codes]
    if np.array_equal(folded, codes):
        return text
    return folded.tobytes().decode("utf-32-le", "surrogatepass")


def _candidates(text: str, region: Regions) -> Iterator[tuple[str, Span]]:
    """Yield what each kind finds, looking only where a quick look says that it may."""
    if "://" in text:
        yield from (("URL_TOKEN", span) for span in find_secrets(text))
    if "@" in text or "(at)" in text or "[at]" in text:
        yield from (("EMAIL", span) for span in find_emails(text))
    if not NUMBERED.search(text):
        return
    if DOTTED.search(text):
        yield from (("IPV4", span) for span in find_computers(text))
    if COLONS.search(text):
        yield from (("IPV6", span) for span in find_long_computers(text))
    if LETTERED.search(text):
        yield from (("NATIONAL_ID", span) for span in find_lettered_identities(text))
    if DENSE.search(text):
        yield from (("IBAN", span) for span in find_accounts(text))
        yield from (("CREDIT_CARD", span) for span in find_cards(text))
        yield from (("NATIONAL_ID", span) for span in find_identities(text))
        yield from (("PHONE", span) for span in find_phones(text, region))


def _apart(found: Iterable[Personal]) -> list[Personal]:
    """Return finds without overlaps: of two the longer stays, of two as long the surer kind."""
    kept: list[Personal] = []
    starts: list[int] = []
    ranked = sorted(found, key=lambda one: (one.start - one.end, KINDS.index(one.kind), one.start))
    for one in ranked:
        place = bisect(starts, one.start)
        if place and kept[place - 1].end > one.start:
            continue
        if place == len(kept) or one.end <= starts[place]:
            kept.insert(place, one)
            starts.insert(place, one.start)
    return kept


@cache
def _table() -> NDArray[np.uint32]:
    table = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    for code in range(128, sys.maxunicode + 1):
        if chr(code).isdecimal():
            table[code] = ord("0") + int(chr(code))
    table[[ord(sign) for sign in WIDE_SIGNS]] = [ord(plain) for plain in WIDE_SIGNS.values()]
    return table
