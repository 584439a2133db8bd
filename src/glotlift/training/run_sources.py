"""The sources of a run: text read and parted, or rows taken as they stand."""

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from datasets import Dataset

from glotlift import world
from glotlift.corpus import read, split_rows
from glotlift.corpus.policies import REPLAY
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_path
from glotlift.training.run_config import SourceConfig, TrainConfig

TASK = re.compile(r"world-task:(\w+):([\w-]+)(?:\?(.*))?")
TASK_ROWS = 500
WATCHED_BYTES = 20_000  # of a watched source, about at most
FEWEST = 20  # documents of a source from which some are held out


@dataclass(frozen=True)
class Sources:
    """Training rows by source, and the documents that are watched by language."""

    rows: Mapping[str, Dataset]
    watched: Mapping[str, list[str]]


def input_hashes(config: TrainConfig) -> dict[str, str]:
    """Return a name for every address: of files a hash of their contents, else itself.

    Raises GL-TRAINING-039 for a path that is not there.
    """
    hashes = {}
    for name, source in config.sources.items():
        for address in source.text or [source.rows]:
            path = Path(address).expanduser()
            if path.exists():
                hashes[address] = hash_path(path)
            elif address.startswith(("world:", "world-task:", "hub:")):
                hashes[address] = address
            else:
                raise GlotliftError(
                    "GL-TRAINING-039",
                    "no such file or folder",
                    place=f"sources.{name}: {address}",
                    fix="check the path",
                )
    return hashes


def read_sources(config: TrainConfig) -> Sources:
    """Read every source; of watched text a part is held out, the same of all translations.

    Raises what `corpus.read` and `rows_of` raise.
    """
    rows, watched = {}, {}
    for name, source in config.sources.items():
        if source.rows:
            rows[name] = rows_of(source, f"sources.{name}.rows")
            continue
        found = read(list(source.text), language=config.language_of(name))
        held = source.watched and config.validation > 0 and len(found) >= FEWEST
        if held:
            parts = split_rows(found, validation=config.validation, test=0)
            found = parts["train"]
            watched[name.removeprefix(REPLAY)] = beginning(
                list(parts["validation"]["text"]), config.watched_documents
            )
        rows[name] = found
    return Sources(rows, watched)


def beginning(texts: list[str], most: int) -> list[str]:
    """Return the first documents, at most so many and about `WATCHED_BYTES` of them."""
    chosen: list[str] = []
    for text in texts[:most]:
        if chosen and sum(len(one.encode()) for one in chosen) > WATCHED_BYTES:
            break
        chosen.append(text)
    return chosen


def rows_of(source: SourceConfig, place: str) -> Dataset:
    """Return rows as they stand, with an `id` and the `text` by which they are weighed.

    Rows without `text` are weighed by their prompt and response or their messages. Raises
    GL-TRAINING-040 (no such task of the sample world), -041 (a line that is no JSON object) and
    -042 (rows with neither text nor a conversation).
    """
    if source.rows.startswith("world-task:"):
        found = task_rows(source.rows, place)
    else:
        found = json_rows(Path(source.rows).expanduser(), place)
    rows = [{"id": str(number), **row} for number, row in enumerate(found)]
    if not rows or not all(weighed(row) for row in rows):
        raise GlotliftError(
            "GL-TRAINING-042",
            "a row has neither text nor prompt and response nor messages",
            place=place,
            fix="give every row one of them",
        )
    return Dataset.from_list([row | {"text": weighed(row)} for row in rows])


def weighed(row: Mapping[str, Any]) -> str:
    """Return the text by whose bytes a row is weighed."""
    if row.get("text"):
        return str(row["text"])
    if row.get("messages"):
        return "\n".join(str(message["content"]) for message in row["messages"])
    return "\n".join(str(row[name]) for name in ("prompt", "response") if row.get(name))


def task_rows(address: str, place: str) -> list[dict[str, Any]]:
    """Return rows of a task of the sample world: ``world-task:instructions:hin_Deva?rows=100``."""
    matched = TASK.fullmatch(address)
    make = getattr(world.tasks, matched[1], None) if matched else None
    settings = dict(parse_qsl(matched[3] or "")) if matched else {}
    split = settings.pop("split", "train")
    known = set(settings) <= {"rows", "seed", "start"} and all(
        value.isdigit() for value in settings.values()
    )
    if matched is None or not callable(make) or not known:
        raise GlotliftError(
            "GL-TRAINING-040",
            f"no task of the sample world: {address!r}",
            place=place,
            fix="write world-task:instructions:hin_Deva?rows=100&seed=0&split=train",
        )
    numbers = {name: int(value) for name, value in settings.items()}
    rows: Dataset = make(matched[2], numbers.pop("rows", TASK_ROWS), split=split, **numbers)
    return list(rows)


def json_rows(path: Path, place: str) -> list[dict[str, Any]]:
    """Return the rows of a JSON-lines file, compressed or not."""
    rows = []
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise GlotliftError(
                    "GL-TRAINING-041",
                    "a line is no JSON object",
                    place=f"{place}: {path}:{number}",
                    fix="write one object a line",
                )
            rows.append(row)
    return rows
