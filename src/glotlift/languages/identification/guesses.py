"""What an identifier answers, and how much of a text it reads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

UNDETERMINED = "und"
SAMPLE = 2_000  # characters of a text that are read
PIECES = 4  # a longer text is read in this many places

# Two characters that UTF-8 read as Windows-1252 leaves where one letter was: a lead byte (of the
# two- or three-byte letters) followed by a continuation byte.
_MOJIBAKE = re.compile("[ÃÂÐÑØÙÎÏàáâãåæçèé][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
MOJIBAKE_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Guess:
    """A language such as ``yor_Latn``, or ``"und"``, with how sure it is, in [0, 1].

    The confidence is calibrated: of many guesses with confidence c, about c are right. That of a
    rejected text ("und") is the confidence its best language would have had.
    """

    language: str
    confidence: float


NOTHING = Guess(UNDETERMINED, 0.0)


class Identifier(Protocol):
    """Anything that names the language of each text."""

    @property
    def name(self) -> str:
        """What the identifier is called in reports."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes it can answer, such as ``yor_Latn``, sorted."""

    def identify(self, texts: Sequence[str]) -> list[Guess]:
        """Return one guess for each text, in order."""


def sample(text: str, characters: int = SAMPLE) -> str:
    """Return the text, or as many characters of a longer one, taken from evenly spaced places."""
    if len(text) <= characters:
        return text
    size = characters // PIECES
    step = (len(text) - size) // (PIECES - 1)
    return " ".join(text[i * step : i * step + size] for i in range(PIECES))


def is_mojibake(text: str) -> bool:
    """Return whether so much of the text is wrongly decoded UTF-8 that its letters mean nothing."""
    if text.isascii():
        return False
    return 2 * sum(1 for _ in _MOJIBAKE.finditer(text)) > MOJIBAKE_SHARE * len(text)
