"""Models beside each other: what they score on several tasks, and what that costs.

A model is worth its cost where no other is both cheaper and better: it lies on the Pareto front. A
score is an estimate, so two fronts are told apart: of the estimates, and of what is sure. Costs
are any quantities of which less is better: parameters, bytes, seconds to tune, seconds per 1,000
rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glotlift.evaluation.statistics import Interval, paired_difference
from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """A model: task -> scores [seeds, rows] or [rows], of which more is better, and its costs."""

    name: str
    scores: Mapping[str, Floats]
    costs: Mapping[str, float]


@dataclass(frozen=True)
class Standing:
    """Where a model stands among others.

    `tasks` hold its mean score of each task and `overall` that of all, each task alike; `rank` is
    its mean rank over tasks, 1 the best. `beaten_by` names the models that cost no more in anything
    and score no less (better in one of the two), `surely_beaten_by` those of them whose score is
    above its own by the interval of the difference.
    """

    name: str
    tasks: Mapping[str, Interval]
    overall: Interval
    rank: float
    costs: Mapping[str, float]
    beaten_by: tuple[str, ...] = field(default=())
    surely_beaten_by: tuple[str, ...] = field(default=())

    @property
    def on_front(self) -> bool:
        """Whether no other model is estimated to be as cheap and as good."""
        return not self.beaten_by


def compare_at_cost(
    candidates: Sequence[Candidate],
    *,
    costs: Sequence[str] | None = None,
    weights: Mapping[str, ArrayLike] | None = None,
) -> list[Standing]:
    """Return where each model stands, the best first.

    All models meet the same seeds and rows of the same tasks. `weights` hold [rows] where a task's
    score is a weighted mean; `costs` names those that count for the front (by default all).
    Raises GL-EVALUATION-117 where models differ in their tasks or costs.
    """
    names = check(candidates)
    tasks = list(candidates[0].scores)
    shares = task_shares(candidates[0].scores, weights or {})
    counted = list(candidates[0].costs) if costs is None else list(costs)
    joined = {one.name: np.concatenate([np.atleast_2d(one.scores[t]) for t in tasks], 1)
              for one in candidates}  # fmt: skip
    every = np.concatenate([shares[task] for task in tasks])
    means = np.array(
        [[np.atleast_2d(one.scores[t]).mean(0) @ shares[t] * len(tasks) for t in tasks]
         for one in candidates]
    )  # fmt: skip
    spent = np.array([[one.costs[name] for name in counted] for one in candidates])
    beats = dominance(means.mean(1), spent)
    found = []
    for place, one in enumerate(candidates):
        rivals = [names[other] for other in np.flatnonzero(beats[:, place])]
        sure = [
            rival
            for rival in rivals
            if paired_difference(joined[rival], joined[one.name], weights=every).low > 0
        ]
        found.append(
            Standing(
                name=one.name,
                tasks={
                    task: paired_difference(one.scores[task], 0.0, weights=shares[task])
                    for task in tasks
                },
                overall=paired_difference(joined[one.name], 0.0, weights=every),
                rank=mean_rank(means, place),
                costs=dict(one.costs),
                beaten_by=tuple(rivals),
                surely_beaten_by=tuple(sure),
            )
        )
    return sorted(found, key=lambda standing: -standing.overall.estimate)


def check(candidates: Sequence[Candidate]) -> list[str]:
    """Return the models' names; refuse what cannot be compared."""
    kinds = {(tuple(one.scores), tuple(sorted(one.costs))) for one in candidates}
    names = [one.name for one in candidates]
    if len(kinds) != 1 or len(set(names)) < len(names):
        raise GlotliftError(
            "GL-EVALUATION-117",
            f"models {names} do not have names of their own and the same tasks and costs",
            fix="measure all models on the same tasks, and each cost of all of them",
        )
    return names


def task_shares(
    scores: Mapping[str, Floats], weights: Mapping[str, ArrayLike]
) -> dict[str, Floats]:
    """Return [rows] weights of each task's rows under which tasks count alike; they sum to one.

    A task whose rows all weigh nothing is left out.
    """
    own = {
        task: np.asarray(weights.get(task, np.ones(np.shape(rows)[-1])), np.float64)
        for task, rows in scores.items()
    }
    counted = sum(rows.any() for rows in own.values())
    return {task: rows / max(rows.sum(), 1e-300) / counted for task, rows in own.items()}


def dominance(scores: ArrayLike, costs: ArrayLike) -> NDArray[np.bool_]:
    """Return [models, models] whether one beats another, from scores [models] and costs.

    `costs` are [models, quantities]. One model beats another that scores no more and costs no less
    in any quantity, and is worse in one of these at least: Pareto dominance.
    """
    score, cost = np.asarray(scores, np.float64), np.asarray(costs, np.float64)
    as_good = (score[:, None] >= score[None]) & (cost[:, None] <= cost[None]).all(-1)
    better = (score[:, None] > score[None]) | (cost[:, None] < cost[None]).any(-1)
    return np.asarray(as_good & better)


def mean_rank(means: Floats, place: int) -> float:
    """Return the mean rank over tasks of a model, from means [models, tasks]; equals halfway."""
    own = means[place]
    above, equal = (means > own).sum(0), (means == own).sum(0)
    return float((above + (equal + 1) / 2).mean())
