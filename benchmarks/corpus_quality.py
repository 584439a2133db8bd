"""The default pipeline on a labelled folder: what it finds, what it misses, what it harms.

    python benchmarks/corpus_quality.py FOLDER [--evaluation FOLDER] [--keep OUTPUT]

FOLDER holds ``docs.jsonl.gz`` (id, url, text), which the pipeline reads, and ``gold.jsonl.gz`` (id,
kind and what belongs to it), which it never opens. Evaluation sets are named in the gold, relative
to ``--evaluation``, by default the folder that holds FOLDER. Prints one JSON object with every
figure and ``passed``.
"""

import argparse
import gzip
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from glotlift.corpus.building import BuildConfig, build_corpus
from glotlift.corpus.building.config import Input, Protection
from glotlift.corpus.repairing.normalisation import normalise
from glotlift.corpus.repairing.repair import repair

TARGETS = {
    "exact_dup": {"precision": 1.0, "recall": 1.0},
    "normalised_dup": {"precision": 1.0, "recall": 1.0},
    "near_dup": {"f1": 0.95},
    "pii": {"precision": 0.95, "recall": 0.97},
    "contaminated": {"precision": 0.95, "recall": 0.95},
    "language": {"accuracy": 0.97},
    "clean": {"kept": 0.97},
}
DUPLICATE = {
    "exact_dup": "exact duplicate",
    "normalised_dup": "normalised duplicate",
    "near_dup": "near duplicate",
    "partial_dup": "partial duplicate",
}


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the values of a file of JSON lines."""
    data = path.read_bytes()
    lines = gzip.decompress(data) if path.suffix == ".gz" else data
    return [json.loads(line) for line in lines.splitlines()]


class Outcome:
    """What became of each document: the text that was kept, the ledger, and the changes."""

    def __init__(self, folder: Path) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        for file in sorted((folder / "data").rglob("*.parquet")):
            self.kept |= {row["id"]: row for row in pq.read_table(file).to_pylist()}
        self.gone = {row["id"]: row for row in read_lines(folder / "ledger.jsonl")}
        changes = read_lines(folder / "changes.jsonl")
        self.changes = {row["id"]: row["changes"] for row in changes}

    def language(self, id: str) -> str:
        """Return the language that a document was found to be in."""
        return str((self.kept.get(id) or self.gone[id])["language"])

    def reason(self, id: str) -> str:
        """Return why a document was left out, "" if it was kept."""
        return str(self.gone[id]["reason"]) if id in self.gone else ""

    def fault(self, id: str) -> str:
        """Return why a document was left out; of a copy, why what it copies was."""
        twin = self.gone[id].get("twin", id)
        return self.reason(twin) if twin in self.gone else self.reason(id)


def rates(right: int, found: int, wanted: int) -> dict[str, Any]:
    """Return precision, recall and F1 with the counts they come from."""
    precision = right / found if found else 1.0
    recall = right / wanted if wanted else 1.0
    both = precision + recall
    f1 = 2 * precision * recall / both if both else 0.0
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(f1, 4),
        "found": found,
        "wanted": wanted,
    }


def score_duplicates(
    gold: dict[str, dict[str, Any]], texts: dict[str, str], outcome: Outcome
) -> dict[str, Any]:
    """Score each kind of duplicate.

    A labelled pair is found when one of it was left out as a duplicate of a document of the same
    cluster. A document left out for another of a different cluster is a mistake, unless both come
    from one source document, whose parts may overlap without a label, or both are the same text.
    """
    cluster = clusters(gold)

    def related(id: str, twin: str) -> bool:
        same = cluster[id] == cluster[twin] or origin(gold, id) == origin(gold, twin)
        return same or texts[id] == texts[twin]

    def duplicate_of(id: str) -> str | None:
        twin = outcome.gone.get(id, {}).get("twin")
        return twin if twin and cluster[twin] == cluster[id] else None

    scores = {}
    for kind, reason in DUPLICATE.items():
        labelled = [row for row in gold.values() if row["kind"] == kind]
        hits = sum(bool(duplicate_of(r["id"]) or duplicate_of(r["dup_of"])) for r in labelled)
        said = [id for id in outcome.gone if outcome.reason(id) == reason]
        wrong = sum(not related(id, outcome.gone[id]["twin"]) for id in said)
        precision = 1 - wrong / len(said) if said else 1.0
        recall = hits / len(labelled) if labelled else 1.0
        scores[kind] = {
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
            "found": len(said),
            "wanted": len(labelled),
        }
    return scores


def clusters(gold: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return the first original of every document, itself where it copies none."""

    def root(id: str) -> str:
        while "dup_of" in gold[id]:
            id = gold[id]["dup_of"]
        return id

    return {id: root(id) for id in gold}


def origin(gold: dict[str, dict[str, Any]], id: str) -> str:
    """Return the source document of a document or of what it copies."""
    while "dup_of" in gold[id]:
        id = gold[id]["dup_of"]
    return str(gold[id].get("src", id)).split("#")[0]


def score_personal(gold: dict[str, dict[str, Any]], outcome: Outcome) -> dict[str, Any]:
    """Score masked personal data over all kept documents: right where a labelled span is gone."""
    right = Counter[str]()
    wanted = Counter[str]()
    masked = Counter[str]()
    for id, row in outcome.kept.items():
        for kind, places in outcome.changes.get(id, {}).items():
            if kind.startswith("masked "):
                masked[kind.removeprefix("masked ")] += places
        for item in gold[id].get("pii", []):
            wanted[item["type"]] += 1
            right[item["type"]] += item["text"] not in row["text"]
    by_kind = {
        kind: {"recall": round(right[kind] / count, 4), "wanted": count, "masked": masked[kind]}
        for kind, count in sorted(wanted.items())
    }
    hard = [row["id"] for row in gold.values() if row["kind"] == "pii_hard_negative"]
    touched = sum(any(k.startswith("masked") for k in outcome.changes.get(id, {})) for id in hard)
    return {
        **rates(right.total(), masked.total(), wanted.total()),
        "by_kind": by_kind,
        "hard_negatives": {"documents": len(hard), "touched": touched},
        "not_judged": sum(
            len(row.get("pii", [])) for id, row in gold.items() if id in outcome.gone
        ),
    }


def score_flag(
    gold: dict[str, dict[str, Any]], kind: str, flagged: Iterable[str]
) -> dict[str, Any]:
    """Score a yes or no for each document against one kind of the gold."""
    said = set(flagged)
    wanted = {row["id"] for row in gold.values() if row["kind"] == kind}
    return rates(len(said & wanted), len(said), len(wanted))


def score_repair(
    gold: dict[str, dict[str, Any]], texts: dict[str, str], outcome: Outcome
) -> dict[str, Any]:
    """Score repaired documents: flagged by the pipeline, and given back as before the damage."""
    flagged = [id for id, kinds in outcome.changes.items() if any("repaired" in k for k in kinds)]
    found = score_flag(gold, "encoding_noise", flagged)
    restored, wanted = Counter[str](), Counter[str]()
    for id, row in gold.items():
        if row["kind"] == "encoding_noise":
            wanted[row["noise"]] += 1
            restored[row["noise"]] += normalise(repair(texts[id]).text) == normalise(row["clean"])
    return {
        **found,
        "restored": round(restored.total() / max(wanted.total(), 1), 4),
        "restored_by_noise": {noise: round(restored[noise] / n, 4) for noise, n in wanted.items()},
    }


def score_language(gold: dict[str, dict[str, Any]], outcome: Outcome) -> dict[str, Any]:
    """Score the language of every document that has one; a mixed one has several right ones."""
    right, wanted = Counter[str](), Counter[str]()
    confused = Counter[str]()
    for id, row in gold.items():
        if row["lang"] == "und":
            continue
        found = outcome.language(id)
        good = {row["lang"], *(part["lang"] for part in row.get("langs", []))}
        wanted[row["lang"]] += 1
        right[row["lang"]] += found in good
        if found not in good:
            confused[f"{row['lang']} as {found}"] += 1
    return {
        "accuracy": round(right.total() / max(wanted.total(), 1), 4),
        "documents": wanted.total(),
        "by_language": {code: round(right[code] / n, 4) for code, n in sorted(wanted.items())},
        "confused": dict(confused.most_common(12)),
    }


def score_clean(gold: dict[str, dict[str, Any]], outcome: Outcome) -> dict[str, Any]:
    """Score the clean documents that were kept, by language, and why the others were not.

    A clean document whose copy was kept in its place is not lost: `kept` counts it, `kept_itself`
    does not.
    """
    cluster = clusters(gold)
    kept, wanted = Counter[str](), Counter[str]()
    reasons = Counter[str]()
    itself = 0
    for id, row in gold.items():
        if row["kind"] != "clean":
            continue
        wanted[row["lang"]] += 1
        twin = outcome.gone.get(id, {}).get("twin")
        copied = bool(twin) and cluster[twin] == cluster[id] and twin in outcome.kept
        kept[row["lang"]] += id in outcome.kept or copied
        itself += id in outcome.kept
        if id in outcome.gone and not copied:
            reasons[outcome.reason(id).split(": ")[0]] += 1
    return {
        "kept": round(kept.total() / max(wanted.total(), 1), 4),
        "kept_itself": round(itself / max(wanted.total(), 1), 4),
        "documents": wanted.total(),
        "by_language": {code: round(kept[code] / n, 4) for code, n in sorted(wanted.items())},
        "left_out_for": dict(reasons.most_common()),
    }


def score(
    gold: dict[str, dict[str, Any]], texts: dict[str, str], outcome: Outcome
) -> dict[str, Any]:
    """Return every figure."""
    measures = set(measure_names())
    quality = [id for id in outcome.gone if outcome.fault(id).split(": ")[0] in measures]
    short = [id for id in quality if outcome.fault(id).startswith("characters: ")]
    bad = [id for id in quality if id not in set(short)]
    unidentified = [id for id in outcome.gone if "not identified" in outcome.fault(id)]
    contaminated = [id for id in outcome.gone if outcome.reason(id).startswith("evaluation item")]
    mixed = [id for id, kinds in outcome.changes.items() if "cut other language" in kinds]
    mixed += [id for id in outcome.gone if outcome.reason(id) == "several languages"]
    return {
        **score_duplicates(gold, texts, outcome),
        "pii": score_personal(gold, outcome),
        "junk": score_flag(gold, "junk", [*bad, *unidentified]),
        "very_short": score_flag(gold, "very_short", short),
        "mixed_language": score_flag(gold, "mixed_language", mixed),
        "encoding_noise": score_repair(gold, texts, outcome),
        "contaminated": score_flag(gold, "contaminated", contaminated),
        "language": score_language(gold, outcome),
        "clean": score_clean(gold, outcome),
    }


def measure_names() -> tuple[str, ...]:
    """Return the measures that a document may be left out for."""
    from glotlift.corpus.quality.measures import MEASURES

    return MEASURES


def missed(figures: dict[str, Any]) -> list[str]:
    """Return the targets that were not met."""
    return [
        f"{kind} {name}: {figures[kind][name]} < {least}"
        for kind, targets in TARGETS.items()
        for name, least in targets.items()
        if figures[kind][name] < least
    ]


def main() -> None:
    """Build the corpus, score it, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--evaluation", type=Path)
    parser.add_argument("--keep", type=Path, help="where the corpus is to stay")
    given = parser.parse_args()
    gold = {row["id"]: row for row in read_lines(given.folder / "gold.jsonl.gz")}
    root = given.evaluation or given.folder.parent
    names = sorted({row["eval_set"] for row in gold.values() if "eval_set" in row})
    sets = tuple(str(root / name) for name in names if (root / name).exists())
    with tempfile.TemporaryDirectory() as temporary:
        output = given.keep or Path(temporary) / "corpus"
        began = time.monotonic()
        build_corpus(
            BuildConfig(
                inputs=(Input(path=str(given.folder / "docs.jsonl.gz")),),
                output=output,
                protection=Protection(evaluation=sets),
            )
        )
        seconds = round(time.monotonic() - began, 1)
        texts = {row["id"]: row["text"] for row in read_lines(given.folder / "docs.jsonl.gz")}
        figures = score(gold, texts, Outcome(output))
    unmet = missed(figures)
    found = {**figures, "evaluation_sets": len(sets), "of_sets": len(names), "seconds": seconds}
    print(json.dumps({**found, "missed": unmet, "passed": not unmet}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
