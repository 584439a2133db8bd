"""Does a killed run end where an unkilled one does? SIGKILL at random instants of the main job.

    python benchmarks/kill.py [--kills 10] [--seed 0]

The job runs on the sample world as a process of its own. Each trial starts it anew, kills it at an
instant drawn over the whole duration of an unkilled run, and starts it again to let it finish; the
last trial's kill falls inside the save of a checkpoint. Compared are the bytes of the final weights
and the evidence's figures of languages and tasks. Prints one JSON object.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from glotlift.training.starters import starter_address

SETTINGS: dict[str, Any] = {
    "model": "starter:decoder:tiny",
    "language": "hin_Deva",
    "text": "world:hin_Deva?rows=600",
    "keep": {"eng_Latn": "world:eng_Latn?rows=300"},
    "budget": "300kB",
    "training": {"block": 64, "blocks_per_step": 8, "save_every": 10},
    "evaluation": {"documents": 60, "tasks": 40, "samples": 2},
}
POLL = 0.001  # seconds


def start(settings: Mapping[str, Any], output: Path) -> "subprocess.Popen[str]":
    """Start the main job as a process of its own, with one thread, its messages in a file."""
    output.parent.mkdir(parents=True, exist_ok=True)
    config = output.with_suffix(".yaml")
    config.write_text(yaml.safe_dump(dict(settings)), encoding="utf-8")
    with output.with_suffix(".log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "glotlift", "adapt", str(config), f"output={output}"],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=log,
            stderr=log,
            text=True,
        )


def finish(settings: Mapping[str, Any], output: Path) -> None:
    """Run the main job to its end."""
    code = start(settings, output).wait()
    if code:
        raise RuntimeError(f"exit status {code}; see {output.with_suffix('.log')}")


def outcome(output: Path) -> dict[str, Any]:
    """Return what must not depend on kills: hashes of the weights, figures of the evidence."""
    evidence = json.loads((output / "evidence.json").read_text(encoding="utf-8"))
    weights = sorted((output / "model").glob("*.safetensors"))
    return {
        "weights": {path.name: sha256(path.read_bytes()).hexdigest() for path in weights},
        "languages": evidence["languages"],
        "tasks": evidence["tasks"],
    }


def event_times(output: Path) -> list[float]:
    """Return the time of each event, in seconds since the epoch; a torn line is left out."""
    path = output / "events.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    return [datetime.fromisoformat(json.loads(line)["time"]).timestamp() for line in lines]


def kill(process: "subprocess.Popen[str]", due: Callable[[], bool]) -> bool:
    """Kill `process` once `due`; tell whether it was still alive."""
    while process.poll() is None and not due():
        time.sleep(POLL)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return alive


def kill_after(settings: Mapping[str, Any], output: Path, events: int, seconds: float) -> int:
    """Kill a new run `seconds` after its nth event (0 is its start); return the events there were.

    Where it ended sooner than the unkilled run did, it is tried again with half the seconds.
    """
    while True:
        shutil.rmtree(output, ignore_errors=True)
        process = start(settings, output)
        while process.poll() is None and len(event_times(output)) < events:
            time.sleep(POLL)
        moment = time.monotonic() + seconds
        if kill(process, lambda moment=moment: time.monotonic() >= moment):
            return len(event_times(output))
        seconds /= 2


def kill_inside_a_save(settings: Mapping[str, Any], output: Path) -> int:
    """Kill a new run while a checkpoint is being written; return how many kills that took."""
    shutil.rmtree(output, ignore_errors=True)
    kills = 0

    def saving() -> bool:
        return any(output.glob(".checkpoints/*/.partial-checkpoint/*"))

    while not saving():  # still there after the kill: it fell inside
        if not kill(start(settings, output), saving):
            raise RuntimeError("the run ended before a kill fell inside a save")
        kills += 1
    return kills


def measure(settings: Mapping[str, Any], kills: int, seed: int, folder: Path) -> dict[str, Any]:
    """Return how many of the killed and resumed runs ended as the unkilled one did."""
    unkilled = folder / "unkilled"
    finish({**settings, "budget": "20kB"}, folder / "warm")  # makes what is cached
    began = time.time()
    finish(settings, unkilled)
    duration = time.time() - began
    expected, times = outcome(unkilled), event_times(unkilled)
    instants = np.sort(np.random.default_rng(seed).uniform(0, duration, kills - 1))
    trials = []
    for number, instant in enumerate([*instants.tolist(), None]):
        output = folder / f"trial-{number}"
        if instant is None:
            trial: dict[str, Any] = {
                "inside_a_save": True,
                "kills": kill_inside_a_save(settings, output),
            }
        else:
            passed = [began, *(at for at in times if at - began <= instant)]
            seconds = began + instant - passed[-1]
            events = kill_after(settings, output, len(passed) - 1, seconds)
            trial = {"inside_a_save": False, "instant": round(instant, 2), "events": events}
        finish(settings, output)
        trials.append({**trial, "equal": outcome(output) == expected})
        print(json.dumps(trials[-1]), file=sys.stderr)
        shutil.rmtree(output)
    equal = sum(trial["equal"] for trial in trials)
    return {
        "kills": kills,
        "equal": equal,
        "inside_a_save": sum(trial["inside_a_save"] for trial in trials),
        "unkilled_seconds": round(duration, 1),
        "trials": trials,
        "passed": equal == kills,
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    starter_address(SETTINGS["model"])  # made before anything is timed
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(SETTINGS, chosen.kills, chosen.seed, Path(folder)), indent=1))


if __name__ == "__main__":
    main()
