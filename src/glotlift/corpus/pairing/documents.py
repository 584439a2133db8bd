"""Documents of two languages that belong together by their ids or by their files' names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glotlift.corpus.formats import read_file
from glotlift.corpus.ledger import Ledger
from glotlift.corpus.repairing.normalisation import normalise
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

SEPARATOR = re.compile(r"[._-]")


@dataclass(frozen=True)
class Document:
    """One document in one language: the name it shares with its translation, and its place."""

    name: str
    text: str
    file: str
    line: int
    license: str


def read_side(
    place: Path,
    code: str,
    columns: Mapping[str, str] | None,
    ledger: Ledger,
) -> dict[str, Document]:
    """Return name -> document of one language, of a file or of all files below a folder.

    A text file is one document, whose name is the file's without its format and without the
    language (``talk.en.txt``, ``talk/eng.txt`` and ``en/talk.txt`` are all ``talk``); a row of any
    other file is one, whose name is its id. Where files below the folder are named after the
    language, the others are passed over; rows that state another language are, too.

    Broken rows, rows without text and further rows of one id go to the ledger. Raises what
    `read_file` raises.
    """
    # Imported here: reading imports datasets, which a configuration does not need.
    from glotlift.corpus.files import common_root, find_files

    files = find_files(place)
    root = common_root(files) if place.is_file() else place.resolve()
    spellings = spelled(code)
    named = [path for path in files if parts(path, root) & spellings]
    found: dict[str, Document] = {}
    for path in named or files:
        shown = path.resolve().relative_to(root).as_posix()
        for name, document, fault in read_documents(path, root, spellings, columns, code):
            if fault:
                ledger.read += 1
                ledger.drop(shown, document.line, fault, id=name)
            elif name in found:
                ledger.read += 1
                ledger.drop(shown, document.line, "second document of this id", id=name)
            else:
                found[name] = document
    return found


def read_documents(
    path: Path,
    root: Path,
    spellings: frozenset[str],
    columns: Mapping[str, str] | None,
    code: str,
) -> Iterator[tuple[str, Document, str]]:
    """Yield name, document and fault ("" for a whole one) of one file's documents."""
    shown = path.resolve().relative_to(root).as_posix()
    plain = ".txt" in path.suffixes
    for row in read_file(path, columns, "file" if plain else "auto"):
        text = row.values.get("text")
        stated = row.values.get("language")
        if stated and not covers(str(stated), code):
            continue
        name = bare_name(path, root, spellings) if plain else str(row.values.get("id") or "")
        fault = row.fault or ("" if isinstance(text, str) and text.strip() else "no text")
        fault = fault or ("" if name else "no id")
        body = normalise(text) if isinstance(text, str) and not fault else ""
        terms = str(row.values.get("license") or "unknown")
        yield name, Document(name, body, shown, row.line, terms), fault


def covers(stated: str, code: str) -> bool:
    """Tell whether a row's own language is the one wanted."""
    try:
        return stated == code or language(stated).code == code
    except GlotliftError:
        return stated.lower() in spelled(code)


def spelled(code: str) -> frozenset[str]:
    """Return the ways in which a language may stand in a file's name, in lower case."""
    spoken = language(code)
    ways = {spoken.code, spoken.iso639_3, spoken.bcp47, spoken.bcp47.split("-")[0]}
    return frozenset(way.lower() for way in ways)


def parts(path: Path, root: Path) -> frozenset[str]:
    """Return the words of a file's name below the root, in lower case."""
    below = path.resolve().relative_to(root)
    words = {word for part in below.parts for word in (part, *SEPARATOR.split(part))}
    stems = {part.split(".")[0] for part in below.parts}
    return frozenset(word.lower() for word in words | stems)


def bare_name(path: Path, root: Path, spellings: frozenset[str]) -> str:
    """Return a text file's name below the root without its format and its language."""
    below = path.resolve().relative_to(root)
    pieces = [*below.parts[:-1], below.name.split(".txt")[0]]
    bare = [strip_language(piece, spellings) for piece in pieces]
    return "/".join(piece for piece in bare if piece) or below.name.split(".txt")[0]


def strip_language(piece: str, spellings: frozenset[str]) -> str:
    """Return a part of a path without the language at its beginning or end."""
    if piece.lower() in spellings:
        return ""
    for spelling in sorted(spellings, key=len, reverse=True):
        cut = re.sub(rf"(?i)^{re.escape(spelling)}[._-]|[._-]{re.escape(spelling)}$", "", piece)
        if cut != piece:
            return cut
    return piece


def match_sides(
    source: Mapping[str, Document], target: Mapping[str, Document], ledger: Ledger
) -> Sequence[tuple[Document, Document]]:
    """Return the documents that both sides hold, by name; others go to the ledger.

    Raises GL-CORPUS-068 (none in common).
    """
    shared = sorted(source.keys() & target.keys())
    for mine, other in ((source, target), (target, source)):
        for name in sorted(mine.keys() - other.keys()):
            ledger.read += 1
            document = mine[name]
            ledger.drop(document.file, document.line, "no document of this id", id=name)
    if not shared:
        shown = ", ".join(repr(next(iter(side), "")) for side in (source, target))
        cause = f"no document is in both languages (the first ids: {shown:.120})"
        fix = "name the files alike but for the language, or give rows of a translation one id"
        raise GlotliftError("GL-CORPUS-068", cause, fix=fix)
    return [(source[name], target[name]) for name in shared]
