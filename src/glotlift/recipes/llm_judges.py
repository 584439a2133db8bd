"""Judges (Hada et al. 2023, arXiv:2309.07462): what a judge's ratings are worth in each language.

The paper finds that a large model rates texts higher than native speakers do, more so in languages
with less text, and asks that judges be calibrated against people. Here the question is the mean
rating that people would give in each language, from a judge's ratings of all items and people's of
a few: as the judge says, as the few labels say, or by correcting the judge with them. In the sample
world the judge is a made-up rater whose bias in each language is drawn by the seed; on real ratings
(TaTA) it is a regression on automatic measures that learnt from English. No large model is asked.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.judges import agreement, calibration_map, people_mean
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.judged_texts import Floats, Judged, judged_items

RAW, FEW, POOLED, OWN, CORRECTED = (
    "judge alone", "labels alone", "one map for all", "a map for each", "mean error taken off",
)  # fmt: skip
MISSED, LEANS, COVERED = "missed", "leans", "covered"
POINTS = "points of the scale"
WORLD: dict[str, Any] = {
    "ratings": "world",
    "languages": [
        *("arb_Arab", "cat_Latn", "deu_Latn", "ell_Grek", "eng_Latn", "hin_Deva"),
        *("ind_Latn", "rus_Cyrl", "spa_Latn", "swh_Latn", "tur_Latn", "zho_Hans"),
    ],
    "items": 330,
    "labels": 30,
}
REAL: dict[str, Any] = WORLD | {
    "ratings": "$GLOTLIFT_DATA/tata",
    "languages": [
        *("arb_Arab", "fra_Latn", "hau_Latn", "ibo_Latn"),
        *("por_Latn", "swh_Latn", "yor_Latn"),
    ],
}
Places = NDArray[np.int64]
Known = dict[str, tuple[Judged, Places, Places]]  # items, places of labels, places of the others
Guess = Callable[[Known, str], tuple[float, float, float]]  # mean, low, high in a language


def deal(setting: Setting, seed: int) -> Known:
    """Return each language's items with those that people label, drawn by the seed."""
    values = setting.values
    items = judged_items(json.dumps(dict(values), sort_keys=True), seed)
    known = {}
    for number, (code, judged) in enumerate(items.items()):
        groups = sorted(set(judged.groups))
        order = np.random.default_rng([seed, number]).permutation(len(groups))
        place = {groups[group]: rank for rank, group in enumerate(order)}
        ranked = np.argsort([place[group] for group in judged.groups], kind="stable").astype(
            np.int64
        )
        known[code] = judged, ranked[: values["labels"]], ranked[values["labels"] :]
    return known


def judge_alone(known: Known, code: str) -> tuple[float, float, float]:
    """Return the judge's mean."""
    judged, _, others = known[code]
    return spread(judged.judge[others])


def labels_alone(known: Known, code: str) -> tuple[float, float, float]:
    """Return the mean of people's few labels."""
    judged, labelled, _ = known[code]
    return spread(judged.people[labelled])


def mapped(known: Known, code: str, *, pooled: bool) -> tuple[float, float, float]:
    """Return the mean of the judge's ratings, mapped to what people give for them."""
    judged, _, others = known[code]
    taught = known if pooled else {code: known[code]}
    ratings = [(one.judge[places], one.people[places]) for one, places, _ in taught.values()]
    judge, people = (np.concatenate(part) for part in zip(*ratings, strict=True))
    return spread(calibration_map(judge, people)(judged.judge[others]))


def corrected(known: Known, code: str) -> tuple[float, float, float]:
    """Return the judge's mean less its mean error on the labels, with an interval."""
    judged, labelled, others = known[code]
    return people_mean(judged.judge[others], judged.judge[labelled], judged.people[labelled])


def spread(ratings: Floats) -> tuple[float, float, float]:
    """Return a mean with the plain 95 % interval."""
    half = 1.96 * float(ratings.std(ddof=1)) / np.sqrt(len(ratings))
    mean = float(ratings.mean())
    return mean, mean - half, mean + half


def estimate(setting: Setting, seed: int, folder: Path, *, guess: Guess) -> Measurement:
    """Score how far each language's guess is from what people gave the items without labels."""
    known = deal(setting, seed)
    languages = list(known)
    found = [guess(known, code) for code in languages]
    truth = [float(judged.people[others].mean()) for judged, _, others in known.values()]
    pairs = list(zip(found, truth, strict=True))
    agreed = [agreement(judged.judge, judged.people) for judged, _, _ in known.values()]
    return Measurement(
        float(np.mean([len(judged.judge) for judged, _, _ in known.values()])),
        {
            MISSED: np.array([abs(mean - right) for (mean, _, _), right in pairs]),
            LEANS: np.array([mean - right for (mean, _, _), right in pairs]),
            COVERED: np.array([float(low <= right <= high) for (_, low, high), right in pairs]),
        },
        dict.fromkeys((MISSED, LEANS, COVERED), languages),
        cost={
            "equal ratings": float(np.mean([one.equal for one in agreed])),
            "Krippendorff's alpha": float(np.mean([one.alpha for one in agreed])),
        },
    )


def arm(name: str, description: str, guess: Guess) -> Arm:
    """Return the arm that guesses the mean in this way."""
    return Arm(name, description, partial(estimate, guess=guess), trained=False)


def nearer(name: str, than: str, margin: float = 0.0) -> Claim:
    """Claim that one way misses the mean by less than another."""
    more = f" by over {margin}" if margin else ""
    text = f"“{name}” is nearer to people's mean than “{than}”{more}"
    return Claim(f"{name} < {than}", text, MISSED, name, than, "less", margin, POINTS)


RECIPES = (
    Recipe(
        name="llm-judges",
        part="calibration",
        question="Which use of a judge and a few labels comes nearest to people's mean rating?",
        difference="how the judge's ratings and 30 labels of a language make an estimate",
        budget_unit="items of a language",
        seeds=(0, 1, 2, 3, 4),
        arms=(
            arm(RAW, "the mean of the judge's ratings", judge_alone),
            arm(FEW, "the mean of 30 labels", labels_alone),
            arm(POOLED, "ratings mapped by all languages' labels", partial(mapped, pooled=True)),
            arm(OWN, "ratings mapped by the language's labels", partial(mapped, pooled=False)),
            arm(CORRECTED, "the judge's mean less its error on the labels", corrected),
        ),
        claims=(
            Claim(
                "leans high",
                "the judge rates higher than people do",
                *(LEANS, RAW, 0.0, "greater", 0.0, POINTS),
                Published("towards high scores; direction only", "the abstract"),
            ),
            nearer(OWN, RAW),
            nearer(OWN, POOLED),
            nearer(OWN, FEW),
            nearer(CORRECTED, RAW),
            nearer(CORRECTED, FEW),
            Claim(
                "covers",
                "its interval holds people's mean in over 85 % of cases",
                *(COVERED, CORRECTED, 0.85, "greater", 0.0, "share of languages"),
            ),
            Claim(
                "raw does not",
                "the plain interval of the judge's mean does in fewer than half",
                *(COVERED, RAW, 0.5, "less", 0.0, "share of languages"),
            ),
        ),
        metrics={
            MISSED: Metric(POINTS, higher_is_better=False),
            LEANS: Metric(POINTS, higher_is_better=False),
            COVERED: Metric("share of languages", higher_is_better=True),
        },
        settings=(Setting("world", WORLD), Setting("real", REAL)),
    ),
)
