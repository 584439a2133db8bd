"""Python source as a text of its own kind: the standard library of the running interpreter."""

import sysconfig
from itertools import islice
from pathlib import Path

from datasets import Dataset

CHUNK = 600  # characters, about as long as a document of the sample world
CHUNKS = 8  # of each module, so that no large one dominates
LICENSE = "PSF-2.0"


def standard_library() -> Dataset:
    """Return chunks of the standard library's top-level modules, at most `CHUNKS` of each.

    Columns id, language ("code"), text, source, license. The chunks of a module share its id, so
    that a split by id keeps whole modules apart. The text differs between Python versions.
    """
    root = Path(sysconfig.get_path("stdlib"))
    rows = [
        (path.stem, chunk)
        for path in sorted(root.glob("*.py"))
        for chunk in islice(chunks(path.read_text(encoding="utf-8")), CHUNKS)
    ]
    return Dataset.from_dict(
        {
            "id": [f"python/{module}" for module, _ in rows],
            "language": ["code"] * len(rows),
            "text": [chunk for _, chunk in rows],
            "source": ["python standard library"] * len(rows),
            "license": [LICENSE] * len(rows),
        }
    )


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
