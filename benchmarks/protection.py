"""Personal data and contamination against labelled web text: precision, recall and speed.

    GLOTLIFT_DATA=... python benchmarks/protection.py [--folder webmix]

The folder holds docs.jsonl.gz (id, text) and gold.jsonl.gz (id, lang, kind, pii with type, start
and end, eval_set). Personal data is counted over all documents: a find is right when kind and place
are those of a label. Real addresses in the texts, which nobody labelled, count as false;
`unlabelled` lists the finds, so that a reader can judge them. Contamination is counted by
documents. Speed is megabytes of UTF-8 a second of processor time, on one core. Prints one JSON
object.
"""

import argparse
import gzip
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glotlift.corpus.protection.contamination import EvaluationIndex
from glotlift.corpus.protection.evaluation_sets import read_evaluation_sets
from glotlift.corpus.protection.personal import NUMBERED, Personal, find_personal, fold
from glotlift.corpus.protection.personal_phones import regions_of


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a compressed file of JSON lines."""
    with gzip.open(path) as file:
        return [json.loads(line) for line in file]


def timed(texts: list[str], work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what `work` on the texts gives, and its speed in MB a second: the best of three."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    seconds = []
    for _ in range(3):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return result, round(size / min(seconds), 1)


def rates(right: int, found: int, wanted: int) -> dict[str, float | int]:
    """Return precision and recall with their counts."""
    return {
        "precision": round(right / found, 4) if found else 1.0,
        "recall": round(right / wanted, 4) if wanted else 1.0,
        "labelled": wanted,
        "found": found,
    }


def measure_personal(rows: list[dict[str, Any]], gold: dict[str, Any]) -> dict[str, Any]:
    """Return precision and recall of every kind, and speeds."""
    texts = [row["text"] for row in rows]
    codes = [gold[row["id"]]["lang"] for row in rows]
    regions = [() if code == "und" else regions_of(code) for code in codes]
    found, speed = timed(
        texts, lambda: [find_personal(*one) for one in zip(texts, regions, strict=True)]
    )
    plain = [text for text in texts if not NUMBERED.search(fold(text)) and "@" not in text]
    _, plain_speed = timed(plain, lambda: [find_personal(text) for text in plain])
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("right", "found", "labelled")}
    unlabelled = []
    for row, finds in zip(rows, found, strict=True):
        labels = gold[row["id"]].get("pii", [])
        wanted = {Personal(label["type"], label["start"], label["end"]) for label in labels}
        counts["labelled"].update(one.kind for one in wanted)
        counts["found"].update(one.kind for one in finds)
        counts["right"].update(one.kind for one in wanted & set(finds))
        unlabelled += [
            {"kind": one.kind, "text": row["text"][one.start : one.end]}
            for one in finds
            if one not in wanted
        ]
    kinds = sorted(counts["found"] | counts["labelled"])
    right, every, wanted_all = (counts[name] for name in ("right", "found", "labelled"))
    return {
        "all": rates(right.total(), every.total(), wanted_all.total()),
        "kinds": {kind: rates(right[kind], every[kind], wanted_all[kind]) for kind in kinds},
        "unlabelled": unlabelled,
        "megabytes_per_second": speed,
        "megabytes_per_second_without_candidates": plain_speed,
    }


def measure_contamination(
    data: Path, rows: list[dict[str, Any]], gold: dict[str, Any]
) -> dict[str, Any]:
    """Return precision and recall by documents, against the sets that the labels name."""
    sets = sorted({row["eval_set"] for row in gold.values() if row.get("eval_set")})
    start = time.process_time()
    index = EvaluationIndex.build(read_evaluation_sets([data / name for name in sets]))
    seconds = time.process_time() - start
    texts = [row["text"] for row in rows]
    found, speed = timed(texts, lambda: index.find(texts))
    flagged = {row["id"] for row, overlaps in zip(rows, found, strict=True) if overlaps}
    right = {id for id, row in gold.items() if row["kind"] == "contaminated"}
    return {
        **rates(len(flagged & right), len(flagged), len(right)),
        "items": sum(index.count().values()),
        "build_seconds": round(seconds, 2),
        "megabytes_per_second": speed,
    }


def main() -> None:
    """Measure both on one folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--folder", default="webmix")
    data = Path(os.environ["GLOTLIFT_DATA"])
    folder = data / parser.parse_args().folder
    gold = {row["id"]: row for row in read_rows(folder / "gold.jsonl.gz")}
    rows = read_rows(folder / "docs.jsonl.gz")
    result = {
        "folder": folder.name,
        "documents": len(rows),
        "personal": measure_personal(rows, gold),
        "contamination": measure_contamination(data, rows, gold),
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
