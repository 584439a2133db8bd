"""Addresses that are no files: the sample world and datasets of the Hub."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from glotlift.corpus.fields import Row, locate_text
from glotlift.runs.errors import GlotliftError

WORLD = re.compile(r"world:([^?]+)(?:\?(.*))?")
WORLD_NUMBERS = ("rows", "seed", "start", "sentences")
WORLD_ROWS = 1000
HUB = re.compile(r"hub:([\w.-]+/[\w.-]+)(?:@([\w./-]+))?(?::([\w.+-]+))?(?::([\w.+\[\]%:-]+))?")
SPLIT_NAMES = frozenset({"train", "validation", "valid", "dev", "devtest", "test"})


@dataclass(frozen=True)
class Sourced:
    """A source that was opened: the name it has in ids and in the ledger, and its rows."""

    name: str
    rows: Iterable[Row]


def open_world(address: str) -> Sourced:
    """Open documents of the sample world: ``world:hin_Deva?rows=2000&seed=1&split=train&start=0``.

    Raises GL-CORPUS-010 (not such an address).
    """
    from glotlift import world

    matched = WORLD.fullmatch(address)
    query = dict(parse_qsl(matched[2] or "", keep_blank_values=True)) if matched else {}
    unknown = [key for key in query if key not in {*WORLD_NUMBERS, "split"}]
    numbers = {key: query[key] for key in WORLD_NUMBERS if key in query}
    wrong = [key for key, value in numbers.items() if not re.fullmatch(r"\d{1,18}", value)]
    if matched is None or unknown or wrong:
        cause = f"not an address in the sample world: {(unknown + wrong or [address])[0]!r}"
        fix = "write it as world:hin_Deva?rows=2000&seed=1&split=train&start=0&sentences=6"
        raise GlotliftError("GL-CORPUS-010", cause, place=address, fix=fix)
    settings: dict[str, Any] = {key: int(value) for key, value in numbers.items()}
    if "split" in query:
        settings["split"] = query["split"]
    made = world.documents(matched[1], settings.pop("rows", WORLD_ROWS), **settings)
    return Sourced("world", (Row(line, row) for line, row in enumerate(made, start=1)))


def open_hub(address: str, columns: Mapping[str, str] | None) -> Sourced:
    """Open a Hub dataset as a stream: ``hub:owner/name[@revision][:config][:split]``.

    One part after the name is a split if it is called like one, else a configuration. The revision
    is resolved to a commit first, which becomes part of the source's name. Code of a dataset never
    runs.

    Raises GL-CORPUS-011 (not such an address) and -012 (the Hub does not give it).
    """
    matched = HUB.fullmatch(address)
    if matched is None:
        fix = "write it as hub:owner/name, hub:owner/name:split or hub:owner/name:config:split"
        cause = f"not the address of a Hub dataset: {address!r}"
        raise GlotliftError("GL-CORPUS-011", cause, place=address, fix=fix)
    name, revision, config, split = matched.groups()
    if split is None and config in SPLIT_NAMES:
        config, split = None, config
    commit, rows = stream_hub(name, revision, config, split or "train")
    source = f"hub:{name}@{commit}"
    return Sourced(source, hub_rows(source, rows, columns))


def stream_hub(
    name: str, revision: str | None, config: str | None, split: str
) -> tuple[str, Iterable[dict[str, Any]]]:
    """Return the commit that a revision stands for, and the rows of a split as a stream."""
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        commit = str(HfApi().dataset_info(name, revision=revision).sha)
        return commit, load_dataset(name, config, split=split, revision=commit, streaming=True)
    except (OSError, ValueError, DatasetsError, HfHubHTTPError) as error:
        cause = f"the Hub does not give {name!r} ({config or 'default'}, {split}): {error!s:.200}"
        fix = "check the name, the split and the connection, or download it and name the files"
        raise GlotliftError("GL-CORPUS-012", cause, place=name, fix=fix) from None


def hub_rows(
    source: str, rows: Iterable[dict[str, Any]], columns: Mapping[str, str] | None
) -> Iterator[Row]:
    """Yield the rows of a stream by their fields."""
    located: dict[str, str] = {}
    for line, record in enumerate(rows, start=1):
        located = located or locate_text(source, list(record), columns)
        yield Row(line, {field: record.get(name) for field, name in located.items()})
