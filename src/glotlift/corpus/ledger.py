"""The ledger of rows that were left out: where each stood and why."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glotlift.runs.atomic import write_text


@dataclass
class Ledger:
    """Counts every row that was read, and keeps file, line and reason of every one dropped.

    Counts are conserved: ``read == kept + dropped``, through reading and deduplication alike.
    `line` is a line of a text file (where the row begins) or a row of a table, from 1; 0 where the
    row came from no file. `rows` are dicts of ``file``, ``line``, ``reason`` and ``id``.
    """

    read: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def dropped(self) -> int:
        """The number of rows that were left out."""
        return len(self.rows)

    @property
    def kept(self) -> int:
        """The number of rows that were read and not left out."""
        return self.read - self.dropped

    def drop(self, file: str, line: int, reason: str, id: str = "") -> None:
        """Enter one row that is left out; it must have been counted in `read`."""
        self.rows.append({"file": file, "line": line, "reason": reason, "id": id})

    def counts(self) -> dict[str, int]:
        """Return reason -> number of rows, the most frequent first."""
        return dict(Counter(row["reason"] for row in self.rows).most_common())

    def write(self, path: Path) -> None:
        """Write the dropped rows as JSON lines, whole or not at all."""
        lines = (json.dumps(row, ensure_ascii=False) for row in self.rows)
        write_text(path, "".join(f"{line}\n" for line in lines))
