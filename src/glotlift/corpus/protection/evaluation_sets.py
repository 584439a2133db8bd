"""Texts of evaluation sets, out of files of any shape."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from glotlift.corpus.lines import COMPRESSION, open_bytes, parse_json, read_lines
from glotlift.runs.errors import GlotliftError

SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": ",", ".tsv": "\t"}
SUFFIXES |= {".parquet": "parquet", ".txt": "txt"}
NUMBERS = ("id", "idx", "_id", "qid", "uid", "question_id", "eval_id")
# Columns about a row, which no training text repeats by having seen it.
PASSED = frozenset(
    re.findall(
        r"\S+",
        "id idx _id qid uid language lang url uri link source license licence label "
        "labels split file date timestamp script domain topic category type metadata",
    )
)
# Columns of answers: names, numbers and phrases, which texts hold that never saw the question.
ANSWERS = (
    *("answer", "target", "label", "entit", "span", "reference", "keyword", "alias"),
    *("choice", "option", "ending", "distractor", "correct", "incorrect"),
)
ANSWER_CHARACTERS = 60
DESCRIPTIONS = ("readme", "license", "licence", "notice", "sha256sums")


class EvaluationRow(NamedTuple):
    """One text of an evaluation set: the set's name, the row's id in it, and the text."""

    set: str
    id: str
    text: str


def read_evaluation_sets(
    addresses: Iterable[str | Path], fields: Iterable[str] | None = None
) -> Iterator[EvaluationRow]:
    """Yield every text of evaluation sets: files or folders of jsonl, json, csv, tsv, parquet, txt.

    `fields` names the columns that are looked for; by default all that hold text, where those with
    answers count from 60 characters on, since a name or a number is in many texts. A set is called
    by its file, from the folder that was given. Ids are the rows' own or their numbers from 0.

    Raises GL-CORPUS-059 (no file there) and -060 (a file that cannot be read).
    """
    wanted = frozenset(fields) if fields is not None else None
    for address in addresses:
        for path, name in _files(Path(address)):
            for number, record in enumerate(_records(path)):
                yield from _texts(name, number, record, wanted)


def _files(place: Path) -> Iterator[tuple[Path, str]]:
    if place.is_file():
        yield place, place.name
        return
    paths = sorted(path for path in place.rglob("*") if path.is_file() and _kind(path))
    paths = [path for path in paths if not path.name.lower().startswith(DESCRIPTIONS)]
    if not paths:
        fix = "name files, or a folder of files, of jsonl, json, csv, tsv, parquet or txt"
        cause = "no evaluation set is there"
        raise GlotliftError("GL-CORPUS-059", cause, place=str(place), fix=fix)
    for path in paths:
        yield path, str(path.relative_to(place.parent))


def _kind(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSION:
        suffixes.pop()
    return SUFFIXES.get(suffixes[-1]) if suffixes else None


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a file as mappings."""
    kind = _kind(path)
    try:
        if kind == "parquet":
            yield from _parquet(path)
        elif kind == "json":
            value, fault = parse_json(open_bytes(path).read())
            if fault:
                raise ValueError(fault)
            yield from _listed(value)
        elif kind in (",", "\t"):
            lines = (line.decode("utf-8-sig") + "\n" for _, line, _ in read_lines(path) if line)
            yield from csv.DictReader(lines, delimiter=kind)
        elif kind in ("jsonl", "txt"):
            for _, line, fault in read_lines(path):
                value, fault = (None, fault) if line is None else _line(line, kind)
                if fault:
                    raise ValueError(fault)
                if value:
                    yield value if isinstance(value, dict) else {"text": value}
        else:
            raise ValueError("its format is not known")
    except (OSError, ValueError, csv.Error) as error:
        fix = "repair it, or leave it out and name the others"
        cause = f"not a readable evaluation set: {error!s:.120}"
        raise GlotliftError("GL-CORPUS-060", cause, place=str(path), fix=fix) from None


def _line(line: bytes, kind: str) -> tuple[Any, str]:
    if kind == "jsonl":
        return parse_json(line) if line.strip() else (None, "")
    return line.decode("utf-8-sig"), ""


def _listed(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of one JSON value: a list of rows, or a mapping that holds such lists."""
    if isinstance(value, list):
        yield from (row if isinstance(row, dict) else {"text": row} for row in value)
    elif isinstance(value, dict):
        lists = [part for part in value.values() if isinstance(part, list)]
        for part in lists:
            yield from _listed(part)
        if not lists:
            yield value


def _parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    compressed = path.suffix.lower() in COMPRESSION
    source = pa.BufferReader(open_bytes(path).read()) if compressed else str(path)
    for batch in pq.ParquetFile(source).iter_batches(1000):
        yield from batch.to_pylist()


def _texts(
    name: str, number: int, record: Mapping[str, Any], wanted: frozenset[str] | None
) -> Iterator[EvaluationRow]:
    known = (str(record[key]) for key in NUMBERS if record.get(key) not in (None, ""))
    id = next(known, str(number))
    for field, value in record.items():
        column = str(field).lower()
        if wanted is not None:
            if field in wanted:
                yield from (EvaluationRow(name, id, text) for text, _ in _strings(value, False))
        elif column not in PASSED:
            answer = column.startswith(ANSWERS) or len(column) == 1
            for text, nested in _strings(value, answer):
                if not nested or len(text) >= ANSWER_CHARACTERS:
                    yield EvaluationRow(name, id, text)


def _strings(value: Any, answer: bool) -> Iterator[tuple[str, bool]]:
    """Yield the strings of a value, and whether each is an answer or deep inside."""
    if isinstance(value, str):
        yield value, answer
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part, answer or isinstance(part, dict))
    elif isinstance(value, dict):
        for field, part in value.items():
            yield from _strings(part, answer or str(field).lower().startswith(ANSWERS))
