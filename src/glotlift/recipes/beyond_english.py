"""ChatGPT beyond English (Lai et al. 2023, arXiv:2304.05613): asking a chat model, or training one.

The authors ask ChatGPT, without examples, for seven tasks in 37 languages of four classes by their
share of the web. It stays behind small supervised models, and does better when it is asked in
English than in the language of the task.

Three parts. In `replies` what GPT-3.5 and GPT-4 once replied is held against a linear model on
character n-grams, which learns the same question from labelled rows of the language. The figures
hang on how a reply is read, so all stand in three ways: a reply that does not name one label is
wrong; it is left out; or the label named first counts. Languages have much or little text, in Latin
or another script, eight of each, so that neither is taken for the other. Rows are sentences, the
same in all languages, so that intervals are over sentences and not over other languages. A chat
model has seen unknown text, perhaps these sentences; the linear model has seen labelled ones.

The parts `instructions` and `tagging` are in `instruction_languages` and `tagged_texts`.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.ngrams import fit_classifier, text_features
from glotlift.evaluation.ratios import ratio_rows
from glotlift.evaluation.replies import OUTCOMES, Accuracies, Reply, accuracies, outcome_shares
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.recipes.instruction_languages import INSTRUCTIONS, SHARE, above
from glotlift.recipes.recorded_replies import WORLD, Asked, asked
from glotlift.recipes.tagged_texts import TAGGING

Floats = NDArray[np.float64]
SEEDS = (0, 1, 2, 3, 4)
STRONGER, WEAKER, SUPERVISED, MAJORITY = (
    "the stronger chat model", "the weaker chat model", "n-grams with labels", "commonest label",
)  # fmt: skip
RAW, ANSWERED, FIRST, PARSED = (
    "right", "right, of those that name one label", "right, by the first label", "names one label",
)  # fmt: skip
BY_TEXT, BY_SCRIPT = "much less little text: {}", "Latin less other scripts: {}"
KEPT = 0.9  # of the labelled rows, which the seed draws
SPELLINGS = {
    "science/technology": ["science/technology", "science and technology", "science", "technology"],
    **{
        label: [label]
        for label in ("travel", "politics", "sports", "health", "entertainment", "geography")
    },
}
HIGH_LATIN, HIGH_OTHER, LOW_LATIN, LOW_OTHER = GROUPS = (
    "much text, Latin", "much text, other", "little text, Latin", "little text, other",
)  # fmt: skip
# Of each kind every n-th in the order of their codes, so that there are eight.
REAL: dict[str, Any] = {
    "replies": "$SIB200/llm-results/output_{model}/{code}.tsv",
    "labelled": "$SIB200/data/annotated/{code}/{split}.tsv",
    "models": ["gpt4", "gpt3.5"],
    "spellings": SPELLINGS,
    "groups": {
        HIGH_LATIN: [
            *("ces_Latn", "deu_Latn", "fin_Latn", "hun_Latn"),
            *("nld_Latn", "pol_Latn", "ron_Latn", "swe_Latn"),
        ],
        HIGH_OTHER: [
            *("arb_Arab", "bul_Cyrl", "hin_Deva", "jpn_Jpan"),
            *("pes_Arab", "rus_Cyrl", "ukr_Cyrl", "zho_Hans"),
        ],
        LOW_LATIN: [
            *("ace_Latn", "cjk_Latn", "fuv_Latn", "kac_Latn"),
            *("lmo_Latn", "nso_Latn", "smo_Latn", "tso_Latn"),
        ],
        LOW_OTHER: [
            *("acm_Arab", "ary_Arab", "bak_Cyrl", "hne_Deva"),
            *("khm_Khmr", "mni_Beng", "sat_Olck", "tat_Cyrl"),
        ],
    },
}


def able(knows: float, refuses: float, two: float) -> dict[str, float]:
    """Return how good a scripted model is in a language."""
    return {"knows": knows, "refuses": refuses, "two": two}


IN_THE_WORLD: dict[str, Any] = {
    "replies": WORLD,
    "known": 300,
    "asked": 150,
    "models": {
        "stronger": {
            **dict.fromkeys((HIGH_LATIN, HIGH_OTHER), able(0.9, 0.05, 0.1)),
            **dict.fromkeys((LOW_LATIN, LOW_OTHER), able(0.85, 0.4, 0.1)),
        },
        "weaker": {
            **dict.fromkeys((HIGH_LATIN, HIGH_OTHER), able(0.8, 0.1, 0.1)),
            **dict.fromkeys((LOW_LATIN, LOW_OTHER), able(0.6, 0.3, 0.1)),
        },
    },
    "spellings": {label: [label] for label in ("positive", "negative", "neutral")},
    "groups": {
        HIGH_LATIN: ["deu_Latn", "spa_Latn"],
        HIGH_OTHER: ["rus_Cyrl", "zho_Hans"],
        LOW_LATIN: ["cat_Latn", "swh_Latn"],
        LOW_OTHER: ["ell_Grek", "hin_Deva"],
    },
}


def replied(setting: Setting, seed: int, folder: Path, *, place: int) -> Measurement:
    """Score what a chat model replied."""
    known = asked(json.dumps(dict(setting.values), sort_keys=True))
    models = list(setting.values["models"])
    return measured(setting, known, {c: one.replies[models[place]] for c, one in known.items()})


def learnt(setting: Setting, seed: int, folder: Path) -> Measurement:
    """Score linear models on n-grams, each taught most of a language's labelled rows."""
    known = asked(json.dumps(dict(setting.values), sort_keys=True))
    said = {code: answered_by(one, seed) for code, one in known.items()}
    return measured(setting, known, said)


def answered_by(one: Asked, seed: int) -> list[Reply]:
    """Return the labels that a linear model gives, as replies that name one label."""
    texts, labels = one.known
    draw = np.random.default_rng([seed, 0x4E4752])
    kept = draw.permutation(len(texts))[: round(KEPT * len(texts))]
    model = fit_classifier([text_features(texts[n]) for n in kept], [labels[n] for n in kept])
    found = model.labels([text_features(text) for text in one.texts])
    return [Reply("exact", (label,)) for label in found]


def commonest(setting: Setting, seed: int, folder: Path) -> Measurement:
    """Score the commonest label of the labelled rows."""
    known = asked(json.dumps(dict(setting.values), sort_keys=True))
    said = {}
    for code, one in known.items():
        labels = one.known[1]
        best = max(sorted(set(labels)), key=labels.count)
        said[code] = [Reply("exact", (best,))] * len(one.texts)
    return measured(setting, known, said)


def mean(name: str, languages: Sequence[Accuracies]) -> Floats:
    """Return [rows] the mean of an accuracy over languages."""
    return np.asarray(np.mean([getattr(one, name) for one in languages], axis=0))


def of_answered(languages: Sequence[Accuracies]) -> Floats:
    """Return [rows] whose mean is the share of right replies among those that name one label.

    A language counts by its replies, since there may be one without any.
    """
    return ratio_rows(
        np.sum([one.raw for one in languages], 0), np.sum([one.parsed for one in languages], 0)
    )


POLICIES: dict[str, Callable[[Sequence[Accuracies]], Floats]] = {
    RAW: partial(mean, "raw"),
    ANSWERED: of_answered,
    FIRST: partial(mean, "first"),
    PARSED: partial(mean, "parsed"),
}


def measured(
    setting: Setting, known: dict[str, Asked], said: dict[str, list[Reply]]
) -> Measurement:
    """Return the accuracies of replies, [rows], a row being a sentence in all languages.

    Groups of languages count alike.
    """
    groups = setting.values["groups"]
    scores: dict[str, Floats] = {}
    cost: dict[str, float] = {}
    found = {code: accuracies(replies, known[code].labels) for code, replies in said.items()}
    for name, rows_of in POLICIES.items():
        by = {group: rows_of([found[code] for code in codes]) for group, codes in groups.items()}
        cost |= {f"{name}; {group}": float(rows.mean()) for group, rows in by.items()}
        latin = by[HIGH_LATIN] - by[HIGH_OTHER] + by[LOW_LATIN] - by[LOW_OTHER]
        text = by[HIGH_LATIN] - by[LOW_LATIN] + by[HIGH_OTHER] - by[LOW_OTHER]
        scores[name] = np.mean(list(by.values()), axis=0)
        scores |= {BY_TEXT.format(name): text / 2, BY_SCRIPT.format(name): latin / 2}
    shares = [outcome_shares(replies) for replies in said.values()]
    cost |= {f"replies: {kind}": float(np.mean([one[kind] for one in shares])) for kind in OUTCOMES}
    ids = next(iter(known.values())).ids
    return Measurement(len(ids) * len(known), scores, dict.fromkeys(scores, ids), cost=cost)


REPLIES = Recipe(
    name="beyond-english",
    part="replies",
    question="Does a chat model answer better than a linear model with labels, and in what sense?",
    difference="who answers",
    budget_unit="questions",
    seeds=SEEDS,
    arms=(
        Arm(STRONGER, "GPT-4, or the better script", partial(replied, place=0), trained=False),
        Arm(WEAKER, "GPT-3.5, or the worse script", partial(replied, place=1), trained=False),
        Arm(SUPERVISED, "a linear model on labelled rows of the language", learnt),
        Arm(MAJORITY, "the commonest label, whatever is asked", commonest, trained=False),
    ),
    claims=(
        above(
            "supervised > weaker",
            "labels in the language beat the weaker model, by over 0.1",
            *(RAW, SUPERVISED, WEAKER, 0.1),
        ),
        above(
            "supervised > stronger",
            "they beat the stronger model, by over 0.1",
            *(RAW, SUPERVISED, STRONGER, 0.1),
        ),
        above(
            "also read kindly",
            "they beat it also where the label named first counts",
            *(FIRST, SUPERVISED, STRONGER),
        ),
        above(
            "also of answers",
            "they beat it also where replies without one label are left out",
            *(ANSWERED, SUPERVISED, STRONGER),
        ),
        above("stronger", "the stronger model is right more often", RAW, STRONGER, WEAKER),
        above("stronger, of answers", "also of what it answers", ANSWERED, STRONGER, WEAKER),
        above(
            "little text",
            "in languages of little text the stronger model is right less often, by over 0.1",
            *(BY_TEXT.format(RAW), STRONGER, 0.0, 0.1),
        ),
        above(
            "little text, answers",
            "there it names one label less often, by over 0.1",
            *(BY_TEXT.format(PARSED), STRONGER, 0.0, 0.1),
        ),
        above(
            "little text, of answers",
            "and is right less often where it names one, by over 0.1",
            *(BY_TEXT.format(ANSWERED), STRONGER, 0.0, 0.1),
        ),
        above(
            "labels fall less",
            "labels in the language fall by less from much text to little, by over 0.1",
            *(BY_TEXT.format(RAW), STRONGER, SUPERVISED, 0.1),
        ),
        above(
            "script",
            "with as much text, the stronger model is right more often in Latin script",
            *(BY_SCRIPT.format(RAW), STRONGER, 0.0),
        ),
        above("not by chance", "the weaker one beats the commonest label", RAW, WEAKER, MAJORITY),
    ),
    metrics={
        form.format(name): Metric(SHARE, higher_is_better=True)
        for name in POLICIES
        for form in ("{}", BY_TEXT, BY_SCRIPT)
    },
    settings=(Setting("world", IN_THE_WORLD), Setting("real", REAL)),
)
RECIPES = (REPLIES, INSTRUCTIONS, TAGGING)
