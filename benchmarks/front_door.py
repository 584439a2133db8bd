"""Seconds until the front door opens: `import glotlift` and the commands that need no model.

    python benchmarks/front_door.py [--repeats 7]

Each is a process of its own; the interpreter's own start is measured beside it. Prints one JSON
object with the minimum and the median of each.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import glotlift": [sys.executable, "-c", "import glotlift"],
    "glotlift --help": [sys.executable, "-m", "glotlift", "--help"],
    "glotlift recipe list": [sys.executable, "-m", "glotlift", "recipe", "list"],
}
TARGETS = {"import glotlift": 0.15, "glotlift --help": 0.3, "glotlift recipe list": 0.5}


def seconds(command: list[str]) -> float:
    """Return how long a command takes."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    runs = {name: [seconds(command) for _ in range(repeats)] for name, command in COMMANDS.items()}
    bare = min(runs["python -c pass"])
    print(
        json.dumps(
            {
                "seconds": {
                    name: {"min": round(min(v), 3), "median": round(statistics.median(v), 3)}
                    for name, v in runs.items()
                },
                "import glotlift, without the interpreter": round(
                    min(runs["import glotlift"]) - bare, 3
                ),
                "targets": TARGETS,
                "passed": all(min(runs[name]) <= limit for name, limit in TARGETS.items()),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
