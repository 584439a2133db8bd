"""`glotlift corpus train-lid`: read samples, train an identifier, save and report it."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic import Field

from glotlift.languages.identification.training import HELD_OUT, train_identifier
from glotlift.runs import atomic
from glotlift.runs.config import Config
from glotlift.runs.progress import say

REPORT = "report.json"
Address = str | tuple[str, ...]


class TrainIdentifierConfig(Config):
    """What to learn an identifier from, and where to put it."""

    samples: dict[str, Address]
    """Address of each language's texts, or several, by its code: `yor_Latn: texts/yoruba.jsonl`."""
    output: Path
    """Folder that the identifier is written to."""
    seed: int = 0
    """Seed of the held-out texts and of the excerpts that are measured."""
    most_characters: int = Field(1_000_000, ge=1_000)
    """Characters of a language that are counted at most."""


def train_from_config(
    config: TrainIdentifierConfig, read: Callable[[Address, str], Iterable[str]]
) -> dict[str, Any]:
    """Train an identifier, save it with `report.json`, and return the report.

    `read` gives the texts at an address in a language; no more of them are read than are counted.

    The report has accuracy by language and by length, confusions, close pairs, the expected
    calibration error, the share rejected of texts whose language was left out, characters and
    seconds. Raises what `train_identifier` raises.
    """
    started = time.monotonic()
    say(f"training an identifier of {len(config.samples)} languages")
    most = config.most_characters
    texts = {code: first(read(address, code), most) for code, address in config.samples.items()}
    trained = train_identifier(texts, seed=config.seed, most_characters=most)
    trained.save(config.output)
    report = {**trained.report, "languages": len(trained.languages)}
    report["seconds"] = round(time.monotonic() - started, 2)
    atomic.write_json(config.output / REPORT, report)
    say(
        f"{report['languages']} languages in {report['seconds']} s: accuracy {report['accuracy']}, "
        f"calibration error {report['expected_calibration_error']}, "
        f"{report['rejected_when_left_out']} of unknown languages rejected"
    )
    return report


def places_of(address: Address) -> list[str]:
    """Return the addresses that a language's texts are at."""
    return [address] if isinstance(address, str) else list(address)


def first(texts: Iterable[str], most: int) -> list[str]:
    """Return texts until they have `most` characters and what is held out of them."""
    found, characters = [], 0.0
    for text in texts:
        found.append(text)
        characters += len(text) * (1 - HELD_OUT)
        if characters >= most:
            break
    return found
