"""The text layer of PDF files."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from glotlift.corpus.fields import DAMAGED, Row
from glotlift.corpus.lines import DAMAGES, open_bytes
from glotlift.corpus.sources.optional import library
from glotlift.corpus.sources.terms import linked_license

PDF_BYTES = 256 * 2**20
TEXT_CHARACTERS = 12 * 2**20
FULL_SHARE = 0.8  # of the width of a page's lines: a line so long goes on in the next one
MARGIN_PAGES = 3
UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"
)
BULLET = re.compile(r"[•●▪‣◦–—*·-]\s|\(?\d{1,3}[.)]\s|\(?[a-zA-Z][.)]\s|\d+(\.\d+)+\s")
PAGE_NUMBER = re.compile(r"[-–\s]*(\d{1,4}|[ivxlc]{1,7})[-–\s]*", re.IGNORECASE)
DIGITS = re.compile(r"\d+")
# pdfium's marks: a hyphen at a line's end, which is taken away, and a character without a name.
SOFT_HYPHEN = re.compile("[\u0002\ufffe]\\s*\r?\n?")


def read_book(path: Path) -> Iterator[Row]:
    """Yield the one row of a PDF file: its text layer, a line a paragraph, without page margins.

    Read by pdfium. The file is held in memory; one of more than 256 MiB is a fault, and so is one
    that is encrypted or has no text (a scan).

    Raises GL-CORPUS-080 when pypdfium2 is not installed.
    """
    pdfium = library("pypdfium2", "PDF files are read")
    try:
        with open_bytes(path) as file:
            content = file.read(PDF_BYTES + 1)
    except DAMAGES:
        yield Row(1, {}, DAMAGED)
        return
    if len(content) > PDF_BYTES:
        yield Row(1, {}, "PDF larger than 256 MiB")
        return
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        locked = "password" in str(error).lower()
        yield Row(1, {}, "encrypted PDF" if locked else "not a readable PDF")
        return
    try:
        text = join_pages(page_texts(document, pdfium))
    finally:
        document.close()
    license = linked_license(content.decode("latin-1")) if b"creativecommons.org" in content else ""
    values = {"text": text, "license": license}
    yield Row(
        1, {key: value for key, value in values.items() if value}, "" if text else "no text layer"
    )


def page_texts(document: Any, pdfium: Any) -> Iterator[list[str]]:
    """Yield the lines of each page."""
    size = 0
    for number in range(len(document)):
        try:
            page = document[number]
            layer = page.get_textpage()
            text = layer.get_text_bounded()
            layer.close()
            page.close()
        except pdfium.PdfiumError:
            continue
        size += len(text)
        if size > TEXT_CHARACTERS:
            return
        text = SOFT_HYPHEN.sub("", text)
        yield [line.strip() for line in text.splitlines() if line.strip()]


def join_pages(pages: Iterator[list[str]]) -> str:
    """Return the paragraphs of a book, a line each, without page numbers and running titles."""
    kept = [without_numbers(lines) for lines in pages]
    tops = Counter(margin(lines[0]) for lines in kept if lines)
    feet = Counter(margin(lines[-1]) for lines in kept if lines)
    paragraphs: list[str] = []
    for lines in kept:
        if len(lines) > 1 and tops[margin(lines[0])] >= MARGIN_PAGES:
            lines = lines[1:]
        if len(lines) > 1 and feet[margin(lines[-1])] >= MARGIN_PAGES:
            lines = lines[:-1]
        paragraphs += join_lines(lines)
    return "\n".join(paragraphs)


def without_numbers(lines: list[str]) -> list[str]:
    """Return the lines of a page without a page number at its top or foot."""
    lines = lines[1:] if lines and PAGE_NUMBER.fullmatch(lines[0]) else lines
    return lines[:-1] if lines and PAGE_NUMBER.fullmatch(lines[-1]) else lines


def margin(line: str) -> str:
    """Return a line as it is the same on every page where it is a running title."""
    return DIGITS.sub("0", line)


def join_lines(lines: list[str]) -> list[str]:
    """Return the paragraphs of a page's lines: a full line goes on in the next one."""
    if not lines:
        return []
    lengths = sorted(map(len, lines))
    full = FULL_SHARE * lengths[int(0.9 * (len(lengths) - 1))]
    paragraphs = [lines[0]]
    for before, line in pairwise(lines):
        if len(before) >= full and not BULLET.match(line):
            close = UNSPACED.match(line) and UNSPACED.match(before[-1])
            paragraphs[-1] += line if close else f" {line}"
        else:
            paragraphs.append(line)
    return paragraphs
