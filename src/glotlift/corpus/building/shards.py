"""The units of work: pieces of the input of about equal size, the same for any number of workers.

A shard holds whole files, or a range of whole lines of a large plain file, so that a worker on
another machine reads its shard without reading what comes before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glotlift.corpus.addresses import Sourced, open_hub, open_world
from glotlift.corpus.building.config import BuildConfig, Input
from glotlift.corpus.files import common_root, find_files, name_from
from glotlift.corpus.formats import format_of, read_file
from glotlift.corpus.lines import COMPRESSION, Span, has_blank_between
from glotlift.runs.hashing import hash_json, hash_path

MOST = 1000  # shards
REMOTE = ("world:", "hub:")
INDIFFERENT = ("output", "workers", "engine")  # to what the corpus becomes


@dataclass(frozen=True)
class Piece:
    """A file or address of an input, or the bytes [start, stop) of it; `line` is its first."""

    input: int
    path: str
    name: str
    digest: str
    start: int = 0
    stop: int = -1
    line: int = 1


@dataclass(frozen=True)
class Shard:
    """One unit of work; `key` is a hash of all that decides what becomes of it."""

    number: int
    key: str
    pieces: tuple[Piece, ...]
    bytes: int

    @property
    def name(self) -> str:
        """Return the name of the shard's folder."""
        return f"{self.number:05d}-{self.key[:12]}"


def find_pieces(
    config: BuildConfig, known: Mapping[str, Sequence[Any]], *, digests: bool = True
) -> dict[Piece, tuple[int, int]]:
    """Return every file of the inputs with its size in bytes and time of change.

    `known` maps the path of a file to size, time and hash as they were at an earlier call, so that
    an unchanged file is not read again; without `digests` none is. Raises what `find_files` raises.
    """
    found: dict[Piece, tuple[int, int]] = {}
    for number, given in enumerate(config.inputs):
        if given.path.startswith(REMOTE):
            found[Piece(number, given.path, given.path, hash_json(given.path))] = (0, 0)
            continue
        paths = find_files(Path(given.path).expanduser())
        root = common_root(paths)
        for path in map(Path.resolve, paths):
            state = path.stat()
            mark = (state.st_size, state.st_mtime_ns)
            before = known.get(str(path), (None, None, ""))
            same = tuple(before[:2]) == mark or not digests
            digest = before[2] if same else hash_path(path)
            found[Piece(number, str(path), name_from(path, root), digest)] = mark
    return found


def cut_shards(config: BuildConfig, files: Mapping[Piece, tuple[int, int]]) -> list[Shard]:
    """Return the shards of a corpus, in the order of its inputs."""
    size = max(config.shard_bytes, sum(weight for weight, _ in files.values()) // MOST)
    settings = hash_json(config.model_dump(mode="json", exclude=set(INDIFFERENT)))
    groups: list[list[Piece]] = [[]]
    sizes = [0]
    for piece, (weight, _) in files.items():
        for part, bytes_ in cut_file(piece, weight, config.inputs[piece.input], size):
            if groups[-1] and sizes[-1] + bytes_ > size:
                groups.append([])
                sizes.append(0)
            groups[-1].append(part)
            sizes[-1] += bytes_
    return [
        Shard(number, hash_json([settings, [asdict(piece) for piece in group]]), tuple(group), held)
        for number, (group, held) in enumerate(zip(groups, sizes, strict=True))
    ]


def cut_file(piece: Piece, weight: int, given: Input, size: int) -> Iterator[tuple[Piece, int]]:
    """Yield a file whole, or where its lines stand for themselves in ranges of `size` bytes."""
    if weight <= size or not is_cuttable(Path(piece.path), given):
        yield piece, weight
        return
    with Path(piece.path).open("rb") as file:
        start, line = 0, 1
        while start < weight:
            block = file.read(size)
            block += file.readline()
            stop = start + len(block)
            part = Piece(piece.input, piece.path, piece.name, piece.digest, start, stop, line)
            yield part, stop - start
            start, line = stop, line + block.count(b"\n")


def is_cuttable(path: Path, given: Input) -> bool:
    """Tell whether each line of a file is a row of its own."""
    if path.suffix.lower() in COMPRESSION:
        return False
    if format_of(path) == "txt":
        lines = given.documents == "line"
        return lines or (given.documents == "auto" and not has_blank_between(path))
    return format_of(path) == "jsonl"


def open_piece(piece: Piece, given: Input) -> Sourced:
    """Open a piece for reading; its rows bear the line numbers of the whole file."""
    if piece.path.startswith("world:"):
        return open_world(piece.path)
    if piece.path.startswith("hub:"):
        return open_hub(piece.path, given.columns)
    span = None if piece.stop < 0 else Span(piece.start, piece.stop, piece.line)
    rows = read_file(Path(piece.path), given.columns, given.documents, span)
    return Sourced(piece.name, rows)
