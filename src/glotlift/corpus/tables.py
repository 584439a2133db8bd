"""Files of columns: CSV, TSV and Parquet."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from glotlift.corpus.fields import DAMAGED, INVALID, ROW_BYTES, TOO_LONG, Row, locate_text
from glotlift.corpus.lines import COMPRESSION, open_bytes, read_lines
from glotlift.runs.errors import GlotliftError

BATCH_ROWS = 1000


def read_table(path: Path, columns: Mapping[str, str] | None, delimiter: str) -> Iterator[Row]:
    """Yield the rows of a CSV or TSV file with a header; a cell may hold line ends (CSV only)."""
    csv.field_size_limit(ROW_BYTES)
    broken: list[Row] = []
    last = 0

    def supply() -> Iterator[str]:
        nonlocal last
        for number, line, fault in read_lines(path):
            last = number
            if line is None:
                broken.append(Row(number, {}, fault))
            else:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape") + "\n"

    # A TSV file has no quoting (IANA text/tab-separated-values): quotes in it are text.
    reader = csv.reader(
        supply(),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL,
        strict=True,
    )
    header: list[str] | None = None
    while True:
        first = last + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if header is None:
                header, located = [], locate_text(path, [], columns)
            long = "field limit" in str(error)
            yield Row(first, {}, TOO_LONG if long else "broken quoting")
            continue
        if header is None:
            header, located = cells, locate_text(path, cells, columns)
        elif cells:
            yield table_row(first, header, located, cells)
        yield from broken
        broken.clear()
    if header is None:
        locate_text(path, [], columns)
    yield from broken


def table_row(line: int, header: list[str], located: Mapping[str, str], cells: list[str]) -> Row:
    """Return one row of a table, or its fault."""
    if len(cells) != len(header):
        return Row(line, {}, "wrong number of columns")
    try:
        "".join(cells).encode("utf-8")
    except UnicodeEncodeError:
        return Row(line, {}, INVALID)
    record = dict(zip(header, cells, strict=True))
    return Row(line, {field: record[name] for field, name in located.items()})


def read_parquet(path: Path, columns: Mapping[str, str] | None) -> Iterator[Row]:
    """Yield the rows of a Parquet file."""
    compressed = path.suffix.lower() in COMPRESSION
    try:
        # Parquet is read from its end, so an outer compression has to be undone in memory first.
        source = pa.BufferReader(open_bytes(path).read()) if compressed else str(path)
        file = pq.ParquetFile(source)
    except (OSError, pa.ArrowException) as error:
        cause = f"not a whole Parquet file: {str(error).splitlines()[0]:.120}"
        fix = "write it again"
        raise GlotliftError("GL-CORPUS-008", cause, place=str(path), fix=fix) from None
    schema = file.schema_arrow
    located = locate_text(path, schema.names, columns)
    kind = schema.field(located["text"]).type
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(value) or pa.types.is_large_string(value)):
        cause = f"column {located['text']!r} holds {kind}, not strings"
        fix = "name the column of text with columns={'text': ...}"
        raise GlotliftError("GL-CORPUS-007", cause, place=str(path), fix=fix)
    number = 0
    try:
        for batch in file.iter_batches(BATCH_ROWS, columns=sorted(set(located.values()))):
            for index in range(batch.num_rows):
                number += 1
                yield parquet_row(number, batch, index, located)
    except (OSError, pa.ArrowException):
        yield Row(number + 1, {}, DAMAGED)


def parquet_row(line: int, batch: pa.RecordBatch, index: int, located: Mapping[str, str]) -> Row:
    """Return one row of a Parquet batch, or its fault."""
    try:
        values = {field: batch.column(name)[index].as_py() for field, name in located.items()}
    except UnicodeDecodeError:
        return Row(line, {}, INVALID)
    return Row(line, values)
