"""MMTEB (Enevoldsen et al. 2025, arXiv:2502.13595): which few tasks rank models as many tasks do?

The paper leaves out tasks that the scores in other tasks foretell, and cuts the corpora of
retrieval down to documents that several systems rank high. Here fourteen small encoders, graded by
training and layer, are ranked by Borda count over small tasks, a type in a language each. Tasks are
chosen on some models and judged on pairs of models of which neither was seen. A corpus is judged by
how it ranks encoders that took no part in its pooling. Chance is an arm of both.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glotlift.evaluation.borda import borda_points
from glotlift.evaluation.negatives import pooled_corpus, random_corpus
from glotlift.evaluation.ranking import ranking_scores
from glotlift.evaluation.selection import (
    TaskFacts,
    agreeing_tasks,
    random_tasks,
    reduce_tasks,
    stratified_tasks,
)
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim, Published
from glotlift.recipes.embedding_tasks import embedding_tasks
from glotlift.recipes.graded_encoders import MORE, TUNED_MORE, ranked

Floats = NDArray[np.float64]
PREDICTED, AGREEING, STRATIFIED, RANDOM = (
    "least predictable", "most agreeing", "random by type", "random",
)  # fmt: skip
POOLED, ALONE, WITHOUT, DRAWN = "three runs", "its own run", "the other runs", "random documents"
FEWEST, SOME, SHALLOW, DEEP, LEANS, RAISED = (
    "few tasks", "more tasks", "few negatives", "more negatives", "leans", "raised",
)  # fmt: skip
TAU, SHARE, NDCG = "Kendall's tau", "share of models", "nDCG@10"
POOLED_MODEL = f"{TUNED_MORE}, layer 2"
POOLING = (POOLED_MODEL, f"{MORE}, layer 1", "letters in 1024")
WORLD: dict[str, Any] = {
    "text": "world:{}?rows=300&sentences=6",
    "documents": 300,
    "characters": 40_000,
    "parallel": "world",
    "pivot": "eng_Latn",
    "languages": ["deu_Latn", "hin_Deva", "rus_Cyrl", "swh_Latn", "tur_Latn", "zho_Hans"],
    "rows": 64,
    "pairs": 640,
    "topics": "world",
    "topic_rows": {"train": 64, "test": 64},
    "retrieval": {"queries": 24, "documents": 72},
    "size": "tiny",
    "pieces": 2000,
    "steps": [20, 80],
    "tuning_steps": [20, 60],
    "tuning_rate": 1e-3,
    "folds": 4,
    "sizes": [6, 12],
    "per_query": [5, 20],
}
REAL: dict[str, Any] = WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "topics": "$GLOTLIFT_DATA/sib200",
    "paragraphs": "$GLOTLIFT_DATA/xquad",
    "languages": [
        *("fin_Latn", "hin_Deva", "hun_Latn", "swh_Latn", "tur_Latn", "vie_Latn", "zho_Hans"),
    ],
    "asked": ["hin_Deva", "tur_Latn", "vie_Latn", "zho_Hans"],
    "topic_rows": {"train": 128, "test": 128},
    "retrieval": {"queries": 40, "documents": 120},
    "pieces": 4000,
}
JUDGED = ("folds", "sizes", "per_query")  # values that say how scores are looked at
Choose = Callable[[Floats, Sequence[TaskFacts], Sequence[int], int], list[list[int]]]


def key_of(setting: Setting) -> str:
    """Return as JSON the values that decide what encoders score."""
    deciding = {name: value for name, value in setting.values.items() if name not in JUDGED}
    return json.dumps(deciding, sort_keys=True)


def by_predictability(
    scores: Floats, facts: Sequence[TaskFacts], sizes: Sequence[int], draw: int
) -> list[list[int]]:
    """Leave out what the others foretell, without bounds; tasks that tell nothing go first."""
    there = np.flatnonzero(scores.std(0) > 1e-12).tolist()
    own = [facts[place] for place in there]
    found = reduce_tasks(scores[:, there], own, size=min(sizes), least=-1.0, most_error=np.inf)
    names = [fact.name for fact in facts]
    gone = [names.index(removal.name) for removal in found.removed]
    order = [there[place] for place in found.kept] + gone[::-1]
    return [order[:size] for size in sizes]


def by_agreement(
    scores: Floats, facts: Sequence[TaskFacts], sizes: Sequence[int], draw: int
) -> list[list[int]]:
    """Keep the tasks that rank these models as all tasks do."""
    return [agreeing_tasks(scores, facts, size) for size in sizes]


def by_type(
    scores: Floats, facts: Sequence[TaskFacts], sizes: Sequence[int], draw: int
) -> list[list[int]]:
    """Draw tasks, each type in its share."""
    return [stratified_tasks([fact.type for fact in facts], size, draw) for size in sizes]


def by_chance(
    scores: Floats, facts: Sequence[TaskFacts], sizes: Sequence[int], draw: int
) -> list[list[int]]:
    """Draw tasks."""
    return [random_tasks(len(facts), size, draw) for size in sizes]


def select(setting: Setting, seed: int, folder: Path, *, choose: Choose) -> Measurement:
    """Score each pair of models: 1 where the chosen tasks order it as all do, -1 the other way.

    The models are parted by the seed. A pair is ordered by tasks that were chosen on the models of
    the parts that hold neither of it.
    """
    values, table = setting.values, ranked(key_of(setting), seed)
    points = borda_points(table.scores)
    whole, count = points.sum(1), len(table.models)
    facts = [TaskFacts(*pair) for pair in zip(table.tasks, table.types, strict=True)]
    parts = np.random.default_rng([seed, count]).permutation(count) % values["folds"]
    chosen: dict[tuple[int, ...], list[list[int]]] = {}
    alike: list[list[float]] = []
    pairs = list(combinations(range(count), 2))
    for one, other in pairs:
        key = tuple(sorted({int(parts[one]), int(parts[other])}))
        if key not in chosen:
            seen = ~np.isin(parts, key)
            draw = 1000 * seed + len(chosen)
            chosen[key] = choose(table.scores[seen], facts, values["sizes"], draw)
        order = np.sign(whole[one] - whole[other])
        sums = [points[:, places].sum(1) for places in chosen[key]]
        alike.append([float(np.sign(each[one] - each[other]) * order) for each in sums])
    names = [f"{table.models[one]} / {table.models[other]}" for one, other in pairs]
    kept = np.mean([[len(places) for places in each] for each in chosen.values()], axis=0)
    return Measurement(
        float(kept.sum()),
        dict(zip((FEWEST, SOME), np.array(alike).T, strict=True)),
        {FEWEST: names, SOME: names},
        cost={"all tasks": len(facts), "models": count},
    )


def cut(setting: Setting, seed: int, folder: Path, *, pooling: Sequence[str]) -> Measurement:
    """Score what corpora pooled from these systems' runs do to rankings; of none, random ones.

    All have as many documents as those of the three runs. Rows of rankings are pairs of models that
    no pool knows, in a language: 1 where ordered as by the whole corpus, -1 the other way.
    """
    values, table = setting.values, ranked(key_of(setting), seed)
    corpora = embedding_tasks(key_of(setting)).corpora
    others = [n for n, model in enumerate(table.models) if model not in POOLING]
    star = table.models.index(POOLED_MODEL)
    pairs = list(combinations(others, 2))
    scores: dict[str, list[float]] = {name: [] for name in (SHALLOW, DEEP, LEANS, RAISED)}
    spent = 0.0
    for code, corpus in corpora.items():
        runs = dict(zip(table.models, table.runs[code], strict=True))
        full = standings(runs.values(), corpus.grades)
        for name, depth in zip((SHALLOW, DEEP), values["per_query"], strict=True):
            size = len(pooled_corpus([runs[each] for each in POOLING], corpus.grades, depth))
            kept = (
                pooled_corpus(
                    [runs[each] for each in pooling], corpus.grades, corpus.grades.size, most=size
                )
                if pooling
                else random_corpus(corpus.grades, size, seed)
            )
            spent += len(kept)
            found = standings((run[:, kept] for run in runs.values()), corpus.grades[:, kept])
            scores[name] += [
                float(np.sign(found[a] - found[b]) * np.sign(full[a] - full[b])) for a, b in pairs
            ]
            if name == SHALLOW:
                beaten = [np.mean(each[star] > each[others]) for each in (found, full)]
                scores[LEANS].append(float(beaten[0] - beaten[1]))
                scores[RAISED].append(float((found - full).mean()))
    names = [f"{code}: {table.models[a]} / {table.models[b]}" for code in corpora for a, b in pairs]
    rows = {SHALLOW: names, DEEP: names, LEANS: list(corpora), RAISED: list(corpora)}
    return Measurement(
        spent / len(corpora),
        {name: np.array(each) for name, each in scores.items()},
        rows,
        cost={"whole corpus": float(np.mean([len(c.documents) for c in corpora.values()]))},
    )


def standings(runs: Any, grades: Floats) -> Floats:
    """Return each model's mean nDCG@10, [models]."""
    return np.array([ranking_scores(run, grades).ndcg.mean() for run in runs])


def above(metric: str, arm: str, versus: str, unit: str = TAU, kind: Any = "greater") -> Claim:
    """Claim that an arm's figure is above another's, or below."""
    words = "more" if kind == "greater" else "less"
    text = f"“{arm}”: {words} than “{versus}” ({metric})"
    return Claim(f"{arm}, {versus}, {metric}", text, metric, arm, versus, kind, 0.0, unit)


SELECTION = Recipe(
    name="mmteb",
    part="selection",
    question="Which few tasks rank models that were not seen as all tasks do?",
    difference="how as many tasks are chosen",
    budget_unit="tasks",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        Arm(PREDICTED, "what other tasks foretell goes first, as published", partial(
            select, choose=by_predictability)),
        Arm(AGREEING, "kept is what ranks the seen models alike", partial(
            select, choose=by_agreement)),
        Arm(STRATIFIED, "drawn, each type in its share", partial(select, choose=by_type)),
        Arm(RANDOM, "drawn", partial(select, choose=by_chance)),
    ),
    claims=(
        Claim(
            "keeps the ranking",
            "a third of the tasks, the least predictable ones, rank with a tau above 0.8",
            *(SOME, PREDICTED, 0.0, "greater", 0.8, TAU),
            Published(
                "English: Spearman 0.97 of means over 41 tasks with those over 56",
                "the output of the notebook in the official repository",
            ),
        ),
        *(above(metric, PREDICTED, RANDOM) for metric in (FEWEST, SOME)),
        *(above(metric, PREDICTED, STRATIFIED) for metric in (FEWEST, SOME)),
        *(above(metric, AGREEING, RANDOM) for metric in (FEWEST, SOME)),
        *(above(metric, AGREEING, PREDICTED) for metric in (FEWEST, SOME)),
        above(FEWEST, STRATIFIED, RANDOM),
    ),
    metrics={name: Metric(TAU, higher_is_better=True) for name in (FEWEST, SOME)},
    settings=(Setting("world", WORLD), Setting("real", REAL)),
)  # fmt: skip
NEGATIVES = Recipe(
    name="mmteb",
    part="negatives",
    question="Does a corpus of pooled hard negatives rank models as the whole one does?",
    difference="which documents a corpus of one size keeps beside the relevant ones",
    budget_unit="documents",
    seeds=(0, 1, 2, 3, 4),
    arms=(
        Arm(POOLED, "by turns from three systems' runs", partial(cut, pooling=POOLING)),
        Arm(ALONE, "from the run of one system", partial(cut, pooling=POOLING[:1])),
        Arm(WITHOUT, "from the two others' runs", partial(cut, pooling=POOLING[1:])),
        Arm(DRAWN, "drawn", partial(cut, pooling=())),
    ),
    claims=(
        *(above(metric, POOLED, DRAWN) for metric in (SHALLOW, DEEP)),
        Claim(
            "keeps the ranking",
            "the larger pool ranks with a tau above 0.8",
            *(DEEP, POOLED, 0.0, "greater", 0.8, TAU),
        ),
        above(RAISED, DRAWN, POOLED, NDCG),
        above(LEANS, ALONE, WITHOUT, SHARE, "less"),
        Claim(
            "fair",
            "a pool of three runs leaves a pooled system's standing as it is",
            *(LEANS, POOLED, 0.0, "within", 0.05, SHARE),
        ),
    ),
    metrics={
        SHALLOW: Metric(TAU, higher_is_better=True),
        DEEP: Metric(TAU, higher_is_better=True),
        LEANS: Metric(SHARE, higher_is_better=False),
        RAISED: Metric(NDCG, higher_is_better=False),
    },
    settings=(Setting("world", WORLD), Setting("real", REAL)),
)
RECIPES = (SELECTION, NEGATIVES)
