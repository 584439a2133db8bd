"""Exact duplicates out, the first of each kept."""

import hashlib

from datasets import Dataset

from glotlift.corpus.ledger import Ledger
from glotlift.corpus.normalisation import normalise

REASON = "duplicate text"


def deduplicate(rows: Dataset, ledger: Ledger | None = None) -> Dataset:
    """Return the rows without those whose normalised text stood earlier in the same language.

    The same text in two languages stays in both, so that parallel rows keep their partners. Dropped
    rows go to the ledger under their source and position in `rows` (from 1).
    """
    ledger = ledger if ledger is not None else Ledger(read=len(rows))
    seen: set[bytes] = set()
    kept: list[int] = []
    for index, row in enumerate(rows.select_columns(["id", "language", "text", "source"])):
        key = f"{row['language']}\0{normalise(row['text'])}".encode()
        digest = hashlib.blake2b(key, digest_size=16).digest()
        if digest in seen:
            ledger.drop(row["source"], index + 1, REASON, id=row["id"])
        else:
            seen.add(digest)
            kept.append(index)
    return rows if len(kept) == len(rows) else rows.select(kept)
