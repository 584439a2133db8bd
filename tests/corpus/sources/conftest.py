import bz2
import gzip
import lzma
import os
from pathlib import Path

import pytest
import zstandard

from glotlift.corpus.formats import read_file

PACKINGS = {
    "": bytes,
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}


@pytest.fixture
def rows_of(tmp_path):
    """Write a file and return its rows, and its faults as (line, fault)."""

    def read(name, data, **settings):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        rows = list(read_file(path, **settings))
        return [row for row in rows if not row.fault], [
            (row.line, row.fault) for row in rows if row.fault
        ]

    return read


@pytest.fixture(params=PACKINGS)
def packing(request):
    return request.param, PACKINGS[request.param]


@pytest.fixture
def real():
    folder = os.environ.get("GLOTLIFT_DATA")
    if not folder:
        pytest.skip("GLOTLIFT_DATA names no folder of real data")
    return Path(folder)
