"""Speed and recall of near-duplicate search beside gaoya, rensa and datasketch.

Every side reads the same texts in memory, cuts them into shingles of seven characters, makes 120
MinHash values (ours 128) and finds candidates by 20 bands of 6. One thread each, one round of each
after the other, several times over. Recall: labelled near duplicates that become candidates.

    pip install gaoya rensa datasketch
    python benchmarks/deduplication.py /data/webmix --repeats 3

Prints one JSON object.
"""

import argparse
import gzip
import json
import os
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

os.environ.update(RAYON_NUM_THREADS="1", OMP_NUM_THREADS="1")

import numpy as np

from glotlift.corpus.repetition import bands
from glotlift.corpus.repetition.fingerprints import (
    fingerprints,
    shingle_hashes,
    text_keys,
)
from glotlift.corpus.repetition.folding import fold_batches
from glotlift.corpus.repetition.near_duplicates import find_duplicates

BANDS, WIDTH, VALUES = 20, 6, 120
Found = list[set[int]]


def ours(texts: list[str]) -> Found:
    """Candidates from our fingerprints, with the bands that the others have."""
    return banded(fingerprints(texts))


def banded(values: np.ndarray) -> Found:
    """The rows that share a band with each row."""
    found: Found = [set() for _ in values]
    for band in range(BANDS):
        rows: dict[bytes, list[int]] = defaultdict(list)
        part = np.ascontiguousarray(values[:, band * WIDTH : (band + 1) * WIDTH])
        for row in range(len(part)):
            rows[part[row].tobytes()].append(row)
        for several in rows.values():
            for row in several if len(several) > 1 else ():
                found[row].update(several)
    return found


def shingles(text: str) -> set[str]:
    """Shingles as the others are usually given them."""
    text = text.lower()
    return {text[start : start + 7] for start in range(max(1, len(text) - 6))}


def gaoya(texts: list[str]) -> Found:
    """gaoya's index, which cuts shingles itself."""
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(32, 0.0, BANDS, WIDTH, VALUES, "char", True, (7, 7))
    index.par_bulk_insert_docs(list(range(len(texts))), texts)
    return [set(row) for row in index.par_bulk_query(texts)]


def rensa(texts: list[str]) -> Found:
    """rensa with shingles made in Python."""
    from rensa import RMinHash, RMinHashLSH

    sketches = RMinHash.from_token_sets([shingles(text) for text in texts], VALUES, 42)
    index = RMinHashLSH(0.5, VALUES, BANDS)
    index.insert_many(sketches)
    return [set(row) for row in index.query_all(sketches)]


def rensa_with_our_shingles(texts: list[str]) -> Found:
    """rensa with the hashes of our shingles: only MinHash and search are its own."""
    from rensa import RMinHash, RMinHashLSH

    hashes, sizes = [], []
    for _, folded in fold_batches(texts):
        hashes.append(shingle_hashes(folded).astype(np.uint64))
        sizes.append(folded.sizes)
    ends = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.uint64)
    flat = np.concatenate(hashes)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(flat, ends, VALUES, 42)
    index = RMinHashLSH(0.5, VALUES, BANDS)
    flags = index.query_duplicate_flags_matrix_one_shot(matrix)
    return [{row} if not flag else {row, -1} for row, flag in enumerate(flags)]


def datasketch(texts: list[str]) -> Found:
    """datasketch with shingles made in Python."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=VALUES, params=(BANDS, WIDTH))
    sketches = []
    for row, text in enumerate(texts):
        sketch = MinHash(num_perm=VALUES)
        sketch.update_batch([shingle.encode() for shingle in shingles(text)])
        index.insert(row, sketch)
        sketches.append(sketch)
    return [set(index.query(sketch)) for sketch in sketches]


def read(path: Path) -> tuple[list[str], list[tuple[int, int]]]:
    """The texts of a labelled set, and its pairs of near duplicates."""
    files = [
        gzip.decompress((path / name).read_bytes()) for name in ("docs.jsonl.gz", "gold.jsonl.gz")
    ]
    rows, gold = ([json.loads(line) for line in file.splitlines()] for file in files)
    places = {row["id"]: index for index, row in enumerate(rows)}
    near = [(places[g["id"]], places[g["dup_of"]]) for g in gold if g["kind"] == "near_dup"]
    return [row["text"] for row in rows], near


def decide(texts: list[str]) -> Found:
    """Everything of ours: all keys, bands chosen for the corpus, verified and decided."""
    keys = text_keys(texts)
    kept = find_duplicates(keys.exact, keys.normalised, keys.fingerprints, keys.sizes).kept
    rows: dict[int, set[int]] = defaultdict(set)
    for row, first in enumerate(kept.tolist()):
        rows[first].add(row)
    return [rows[first] for first in kept.tolist()]


SIDES: dict[str, Callable[[list[str]], Found]] = {
    "glotlift, 20 bands of 6": ours,
    "glotlift, all keys, decided": decide,
    "gaoya": gaoya,
    "rensa": rensa,
    "rensa on our shingles, flags only": rensa_with_our_shingles,
    "datasketch": datasketch,
}


def measure_large(rows: int, threshold: float) -> dict[str, float]:
    """Seconds and peak memory of the decision over random fingerprints in a file.

    The second half of the rows agrees with the first in nine values of ten.
    """
    path = Path(f"/tmp/glotlift-prints-{os.getpid()}")
    generator = np.random.default_rng(0)
    prints = np.memmap(path, np.uint16, "w+", shape=(rows, 128))
    try:
        for start in range(0, rows, 2**16):
            block = prints[start : start + 2**16]
            block[:] = generator.integers(0, 2**16, block.shape, np.uint16)
        half = rows // 2
        for start in range(0, half, 2**16):
            stop = min(start + 2**16, half)
            prints[half + start : half + stop, :115] = prints[start:stop, :115]
        keys = np.arange(rows, dtype=np.uint64)
        start_time = time.perf_counter()
        sizes = np.full(rows, 1000, np.uint32)
        found = find_duplicates(keys, keys, prints, sizes, threshold=threshold)
        seconds = time.perf_counter() - start_time
        gone = float((found.reasons > 0).mean())
    finally:
        path.unlink()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"rows": rows, "seconds": seconds, "peak_gib": peak, "dropped": gone}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", type=int, default=0, help="rows of a decision from a file")
    parser.add_argument("--threshold", type=float, default=0.25, help="of that decision")
    chosen = parser.parse_args()
    texts, near = read(chosen.data)
    size = sum(len(text.encode()) for text in texts) / 1e6
    fingerprints(["warm", "tables"])
    speeds: dict[str, list[float]] = {name: [] for name in SIDES}
    recall: dict[str, float] = {}
    for _ in range(chosen.repeats):
        for name, side in SIDES.items():
            start = time.process_time()
            found = side(texts)
            speeds[name].append(size / (time.process_time() - start))
            if "flags" not in name:
                recall[name] = float(np.mean([b in found[a] for a, b in near]))
    result = {
        "megabytes": size,
        "texts": len(texts),
        "megabytes_per_second": {name: statistics.median(s) for name, s in speeds.items()},
        "recall_of_near_duplicates": recall,
        "bands_chosen": bands.choose_bands(len(texts), 128, 0.25).shape,
        "large": measure_large(chosen.large, chosen.threshold) if chosen.large else None,
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
