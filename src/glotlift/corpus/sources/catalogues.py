"""gettext PO catalogues, entry by entry."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glotlift.corpus.fields import INVALID, Row
from glotlift.corpus.lines import gather
from glotlift.corpus.sources.optional import library
from glotlift.corpus.sources.terms import license_name
from glotlift.corpus.sources.units import unit_id

CHARSET = re.compile(rb"charset=([\w.:-]+)", re.IGNORECASE)
TERMS = re.compile(
    r"^#.*?(?:SPDX-License-Identifier:\s*([^\s*]+)|\b(?:license|licence)d?:\s*(.+)"
    r"|(?:under|of) (?:the )?(?:terms of )?(?:the )?(.{3,80}? (?:License|licence)\b[^.]{0,40}))",
    re.IGNORECASE | re.MULTILINE,
)
ENGLISH = "eng_Latn"  # gettext's convention for messages unless the header says otherwise
FUZZY, OBSOLETE, MISSING = "fuzzy translation", "obsolete entry", "not translated"
MALFORMED = "malformed PO entry"
SCRIPTS = {"latin": "Latn", "cyrillic": "Cyrl", "arabic": "Arab", "devanagari": "Deva"}


@dataclass(frozen=True)
class Heading:
    """What a catalogue's header says."""

    charset: str
    source: str
    target: str
    license: str


def read_catalogue(path: Path) -> Iterator[Row]:
    """Yield two rows for every entry of a PO file: the message and its translation, one id.

    The id is made of context and message, so it is the same in the catalogues of all languages.
    Messages are English unless the header names another language (X-Source-Language); the language
    of the translations is the header's, else the one in the file's name or folder. Entries that
    are fuzzy, obsolete, untranslated or malformed are faults. Of plural forms the first and the
    last are rows. Entries are parsed by polib one by one.

    Raises GL-CORPUS-080 when polib is not installed.
    """
    polib = library("polib", "PO files are read")
    heading = None
    for lines in gather(path, "blank"):
        number, fault = lines[0][0], next((problem for *_, problem in lines if problem), "")
        block = b"\n".join(line or b"" for _, line, _ in lines)
        if heading is None:
            heading = Heading("utf-8", ENGLISH, language_in_name(path), "")
            if not fault and b'msgid ""' in block:
                heading = read_heading(polib, block, heading)
        try:
            text = block.decode(heading.charset).removeprefix("\ufeff")
        except (UnicodeError, LookupError):
            fault = fault or INVALID
        if fault:
            yield Row(number, {}, fault)
            continue
        for entry in entries(polib, text):
            yield from entry_rows(number, entry, heading)


def entries(polib: Any, text: str) -> list[Any]:
    """Return the entries of a part of a catalogue; [None] where it is malformed."""
    try:
        # With a line end, so that no part can be taken for the name of a file.
        return list(polib.pofile(text + "\n"))
    except (OSError, ValueError, IndexError, AttributeError, KeyError, TypeError):
        return [None]


def read_heading(polib: Any, block: bytes, usual: Heading) -> Heading:
    """Return what the first entry of a catalogue says."""
    found = CHARSET.search(block)
    charset = found.group(1).decode() if found else usual.charset
    try:
        text = block.decode(charset)
    except (UnicodeError, LookupError):
        charset, text = usual.charset, block.decode("utf-8", "replace")
    try:
        metadata = polib.pofile(text + "\n").metadata
    except (OSError, ValueError, IndexError, AttributeError, KeyError, TypeError):
        metadata = {}
    terms = TERMS.search(text)
    license = next((group for group in terms.groups() if group), "") if terms else ""
    return Heading(
        charset,
        language_code(metadata.get("X-Source-Language", "")) or usual.source,
        language_code(metadata.get("Language", "")) or usual.target,
        license_name(license),
    )


def entry_rows(number: int, entry: Any, heading: Heading) -> Iterator[Row]:
    """Yield the rows of an entry: message and translation, or the fault."""
    if entry is None:
        yield Row(number, {}, MALFORMED)
        return
    if entry.obsolete:
        yield Row(number, {}, OBSOLETE)
        return
    forms = [text for _, text in sorted(entry.msgstr_plural.items(), key=lambda form: str(form[0]))]
    pairs = [(entry.msgid, forms[0] if forms else entry.msgstr)]
    if entry.msgid_plural:
        pairs.append((entry.msgid_plural, forms[-1] if forms else ""))
    for message, translation in pairs:
        shared = {"id": unit_id("po", entry.msgctxt or "", message)}
        shared |= {"license": heading.license} if heading.license else {}
        yield Row(number, {**shared, "language": heading.source, "text": message})
        fault = FUZZY if entry.fuzzy else "" if translation else MISSING
        spoken = {"language": heading.target} if heading.target else {}
        yield Row(number, {**shared, **spoken, "text": translation}, fault)


def language_code(stated: str) -> str:
    """Return a gettext locale (``sr_RS@latin``) as a language code (``sr-Latn``)."""
    code, _, script = stated.strip().partition("@")
    known = SCRIPTS.get(script.lower())
    return f"{code.partition('_')[0]}-{known}" if known else code


def language_in_name(path: Path) -> str:
    """Return the language of ``de.po``, ``app.de.po`` or ``de/LC_MESSAGES/app.po``; else ""."""
    if path.parent.name == "LC_MESSAGES":
        return language_code(path.parent.parent.name)
    name = path.name.split(".po")[0].rpartition(".")[2]
    return language_code(name) if re.fullmatch(r"[a-z]{2,3}([_-]\w{2,4})?(@\w+)?", name) else ""
