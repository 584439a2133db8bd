"""Read a fastText model file (.bin, or .ftz with quantised matrices) without its library.

The layout is that of fastText 0.9.2, `FastText::saveModel`, versions 11 and 12 (Joulin et al. 2016;
quantisation: Jégou et al. 2011, Joulin et al. 2016b). Full matrices stay on the disk (memory map).
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.runs.errors import GlotliftError

MAGIC, VERSIONS = 793712314, (11, 12)
SUPERVISED = 3
HIERARCHICAL_SOFTMAX, NEGATIVE_SAMPLING, SOFTMAX, ONE_VERSUS_ALL = 1, 2, 3, 4
SETTINGS = ("dim", "ws", "epoch", "min_count", "neg", "word_ngrams", "loss", "model", "bucket")
LIMITS = ("minn", "maxn", "lr_update_rate")


@dataclass(frozen=True)
class Quantised:
    """A product-quantised matrix [rows, columns]: one code for each part of a row."""

    codes: NDArray[np.uint8]
    centroids: NDArray[np.float32]
    columns: int
    part: int
    norms: NDArray[np.float32] | None

    def rows(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return [n, columns] the rows of an index."""
        codes = self.codes[index].astype(np.int64)
        parts = codes.shape[1]
        found = np.zeros((len(index), parts * self.part), np.float32)
        for position in range(parts):
            width = min(self.part, self.columns - position * self.part)
            start = position * self.part * 256
            table = self.centroids[start : start + 256 * width].reshape(256, width)
            offset = position * self.part
            found[:, offset : offset + width] = table[codes[:, position]]
        found = found[:, : self.columns]
        return found if self.norms is None else found * self.norms[index][:, None]


@dataclass(frozen=True)
class Full:
    """A matrix [rows, columns] of float32 on the disk."""

    values: NDArray[np.float32]

    def rows(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return [n, columns] the rows of an index."""
        return np.asarray(self.values[index])


@dataclass(frozen=True)
class Stored:
    """What a model file holds: settings, words, labels with their counts, and both matrices."""

    settings: dict[str, int]
    words: dict[bytes, int]
    labels: tuple[str, ...]
    label_counts: tuple[int, ...]
    pruned: dict[int, int] | None
    inputs: Full | Quantised
    outputs: Full | Quantised


class Reader:
    """A file of little-endian values, read in order."""

    def __init__(self, path: Path) -> None:
        self.bytes = np.memmap(path, np.uint8, "r")
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        """Return the next values of a `struct` layout."""
        size = struct.calcsize("<" + layout)
        found = struct.unpack("<" + layout, self.bytes[self.at : self.at + size].tobytes())
        self.at += size
        return found

    def array(self, kind: str, count: int) -> NDArray[Any]:
        """Return the next `count` values as an array on the disk."""
        size = np.dtype(kind).itemsize * count
        if self.at + size > len(self.bytes):
            raise ValueError("the file ends too early")
        found = self.bytes[self.at : self.at + size]
        self.at += size
        return np.ndarray((count,), kind, found.data)

    def string(self) -> bytes:
        """Return the next bytes up to a zero."""
        window = 64
        while True:
            piece = self.bytes[self.at : self.at + window].tobytes()
            end = piece.find(b"\0")
            if end >= 0:
                self.at += end + 1
                return piece[:end]
            if len(piece) < window:
                raise ValueError("the file ends in the middle of a word")
            window *= 4


def read_fasttext(path: Path) -> Stored:
    """Read a supervised fastText model.

    Raises GL-LANGUAGE-024 when the file is not one.
    """
    try:
        return _read(Reader(path))
    except (OSError, ValueError, struct.error) as error:
        raise GlotliftError(
            "GL-LANGUAGE-024",
            f"not a fastText model for classification: {error}",
            place=str(path),
            fix="give the .bin or .ftz file that the model's authors published",
        ) from None


def _read(file: Reader) -> Stored:
    magic, version = file.take("ii")
    if magic != MAGIC or version not in VERSIONS:
        raise ValueError("it does not begin as one")
    settings = dict(zip(SETTINGS, file.take("9i"), strict=True))
    settings |= dict(zip(LIMITS, file.take("3i"), strict=True))
    file.take("d")
    if settings["model"] != SUPERVISED:
        raise ValueError("it holds word vectors, no classifier")
    if version == 11:
        settings["maxn"] = 0  # such classifiers were trained without character n-grams
    words, labels, pruned = _dictionary(file)
    (quantised,) = file.take("?")
    inputs = _quantised(file) if quantised else _full(file)
    (outputs_quantised,) = file.take("?")
    outputs = _quantised(file) if quantised and outputs_quantised else _full(file)
    names = tuple(name.decode("utf-8", errors="replace") for name in labels)
    return Stored(settings, words, names, tuple(labels.values()), pruned, inputs, outputs)


def _dictionary(file: Reader) -> tuple[dict[bytes, int], dict[bytes, int], dict[int, int] | None]:
    size, _, _ = file.take("iii")
    _, pruned_size = file.take("qq")
    words: dict[bytes, int] = {}
    labels: dict[bytes, int] = {}
    for _ in range(size):
        name = file.string()
        count, kind = file.take("qb")
        if kind == 0:
            words[name] = len(words)
        else:
            labels[name] = count
    pairs = file.array("<i4", 2 * max(pruned_size, 0)).reshape(-1, 2)
    pruned = dict(pairs.tolist()) if pruned_size >= 0 else None
    return words, labels, pruned


def _full(file: Reader) -> Full:
    rows, columns = file.take("qq")
    return Full(file.array("<f4", rows * columns).reshape(rows, columns))


def _quantised(file: Reader) -> Quantised:
    has_norms, rows, columns, code_bytes = file.take("?qqi")
    codes = file.array("u1", code_bytes)
    _, parts, part, _ = file.take("4i")
    centroids = file.array("<f4", 256 * columns)
    norms = None
    if has_norms:
        norm_codes = file.array("u1", rows)
        file.take("4i")
        norms = file.array("<f4", 256)[norm_codes]
    return Quantised(codes.reshape(rows, parts), centroids, columns, part, norms)
