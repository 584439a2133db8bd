"""Python source as a text of its own kind: the standard library of the running interpreter."""

import sysconfig
import tokenize
from itertools import islice
from pathlib import Path

from datasets import Dataset

CHUNK = 600  # characters, a few times a document of the sample world
CHUNKS = 3  # of each module, so that there are many modules and no large one dominates
NOT_LIBRARY = {"site-packages", "dist-packages", "test", "tests", "idle_test"}
LICENSE = "PSF-2.0"


def standard_library() -> Dataset:
    """Return chunks of the standard library's modules, at most `CHUNKS` of each, no tests.

    Columns id, language ("code"), text, source, license. The chunks of a module share its id, so
    that a split by id keeps whole modules apart. The text differs between Python versions.
    """
    root = Path(sysconfig.get_path("stdlib"))
    names = sorted(path.relative_to(root) for path in root.rglob("*.py"))
    rows = [
        (name.as_posix(), chunk)
        for name in names
        if NOT_LIBRARY.isdisjoint(name.parts)
        for chunk in islice(chunks(read_source(root / name)), CHUNKS)
    ]
    return Dataset.from_dict(
        {
            "id": [f"python/{name}" for name, _ in rows],
            "language": ["code"] * len(rows),
            "text": [chunk for _, chunk in rows],
            "source": ["python standard library"] * len(rows),
            "license": [LICENSE] * len(rows),
        }
    )


def read_source(path: Path) -> str:
    """Return a module's text, in the encoding that it declares."""
    with tokenize.open(path) as file:
        return file.read()


def chunks(source: str) -> list[str]:
    """Cut source text into runs of whole lines of about `CHUNK` characters."""
    found, lines, length = [], list[str](), 0
    for line in source.splitlines(keepends=True):
        lines.append(line)
        length += len(line)
        if length >= CHUNK:
            found.append("".join(lines))
            lines, length = [], 0
    return [*found, "".join(lines)] if length else found
