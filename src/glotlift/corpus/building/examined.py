"""What the first pass found of all shards, without the texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glotlift.corpus.building.shards import Shard


@dataclass
class Examined:
    """The rows of all shards: `ends` is where each shard ends, `reasons` why a row will not stay.

    `languages` and `reasons` are strings, [rows]; a row without a reason is still to be decided.
    """

    root: Path
    folders: list[Path]
    ends: NDArray[np.int64]
    languages: NDArray[np.object_]
    reasons: NDArray[np.object_]

    def array(self, name: str) -> NDArray[Any]:
        """Return one array of all rows, in the order of the shards."""
        return np.concatenate([np.load(folder / f"{name}.npy") for folder in self.folders])

    def numbers(self, name: str) -> NDArray[np.int32]:
        """Return a number for each different value of a column."""
        encoded = pc.dictionary_encode(read_column(self.folders, name)).combine_chunks()
        return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int32)

    def in_order(self, name: str, order: NDArray[np.int64], path: Path) -> NDArray[Any]:
        """Return the rows `order` of an array too large for memory, written to `path`."""
        place = np.full(len(self.reasons), -1)
        place[order] = np.arange(len(order))
        first = np.load(self.folders[0] / f"{name}.npy", mmap_mode="r")
        whole: NDArray[Any] = np.lib.format.open_memmap(
            path, mode="w+", dtype=first.dtype, shape=(len(order), *first.shape[1:])
        )
        for folder, places in zip(self.folders, np.split(place, self.ends[:-1]), strict=True):
            there = places >= 0
            whole[places[there]] = np.load(folder / f"{name}.npy")[there]
        return whole


def load_examined(shards: Sequence[Shard], root: Path) -> Examined:
    """Return what the first pass found in the shards."""
    folders = [root / "examined" / shard.name for shard in shards]
    counts = [pq.read_metadata(folder / "rows.parquet").num_rows for folder in folders]
    languages, reasons = (strings(read_column(folders, name)) for name in ("language", "reason"))
    return Examined(root, folders, np.cumsum(counts, dtype=np.int64), languages, reasons)


def read_column(folders: Sequence[Path], name: str) -> pa.ChunkedArray:
    """Return one column of the rows of all shards."""
    tables = [pq.read_table(folder / "rows.parquet", columns=[name]) for folder in folders]
    return pa.concat_tables(tables)[name]


def strings(column: pa.ChunkedArray) -> NDArray[np.object_]:
    """Return a column with few different values as an array of strings."""
    encoded = pc.dictionary_encode(column).combine_chunks()
    values = np.asarray([*encoded.dictionary.to_pylist(), ""], object)
    return np.asarray(values[encoded.indices.to_numpy(zero_copy_only=False)], object)
