"""A corpus build killed at random instants and started again: the same corpus every time?

    python benchmarks/corpus_kill.py [--kills 20] [--seed 0]

Builds a corpus from documents of the sample world with planted copies, once without interruption,
then as often as asked with SIGKILL at a random instant: of the whole build, of its main process
alone, or of one worker. Every killed build is started again and must end with the same corpus and
ledger. Then with one, two and four workers. Prints one JSON object.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from glotlift import world

COMMAND = str(Path(sys.executable).with_name("glotlift"))
SETTINGS = ("shard_bytes=150000", "workers=2")


def write_input(folder: Path) -> None:
    """Write documents of six languages, one in ten of them twice."""
    folder.mkdir()
    for code in ("eng_Latn", "spa_Latn", "deu_Latn", "rus_Cyrl", "hin_Deva", "zho_Hans"):
        texts = list(world.documents(code, 900, seed=1, sentences=10)["text"])
        texts += texts[::10]
        lines = (json.dumps({"id": f"{code}-{i}", "text": t}) for i, t in enumerate(texts))
        (folder / f"{code}.jsonl").write_text("\n".join(lines) + "\n")


def start(source: Path, output: Path, *settings: str) -> subprocess.Popen[bytes]:
    """Start a build in a process group of its own."""
    inputs = f'inputs=[{{"path": "{source}"}}]'
    command = [COMMAND, "corpus", "build", inputs, f"output={output}", *SETTINGS, *settings]
    quiet = subprocess.DEVNULL
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True, env=env)


def kill(process: subprocess.Popen[bytes], target: str, rng: random.Random) -> None:
    """Send SIGKILL to a build, to its main process alone, or to one of its workers."""
    if target == "all":
        os.killpg(process.pid, signal.SIGKILL)
    elif target == "main":
        process.kill()
    else:
        workers = psutil.Process(process.pid).children()
        if workers:
            rng.choice(workers).kill()


def outcome(output: Path) -> tuple[str, bytes]:
    """Return what a finished build must not differ in."""
    manifest = json.loads((output / "manifest.json").read_text())
    return manifest["hash"], (output / "ledger.jsonl").read_bytes()


def main() -> None:
    """Kill, resume, compare; then compare numbers of workers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        source = root / "input"
        write_input(source)
        began = time.monotonic()
        start(source, root / "whole").wait()
        seconds = time.monotonic() - began
        wanted = outcome(root / "whole")
        kills: list[dict[str, Any]] = []
        for number in range(given.kills):
            output, target = root / f"kill-{number}", ("all", "main", "worker")[number % 3]
            instant = rng.uniform(0.05, 0.95) * seconds
            process = start(source, output)
            time.sleep(instant)
            kill(process, target, rng)
            process.wait()
            done = sum(1 for _ in (output / "examined").glob("0*")) if output.exists() else 0
            again = start(source, output).wait()
            same = again == 0 and outcome(output) == wanted
            kills.append(
                {"target": target, "instant": round(instant, 2), "shards_done": done, "same": same}
            )
        workers = {}
        for count in (1, 2, 4):
            start(source, root / f"workers-{count}", f"workers={count}").wait()
            workers[count] = outcome(root / f"workers-{count}") == wanted
    equal = sum(one["same"] for one in kills)
    found = {"seconds": round(seconds, 1), "kills": kills, "same_for_workers": workers}
    print(json.dumps({**found, "equal": f"{equal} of {given.kills}"}, indent=1))
    sys.exit(equal < given.kills or not all(workers.values()))


if __name__ == "__main__":
    main()
