"""Results of the corpus commands: where they may go, what they take, and how they are written."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from datasets import Dataset

    from glotlift.corpus.ledger import Ledger

KINDS = (".jsonl", ".parquet")
REMOTE = ("world:", "hub:")
BATCH_ROWS = 1000
# What a process takes with its libraries, and for each byte of text: its rows, keys and copies.
MEMORY, MEMORY_A_BYTE = 300e6, 2.5


def beside(output: Path, name: str) -> Path:
    """Return the file that lies beside a file of rows: ``clean.parquet`` -> ``clean.report.json``.

    `name` is its ending, such as ``report.json``.
    """
    return output.with_name(f"{output.stem}.{name}")


def check_file(output: Path, command: str, inputs: Sequence[str]) -> None:
    """Refuse a file of rows that is of no known kind, or in the way of something else.

    Raises GL-COMMAND-012 (neither .jsonl nor .parquet), -013 (something else is there) and -014
    (it would lie among what is read).
    """
    if output.suffix not in KINDS:
        cause, fix = "no kind of file that rows are written to", f"end it in {' or '.join(KINDS)}"
        raise GlotliftError("GL-COMMAND-012", cause, place=str(output), fix=fix)
    for place in inputs:
        if not place.startswith(REMOTE) and holds(Path(place).expanduser(), output):
            cause, fix = "the output would lie among what is read", "name a file outside of it"
            raise GlotliftError("GL-COMMAND-014", cause, place=str(output), fix=fix)
    if output.exists() and read_command(beside(output, "report.json")) != command:
        raise in_the_way(output, command)


def holds(place: Path, output: Path) -> bool:
    """Tell whether a file is an input itself, or lies below a folder that is one."""
    return output.expanduser().resolve().is_relative_to(place.resolve())


def check_folder(output: Path, command: str, mark: str) -> None:
    """Refuse a folder that holds anything but an earlier result, which has a file named `mark`.

    Raises GL-COMMAND-013.
    """
    empty = output.is_dir() and not any(output.iterdir())
    if output.exists() and not empty and not (output / mark).is_file():
        raise in_the_way(output, command)


def in_the_way(output: Path, command: str) -> GlotliftError:
    """Return the error for an output that would replace something else."""
    cause = f"something is there that `{command}` did not write"
    return GlotliftError("GL-COMMAND-013", cause, place=str(output), fix="name another output")


def read_command(report: Path) -> str:
    """Return the command that wrote a report, "" where there is none."""
    try:
        found = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(found.get("command", "")) if isinstance(found, dict) else ""


def write_rows(rows: "Dataset", output: Path, ledger: "Ledger", report: Mapping[str, Any]) -> None:
    """Write the rows, their ledger and report, each whole or not at all; the rows come last."""
    from glotlift.runs import atomic

    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_name(f"{atomic.PARTIAL}{output.name}")
    if output.suffix == ".parquet":
        rows.to_parquet(temporary)
    else:
        write_lines(rows, temporary)
    atomic.flush(temporary)
    ledger.write(beside(output, "ledger.jsonl"))
    atomic.write_json(beside(output, "report.json"), report)
    temporary.replace(output)
    atomic.flush(output.parent)


def write_lines(rows: "Dataset", path: Path) -> None:
    """Write rows as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        for batch in rows.iter(BATCH_ROWS):
            for values in zip(*batch.values(), strict=True):
                row = dict(zip(batch, values, strict=True))
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def plan_reading(paths: Sequence[str], bytes_a_second: float) -> dict[str, Any]:
    """Return the files and bytes that would be read, and an estimate of seconds and memory.

    Bytes are as they lie; the estimate allows for what compressed files hold. An address of the
    sample world or of the Hub counts as a file of no bytes. Raises what `find_files` raises.
    """
    from glotlift.corpus.building.planning import EXPANSION
    from glotlift.corpus.files import find_files

    sizes: Counter[str] = Counter()
    files, text = 0, 0.0
    for place in paths:
        if place.startswith(REMOTE):
            files += 1
            continue
        for path in find_files(Path(place).expanduser()):
            size, suffix = path.stat().st_size, path.suffix.lower()
            files += 1
            sizes[suffix] += size
            text += size * EXPANSION.get(suffix, 1.0)
    return {
        "files": files,
        "bytes": sizes.total(),
        "bytes by kind": dict(sizes.most_common()),
        "seconds": round(text / bytes_a_second),
        "peak memory bytes": round(MEMORY + text * MEMORY_A_BYTE),
    }


def show_plan(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a plan."""
    from glotlift.commands.printing import print_json, print_table

    rows = [{"": key, "planned": value} for key, value in found.items()]
    print_json(found) if as_json else print_table(rows, title="Plan")
