"""UTF-8 that was read as Latin-1 or windows-1252, once or more often."""

import re

from glotlift.corpus.repairing.code_units import WINDOWS_1252
from glotlift.runs.errors import GlotliftError

NEXT = f"[\x80-\xbf{WINDOWS_1252}]"
SEQUENCE = f"[\xc2-\xdf]{NEXT}|[\xe0-\xef]{NEXT}{{2}}|[\xf0-\xf4]{NEXT}{{3}}"
MOJIBAKE = re.compile(SEQUENCE)
RUN = re.compile(f"(?:{SEQUENCE})+")
# Controls among the bytes: no text has them.
CERTAIN = re.compile(
    "[\xc2-\xdf][\x80-\x9f]|[\xe0-\xef](?:[\x80-\x9f][\x80-\xbf]|[\x80-\xbf][\x80-\x9f])"
)
# Bytes as windows-1252 reads them where it can, else as Latin-1 does: each byte one character.
BYTES = {ord(sign): sign.encode("windows-1252")[0] for sign in WINDOWS_1252}
ENOUGH = 3  # sequences, of which chance does not make a whole text valid UTF-8


def repair_mojibake(text: str) -> str:
    """Decode what was UTF-8 and was read as Latin-1 or windows-1252.

    A text that as a whole is valid UTF-8 is decoded as a whole. Of other texts the suspicious lines
    go through ftfy (Speer 2019), which weighs how likely such letters stand together.

    Raises GL-CORPUS-100 when ftfy is needed and not installed.
    """
    whole = decode_whole(text)
    if whole is not None:
        return whole
    lines = text.split("\n")
    return "\n".join(repair_line(line) if MOJIBAKE.search(line) else line for line in lines)


def decode_whole(text: str) -> str | None:
    """Return the text decoded as UTF-8 if all of it is that, three times over at least."""
    if len(MOJIBAKE.findall(text)) < ENOUGH:
        return None
    try:
        return text.translate(BYTES).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None


def repair_line(line: str) -> str:
    """Return a line without mojibake, by what is certain and then by ftfy's judgement."""
    whole = decode_whole(line)
    if whole is not None:
        return whole
    if CERTAIN.search(line):
        line = RUN.sub(decode_run, line)
    try:
        from ftfy import fix_encoding
    except ImportError as error:
        raise GlotliftError(
            "GL-CORPUS-100",
            f"{error.name} is not installed, and mojibake is told from sound text by it",
            fix="pip install 'glotlift[data]'",
        ) from None
    return str(fix_encoding(line))


def decode_run(found: "re.Match[str]") -> str:
    """Return a run of UTF-8 sequences decoded, or as it is where they are none."""
    try:
        return found[0].translate(BYTES).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return found[0]
