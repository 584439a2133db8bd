"""Answers by what was asked: a file that survives being cut off at any byte.

One JSON object a line: the request, its answer and a checksum of both. Each answer is on the disk
before the next one is written. A line that was cut short or damaged counts as never written, so
that what it answered is asked again.
"""

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xxhash

Request = Mapping[str, Any]


def written(value: Any) -> str:
    """Return a JSON value as text, the same for the same value; half characters are escaped."""
    return json.dumps(value, sort_keys=True)


def key_of(request: Request) -> str:
    """Return the name of a request."""
    return hashlib.sha256(written(request).encode()).hexdigest()


class AnswerBook:
    """Answers in a file, found by their request. Threads may share one; processes may share a file.

    Of answers to the same request the last counts. `damaged` says how many lines were passed over.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.damaged = path, 0
        self._places: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        if path.exists():
            self._read()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, request: Request) -> bool:
        return key_of(request) in self._places

    def get(self, request: Request) -> Any:
        """Return the answer to a request; raises KeyError where there is none."""
        start, size = self._places[key_of(request)]
        with self.path.open("rb") as file:
            file.seek(start)
            return json.loads(file.read(size))["answer"]

    def put(self, request: Request, answer: Any) -> None:
        """Save an answer and wait until it is on the disk."""
        about = {"request": dict(request), "answer": answer}
        line = written(about | {"check": checksum(about)}).encode()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, self.path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = file.seek(0, os.SEEK_END)
            if end and os.pread(file.fileno(), 1, end - 1) != b"\n":
                end += file.write(b"\n")  # after a line that was cut short
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self._places[key_of(request)] = end, len(line)

    def _read(self) -> None:
        place = 0
        with self.path.open("rb") as file:
            for line in file:
                try:
                    about = json.loads(line)
                    whole = about.pop("check") == checksum(about)
                    request = about["request"]
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                    whole = False
                if whole:
                    self._places[key_of(request)] = place, len(line)
                elif line.strip():
                    self.damaged += 1
                place += len(line)


def checksum(about: Request) -> str:
    """Return the checksum that a line of this request and answer carries."""
    return xxhash.xxh3_64_hexdigest(written(about).encode())
