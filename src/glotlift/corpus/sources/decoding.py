"""The text of a page whose encoding may be stated, wrong or missing."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, lookup

from glotlift.corpus.sources.optional import library

MARKS = {BOM_UTF8: "utf-8", BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}
META = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I
)
META_BYTES = 4096
# Encodings that servers and editors name on every page, whatever it is written in.
WESTERN = {"ascii", "cp1252", "iso8859-1", "iso8859-15"}
BROKEN_SHARE = 0.1


def decode_page(content: bytes, stated: str | None = None) -> str:
    """Return the text of an HTML page.

    The byte order mark counts first; then UTF-8 wherever the bytes are UTF-8, which no other text
    is by chance; then the encoding that the HTTP header (`stated`) or the page itself names, where
    the bytes can be it; then detection. A page that names a Western encoding, as servers do by
    default, is believed only where detection finds no other script's. Never raises on bytes.

    Raises GL-CORPUS-080 when resiliparse is not installed.
    """
    for mark, name in MARKS.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "replace")
    named = [name for name in (stated, meta_encoding(content)) if name]
    if b"\x1b" not in content and b"~{" not in content:
        text = strict(content, "utf-8")
        if text is not None:
            return text
    detection = library("resiliparse.parse.encoding", "encodings are detected")
    detected = codec(detection.detect_encoding(content, html5_compatible=False))
    for name in named:
        label = codec(detection.map_encoding_to_html5(name, fallback_utf8=False))
        if label == "utf-8" and mostly_utf8(content):
            return content.decode("utf-8", "replace")
        if label is None or (label in WESTERN and detected not in (None, "utf-8", *WESTERN)):
            continue
        text = strict(content, label)
        if text is not None:
            return text
    if detected in (None, "utf-8"):
        detected = "utf-8" if mostly_utf8(content) else "cp1252"
    return content.decode(detected or "cp1252", "replace")


def meta_encoding(content: bytes) -> str | None:
    """Return the encoding that a page's `meta` element or XML declaration names."""
    found = META.search(content, 0, META_BYTES)
    return found.group(1).decode("ascii", "replace") if found else None


def strict(content: bytes, name: str) -> str | None:
    """Return the text of bytes in an encoding, or None where they are not in it."""
    try:
        return content.decode(name)
    except (UnicodeError, LookupError):
        return None


def mostly_utf8(content: bytes) -> bool:
    """Return whether bytes are UTF-8 but for a few damaged places, such as a cut at the end."""
    text = content.decode("utf-8", "replace")
    beyond = sum(len(run) for run in re.findall(r"[^\x00-\x7f]+", text))
    return text.count("\ufffd") <= BROKEN_SHARE * beyond


def codec(name: str | None) -> str | None:
    """Return Python's name of an encoding of text, or None where it has none."""
    try:
        found = lookup(name or "")
    except LookupError:
        return None
    return found.name if found._is_text_encoding else None
