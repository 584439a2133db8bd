"""One file's rows, whatever its format: text, tables, pages, crawls, books, dumps, translations.

Every reader yields `Row`s one after another and never stops at a broken one: what cannot be read
comes as a `Row` with a `fault`. Only a file that is broken as a whole raises a coded error.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from glotlift.corpus.fields import Row
from glotlift.corpus.lines import COMPRESSION, Documents, Span, read_json_lines, read_text
from glotlift.corpus.sources.archives import read_archive
from glotlift.corpus.sources.books import read_book
from glotlift.corpus.sources.catalogues import read_catalogue
from glotlift.corpus.sources.pages import read_page
from glotlift.corpus.sources.treebanks import read_treebank
from glotlift.corpus.sources.units import read_memory
from glotlift.corpus.sources.wikis import read_wiki
from glotlift.corpus.tables import read_parquet, read_table
from glotlift.runs.errors import GlotliftError

SUFFIXES = {
    ".conllu": "conllu",
    ".csv": "csv",
    ".htm": "html",
    ".html": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pdf": "pdf",
    ".po": "po",
    ".tmx": "tmx",
    ".tsv": "tsv",
    ".txt": "txt",
    ".warc": "warc",
    ".wet": "wet",
    ".xhtml": "html",
    ".xml": "mediawiki",
}
FORMATS = ", ".join(sorted(SUFFIXES))
MAGIC = {".bz2": b"BZh", ".gz": b"\x1f\x8b", ".xz": b"\xfd7zX", ".zst": b"\x28\xb5\x2f\xfd"}
UTF16 = (b"\xff\xfe", b"\xfe\xff")
# Formats that settle their encoding themselves.
ENCODED = {"html", "mediawiki", "pdf", "tmx", "warc", "wet"}
ALONE = {
    "html": read_page,
    "mediawiki": read_wiki,
    "pdf": read_book,
    "po": read_catalogue,
    "tmx": read_memory,
    "warc": read_archive,
    "wet": read_archive,
}


def format_of(path: Path) -> str | None:
    """Return the format that a file's name claims, or None for one that is not read."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSION:
        suffixes.pop()
    return SUFFIXES.get(suffixes[-1]) if suffixes else None


def read_file(
    path: Path,
    columns: Mapping[str, str] | None = None,
    documents: Documents = "auto",
    span: Span | None = None,
) -> Iterator[Row]:
    """Yield the rows of one file, or those of a span of the lines of a txt or jsonl file.

    `columns` names the file's column for a field; the others are found by the names in `ALIASES`,
    whatever their case. `documents` says what one document of a text file is: a ``line``, a
    ``blank`` (lines up to a blank line), the whole ``file``, or ``auto``: blank when a blank line
    stands between two lines of text, else line. In a treebank `line` is a sentence. Web pages and
    PDF files are one document each; a crawl, a dump or a catalogue says itself what its units are.

    Raises GL-CORPUS-003 (format not known), -004 (not readable), -005 (not the compression that its
    name says), -006 (no text column), -007 (text column of another type), -008 (not a whole Parquet
    file), -013 (UTF-16), -080 (a library of the extra `data` is missing), -081 (an XML file that
    declares entities) and -082 (an XML file that is neither a MediaWiki dump nor TMX).
    """
    kind = format_of(path)
    if kind is None:
        fix = f"use one of {FORMATS}, each also with {', '.join(COMPRESSION)}"
        cause = f"the format of {path.name!r} is not known"
        raise GlotliftError("GL-CORPUS-003", cause, place=str(path), fix=fix)
    check_start(path, kind)
    if kind in ALONE:
        return ALONE[kind](path)
    if kind == "txt":
        return read_text(path, documents, span)
    if kind == "conllu":
        return read_treebank(path, documents)
    if kind == "jsonl":
        return read_json_lines(path, columns, span)
    if kind == "parquet":
        return read_parquet(path, columns)
    return read_table(path, columns, "\t" if kind == "tsv" else ",")


def check_start(path: Path, kind: str) -> None:
    """Refuse a file that cannot be opened, or whose first bytes are not what its name says."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        cause = f"not readable: {error.strerror}"
        fix = "check the file and its permissions"
        raise GlotliftError("GL-CORPUS-004", cause, place=str(path), fix=fix) from None
    suffix = path.suffix.lower()
    if suffix in MAGIC and not start.startswith(MAGIC[suffix]):
        cause = f"not a {COMPRESSION[suffix]} file, though its name ends in {suffix}"
        fix = "compress it again or rename it"
        raise GlotliftError("GL-CORPUS-005", cause, place=str(path), fix=fix)
    if kind not in ENCODED and start.startswith(UTF16):
        fix = "convert it: iconv -f UTF-16 -t UTF-8"
        raise GlotliftError("GL-CORPUS-013", "UTF-16, not UTF-8", place=str(path), fix=fix)
