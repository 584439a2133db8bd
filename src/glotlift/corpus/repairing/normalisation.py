"""One spelling for one text: Unicode NFC, plain line ends, no control characters.

`normalise` is for every text. `normalise_script` makes further choices for one script, none of
which is right for every use: each names what it does to the text.
"""

import re
import unicodedata
from collections.abc import Collection

from glotlift.corpus.repairing.spelling import CHOICES
from glotlift.languages.codes import language
from glotlift.runs.errors import GlotliftError

# Joiners (U+200C, U+200D) and direction marks stay: Persian, Hindi and Hebrew need them.
REMOVED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufeff\ufffe\uffff]")
LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# Every character that either of them touches: one quick look at most texts.
ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def normalise(text: str) -> str:
    """Return the text in NFC with LF line ends, without byte-order marks and control characters.

    Tab and line feed stay, as do joiners and direction marks; white space at both ends goes.
    Applying it twice changes nothing more (UAX #15).
    """
    if ODD.search(text):
        text = REMOVED.sub("", LINE_ENDS.sub("\n", text))
    text = text.strip()
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def normalise_script(text: str, code: str, *, choices: Collection[str]) -> str:
    """Return the text normalised, and spelt by some of the `spelling.CHOICES`.

    `code` is any code that `language` knows. A choice that does not concern the language's script
    does nothing, so that one list serves a corpus of many languages. Choices are made in the order
    of `CHOICES`, whatever order they are given in; doing it twice changes nothing more.

    Raises GL-CORPUS-101 (no such choice) and what `language` raises.
    """
    unknown = [name for name in choices if name not in CHOICES]
    if unknown:
        cause = f"no such choice of spelling: {unknown[0]!r}"
        raise GlotliftError("GL-CORPUS-101", cause, fix=f"choose of: {', '.join(CHOICES)}")
    spoken = language(code)
    made = [choice for name, choice in CHOICES.items() if name in choices]
    text = normalise(text)
    while True:
        before = text
        for choice in made:
            text = choice(text, spoken)
        text = normalise(text)
        if text == before:
            return text
