"""The main text of a web page, in any script."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

from glotlift.corpus.fields import DAMAGED, ROW_BYTES, TOO_LONG, Row
from glotlift.corpus.lines import DAMAGES, open_bytes
from glotlift.corpus.sources.clearing import clear
from glotlift.corpus.sources.decoding import decode_page
from glotlift.corpus.sources.optional import library
from glotlift.corpus.sources.terms import license_name, linked_license

STATED_TERMS = "a[rel~=license][href], link[rel~=license][href], area[rel~=license][href]"
META_TERMS = ("license", "dc.rights", "dcterms.license", "dcterms.rights", "dc.rights.license")
DEPTH = 500  # elements within elements; deeper pages are not written by anyone
MARK = re.compile("\ue000(\\d+)\ue001")
NO_TEXT = "no text in the page"


class Image(NamedTuple):
    """A picture: its address, what stands in its place, and before which character it stands."""

    src: str
    alt: str
    offset: int


class Page(NamedTuple):
    """A web page: `title`, main `text` (a line a block), `license` ("" unless stated), `images`."""

    title: str
    text: str
    license: str
    images: list[Image]
    address: str


def extract_page(html: bytes, url: str | None = None, encoding: str | None = None) -> Page:
    """Return the main text of a web page with its title, license and pictures.

    `encoding` is the one of the HTTP header. Parsed and written out by resiliparse (Bevendorff et
    al. 2018) after navigation, advertisements, comments, code and lists of links are taken away:
    by the meaning of elements, the words of their classes and their share of linked text, none of
    which depends on the language. Pictures keep their place: `offset` counts characters of `text`.
    `address` is the page's own canonical address, else `url`, else "".

    Raises GL-CORPUS-080 when resiliparse is not installed.
    """
    parser = library("resiliparse.parse.html", "web pages are read")
    markup = decode_page(html, encoding).replace("\0", "")
    markup = re.sub("[\ue000\ue001]", "", markup)
    tree = parser.HTMLTree.parse(markup)
    if tree.document is None or tree.body is None:
        return Page("", "", "", [], url or "")
    title = " ".join((tree.title or "").split())
    address, license = own_address(tree, url), page_license(tree, markup)
    images = mark_images(tree, address)
    text, placed = placed_images(clear(tree, markup), images)
    return Page(title, text, license, placed, address)


def own_address(tree: Any, url: str | None) -> str:
    """Return the address under which a page wants to be known."""
    link = tree.document.query_selector("link[rel~=canonical][href]")
    canonical = urljoined(url, (link.getattr("href") or "").strip()) if link else ""
    return canonical if canonical.startswith(("http://", "https://")) else url or ""


def urljoined(base: str | None, address: str) -> str:
    """Return an address made absolute where it can be."""
    try:
        return urljoin(base or "", address)
    except ValueError:
        return address


def page_license(tree: Any, markup: str) -> str:
    """Return the license that a page states: by its links, its `meta` elements, or Commons."""
    lowered = markup.lower()
    if "license" not in lowered and "rights" not in lowered:
        return linked_license(markup)
    stated = tree.document.query_selector(STATED_TERMS)
    if stated:
        return license_name(stated.getattr("href") or "")
    for meta in tree.document.query_selector_all("meta[name][content]")[:]:
        if (meta.getattr("name") or "").strip().lower() in META_TERMS:
            return license_name(meta.getattr("content") or "")
    return linked_license(markup)


def mark_images(tree: Any, base: str) -> list[tuple[str, str]]:
    """Put a mark into the text where each picture stands; return their addresses and alt texts."""
    found: list[tuple[str, str]] = []
    for picture in tree.body.query_selector_all("img")[:]:
        source, mark = (picture.getattr("src") or "").strip(), ""
        if source and not source.startswith("data:"):
            alt = " ".join((picture.getattr("alt") or "").split()) or caption(picture)
            mark = f"\ue000{len(found)}\ue001"
            found.append((urljoined(base, source), alt))
        picture.parent.replace_child(tree.create_text_node(mark), picture)
    return found


def caption(picture: Any) -> str:
    """Return the caption of the figure in which a picture stands."""
    figure = picture.parent
    while figure is not None and figure.tag in ("a", "picture", "div", "p", "span"):
        figure = figure.parent
    if figure is None or figure.tag != "figure":
        return ""
    words = figure.query_selector("figcaption")
    return " ".join(words.text.split()) if words else ""


def placed_images(marked: str, images: list[tuple[str, str]]) -> tuple[str, list[Image]]:
    """Return the text without marks, and the pictures of the main text at their offsets."""
    lines, placed, start = [], [], 0
    for raw in marked.split("\n"):
        line, last, pieces = raw.strip(), 0, ""
        found = []
        for mark in MARK.finditer(line):
            pieces += line[last : mark.start()]
            last = mark.end()
            found.append((int(mark.group(1)), len(pieces)))
        words = " ".join((pieces + line[last:]).split())
        for number, place in found:
            offset = start + min(place, len(words))
            placed.append(Image(*images[number], offset))
        if words:
            lines.append(words)
            start += len(words) + 1
    text = "\n".join(lines)
    return text, [image._replace(offset=min(image.offset, len(text))) for image in placed]


def read_page(path: Path) -> Iterator[Row]:
    """Yield the one row of an HTML file."""
    try:
        with open_bytes(path) as file:
            content = file.read(ROW_BYTES + 1)
    except DAMAGES:
        yield Row(1, {}, DAMAGED)
        return
    yield page_row(1, content, None, None, "")


def page_row(line: int, content: bytes, url: str | None, encoding: str | None, id: str) -> Row:
    """Return the row of a page's main text, or its fault."""
    if len(content) > ROW_BYTES:
        return Row(line, {}, TOO_LONG)
    page = extract_page(content, url, encoding)
    values = {"id": id, "text": page.text, "source": page.address, "license": page.license}
    return Row(
        line, {key: value for key, value in values.items() if value}, "" if page.text else NO_TEXT
    )
