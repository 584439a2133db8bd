"""Cells that no model made, to see what a claim would be judged."""

import json

import numpy as np

from glotlift.evidence import Measurement
from glotlift.evidence.arms import judge_claim


def verdict(claim, difference):
    """Return the verdict on a claim whose arms are this far apart in five seeds."""
    ids = [str(row) for row in range(40)]
    spread = min(1e-3, claim.margin / 10) if claim.kind == "within" else 1e-3
    noise = np.random.default_rng(0).normal(0, spread, (2, 5, 40))
    floor = claim.versus if isinstance(claim.versus, (int, float)) else 0.0
    cells = {
        (name, seed): Measurement(1.0, {claim.metric: noise[at, seed] + level}, {claim.metric: ids})
        for at, (name, level) in enumerate([(claim.arm, floor + difference), (claim.versus, 0.0)])
        for seed in range(5)
    }
    return judge_claim(claim, range(5), cells)["verdict"]


def held_and_broken(claim):
    """Return one difference that bears a claim out and one that refutes it."""
    return {
        "less": (-claim.margin - 0.1, -claim.margin + 0.1),
        "greater": (claim.margin + 0.1, claim.margin - 0.1),
        "within": (0.0, 2 * claim.margin),
    }[claim.kind]


def write_mono(folder, codes, documents):
    """Write clean files of the sample world's text, as the real settings read them."""
    from glotlift import world

    (folder / "mono").mkdir()
    for code in codes:
        rows = world.documents(code, documents, sentences=8)
        lines = [json.dumps({"id": row["id"], "text": row["text"]}) for row in rows]
        path = folder / "mono" / f"{code}.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
