"""Translation units: TMX memories and gettext PO catalogues."""

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from xml.etree.ElementTree import Element

from glotlift.corpus.fields import Row
from glotlift.corpus.sources.elements import read_elements
from glotlift.corpus.sources.terms import license_name, linked_license

# Inline elements of TMX 1.4 that hold codes of the document's own format, not words.
CODES = {"bpt", "ept", "ph", "it", "ut"}


def unit_id(kind: str, *parts: str) -> str:
    """Return the id of a unit by what it says in its source language: the same in every file."""
    said = "\0".join(parts).encode("utf-8", "replace")
    return f"{kind}:{blake2b(said, digest_size=8).hexdigest()}"


def read_memory(path: Path) -> Iterator[Row]:
    """Yield a row for every language of every unit of a TMX file, as a stream.

    The rows of a unit share an id, made of its segment in the memory's source language, so that one
    sentence has the same id in the memories of several pairs. Codes within a segment are left out.

    Raises GL-CORPUS-081 and -082 (`read_elements`).
    """
    source, license = "", ""
    for line, element, fault in read_elements(path, "tmx", ("header", "tu")):
        if element is None:
            yield Row(line, {}, fault)
        elif element.tag == "header":
            source, license = element.get("srclang", ""), stated_terms(element)
        elif element.tag == "tu":
            yield from unit_rows(line, element, element.get("srclang", source), license)


def unit_rows(line: int, unit: Element, source: str, license: str) -> Iterator[Row]:
    """Yield the rows of a translation unit."""
    found = []
    for variant in unit.iter("tuv"):
        named = (value for key, value in variant.attrib.items() if key.endswith("lang"))
        segment = variant.find("seg")
        if segment is not None:
            found.append((next(named, ""), " ".join("".join(words(segment)).split())))
    if not found:
        yield Row(line, {}, "no segment")
        return
    wanted = source.lower()
    pivot = next((text for code, text in found if code.lower() == wanted), found[0][1])
    license = stated_terms(unit) or license
    for code, text in found:
        values = {"id": unit_id("tmx", pivot), "language": code, "text": text, "license": license}
        yield Row(
            line,
            {key: value for key, value in values.items() if value},
            "" if text else "empty segment",
        )


def words(element: Element) -> Iterator[str]:
    """Yield the text of a segment without codes."""
    yield element.text or ""
    for inner in element:
        if inner.tag not in CODES:
            yield from words(inner)
        yield inner.tail or ""


def stated_terms(element: Element) -> str:
    """Return the license that a header or a unit states in a property or a note."""
    for note in element:
        kind = (note.get("type") or "").lower()
        if note.tag == "prop" and ("license" in kind or "licence" in kind or "rights" in kind):
            return license_name(note.text or "")
    return next((name for note in element if (name := linked_license(note.text or ""))), "")
