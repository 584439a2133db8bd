"""Clean rows from an address: files, folders, the sample world or a dataset of the Hub."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import get_args

import pyarrow as pa
from datasets import Dataset

from glotlift.corpus.addresses import Sourced, open_hub, open_world
from glotlift.corpus.fields import FIELDS
from glotlift.corpus.files import common_root, find_files, name_from
from glotlift.corpus.formats import read_file
from glotlift.corpus.ledger import Ledger
from glotlift.corpus.lines import Documents
from glotlift.corpus.repairing.normalisation import normalise
from glotlift.corpus.rows import EMPTY, UNKNOWN, as_string, raw_text, spoken_language
from glotlift.languages import language as find_language
from glotlift.runs.errors import GlotliftError

Address = str | Path | Sequence[str | Path]
SCHEMA = pa.schema([(field, pa.large_string()) for field in FIELDS])
BATCH_ROWS = 10_000


def read(
    address: Address,
    *,
    language: str | None = None,
    columns: Mapping[str, str] | None = None,
    ledger: Ledger | None = None,
    source: str | None = None,
    license: str | None = None,
    rows: int | None = None,
    documents: Documents = "auto",
) -> Dataset:
    """Return the rows of an address: `id`, `language`, `text`, `source` and `license`, all strings.

    `address` is a file of any format that `read_file` knows (text, tables, web pages, crawls,
    books, dumps, translations), compressed or not, a folder of such, a list of both,
    ``world:hin_Deva?rows=2000&seed=1&split=train&start=0&sentences=6`` or
    ``hub:owner/name[@revision][:config][:split]``. Text is normalised (`normalise`). Where a row
    does not say: its language is `language` (else "und"), its source `source` (else its file), its
    license `license` (else "unknown"), its id its file and line. Where `language` is given and a
    row states another, the row is dropped. `rows` stops after that many kept rows. `columns` and
    `documents` are explained at `read_file`.

    Every row read is kept or stands in `ledger` with file, line and reason. A row that
    repeats id, language and text of another in its file is dropped. Files are read as a stream;
    the clean rows lie in one Arrow table.

    Raises GL-CORPUS-001 (no such file or folder), -002 (a folder without files of a known format),
    what `read_file` raises (-003 to 008, 013, 080 to 082), -009 (no row kept), -010 to 012 (broken
    addresses), -014 (unknown column or setting) and -015 (no address).
    """
    check_settings(columns, documents)
    ledger = ledger if ledger is not None else Ledger()
    wanted = find_language(language).code if language else None
    files = find_sources(address, columns, documents)
    cleaned = clean(files, wanted, source, license, ledger)
    batches, digest = [], hashlib.blake2b(digest_size=16)
    taken = islice(cleaned, rows)
    while values := list(islice(taken, BATCH_ROWS)):
        digest.update("\0".join(value for row in values for value in row).encode())
        arrays = [pa.array(column, pa.large_string()) for column in zip(*values, strict=True)]
        batches.append(pa.record_batch(arrays, schema=SCHEMA))
    if not batches:
        raise nothing_kept(address, ledger)
    # A fingerprint of the content, so that the same rows have the same one in every process.
    return Dataset(pa.Table.from_batches(batches), fingerprint=digest.hexdigest())


def check_settings(columns: Mapping[str, str] | None, documents: str) -> None:
    """Refuse fields and settings that do not exist."""
    unknown = [field for field in columns or {} if field not in FIELDS]
    if unknown:
        cause = f"columns has no field {unknown[0]!r}"
        fix = f"the fields are {', '.join(FIELDS)}"
        raise GlotliftError("GL-CORPUS-014", cause, place="columns", fix=fix)
    if documents not in get_args(Documents):
        cause = f"documents cannot be {documents!r}"
        fix = f"use one of {', '.join(get_args(Documents))}"
        raise GlotliftError("GL-CORPUS-014", cause, place="documents", fix=fix)


def find_sources(
    address: Address, columns: Mapping[str, str] | None, documents: Documents
) -> Iterator[Sourced]:
    """Yield every source that an address names, opened one after another."""
    given = [address] if isinstance(address, str | Path) else list(address)
    if not given:
        cause, fix = "an empty list of addresses", "name at least one file"
        raise GlotliftError("GL-CORPUS-015", cause, place="address", fix=fix)
    places = [place for place in given if not str(place).startswith(("world:", "hub:"))]
    # All files are found before the first is read: a missing one is told at once.
    found = {str(place): find_files(Path(place).expanduser()) for place in places}
    paths = [path for several in found.values() for path in several]
    root = common_root(paths)
    for place in map(str, given):
        if place.startswith("world:"):
            yield open_world(place)
        elif place.startswith("hub:"):
            yield open_hub(place, columns)
        else:
            for path in found[place]:
                yield Sourced(name_from(path, root), read_file(path, columns, documents))


def clean(
    files: Iterable[Sourced],
    language: str | None,
    source: str | None,
    license: str | None,
    ledger: Ledger,
) -> Iterator[tuple[str, ...]]:
    """Yield (id, language, text, source, license) of whole rows; others go to the ledger."""
    for file in files:
        seen: set[bytes] = set()
        for row in file.rows:
            ledger.read += 1
            stated = as_string(row.values.get("id"))
            id = stated or f"{file.name}#{row.line}"
            text, fault = raw_text(row)
            text = normalise(text)
            fault = fault or ("" if text else EMPTY)
            spoken, other = spoken_language(row.values.get("language"), language)
            fault = fault or other
            fault = fault or (repeated(seen, stated, spoken, text) if stated else "")
            if fault:
                ledger.drop(file.name, row.line, fault, id=stated)
                continue
            origin = as_string(row.values.get("source")) or source or file.name
            terms = as_string(row.values.get("license")) or license or UNKNOWN
            yield id, spoken, text, origin, terms


def repeated(seen: set[bytes], id: str, language: str, text: str) -> str:
    """Return the fault of a row that stood in the same file before, id, language and text.

    Rows that share an id and differ in text are kept under it: pieces of one document, as many
    corpora have them. A split by id holds them together.
    """
    digest = hashlib.blake2b(f"{id}\0{language}\0{text}".encode(), digest_size=8).digest()
    if digest in seen:
        return "duplicate row"
    seen.add(digest)
    return ""


def nothing_kept(address: Address, ledger: Ledger) -> GlotliftError:
    """Return the error that says why no row was left."""
    reasons = ", ".join(f"{reason} ({count})" for reason, count in ledger.counts().items())
    cause = f"no row kept of {ledger.read} read" + (f": {reasons:.200}" if reasons else "")
    fix = "check the files and the language, or name the column: columns={'text': ...}"
    return GlotliftError("GL-CORPUS-009", cause, place=str(address)[:200], fix=fix)
