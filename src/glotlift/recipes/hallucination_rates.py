"""The other half of the hallucination recipe: how what a detector finds makes a rate.

A detector that learnt from answers in all languages is checked on labelled answers of which half
the sentences are wrong, as made test sets have it, and asked about answers of three scripted models
that are wrong less often. Rows are languages at a model's rate; English, which has labels, is left
out. Every way sees the same answers and as many labels of a language; where these come from, the
arms say. The silver labels are English ones, carried over by position. The truth is what the
answers of a scripted model have on average, so an interval must know that few of them are seen.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from glotlift.evaluation.correlation import pearson_rows
from glotlift.evaluation.hallucination import carried_over, label_agreement, word_labels
from glotlift.evaluation.judges import Estimate
from glotlift.evaluation.prevalence import (
    PER,
    Checked,
    Detected,
    checked,
    corrected_rate,
    detected,
    flagged_rate,
    labelled_rate,
    precision_recall_rate,
    rogan_gladen_rate,
)
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.hallucination_data import (
    REAL,
    WORLD,
    answers,
    key_of,
    true_rate,
)
from glotlift.recipes.hallucination_detector import flagged, taught_by_all
from glotlift.runs.errors import GlotliftError

RAW, PAPER, SILVER = "detector alone", "precision and recall", "the same, silver labels"
RATES_KNOWN, ERROR, OWN, LABELS = (
    "sensitivity and specificity", "mean error elsewhere", "mean error here", "labels alone",
)  # fmt: skip
MISSED, LEANS, COVERED = "missed", "leans", "covered"
WORDS, CASES = "words per hundred", "share of languages and models"


@dataclass(frozen=True)
class Case:
    """A model's answers in a language: flagged, and labelled ones from elsewhere and of its own.

    `silver` are the answers of `gold` with labels that were carried over; `truth` is a share.
    """

    asked: Detected
    gold: Checked
    silver: Checked
    own: Checked
    truth: float
    kappa: float


@lru_cache(maxsize=1)
def cases(values: str, seed: int) -> dict[str, Case]:
    """Return every model's answers in every language but English, read by one detector."""
    chosen = json.loads(values)
    find = partial(flagged, chosen, taught_by_all(values, seed))
    draw = partial(answers, chosen, seed=seed)
    known_rows = range(chosen["labelled"])
    check = partial(draw, split="validation", rows=known_rows, share=chosen["share"])
    asked = range(chosen["asked"])
    labelled = range(asked.stop, asked.stop + chosen["labelled"])
    english, found = check(code=chosen["pivot"]), {}
    for code in chosen["languages"]:
        known = check(code=code)
        flags, gold = find(known), word_labels(known)
        silver = word_labels(carried_over(english, known))
        for share in chosen["shares"]:
            one, own = (
                draw(code=code, split="test", rows=some, share=share) for some in (asked, labelled)
            )
            found[f"{code}, {share}"] = Case(
                detected(find(one)),
                checked(flags, gold),
                checked(flags, silver),
                checked(find(own), word_labels(own)),
                true_rate(values, code, share),
                label_agreement(silver, gold).kappa,
            )
    return found


def estimate(
    setting: Setting, seed: int, folder: Path, *, guess: Callable[[Case], Estimate]
) -> Measurement:
    """Score how far every guess is from the model's rate in the language, per hundred words.

    Where a detector proves worthless on the labelled answers, there is no rate to be had by its
    errors: what it says stands, between nothing and all.
    """
    known = cases(key_of(setting.values), seed)
    found, refused = [], 0
    for case in known.values():
        try:
            found.append(guess(case))
        except GlotliftError:
            refused += 1
            found.append(Estimate(flagged_rate(case.asked, case.gold).mean, 0.0, 1.0))
    truth = [case.truth for case in known.values()]
    pairs = list(zip(found, truth, strict=True))
    gold = [case.gold for case in known.values()]
    means = [mean for mean, _, _ in found]
    return Measurement(
        setting.values["labelled"],
        {
            MISSED: np.array([PER * abs(mean - right) for (mean, _, _), right in pairs]),
            LEANS: np.array([PER * (mean - right) for (mean, _, _), right in pairs]),
            COVERED: np.array([float(low <= right <= high) for (_, low, high), right in pairs]),
        },
        {name: list(known) for name in (MISSED, LEANS, COVERED)},
        cost={
            "true rate": PER * float(np.mean(truth)),
            "width": PER * float(np.mean([high - low for _, low, high in found])),
            "correlation with the truth": float(pearson_rows(means, truth).mean()),
            "cases without a rate": float(refused),
            "precision": float(np.mean([one.hits.sum() / one.flagged.sum() for one in gold])),
            "recall": float(np.mean([one.hits.sum() / one.wrong.sum() for one in gold])),
            "kappa of silver labels": float(np.mean([case.kappa for case in known.values()])),
        },
    )


def arm(name: str, description: str, guess: Callable[[Case], Estimate]) -> Arm:
    """Return the arm that guesses a rate in this way."""
    return Arm(name, description, partial(estimate, guess=guess))


def raw(case: Case) -> Estimate:
    """Return what the detector says."""
    return flagged_rate(case.asked, case.gold)


def by_precision(case: Case) -> Estimate:
    """Return it corrected by precision and recall."""
    return precision_recall_rate(case.asked, case.gold)


def by_silver(case: Case) -> Estimate:
    """Return it corrected by precision and recall on silver labels."""
    return precision_recall_rate(case.asked, case.silver)


def by_sensitivity(case: Case) -> Estimate:
    """Return it corrected by sensitivity and specificity."""
    return rogan_gladen_rate(case.asked, case.gold)


def by_error(case: Case) -> Estimate:
    """Return it less the mean error on the answers of elsewhere."""
    return corrected_rate(case.asked, case.gold)


def by_own_error(case: Case) -> Estimate:
    """Return it less the mean error on labelled answers of the same model."""
    return corrected_rate(case.asked, case.own)


def by_labels(case: Case) -> Estimate:
    """Return what labelled answers of the same model say."""
    return labelled_rate(case.asked, case.own)


def nearer(name: str, than: str) -> Claim:
    """Claim that one way misses the rate by less than another."""
    text = f"“{name}” is nearer to the rate than “{than}”"
    return Claim(f"{name} < {than}", text, MISSED, name, than, "less", 0.0, WORDS)


def covers(name: str, share: float, *, more: bool) -> Claim:
    """Claim that an interval holds the rate in more cases than a share, or in fewer."""
    kind, than = ("greater", "over") if more else ("less", "under")
    text = f"the interval of “{name}” holds the rate in {than} {share:.0%} of cases"
    return Claim(f"{name} covers", text, COVERED, name, share, kind, 0.0, CASES)  # type: ignore[arg-type]


RATES = Recipe(
    name="hallucination",
    part="rates",
    question="How does a detector make a rate, where less is wrong than in its test set?",
    difference="how the detector's findings and the labels of a language make a rate",
    budget_unit="labelled answers for a rate",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        arm(RAW, "the share of words that the detector flags", raw),
        arm(PAPER, "times precision over recall on the test set", by_precision),
        arm(SILVER, "the same, on labels carried over from English", by_silver),
        arm(RATES_KNOWN, "by sensitivity and specificity on the test set", by_sensitivity),
        arm(ERROR, "less the mean error on the test set", by_error),
        arm(OWN, "less the mean error on labelled answers of the model", by_own_error),
        arm(LABELS, "labelled answers of the model, without the detector", by_labels),
    ),
    claims=(
        Claim(
            "leans high",
            "precision and recall of a test set give too high a rate where less is wrong",
            *(LEANS, PAPER, 0.0, "greater", 0.0, WORDS),
        ),
        Claim(
            "silver as gold",
            "silver labels give the same rate as gold ones, within one word in a hundred",
            *(LEANS, SILVER, PAPER, "within", 1.0, WORDS),
            Published("the estimates agree; direction only", "the abstract"),
        ),
        nearer(PAPER, RAW),
        nearer(RATES_KNOWN, RAW),
        nearer(RATES_KNOWN, PAPER),
        nearer(OWN, PAPER),
        nearer(OWN, ERROR),
        nearer(OWN, LABELS),
        covers(RAW, 0.5, more=False),
        covers(PAPER, 0.5, more=False),
        covers(RATES_KNOWN, 0.85, more=True),
        covers(OWN, 0.85, more=True),
        covers(LABELS, 0.85, more=True),
    ),
    metrics={
        MISSED: Metric(WORDS, higher_is_better=False),
        LEANS: Metric(WORDS, higher_is_better=False),
        COVERED: Metric(CASES, higher_is_better=True),
    },
    settings=(Setting("world", WORLD), Setting("real", REAL)),
)
