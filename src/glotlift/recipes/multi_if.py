"""Multi-IF (He et al. 2024, arXiv:2410.15553): instructions that add up over turns, by language.

The benchmark takes prompts with instructions that a program can check, adds one more instruction in
a second and a third turn, and translates all into seven languages. What was asked before still
holds, and the model reads its own earlier replies. Every model follows less with every turn.

Two parts. In `checkers` the program itself is checked: texts are made to follow or to break each of
the 25 constraints, and a checker is right where it says so. The published rules for English and
those of the paper, mended for Hindi and Chinese, read the same texts.

In `turns` small decoders are taught to follow constraints that show in a few characters (a title,
quotation marks, an ending, and so on) about short sentences. One is taught single turns that say
all they ask, one as many tokens of conversations that add up as in the benchmark, and one
conversations as long whose turns have nothing to do with each other. All are then held to three
turns with their own history. Two controls tell forgetting from difficulty: replies that follow
everything stand in the history, and everything is said again. Another conversation's replies show
what is followed by chance. The decoders are far too small for the benchmark's own prompts, so that
the size of a fall here says nothing of the models there.
"""

import json
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from glotlift.evaluation.constraints.certifying import Case, cases, plain, right
from glotlift.evaluation.constraints.checkers import CHECKERS, Check
from glotlift.evaluation.constraints.published import ENGLISH, FORK
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.aligned_decoders import sentences
from glotlift.recipes.constraint_talks import (
    ABOVE,
    FALL,
    FIRST,
    GOLD,
    REPEATED,
    THIRD,
    single,
    teach,
    together,
    unrelated,
)

SEEDS = (0, 1, 2, 3, 4)
SHARE = "share of verdicts"
OWN, FORKED, FOR_ENGLISH, YES = "by language", "Multi-IF", "English", "always yes"
IN_ENGLISH, IN_LATIN, ELSEWHERE, ALL = (
    "right in English",
    "right in other languages of Latin script",
    "right in other scripts",
    "right in all",
)
NTREX = "$GLOTLIFT_DATA/ntrex/{}.txt.gz"
CERTIFIED: dict[str, Any] = {
    "parallel": "world",
    "pivot": "eng_Latn",
    "languages": ["deu_Latn", "spa_Latn", "rus_Cyrl", "hin_Deva", "zho_Hans"],
    "pairs": [500],
    "draws": 5,
}
EIGHT = ["fra_Latn", "ita_Latn", "por_Latn", "spa_Latn", "rus_Cyrl", "hin_Deva", "zho_Hans"]
TALKS: dict[str, Any] = {
    "parallel": "world",
    "pivot": "eng_Latn",
    "languages": ["rus_Cyrl", "zho_Hans"],
    "pairs": [500],
    "kept": 40,
    "taught": 500,
    "asked": 16,
    "size": "tiny",
    "pieces": 1500,
    "tokens": 120_000,
    "learning_rate": 4e-3,
}


def always(text: str, code: str, /, **arguments: Any) -> bool:
    """Say that everything is followed."""
    return True


@lru_cache(maxsize=2)
def made(values: str, seed: int) -> tuple[tuple[str, Case], ...]:
    """Return the cases of all languages of a setting, with a name for each."""
    chosen, known = json.loads(values), sentences(values)
    found = []
    for code in (chosen["pivot"], *chosen["languages"]):
        texts = plain([*known.taught[code], *known.held_out[code]], code)
        for draw in range(chosen["draws"]):
            for number, one in enumerate(cases(texts, code, draw, seed)):
                found.append((f"{code}/{draw}/{number}", one))
    return tuple(found)


def certify(
    setting: Setting, seed: int, folder: Path, *, checkers: Mapping[str, Check]
) -> Measurement:
    """Score how often checkers say of a text what is so."""
    known = made(json.dumps(dict(setting.values), sort_keys=True), seed)
    verdicts = {name: float(right(one, checkers[one.constraint.name])) for name, one in known}
    groups: dict[str, list[str]] = {IN_ENGLISH: [], IN_LATIN: [], ELSEWHERE: [], ALL: []}
    by_language: dict[str, list[float]] = {}
    for name, one in known:
        latin = IN_LATIN if one.code.endswith("Latn") else ELSEWHERE
        groups[IN_ENGLISH if one.code == "eng_Latn" else latin].append(name)
        groups[ALL].append(name)
        by_language.setdefault(one.code, []).append(verdicts[name])
    return Measurement(
        len(known),
        {group: np.array([verdicts[name] for name in names]) for group, names in groups.items()},
        groups,
        cost={f"right in {code}": float(np.mean(found)) for code, found in by_language.items()},
    )


def rules(name: str, description: str, checkers: Mapping[str, Check]) -> Arm:
    """Return the arm that reads the texts by these checkers."""
    return Arm(name, description, partial(certify, checkers=checkers), trained=False)


CHECKING = Recipe(
    name="multi-if",
    part="checkers",
    question="In which languages does a checker say of a text what is so?",
    difference="the rules by which texts are checked",
    budget_unit="texts checked",
    seeds=SEEDS,
    arms=(
        rules(OWN, "words, sentences and marks of the language", CHECKERS),
        rules(FORKED, "the rules of Multi-IF, given the language", FORK),
        rules(FOR_ENGLISH, "the rules of IFEval, made for English", ENGLISH),
        rules(YES, "everything is said to be followed", dict.fromkeys(CHECKERS, always)),
    ),
    claims=(
        Claim(
            "certified",
            "checkers by language are right in over 0.98 of all cases",
            *(ALL, OWN, 0.0, "greater", 0.98, SHARE),
        ),
        Claim(
            "other scripts",
            "in other scripts they are right more often than the rules of Multi-IF, by over 0.02",
            *(ELSEWHERE, OWN, FORKED, "greater", 0.02, SHARE),
        ),
        Claim(
            "mended",
            "in other scripts the rules of Multi-IF are right more often than those for English",
            *(ELSEWHERE, FORKED, FOR_ENGLISH, "greater", 0.0, SHARE),
        ),
        Claim(
            "Latin script",
            "in other languages of Latin script checkers by language are right more often, "
            "by over 0.02",
            *(IN_LATIN, OWN, FORKED, "greater", 0.02, SHARE),
        ),
        Claim(
            "English",
            "in English they and the rules for English are within 0.03 of each other",
            *(IN_ENGLISH, OWN, FOR_ENGLISH, "within", 0.03, SHARE),
        ),
        Claim(
            "control",
            "saying yes to everything is right in about half of all cases",
            *(ALL, YES, 0.5, "within", 0.05, SHARE),
        ),
    ),
    metrics={
        group: Metric(SHARE, higher_is_better=True)
        for group in (IN_ENGLISH, IN_LATIN, ELSEWHERE, ALL)
    },
    settings=(
        Setting("world", CERTIFIED),
        Setting("real", CERTIFIED | {"parallel": NTREX, "languages": EIGHT}),
    ),
)

ALONE, APART, ADDED = "single turns", "unrelated turns", "turns that add up"
SCORE = "score of a turn"


def taught(name: str, description: str, layout: Any) -> Arm:
    """Return the arm that is taught conversations laid out so."""
    return Arm(name, description, partial(teach, layout=layout))


def more(id: str, text: str, metric: str, arm: str, versus: str | float, margin: float) -> Claim:
    """Claim that an arm is above another, or a number, by more than a margin."""
    return Claim(id, text, metric, arm, versus, "greater", margin, SCORE)


TALKING = Recipe(
    name="multi-if",
    part="turns",
    question="Does following fall from turn to turn less after lessons in several turns?",
    difference="how the same constraints are laid out as conversations to learn from",
    budget_unit="tokens",
    seeds=SEEDS,
    arms=(
        taught(ALONE, "every turn alone, saying all it asks", single),
        taught(APART, "three such turns one after the other, about different things", unrelated),
        taught(ADDED, "three turns, each adding to what was asked before", together),
    ),
    claims=(
        Claim(
            "falls",
            "taught single turns, a model follows less in turn 3 than in turn 1, by over 0.05",
            *(FALL, ALONE, 0.0, "less", 0.05, SCORE),
            Published("o1-preview: 0.877 in turn 1, 0.707 in turn 3", "the abstract"),
        ),
        Claim(
            "falls also then",
            "taught turns that add up, it still follows less in turn 3",
            *(FALL, ADDED, 0.0, "less", 0.0, SCORE),
        ),
        more("falls less", "but it falls less, by over 0.05", FALL, ADDED, ALONE, 0.05),
        more("turn 3", "and follows more in turn 3, by over 0.05", THIRD, ADDED, ALONE, 0.05),
        more(
            "not by length",
            "and more than after turns as many that have nothing in common, by over 0.05",
            *(THIRD, ADDED, APART, 0.05),
        ),
        more("turn 1", "it follows at most 0.05 less in turn 1", FIRST, ADDED, ALONE, -0.05),
        more("own history", "replies that follow everything help in turn 3", GOLD, ADDED, 0.0, 0.0),
        more(
            "forgetting",
            "taught single turns, all said again is followed more in turn 3, by over 0.05",
            *(REPEATED, ALONE, 0.0, 0.05),
        ),
        more("asked", "what is asked is followed, above others' replies", ABOVE, ADDED, 0.0, 0.1),
    ),
    metrics={
        name: Metric(SCORE, higher_is_better=True)
        for name in (FIRST, THIRD, FALL, ABOVE, GOLD, REPEATED)
    },
    settings=(
        Setting("world", TALKS),
        Setting("real", TALKS | {"parallel": NTREX, "languages": ["fra_Latn", "zho_Hans"]}),
    ),
)
RECIPES = (CHECKING, TALKING)
