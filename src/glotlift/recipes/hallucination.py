"""Hallucination rates (Ul Islam et al. 2025, arXiv:2502.12769): detectors, and rates from them.

The paper teaches a detector of hallucinated words on English answers and their machine translation,
and corrects what it finds by its precision and recall, to compare languages without gold labels.
Here one part asks which labelled answers teach a detector, as many in every arm: English ones, the
same number dealt over all languages with their spans where they belong or carried over by position,
or a detector for each language from its own. The other part, in `hallucination_rates`, asks how a
detector's findings make a rate. What is wrong in an answer was planted, so it is known. Rows are
answers; seeds are those of answers and of fine-tuning.
"""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from datasets import Dataset, concatenate_datasets

from glotlift.evaluation.hallucination import Labels, token_f1_rows, word_labels, words_lacking
from glotlift.evaluation.prevalence import checked
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.recipes.hallucination_data import REAL, WORLD, Values, answers, key_of, languages
from glotlift.recipes.hallucination_detector import (
    flagged,
    lessons,
    taught_by_all,
    teach,
)
from glotlift.recipes.hallucination_rates import RATES

ENGLISH, EXACT, MOVED, ALONE = (
    "English", "all languages", "all, spans by position", "each language alone",
)  # fmt: skip
BLIND, MIXED, LOOKUP, EVERY, CHANCE = (
    "without reference", "shuffled labels", "words not in it", "every word", "words at random",
)  # fmt: skip
ABROAD, HOME, F1 = "F1, other languages", "F1, English", "F1 of wrong words"
Findings = dict[str, Labels]
Find = Callable[..., Findings]  # of values and a seed


@lru_cache(maxsize=1)
def tests(values: str) -> dict[str, Dataset]:
    """Return the answers on which all detectors are tested, by language."""
    chosen = json.loads(values)
    draw = partial(answers, chosen, split="test", share=chosen["share"], seed=0)
    return {code: draw(code=code, rows=range(chosen["tested"])) for code in languages(chosen)}


def by_all(values: Values, seed: int) -> Findings:
    """Return what a detector finds that learnt from answers in all languages."""
    detector = taught_by_all(key_of(values), seed)
    return {code: flagged(values, detector, rows) for code, rows in tests(key_of(values)).items()}


def by_one(
    values: Values,
    seed: int,
    *,
    english: bool = False,
    moved: bool = False,
    blind: bool = False,
    mixed: bool = False,
) -> Findings:
    """Return what one detector finds, taught as `by_all` is but for one thing.

    `english` has it learn from English answers alone, `moved` carries spans over by position,
    `blind` hides all references, and `mixed` shuffles the labels of every answer.
    """
    codes = [values["pivot"]] if english else languages(values)
    rows = concatenate_datasets(lessons(values, codes, seed, moved=moved))
    labels, asked = word_labels(rows), tests(key_of(values))
    if mixed:
        rng = np.random.default_rng(seed)
        labels = [rng.permutation(row).tolist() for row in labels]
    if blind:
        rows = without_reference(rows)
        asked = {code: without_reference(each) for code, each in asked.items()}
    detector = teach(values, rows, labels, seed)
    return {code: flagged(values, detector, each) for code, each in asked.items()}


def without_reference(rows: Dataset) -> Dataset:
    """Return the answers with nothing to hold them against."""
    return rows.remove_columns("reference").add_column("reference", [""] * len(rows))


def by_each(values: Values, seed: int) -> Findings:
    """Return what detectors find that learnt from the answers of one language each."""
    asked = tests(key_of(values))
    return {
        code: flagged(values, teach(values, rows, word_labels(rows), seed), asked[code])
        for code, rows in zip(
            asked, lessons(values, languages(values), seed, moved=False), strict=True
        )
    }


def by_lookup(values: Values, seed: int) -> Findings:
    """Return the words that the reference lacks."""
    return {code: words_lacking(rows) for code, rows in tests(key_of(values)).items()}


def by_chance(values: Values, seed: int, *, every: bool) -> Findings:
    """Return all words, or as many at random as are wrong."""
    rng = np.random.default_rng(seed)
    found = {}
    for code, rows in tests(key_of(values)).items():
        labels = word_labels(rows)
        share = 1.0 if every else float(np.mean(np.concatenate(labels)))
        found[code] = [(rng.random(len(row)) < share).tolist() for row in labels]
    return found


def detect(setting: Setting, seed: int, folder: Path, *, find: Find) -> Measurement:
    """Score what a way of detecting finds in each language, answer by answer."""
    values = setting.values
    found = find(values, seed)
    asked = tests(key_of(values))
    labels = {code: word_labels(rows) for code, rows in asked.items()}
    scores = {code: token_f1_rows(checked(found[code], labels[code])) for code in asked}
    ids = [f"answer {number}" for number in range(values["tested"])]
    costs = {f"F1, {code}": float(rows.mean()) for code, rows in scores.items()}
    wrong = {code: float(np.mean(np.concatenate(each))) for code, each in labels.items()}
    return Measurement(
        values["taught"],
        {
            HOME: scores[values["pivot"]],
            ABROAD: np.mean([scores[code] for code in values["languages"]], axis=0),
        },
        {HOME: ids, ABROAD: ids},
        cost={**costs, **{f"wrong words, {code}": share for code, share in wrong.items()}},
    )


def arm(name: str, description: str, find: Find, *, trained: bool = True) -> Arm:
    """Return the arm that detects in this way."""
    return Arm(name, description, partial(detect, find=find), trained=trained)


def better(name: str, than: str, margin: float = 0.0) -> Claim:
    """Claim that one way of detecting has the higher F1 in languages other than English."""
    by = f" by over {margin}" if margin else ""
    text = f"“{name}” has the higher F1 in other languages than “{than}”{by}"
    return Claim(f"{name} > {than}", text, ABROAD, name, than, "greater", margin, F1)


DETECTOR = Recipe(
    name="hallucination",
    part="detector",
    question="Which labelled answers teach a detector of hallucinated words in many languages?",
    difference="which labelled answers the detector learns from",
    budget_unit="labelled answers at hand",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        arm(ENGLISH, "learns from English answers", partial(by_one, english=True)),
        arm(EXACT, "learns from answers in all languages", by_all),
        arm(MOVED, "the same, with English spans by position", partial(by_one, moved=True)),
        arm(ALONE, "a detector for each language, from its share of the answers", by_each),
        arm(BLIND, "learns from all languages and reads no reference", partial(by_one, blind=True)),
        arm(
            MIXED,
            "the same as all, with every answer's labels shuffled",
            partial(by_one, mixed=True),
        ),
        arm(LOOKUP, "flags the words that the reference lacks", by_lookup, trained=False),
        arm(EVERY, "flags every word", partial(by_chance, every=True), trained=False),
        arm(
            CHANCE,
            "flags as many words as are wrong",
            partial(by_chance, every=False),
            trained=False,
        ),
    ),
    claims=(
        better(EXACT, ENGLISH, 0.02),
        Claim(
            "English stays",
            "in English, with fewer English answers, the F1 falls by less than 0.1",
            *(HOME, EXACT, ENGLISH, "greater", -0.1, F1),
        ),
        better(EXACT, MOVED, 0.02),
        better(EXACT, ALONE),
        better(MOVED, ENGLISH),
        better(EXACT, BLIND, 0.05),
        better(EXACT, LOOKUP),
        *(better(EXACT, control) for control in (MIXED, EVERY, CHANCE)),
    ),
    metrics={name: Metric(F1, higher_is_better=True) for name in (ABROAD, HOME)},
    settings=(Setting("world", WORLD), Setting("real", REAL)),
)
RECIPES = (DETECTOR, RATES)
