"""One spelling for one text: Unicode NFC, plain line ends, no control characters."""

import re
import unicodedata

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
