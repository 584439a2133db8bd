"""Are metrics those of their reference libraries, do intervals cover, does no answer get lost?

Metrics are compared on inputs that `peers/metrics.py` and `peers/judges.py` recorded with what the
libraries gave. Coverage is simulated: differences of mean zero whose seeds differ, whose rows do,
or both, and how often the 95 % interval of the crossed bootstrap holds zero.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.evaluation import (
    answer_scores,
    bleu,
    chrf,
    measure_calibration,
    ranking_scores,
    span_f1,
)
from glotlift.evaluation.judges import agreement, people_mean
from glotlift.evaluation.statistics import paired_difference

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "evaluation" / "fixtures"
FAULTS = "tests/clients/test_faults.py"
TOLERANCE = 1e-9
COVERED = (0.93, 0.98)
SEEDS = (3, 5, 10)
ROWS = 100
# How far seeds, rows and what is left of each score spread.
REGIMES = {
    "seeds differ": (1.0, 0.5, 0.5),
    "both differ": (0.1, 1.0, 1.0),
    "rows differ": (0.0, 1.0, 0.3),
    "only noise": (0.0, 0.0, 1.0),
}
LISTING = 0.5  # seconds
Pair = tuple[str, float, float]  # the metric with its library, ours, theirs


def pairs() -> Iterator[Pair]:
    """Yield every recorded figure beside ours."""
    known = json.loads((FIXTURES / "metrics.json").read_text("utf-8"))
    for row in known["answers"]:
        found = answer_scores([row["answer"]], [[row["reference"]]], row["language"])
        yield "exact match (MLQA)", found.exact[0], row["exact"]
        yield "F1 of words (MLQA)", found.f1[0], row["f1"]
    for row in known["spans"]:
        if any(tag != "O" for sentence in row["said"] + row["gold"] for tag in sentence):
            yield "F1 of spans (seqeval)", span_f1(row["said"], row["gold"]), row["f1"]
    for row in known["rankings"]:
        scores, grades = np.array([row["scores"]]), np.array([row["grades"]])
        ranked = ranking_scores(scores, grades, row["k"])
        whole = ranking_scores(scores, grades, scores.shape[1])
        yield "nDCG (trec_eval)", ranked.ndcg[0], row["ndcg"]
        yield "nDCG (scikit-learn)", ranked.ndcg[0], row["ndcg of scikit-learn"]
        yield "recall (trec_eval)", ranked.recall[0], row["recall"]
        yield "MAP (trec_eval)", ranked.average_precision[0], row["average_precision"]
        yield "MRR (trec_eval)", whole.reciprocal_rank[0], row["reciprocal_rank"]
    for row in known["calibrations"]:
        error = measure_calibration(np.array(row["said"]), np.array(row["right"])).error
        yield "calibration error (netcal)", error, row["error"]
    for row in known["texts"]:
        blue = bleu(row["said"], row["right"], row["language"]).score
        yield "BLEU (sacrebleu)", blue, row["bleu"]
        yield "chrF++ (sacrebleu)", chrf(row["said"], row["right"]).score, row["chrf"]
    judged = json.loads((FIXTURES / "judges.json").read_text("utf-8"))
    for row in judged["ratings"]:
        agreed = agreement(row["judge"], row["people"])
        yield "Cohen's kappa (scikit-learn)", agreed.kappa, row["kappa"]
        yield "Krippendorff's alpha (krippendorff)", agreed.alpha, row["alpha"]
    for row in judged["means"]:
        corrected = people_mean(row["judge"], row["labelled"], row["people"])
        yield "corrected mean (ppi-python)", corrected.mean, row["mean"]


def parity() -> dict[str, Any]:
    """Return, for each metric, how many figures were compared and the largest difference."""
    found: dict[str, dict[str, Any]] = {}
    for name, ours, theirs in pairs():
        one = found.setdefault(name, {"figures": 0, "largest_difference": 0.0})
        one["figures"] += 1
        one["largest_difference"] = max(one["largest_difference"], float(abs(ours - theirs)))
    missed = [one for one in found.values() if not one["largest_difference"] <= TOLERANCE]
    return {"metrics": found, "failures": len(missed)}


def covers(seeds: int, spread: tuple[float, float, float], seed: int) -> bool:
    """Tell whether the interval of made-up differences of mean zero holds zero."""
    draw = np.random.default_rng(seed)
    of_seed, of_row, noise = spread
    differences = (
        of_seed * draw.standard_normal((seeds, 1))
        + of_row * draw.standard_normal(ROWS)
        + noise * draw.standard_normal((seeds, ROWS))
    )
    interval = paired_difference(differences, 0.0, resamples=500, seed=seed)
    return bool(interval.low <= 0 <= interval.high)


def coverage(repetitions: int) -> dict[str, Any]:
    """Return the share of intervals that hold the truth, by what differs and number of seeds."""
    found: dict[str, dict[str, float]] = {}
    for name, spread in REGIMES.items():
        for seeds in SEEDS:
            first = 10**6 * seeds
            held = [covers(seeds, spread, first + number) for number in range(repetitions)]
            found.setdefault(name, {})[f"{seeds} seeds"] = round(float(np.mean(held)), 4)
    low, high = COVERED
    shares = [share for one in found.values() for share in one.values()]
    return {
        "repetitions": repetitions,
        "covered": found,
        "least": min(shares),
        "most": max(shares),
        "failures": sum(not low <= share <= high for share in shares),
    }


def faults() -> dict[str, Any]:
    """Run the client against a server with twenty faults of each kind, as the tests do."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", FAULTS], cwd=ROOT, capture_output=True, text=True
    )
    told = run.stdout.strip().splitlines()[-1]
    passed = re.search(r"(\d+) passed", told)
    return {"cases": int(passed[1]) if passed else 0, "failures": run.returncode}


def listing(repeats: int = 5) -> dict[str, Any]:
    """Return how long `glotlift tasks list` takes, the least and the median of several runs."""
    spent = []
    for _ in range(repeats):
        began = time.perf_counter()
        command = [sys.executable, "-m", "glotlift", "tasks", "list"]
        subprocess.run(command, check=True, capture_output=True)
        spent.append(time.perf_counter() - began)
    least, median = min(spent), float(np.median(spent))
    return {
        "least": round(least, 3),
        "median": round(median, 3),
        "target": LISTING,
        "failures": int(least >= LISTING),
    }
