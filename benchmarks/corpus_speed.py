"""The corpus pipeline against datatrove's, on the same input, workers and identifier.

    python benchmarks/corpus_speed.py TEXT_FOLDER --datatrove PYTHON [--megabytes 100]

TEXT_FOLDER holds JSON lines per language (``yor_Latn.jsonl.gz``). Copies of one document in twelve
and near copies of one in twenty are planted in it. PYTHON is an interpreter with
``datatrove[processing]``, and the packages of glotlift's extra ``data`` for the identifier. Each
pipeline reads, identifies, filters, finds near duplicates and writes, with two processes; ours also
runs with all that it does by default. Prints one JSON object: seconds, MB/s, peak memory of all
processes, the ratios, and the share of the clean documents kept in each language.
"""

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import yaml

FILES, WORKERS = 8, 2
HERE = Path(__file__).parent
BUILD = ("corpus", "build")
PLAIN = {
    "repair": False,
    "identification": {"mixed": "keep"},
    "quality": {"boilerplate": False},
    "duplicates": {"passages": False},
    "protection": {"personal": "keep"},
}


def write_input(folder: Path, source: Path, megabytes: int, seed: int = 0) -> dict[str, int]:
    """Write the input as JSON lines; return the clean documents by language."""
    rng = random.Random(seed)
    rows: list[dict[str, str]] = []
    for path in sorted(source.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            texts = [json.loads(line)["text"] for line in file]
        code = path.name.split(".")[0]
        rows += [{"id": f"{code}#{i}", "text": text} for i, text in enumerate(texts)]
    rng.shuffle(rows)
    size, clean = 0, []
    for row in rows:
        size += len(row["text"].encode())
        clean.append(row)
        if size > megabytes * 1e6 * 0.88:
            break
    planted = list(clean)
    for row in rng.sample(clean, len(clean) // 12):
        planted.append({"id": f"copy:{row['id']}", "text": row["text"]})
    for row in rng.sample(clean, len(clean) // 20):
        words = row["text"].split(" ")
        for _ in range(max(1, len(words) * 3 // 100)):
            words[rng.randrange(len(words))] = rng.choice(words)
        planted.append({"id": f"near:{row['id']}", "text": " ".join(words)})
    rng.shuffle(planted)
    folder.mkdir()
    for number in range(FILES):
        lines = (json.dumps(row, ensure_ascii=False) for row in planted[number::FILES])
        (folder / f"{number}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return dict(Counter(row["id"].split("#")[0] for row in clean))


def measure(command: list[str]) -> dict[str, Any]:
    """Run a command; return its seconds and the peak of the memory of all its processes."""
    began = time.monotonic()
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
    )
    peak = [0]

    def watch() -> None:
        while process.poll() is None:
            peak[0] = max(peak[0], memory(process.pid))
            time.sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\n{output[-3000:]}")
    return {"seconds": round(time.monotonic() - began, 2), "peak_bytes": peak[0]}


def memory(pid: int) -> int:
    """Return the proportional memory of a process and all below it, in bytes."""
    try:
        top = psutil.Process(pid)
        return sum(one.memory_full_info().pss for one in (top, *top.children(recursive=True)))
    except psutil.Error:
        return 0


def run_ours(source: Path, output: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Run our pipeline through its command."""
    config = output.with_suffix(".yaml")
    inputs = [{"path": str(source)}]
    values = {"inputs": inputs, "output": str(output), "workers": WORKERS, **settings}
    config.write_text(yaml.safe_dump(values))
    found = measure([str(Path(sys.executable).with_name("glotlift")), *BUILD, str(config)])
    files = sorted((output / "data").rglob("*.parquet"))
    if not files:
        raise SystemExit("our pipeline wrote nothing")
    ids = [id for file in files for id in pq.read_table(file, columns=["id"])["id"].to_pylist()]
    return {**found, "ids": ids}


def run_datatrove(source: Path, output: Path, python: str, variant: str) -> dict[str, Any]:
    """Run datatrove's pipeline in its own environment."""
    script = str(HERE / "peers" / "datatrove_corpus.py")
    found = measure([python, script, str(source), str(output), str(WORKERS), variant])
    ids = []
    for path in sorted((output / "data").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            ids += [json.loads(line)["id"] for line in file]
    return {**found, "ids": ids}


def kept_share(ids: list[str], clean: dict[str, int]) -> dict[str, float]:
    """Return the share of documents of each language of which one copy or more was kept."""
    kept = {id.split(":")[-1] for id in ids}
    counts = Counter(id.split("#")[0] for id in kept)
    return {code: round(counts[code] / count, 4) for code, count in sorted(clean.items())}


def main() -> None:
    """Run every pipeline on the same input and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--datatrove", help="an interpreter that has datatrove")
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--variants", nargs="*", default=["cheap", "default"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        source = root / "input"
        clean = write_input(source, given.folder, given.megabytes)
        size = sum(path.stat().st_size for path in source.iterdir())
        runs: dict[str, list[dict[str, Any]]] = {}
        for repeat in range(given.repeats):
            for name, settings in {"ours": PLAIN, "ours with all steps": {}}.items():
                output = root / f"{name}-{repeat}".replace(" ", "-")
                runs.setdefault(name, []).append(run_ours(source, output, settings))
            for variant in given.variants if given.datatrove else ():
                if variant == "default" and repeat:
                    continue  # minutes long, and far from any bound
                output = root / f"datatrove-{variant}-{repeat}"
                found = run_datatrove(source, output, given.datatrove, variant)
                runs.setdefault(f"datatrove {variant}", []).append(found)
    print(json.dumps(summarise(runs, clean, size), ensure_ascii=False, indent=1))


def summarise(
    runs: dict[str, list[dict[str, Any]]], clean: dict[str, int], size: int
) -> dict[str, Any]:
    """Return speeds, ratios to ours and kept shares; of several runs the fastest."""
    best = {name: min(several, key=lambda run: run["seconds"]) for name, several in runs.items()}
    pipelines = {}
    for name, run in best.items():
        shares = kept_share(run["ids"], clean)
        pipelines[name] = {
            "seconds": [one["seconds"] for one in runs[name]],
            "megabytes_per_second": round(size / 1e6 / run["seconds"], 2),
            "peak_bytes": max(one["peak_bytes"] for one in runs[name]),
            "rows_kept": len(run["ids"]),
            "copies_kept": sum(id.startswith("copy:") for id in run["ids"]),
            "least_kept": min(shares.items(), key=lambda item: item[1]),
            "kept_by_language": shares,
        }
    ours = best["ours"]["seconds"]
    ratios = {
        f"ours against {name}": round(run["seconds"] / ours, 2)
        for name, run in best.items()
        if name != "ours"
    }
    return {"bytes": size, "workers": WORKERS, "pipelines": pipelines, "ratios": ratios}


if __name__ == "__main__":
    main()
