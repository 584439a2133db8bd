"""What building a corpus would read and take, before anything is done."""

from collections import Counter
from pathlib import Path
from typing import Any

from glotlift.corpus.building.config import BuildConfig
from glotlift.corpus.building.engines import cores
from glotlift.corpus.building.shards import cut_shards, find_pieces

# Measured on one core of a small machine with every step on; compressed text is counted as it lies.
BYTES_A_SECOND = 2.5e6
EXPANSION = {".gz": 3.5, ".zst": 3.5, ".bz2": 4.5, ".xz": 4.5, ".parquet": 2.5, ".warc": 0.4}
WORKER_BYTES, ROW_BYTES = 700e6, 400


def plan_corpus(config: BuildConfig) -> dict[str, Any]:
    """Return what `build_corpus` would do, as one value for each line of a plan; writes nothing.

    Raises what finding the inputs raises.
    """
    files = find_pieces(config, {}, digests=False)
    shards = cut_shards(config, files)
    sizes: Counter[str] = Counter()
    text = 0.0
    for piece, (size, _) in files.items():
        suffix = Path(piece.path).suffix.lower() if size else piece.path.partition(":")[0]
        sizes[suffix] += size
        text += size * EXPANSION.get(suffix, 1.0)
    workers = min(config.workers or cores(), len(shards))
    return {
        "output": str(config.output),
        "files": len(files),
        "bytes": sum(sizes.values()),
        "bytes by kind": dict(sizes.most_common()),
        "shards": len(shards),
        "workers": workers,
        "engine": config.engine,
        "steps": steps(config),
        "seconds": round(text / BYTES_A_SECOND / workers),
        "peak memory bytes": round(workers * WORKER_BYTES + text / 3000 * ROW_BYTES),
        "disk bytes": round(text * 0.8),
    }


def steps(config: BuildConfig) -> str:
    """Return what will be done to the text, in order."""
    named = {
        "repair": config.repair,
        "identify": True,
        "filter": config.quality.standards,
        f"{config.protection.personal} personal data": config.protection.personal != "keep",
        "decontaminate": bool(config.protection.evaluation),
        "exact and normalised duplicates": True,
        "near duplicates": config.duplicates.near,
    }
    return ", ".join(name for name, wanted in named.items() if wanted)
