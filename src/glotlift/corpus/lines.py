"""Files of lines: plain text and JSON lines, through their compression."""

import bz2
import io
import json
import lzma
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import pyarrow as pa

from glotlift.corpus.fields import DAMAGED, INVALID, ROW_BYTES, TOO_LONG, Row, locate

COMPRESSION = {".bz2": "bzip2", ".gz": "gzip", ".xz": "xz", ".zst": "zstd"}
DAMAGES = (OSError, EOFError)  # what reading a damaged or cut archive raises
Documents = Literal["auto", "line", "blank", "file"]
Line = tuple[int, bytes | None, str]


class Unpacked(io.RawIOBase):
    """A bzip2 or xz file, of any number of streams; raises OSError where it is damaged or cut."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def readable(self) -> bool:
        """Return True: this is read only."""
        return True

    def readinto(self, target: Any) -> int:
        """Fill a buffer and return how many bytes are in it."""
        try:
            content = self.file.read(len(target))
        except (EOFError, lzma.LZMAError) as error:
            raise OSError(str(error)) from None
        target[: len(content)] = content
        return len(content)

    def close(self) -> None:
        """Close the file."""
        self.file.close()
        super().close()


PYTHONS: Mapping[str | None, Callable[[Path], IO[bytes]]] = {"bzip2": bz2.open, "xz": lzma.open}


def open_bytes(path: Path) -> io.BufferedReader:
    """Open a file for reading, through its compression."""
    compression = COMPRESSION.get(path.suffix.lower())
    if compression in PYTHONS:
        return io.BufferedReader(Unpacked(PYTHONS[compression](path)), 2**20)
    # Arrow's decompression, because it raises on a truncated zstandard stream where others end.
    return io.BufferedReader(pa.input_stream(str(path), compression=compression), 2**20)


class Span(NamedTuple):
    """Whole lines of a plain file: bytes [start, stop), of which the first is line `line`."""

    start: int
    stop: int
    line: int


def read_lines(path: Path, span: Span | None = None) -> Iterator[Line]:
    """Yield (line number, bytes without line end, fault); a faulty line has None for bytes."""
    number = span.line - 1 if span else 0
    with open_bytes(path) as file:
        if span:
            file.seek(span.start)
        while span is None or file.tell() < span.stop:
            number += 1
            try:
                line = file.readline(ROW_BYTES + 1)
                long = len(line) > ROW_BYTES
                while long and line and not line.endswith(b"\n"):
                    line = file.readline(ROW_BYTES)
            except DAMAGES:
                yield number, None, DAMAGED
                return
            if long:
                yield number, None, TOO_LONG
            elif line:
                yield number, line.rstrip(b"\r\n"), ""
            else:
                return


def read_text(path: Path, documents: Documents, span: Span | None = None) -> Iterator[Row]:
    """Yield the documents of a plain text file."""
    if documents == "auto":
        documents = "blank" if has_blank_between(path) else "line"
    for lines in gather(path, documents, span):
        fault = next((problem for _, _, problem in lines if problem), "")
        try:
            text = b"\n".join(line or b"" for _, line, _ in lines).decode("utf-8-sig")
        except UnicodeDecodeError:
            yield Row(lines[0][0], {}, fault or INVALID)
        else:
            yield Row(lines[0][0], {"text": text}, fault)


def gather(path: Path, documents: Documents, span: Span | None = None) -> Iterator[list[Line]]:
    """Yield the lines of each document of a text file; blank lines between documents are none."""
    gathered: list[Line] = []
    size = 0
    for number, line, fault in read_lines(path, span):
        blank = line is not None and not line.strip()
        if documents == "blank" and blank:
            if gathered:
                yield gathered
            gathered, size = [], 0
        elif documents == "line" and not blank:
            yield [(number, line, fault)]
        elif documents != "line" and (gathered or not blank):
            size += len(line or b"")
            gathered.append(
                (number, line, fault) if size <= ROW_BYTES else (number, None, TOO_LONG)
            )
    if gathered:
        yield gathered


def has_blank_between(path: Path) -> bool:
    """Return whether a blank line stands between two lines of text."""
    seen = "nothing"
    for _, line, _ in read_lines(path):
        if line is None or line.strip():
            if seen == "blank":
                return True
            seen = "text"
        elif seen == "text":
            seen = "blank"
    return False


def read_json_lines(
    path: Path, columns: Mapping[str, str] | None, span: Span | None = None
) -> Iterator[Row]:
    """Yield the rows of a file with one JSON object a line."""
    located: dict[tuple[str, ...], dict[str, str]] = {}
    for number, line, fault in read_lines(path, span):
        if line is not None and not line.strip():
            continue
        record, fault = (None, fault) if line is None else parse_json(line)
        if not isinstance(record, dict):
            yield Row(number, {}, fault or "not a JSON object")
            continue
        names = tuple(record)
        if names not in located:
            located[names] = locate(names, columns)
        yield Row(number, {field: record[name] for field, name in located[names].items()})


def parse_json(line: bytes) -> tuple[Any, str]:
    """Return the value that a line holds, and its fault where it holds none."""
    try:
        return json.loads(line.decode("utf-8-sig")), ""
    except UnicodeDecodeError:
        return None, INVALID
    except (ValueError, RecursionError):
        return None, "invalid JSON"
