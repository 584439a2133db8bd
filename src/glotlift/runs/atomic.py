"""Files and folders that are written whole or not at all.

Everything is written under a temporary name beside its destination, flushed to the disk, and
renamed. A reader therefore never meets a half-written file, whatever instant a run is killed at.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PARTIAL = ".partial-"


def flush(path: Path) -> None:
    """Force a file's or folder's bytes and names to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree(root: Path) -> None:
    """Force a whole folder to the disk, leaves first."""
    for folder_name, _, files in os.walk(root, topdown=False):
        for name in files:
            flush(Path(folder_name, name))
        flush(Path(folder_name))


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    flush(path.parent)


def write_json(path: Path, value: Any, *, indent: int | None = 1) -> None:
    """Write `value` as JSON, whole or not at all; NaN is refused because JSON has none."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False) + "\n")


def publish(temporary: Path, path: Path) -> None:
    """Flush a finished temporary folder and give it its name, replacing an older one."""
    flush_tree(temporary)
    remove(path)
    temporary.replace(path)
    flush(path.parent)


def remove(path: Path) -> None:
    """Delete a folder if it is there; it loses its name first, so that no half of it is found."""
    nameless = path.with_name(f"{PARTIAL}removed-{path.name}")
    shutil.rmtree(nameless, ignore_errors=True)
    if path.exists():
        path.replace(nameless)
        shutil.rmtree(nameless)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time work on `path`; the others wait here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".lock-{path.name}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `path` when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{PARTIAL}{path.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    yield temporary
    publish(temporary, path)
