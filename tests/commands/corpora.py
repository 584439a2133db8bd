"""Tiny files of the sample world for the tests of the corpus commands."""

import json
from pathlib import Path

from glotlift import world
from glotlift.commands.main import REFUSED, main


def texts(code: str, rows: int, seed: int = 3) -> list[str]:
    """Return documents of the sample world."""
    return list(world.documents(code, rows, seed=seed, sentences=8)["text"])


def write_lines(path: Path, rows: list[dict]) -> Path:
    """Write rows as JSON lines."""
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def lines_of(path: Path) -> list[dict]:
    """Return the rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run_json(capsys, *arguments) -> dict:
    """Run a corpus command with --json and return what it printed."""
    assert main(["corpus", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys, *arguments) -> str:
    """Run a corpus command that must be refused and return what it told."""
    assert main(["corpus", *map(str, arguments)]) == REFUSED
    return capsys.readouterr().err
