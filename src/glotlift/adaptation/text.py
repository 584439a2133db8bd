"""The text of the main job: read, deduplicated, split, and what was dropped."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, DatasetDict, load_from_disk

from glotlift.adaptation.config import AdaptConfig
from glotlift.corpus import Ledger, deduplicate, read, split_rows
from glotlift.corpus.building.manifest import find_corpus, load_manifest
from glotlift.runs import atomic
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_path

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Text:
    """Rows by language and split, with a table of what was read."""

    rows: Mapping[str, DatasetDict]
    table: list[dict[str, Any]]

    def texts(self, split: str, language: str, limit: int | None = None) -> list[str]:
        """Return the documents of one language and split, the first `limit`."""
        rows = self.rows[language][split]
        return list(rows[: limit or len(rows)]["text"])

    def bytes(self, split: str, language: str) -> int:
        """Return the UTF-8 bytes of one language and split."""
        return sum(len(text.encode()) for text in self.rows[language][split]["text"])


def input_hashes(config: AdaptConfig) -> dict[str, str]:
    """Return a name for every input: of a built corpus its manifest's hash, of other files a hash
    of their contents, else the address itself.

    Raises GL-ADAPT-005 for a path that is not there, and what `load_manifest` raises.
    """
    hashes = {}
    for code in config.languages:
        for address in addresses(config, code):
            path = Path(address).expanduser()
            if path.exists():
                corpus = find_corpus(path.resolve())
                name = f"corpus:{load_manifest(corpus)['hash']}" if corpus else hash_path(path)
                hashes[address] = name
            elif address.startswith(("world:", "hub:")):
                hashes[address] = address
            else:
                raise GlotliftError(
                    "GL-ADAPT-005",
                    "no such file or folder",
                    place=f"{key_of(config, code)}: {address}",
                    fix="check the path",
                )
    return hashes


def addresses(config: AdaptConfig, code: str) -> list[str]:
    """Return where a language's text lies."""
    return config.text if code == config.language else config.keep[code]


def key_of(config: AdaptConfig, code: str) -> str:
    """Return the configuration's key that names a language's text."""
    return "text" if code == config.language else f"keep.{code}"


def gather(config: AdaptConfig) -> tuple[Text, Ledger]:
    """Read, deduplicate and split the text of every language.

    One item has one split in all languages and under every seed. Raises what reading and splitting
    raise, at the configuration's key.
    """
    rows: dict[str, DatasetDict] = {}
    table = []
    whole = Ledger()
    for code in config.languages:
        ledger = Ledger()
        try:
            given = addresses(config, code)
            found = read(given if len(given) > 1 else given[0], language=code, ledger=ledger)
            kept = deduplicate(found, ledger)
            rows[code] = split_rows(kept, validation=config.validation, test=config.test)
        except GlotliftError as error:
            place = ": ".join(filter(None, [key_of(config, code), error.place]))
            raise GlotliftError(error.code, error.cause, place=place, fix=error.fix) from None
        table.append(describe(config, code, kept, rows[code], ledger))
        whole.read += ledger.read
        whole.rows.extend(ledger.rows)
    return Text(rows, table), whole


def describe(
    config: AdaptConfig, code: str, kept: Dataset, split: DatasetDict, ledger: Ledger
) -> dict[str, Any]:
    """Return one row of the corpus table."""
    return {
        "language": code,
        "role": "target" if code == config.language else "kept",
        "rows": len(kept),
        "bytes": int(sum(len(text.encode()) for text in kept["text"])),
        **{name: len(split[name]) for name in SPLITS},
        "dropped": dict(ledger.counts()),
        "licenses": dict(Counter(str(name) for name in kept["license"])),
    }


def save_text(text: Text, ledger: Ledger, folder: Path) -> None:
    """Write rows, table and ledger to `folder`."""
    for code, splits in text.rows.items():
        splits.save_to_disk(folder / code)
    atomic.write_json(folder / "table.json", text.table)
    ledger.write(folder / "ledger.jsonl")


def load_text(folder: Path) -> Text:
    """Read what `save_text` wrote."""
    table = json.loads((folder / "table.json").read_text(encoding="utf-8"))
    return Text(
        {row["language"]: load_from_disk(str(folder / row["language"])) for row in table}, table
    )


def training_sources(
    text: Text, target: str, replay_share: float
) -> tuple[dict[str, Dataset], dict[str, float]]:
    """Return the training rows by source and each source's share of bytes.

    Kept languages are replayed in equal shares.
    """
    kept = [code for code in text.rows if code != target]
    sources = {target: text.rows[target]["train"]}
    shares = {target: 1.0}
    if kept and replay_share > 0:
        shares = {target: 1.0 - replay_share}
        for code in kept:
            sources[f"replay:{code}"] = text.rows[code]["train"]
            shares[f"replay:{code}"] = replay_share / len(kept)
    return sources, shares


def spread(texts: list[str], limit: int, most_bytes: int) -> list[str]:
    """Return some of `texts`, evenly spread: at most `limit`, and about `most_bytes` of UTF-8."""
    whole = sum(len(text.encode()) for text in texts)
    count = min(limit, len(texts), max(1, len(texts) * most_bytes // max(1, whole)))
    return [texts[i] for i in np.linspace(0, len(texts) - 1, count).round().astype(int)]
