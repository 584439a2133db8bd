"""Agreement and prediction-powered means as their libraries compute them.

    pip install scikit-learn krippendorff ppi-python
    python judges.py FIXTURES

Writes ratings drawn at random and what the libraries say of them, which the tests read.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import krippendorff
import numpy as np
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from sklearn.metrics import cohen_kappa_score


def main() -> None:
    rng = np.random.default_rng(0)
    ratings, panels, means = [], [], []
    for _ in range(20):
        people = rng.integers(0, 5, 30)
        judge = np.clip(people + rng.integers(-1, 3, 30), 0, 4)
        both = np.stack([judge, people])
        ratings.append({
            "judge": judge.tolist(), "people": people.tolist(),
            "kappa": float(cohen_kappa_score(judge, people)),
            "alpha": float(krippendorff.alpha(both, level_of_measurement="interval")),
        })  # fmt: skip
        panel = np.clip(people + rng.integers(-1, 2, (4, 30)), 0, 4).astype(float)
        panel[rng.random(panel.shape) < 0.3] = np.nan
        panels.append({
            "ratings": [[None if np.isnan(v) else v for v in row] for row in panel],
            "alpha": float(krippendorff.alpha(panel, level_of_measurement="interval")),
        })  # fmt: skip
        truth = rng.normal(3, 1, 240)
        said = truth + 0.5 + rng.normal(0, 0.7, 240)
        low, high = ppi_mean_ci(truth[:40], said[:40], said[40:], alpha=0.05, lam=1)
        mean = ppi_mean_pointestimate(truth[:40], said[:40], said[40:], lam=1)
        means.append({
            "judge": said[40:].tolist(), "labelled": said[:40].tolist(),
            "people": truth[:40].tolist(), "mean": float(np.ravel(mean)[0]),
            "low": float(np.ravel(low)[0]), "high": float(np.ravel(high)[0]),
        })  # fmt: skip
    libraries = ("scikit-learn", "krippendorff", "ppi-python")
    fixtures = {
        "versions": {name: version(name) for name in libraries},
        "ratings": ratings, "panels": panels, "means": means,
    }  # fmt: skip
    Path(sys.argv[1]).write_text(json.dumps(fixtures), encoding="utf-8")


if __name__ == "__main__":
    main()
