"""Web pages as a crawl leaves them: a WARC 1.1 file, compressed record by record."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

from datasets import Dataset

from glotlift.runs.atomic import PARTIAL, flush
from glotlift.runs.errors import GlotliftError
from glotlift.world.scenes import draws, pick

_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
_SERVERS = ("nginx", "Apache", "cloud")


def write_warc(path: Path, pages: Dataset) -> Path:
    """Write the rows of `web_pages` as `path` (.warc.gz), whole or not at all; return `path`.

    A warcinfo record, then a response record per page with HTTP headers, dates, identities and
    SHA-1 digests of block and payload. The rows and the file's name settle every byte. Each page is
    in its `encoding`; where it does not state that itself, the HTTP header does.
    Raises GL-WORLD-035 when fastwarc is not installed.
    """
    warc, streams = _fastwarc()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
    with temporary.open("wb") as file:
        with streams.GzipWriter(file) as stream:
            for record in chain([_about(warc, path.name)], (_response(warc, p) for p in pages)):
                record.write(stream, True)
                stream.finish()
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    flush(path.parent)
    return path


def _fastwarc() -> tuple[Any, Any]:
    try:
        from fastwarc import stream_io, warc
    except ImportError:
        raise GlotliftError(
            "GL-WORLD-035",
            "fastwarc is not installed, and WARC files are written by it",
            fix="pip install 'glotlift[data]'",
        ) from None
    return warc, stream_io


def _record(warc: Any, kind: str, block: bytes, date: datetime, name: str) -> Any:
    record = warc.WarcRecord()
    identity = UUID(bytes=blake2b(f"{kind}/{name}".encode(), digest_size=16).digest(), version=4)
    record.init_headers(getattr(warc, kind), f"uuid:{identity}".encode())
    record.record_date = date
    record.set_bytes_content(block)
    return record


def _about(warc: Any, name: str) -> Any:
    lines = (
        "software: glotlift",
        "format: WARC File Format 1.1",
        f"filename: {name}",
        "description: invented pages of the sample world",
    )
    block = "".join(f"{line}\r\n" for line in lines).encode()
    record = _record(warc, "warcinfo", block, _FIRST, name)
    record.headers["Content-Type"] = "application/warc-fields"
    record.headers["WARC-Filename"] = name
    return record


def _response(warc: Any, page: Mapping[str, Any]) -> Any:
    numbers = draws("warc", page["url"])
    date = _FIRST + timedelta(seconds=numbers[0] % (365 * 24 * 3600))
    body = page["html"].encode(page["encoding"])
    stated = page["declared_encoding"] == page["encoding"]
    headers = {
        "Date": format_datetime(date, usegmt=True),
        "Server": pick(_SERVERS, numbers[1]),
        "Content-Type": "text/html" + ("" if stated else f"; charset={page['encoding']}"),
        "Content-Length": str(len(body)),
    }
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    block = "\r\n".join(lines).encode() + body
    record = _record(warc, "response", block, date, page["url"])
    record.headers["WARC-Target-URI"] = page["url"]
    record.headers["WARC-IP-Address"] = f"192.0.2.{1 + numbers[2] % 254}"
    record.is_http = True
    record.parse_http()
    return record
