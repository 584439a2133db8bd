"""The page of an evaluation with many samples, in headless Chromium: time to open and to filter.

    python benchmarks/sample_viewer.py [--samples 20000] [--browser chromium] [--shots FOLDER]

Writes a page of made-up samples, opens it at two widths, and reads from the page itself when its
list was drawn and how long the slowest of several filters took. With --shots it leaves pictures.
Prints one JSON object; the exit status is 1 where opening takes 2 s or filtering 0.2 s.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from glotlift import world
from glotlift.evidence.samples import render_evaluation

WIDTHS = (1280, 420)
OPEN, FILTER = 2.0, 0.2  # seconds
PROBE = """
<script>addEventListener("load", () => {
  const slowest = [];
  const set = (id, value) => { const input = document.getElementById(id); input.value = value;
    input.dispatchEvent(new Event(id === "search" ? "input" : "change"));
    slowest.push(Number(document.body.dataset.filtered)); };
  set("outcome", "wrong"); set("language", "hin_Deva"); set("language", ""); set("search", "the");
  set("search", ""); set("outcome", "");
  document.title = "took " + document.body.dataset.ready + " " + Math.max(...slowest);
});</script>"""


def samples(count: int) -> list[dict[str, object]]:
    """Return samples of questions of the sample world, as long as real ones are."""
    rng = np.random.default_rng(0)
    codes = list(world.LANGUAGES)
    texts = {
        code: list(world.documents(code, 300, sentences=6, split="test")["text"]) for code in codes
    }
    found = []
    for number in range(count):
        code = codes[number % len(codes)]
        text = texts[code][number // len(codes) % 300]
        found.append({
            "id": f"made/{number}", "language": code, "task": f"task {number % 5}",
            "formulation": number % 3, "prompt": f"{number}. {text}\nAnswer:",
            "options": ["yes", "no", "maybe"], "scores": rng.normal(size=3).tolist(),
            "answer": "yes", "right": ["yes", "no"][number % 2],
            "score": [0.0, 1.0, 0.5][int(rng.integers(3))], "notes": {},
        })  # fmt: skip
    return found


def evidence(count: int) -> dict[str, object]:
    """Return figures for the top of the page."""
    rows = [
        {
            "task": f"task {n}", "language": code, "metric": "accuracy", "estimate": 0.5,
            "low": 0.4, "high": 0.6, "chance": 1 / 3, "rows": count // 60,
            "by_formulation": [0.4, 0.5, 0.6], "instructions": code[:3],
        }
        for n in range(5)
        for code in world.LANGUAGES
    ]  # fmt: skip
    config = {"model": "made up", "formulations": 3}
    return {"kind": "evaluation", "config": config, "tasks": rows, "groups": [], "notes": []}


def browse(browser: str, page: Path, width: int, *extra: str) -> str:
    """Return the page as the browser has it after its scripts have run."""
    command = [
        browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={width},900",
        *extra, page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
    return done.stdout


def main() -> None:
    """Write, open, filter; print figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--browser", default="chromium")
    parser.add_argument("--shots", type=Path)
    chosen = parser.parse_args()
    found: dict[str, object] = {"samples": chosen.samples}
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "samples"
        folder.mkdir()
        lines = "".join(json.dumps(sample) + "\n" for sample in samples(chosen.samples))
        (folder / "a.jsonl").write_text(lines)
        page = Path(work) / "report.html"
        began = time.monotonic()
        render_evaluation(evidence(chosen.samples), folder, page)
        found["seconds to write"] = round(time.monotonic() - began, 2)
        found["megabytes"] = round(page.stat().st_size / 1e6, 1)
        text = page.read_text(encoding="utf-8")
        # The probe is a second script, which the page's policy refuses: this copy has no policy.
        probed = Path(work) / "probed.html"
        probed.write_text(
            re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text) + PROBE,
            encoding="utf-8",
        )
        passed = True
        for width in WIDTHS:
            told = browse(chosen.browser, probed, width, "--dump-dom")
            ready, slowest = map(float, re.search(r"took (\S+) (\S+)<", told).groups())
            found[f"{width} wide"] = {
                "seconds to open": round(ready / 1000, 3),
                "slowest filter, seconds": round(slowest / 1000, 4),
            }
            passed &= ready / 1000 < OPEN and slowest / 1000 < FILTER
            if chosen.shots:
                shot = chosen.shots / f"samples-{width}.png"
                browse(chosen.browser, page, width, f"--screenshot={shot}")
    found["passed"] = passed
    print(json.dumps(found))
    sys.exit(not passed)


if __name__ == "__main__":
    main()
