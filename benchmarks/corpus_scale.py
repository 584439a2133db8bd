"""Much generated text through the whole pipeline within a fixed limit of memory.

    python benchmarks/corpus_scale.py FOLDER [--gigabytes 10] [--limit-gib 4]

Writes documents of the sample world's sentences into FOLDER (one in twenty a copy, with an e-mail
address in one of fifty), then builds a corpus of them with every step on and two workers, in a
control group of Linux that may take so much memory and no more (this needs the right to make one).
Prints one JSON object: seconds, the peak of the processes' memory, rows and the corpus's hash.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from glotlift import world

CODES = ("eng_Latn", "spa_Latn", "tur_Latn", "rus_Cyrl", "hin_Deva", "swh_Latn")
POOL, PARAGRAPHS, SENTENCES = 60_000, 12, 5
FILE_BYTES = 500_000_000
GROUPS = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))


def write_input(folder: Path, size: int) -> int:
    """Write about `size` bytes as JSON lines; return the rows."""
    rng = random.Random(0)
    pools = {code: list(world.parallel((code,), POOL, seed=5)["text"]) for code in CODES}
    folder.mkdir(parents=True)
    written = rows = 0
    last = ""
    for number in range(10_000):
        if written >= size:
            break
        with (folder / f"{number:04d}.jsonl").open("w", encoding="utf-8") as file:
            room = min(FILE_BYTES, size - written)
            while room > 0:
                text = last if rows % 20 == 19 else document(pools[CODES[rows % 6]], rng)
                last = f"{text}\nx{rows}@example.org" if rows % 50 == 0 else text
                line = json.dumps({"id": f"r{rows}", "text": last}, ensure_ascii=False) + "\n"
                room -= len(line.encode())
                rows += 1
                file.write(line)
        written += (folder / f"{number:04d}.jsonl").stat().st_size
    return rows


def document(pool: list[str], rng: random.Random) -> str:
    """Return a document of some paragraphs of sentences drawn from a pool."""
    drawn = rng.choices(pool, k=PARAGRAPHS * SENTENCES)
    return "\n".join(" ".join(drawn[i::PARAGRAPHS]) for i in range(PARAGRAPHS))


def make_group(limit: int) -> Path | None:
    """Make a control group with a limit of memory; None where that is not allowed."""
    for root, name in zip(GROUPS, ("memory.limit_in_bytes", "memory.max"), strict=True):
        group = root / f"glotlift-{os.getpid()}"
        try:
            group.mkdir()
            (group / name).write_text(str(limit))
        except OSError:
            continue
        return group
    return None


def build(source: Path, output: Path, group: Path | None) -> dict[str, Any]:
    """Build the corpus in the group; return seconds, exit status and the peak of memory."""
    command = [str(Path(sys.executable).with_name("glotlift")), "corpus", "build"]
    command += [f'inputs=[{{"path": "{source}"}}]', f"output={output}", "workers=2"]

    def enter() -> None:
        if group is not None:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    began = time.monotonic()
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, preexec_fn=enter, env=env)
    peak = 0
    waiter = threading.Thread(target=process.wait)
    waiter.start()
    while waiter.is_alive():
        peak = max(peak, memory(process.pid))
        waiter.join(0.5)
    seconds = round(time.monotonic() - began, 1)
    return {"seconds": seconds, "status": process.returncode, "peak_bytes": peak}


def memory(pid: int) -> int:
    """Return the memory of a process and all below it, shared pages in proportion, in bytes."""
    try:
        top = psutil.Process(pid)
        return sum(one.memory_full_info().pss for one in (top, *top.children(recursive=True)))
    except psutil.Error:
        return 0


def remove(group: Path) -> None:
    """Remove a control group, which is busy for a moment after its last process."""
    for _ in range(20):
        try:
            group.rmdir()
            return
        except OSError:
            time.sleep(0.5)


def main() -> None:
    """Write, build, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("--limit-gib", type=float, default=4)
    given = parser.parse_args()
    source, output = given.folder / "input", given.folder / "corpus"
    if not source.exists():
        write_input(source, int(given.gigabytes * 1e9))
    shutil.rmtree(output, ignore_errors=True)
    group = make_group(int(given.limit_gib * 2**30))
    found = build(source, output, group)
    size = sum(path.stat().st_size for path in source.iterdir())
    manifest = json.loads((output / "manifest.json").read_text()) if not found["status"] else {}
    statistics = json.loads((output / "statistics.json").read_text()) if manifest else {}
    report = {
        "bytes": size,
        "limited": group is not None,
        "limit_gib": given.limit_gib,
        **found,
        "megabytes_per_second": round(size / 1e6 / found["seconds"], 2),
        "rows": statistics.get("read"),
        "hash": manifest.get("hash"),
    }
    print(json.dumps(report, indent=1))
    if group is not None:
        remove(group)
    sys.exit(found["status"])


if __name__ == "__main__":
    main()
