"""The page of an evaluation: scores, means over languages, and every sample to look at."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glotlift.runs.atomic import write_text
from glotlift.runs.page import embedded, render_page

COLUMNS = (
    "id", "language", "task", "formulation", "prompt", "options", "scores", "answer", "right",
    "score",
)  # fmt: skip
READ = ("reply", "outcome")  # of samples whose option was looked for in what was written


def render_evaluation(evidence: Mapping[str, Any], samples: Path, path: Path) -> Path:
    """Write the page of an evaluation to `path`, whole or not at all, and return `path`.

    `samples` is the folder of its samples, JSON lines; all text in them is untrusted. The page is
    one file, in which thousands of samples are filtered by task, language, outcome and words.
    """
    columns: dict[str, list[Any]] = {name: [] for name in (*COLUMNS, *READ)}
    for file in sorted(samples.glob("*.jsonl")):
        for line in file.read_bytes().splitlines():
            sample = json.loads(line)
            for name in COLUMNS:
                columns[name].append(sample[name])
            for name in READ:
                columns[name].append(sample["notes"].get(name, ""))
    languages = len({row["language"] for row in evidence["tasks"]})
    content = {
        "title": evidence["config"]["model"],
        "eyebrow": "Evaluation",
        "source": "evidence.json and samples/",
        "evidence": evidence,
        "languages": languages,
        "data": embedded(columns),
    }
    write_text(path, render_page("evaluation", content, script="samples.js"))
    return path
