"""Per-row scores inside evidence files: small enough to ship, exact enough to check verdicts by."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glotlift.runs.atomic import write_json
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 200_000  # bytes of a recorded evidence file
FORMATS = {"float32": "<f4", "float16": "<f2"}


def pack(values: NDArray[np.float64], kind: str = "float32") -> dict[str, Any]:
    """Return an array as JSON: its shape, and its values rounded to `kind` and compressed.

    The bytes of equal weight are laid side by side first, which compresses floats better.
    """
    raw = np.ascontiguousarray(values, FORMATS[kind])
    planes = raw.view(np.uint8).reshape(raw.size, raw.itemsize).T
    data = base64.b64encode(zlib.compress(planes.tobytes(), 9)).decode("ascii")
    return {"shape": list(raw.shape), "type": kind, "data": data}


def unpack(packed: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the array that `pack` wrote; raises GL-EVIDENCE-012 where it is damaged."""
    try:
        dtype = np.dtype(FORMATS[packed["type"]])
        size = int(np.prod(packed["shape"]))
        inflater = zlib.decompressobj()
        # Bounded, so that a small file cannot fill the memory.
        data = inflater.decompress(base64.b64decode(packed["data"]), size * dtype.itemsize + 1)
        planes = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, size)
        values = np.ascontiguousarray(planes.T).view(dtype).reshape(packed["shape"])
    except (KeyError, ValueError, TypeError, binascii.Error, zlib.error):
        raise GlotliftError(
            "GL-EVIDENCE-012", "the per-row scores are damaged", fix="write the evidence again"
        ) from None
    return values.astype(np.float64)


def read_rows(evidence: Mapping[str, Any], metric: str) -> dict[str, NDArray[np.float64]]:
    """Return each arm's scores of `metric`, [seeds, rows] ([1, rows] where seeds were averaged).

    Raises GL-EVIDENCE-013 for a metric that the evidence has no rows of, -012 for damaged ones.
    """
    try:
        arms = evidence["rows"][metric]["arms"]
    except KeyError:
        raise GlotliftError(
            "GL-EVIDENCE-013",
            f"no rows of {metric!r} in this evidence",
            fix=f"choose one of {list(evidence.get('rows', {}))}",
        ) from None
    return {name: unpack(packed) for name, packed in arms.items()}


def write_evidence(evidence: Mapping[str, Any], path: Path, *, largest: int = LARGEST) -> None:
    """Write an evidence file of at most `largest` bytes, atomically.

    Where it would be larger, per-row scores are rounded to half precision, then averaged over
    seeds, then left out, and the file says which. Figures and verdicts are never touched; the run
    folder keeps every score. Raises GL-EVIDENCE-014 where even that is too large.
    """
    for version in smaller(evidence):
        if len(json.dumps(version, ensure_ascii=False, indent=1).encode()) < largest:
            write_json(path, version)
            return
    raise GlotliftError(
        "GL-EVIDENCE-014",
        f"the evidence is larger than {largest:,} bytes without its rows",
        place=str(path),
        fix="shorten its texts",
    )


def smaller(evidence: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the evidence with ever less of its per-row scores."""
    yield dict(evidence)
    rows = evidence.get("rows", {})
    steps: dict[str, Callable[[NDArray[np.float64]], dict[str, Any]]] = {
        "every seed, float16": lambda values: pack(values, "float16"),
        "mean over seeds, float16": lambda values: pack(values.mean(0, keepdims=True), "float16"),
    }
    for kept, shrink in steps.items():
        with np.errstate(over="ignore"):
            version = {
                metric: {
                    **entry,
                    "kept": kept,
                    "arms": {
                        name: shrink(unpack(packed)) for name, packed in entry["arms"].items()
                    },
                }
                for metric, entry in rows.items()
            }
        if all(np.isfinite(unpack(p)).all() for e in version.values() for p in e["arms"].values()):
            yield {**evidence, "rows": version}
    yield {
        **evidence,
        "rows": {},
        "notes": [
            *evidence.get("notes", []),
            "per-row scores are too large to ship with this file",
        ],
    }
