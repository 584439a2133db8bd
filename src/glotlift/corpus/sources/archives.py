"""Crawls: WARC files of pages and WET files of their text (ISO 28500)."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from glotlift.corpus.fields import DAMAGED, INVALID, ROW_BYTES, TOO_LONG, Row
from glotlift.corpus.lines import DAMAGES, open_bytes
from glotlift.corpus.sources.optional import library
from glotlift.corpus.sources.pages import page_row

PAGES = ("text/html", "application/xhtml+xml")
PLAIN = "text/plain"
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def read_archive(path: Path) -> Iterator[Row]:
    """Yield a row for every page of a WARC file and every text of a WET file, as a stream.

    The line is the record's number in the file; id and source are the record's identity and the
    page's address. Records that are no documents (requests, metadata) have no row.

    Raises GL-CORPUS-080 when fastwarc or resiliparse is not installed.
    """
    warc = library("fastwarc.warc", "WARC files are read")
    kinds = warc.WarcRecordType
    wanted = kinds.response | kinds.resource | kinds.conversion
    number = 0
    with open_bytes(path) as file:
        stream = Supply(cast(io.RawIOBase, file.raw))
        try:
            for record in warc.ArchiveIterator(stream, parse_http=False, stream_detect=False):
                number += 1
                if record.record_type & wanted:
                    yield record_row(number, record)
        except (OSError, ValueError):
            stream.damaged = stream.damaged or number > 0
    if stream.damaged or (stream.bytes and not number):
        yield Row(number + 1, {}, DAMAGED if stream.damaged else "no WARC record")


class Supply:
    """The bytes of a file up to where it is damaged.

    An archive is decompressed here, since fastwarc takes a cut one for a whole one.
    """

    def __init__(self, file: io.RawIOBase) -> None:
        self.file, self.bytes, self.damaged = file, 0, False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        try:
            content = self.file.read(size) or b""
        except DAMAGES:
            self.damaged, content = True, b""
        self.bytes += len(content)
        return content

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self.bytes


def record_row(number: int, record: Any) -> Row:
    """Return the row of a record, or its fault."""
    headers, size = record.headers, record.content_length
    url = (headers.get("WARC-Target-URI") or "").strip("<> ")
    id = (headers.get("WARC-Record-ID") or "").strip("<> ").removeprefix("urn:uuid:")
    if size > 2 * ROW_BYTES:
        return Row(number, {"id": id}, TOO_LONG)
    record.freeze()
    if record.content_length < size:
        return Row(number, {"id": id}, DAMAGED)
    http = record.is_http
    if http:
        record.parse_http(auto_decode="all")
        status = record.http_headers.status_code if record.http_headers else None
        if status != 200:
            known = isinstance(status, int) and 100 <= status < 1000
            return Row(number, {"id": id}, f"HTTP status {status}" if known else "no HTTP headers")
        headers = record.http_headers
    kind = (headers.get("Content-Type") or "").strip()
    name = kind.partition(";")[0].strip().lower()
    # A server that says nothing sends a page; a record that says nothing is none.
    if name in PAGES or (http and not name):
        stated = CHARSET.search(kind)
        content = record.reader.read(ROW_BYTES + 1)
        return page_row(number, content, url, stated.group(1) if stated else None, id)
    if name != PLAIN:
        return Row(number, {"id": id}, "not a page")
    return plain_row(number, record.reader.read(ROW_BYTES + 1), url, id)


def plain_row(number: int, content: bytes, url: str, id: str) -> Row:
    """Return the row of a record of plain text, or its fault."""
    if len(content) > ROW_BYTES:
        return Row(number, {"id": id}, TOO_LONG)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Row(number, {"id": id}, INVALID)
    return Row(number, {"id": id, "source": url, "text": text})
