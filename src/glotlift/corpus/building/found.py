"""A row on its way through the first pass, and the table that holds it afterwards."""

import json
from dataclasses import dataclass, field

import pyarrow as pa

STRINGS = ("id", "language", "text", "source", "license", "hash")
# `hash` is of the text as it was read, so that a row can be led back to where it came from.
CORPUS = pa.schema([(name, pa.large_string()) for name in STRINGS])
ROWS = pa.schema(
    [
        *CORPUS,
        ("file", pa.large_string()),
        ("line", pa.int64()),
        ("reason", pa.large_string()),
        ("changes", pa.large_string()),
    ]
)


@dataclass
class Found:
    """A whole row: what it is, why it will not stay (`reason`), and what was changed in it."""

    id: str
    language: str
    text: str
    source: str
    license: str
    hash: str
    file: str
    line: int
    reason: str = ""
    changes: dict[str, int] = field(default_factory=dict)

    def change(self, kind: str, text: str, count: int = 1) -> None:
        """Give the row another text and note how many changes of this kind were made."""
        self.text = text
        self.changes[kind] = self.changes.get(kind, 0) + count

    def drop(self, reason: str) -> None:
        """Note why the row will not stay; the first reason counts."""
        self.reason = self.reason or reason


def table(rows: list[Found]) -> pa.Table:
    """Return rows as a table of the schema `ROWS`."""
    values = {
        name: [getattr(row, name) for row in rows] for name in ROWS.names if name != "changes"
    }
    values["changes"] = [json.dumps(row.changes) if row.changes else "" for row in rows]
    return pa.table(values, schema=ROWS)
