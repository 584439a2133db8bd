"""Fewer tasks that still rank models alike: what to leave out, and what leaving out at random does.

Enevoldsen et al. 2025, "MMTEB: Massive Multilingual Text Embedding Benchmark" (arXiv:2502.13595),
section 2.3: a task that the others foretell is left out, one after the other. Whether that is worth
more than chance, the random and stratified choices of as many tasks tell.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glotlift.evaluation.borda import borda_points
from glotlift.evaluation.correlation import average_ranks, kendall
from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]
SMALLEST = 1e-10  # eigenvalues below this share of the largest are taken for 0


@dataclass(frozen=True)
class TaskFacts:
    """What decides whether a task may be left out: its type, and the languages that it covers."""

    name: str
    type: str = ""
    languages: frozenset[str] = field(default_factory=frozenset)


class Predictability(NamedTuple):
    """How well the other tasks foretell a task, [tasks] each.

    Correlations are between foretold and true scores over models; `error` is the mean squared error
    over the variance of the true scores.
    """

    spearman: Floats
    pearson: Floats
    error: Floats


class Removal(NamedTuple):
    """A task that was left out, and how predictable it was from those that were still there."""

    name: str
    spearman: float
    pearson: float
    error: float


class Reduction(NamedTuple):
    """The places of the tasks that are kept, in order, and what was left out, first to last."""

    kept: list[int]
    removed: list[Removal]


def foretold_scores(scores: ArrayLike) -> Floats:
    """Return what the other tasks and the other models say of each score, [models, tasks].

    For a model and a task, a linear regression with intercept is fitted on the other models from
    their scores in the other tasks to those in the task. There are commonly fewer models than
    tasks: of all solutions it is then the one of least norm. Raises GL-EVALUATION-090 for fewer
    than 3 models or 2 tasks, or scores that are no numbers.
    """
    scores = checked(scores)
    found = np.empty_like(scores)
    for model, own in enumerate(scores):
        others = np.delete(scores, model, axis=0)
        mean = others.mean(0)
        centred, asked = others - mean, own - mean
        # Least norm in the space of models: all inner products, less those of the task itself.
        columns = centred.T
        products = centred @ centred.T - columns[:, :, None] * columns[:, None, :]
        near = centred @ asked - columns * asked[:, None]
        solved = np.linalg.pinv(products, rcond=SMALLEST, hermitian=True)
        found[model] = mean + np.einsum("ti,tij,tj->t", near, solved, columns)
    return found


def predictability(scores: ArrayLike) -> Predictability:
    """Return how predictable each task is from the others; scores are [models, tasks].

    Where nothing varies a correlation is 0. Raises what `foretold_scores` raises, and
    GL-EVALUATION-091 where all models score alike in a task.
    """
    scores = checked(scores)
    spread = scores.std(0)
    if (spread < 1e-12).any():
        raise GlotliftError(
            "GL-EVALUATION-091",
            "all models score alike in a task, which tells nothing of them",
            place=f"task {int(spread.argmin())}",
            fix="leave the task out beforehand",
        )
    told = foretold_scores(scores)
    return Predictability(
        correlations(average_ranks(scores), average_ranks(told)),
        correlations(scores, told),
        ((told - scores) ** 2).mean(0) / spread**2,
    )


def correlations(one: Floats, other: Floats) -> Floats:
    """Return Pearson's correlation of each column, 0 where one does not vary."""
    left, right = one - one.mean(0), other - other.mean(0)
    norm = np.sqrt((left**2).sum(0) * (right**2).sum(0))
    return np.asarray((left * right).sum(0) / np.where(norm > 1e-15, norm, np.inf))


def reduce_tasks(
    scores: ArrayLike,
    tasks: Sequence[TaskFacts],
    *,
    keep: Collection[str] = (),
    size: int = 1,
    least: float = 0.8,
    most_error: float = 0.5,
) -> Reduction:
    """Leave out tasks, the most predictable first, until `size` are left or none may go.

    A task goes only if the others foretell it with a rank correlation of `least` or more and an
    error of at most `most_error` (the multilingual benchmark's bounds; 0.95 and 0.2 made the
    English one), and `may_go` allows it. The official notebooks are followed step by step.
    Raises what `predictability` raises.
    """
    scores = checked(scores, tasks)
    kept, removed = list(range(len(tasks))), list[Removal]()
    while len(kept) > max(size, 2):
        found = predictability(scores[:, kept])
        for place in np.argsort(-found.spearman, kind="stable"):
            told = Removal(tasks[kept[place]].name, *(float(column[place]) for column in found))
            good = told.spearman >= least and told.error <= most_error
            if good and may_go(tasks, kept, kept[place], keep):
                del kept[place]
                removed.append(told)
                break
        else:
            break
    return Reduction(kept, removed)


def may_go(
    tasks: Sequence[TaskFacts], kept: Sequence[int], place: int, keep: Collection[str] = ()
) -> bool:
    """Tell whether a task may go: not named in `keep`, and not the last that its type needs.

    Others of its type must be left, which cover all its languages.
    """
    alike = [tasks[n] for n in kept if n != place and tasks[n].type == tasks[place].type]
    covered = frozenset().union(*(task.languages for task in alike))
    return tasks[place].name not in keep and bool(alike) and tasks[place].languages <= covered


def agreeing_tasks(
    scores: ArrayLike,
    tasks: Sequence[TaskFacts],
    size: int,
    *,
    keep: Collection[str] = (),
) -> list[int]:
    """Return the places of `size` tasks that rank the models as all tasks do.

    One task after the other goes, that without which the Borda counts of the rest are ranked most
    like those of all (Kendall's tau; of equal ones, the higher correlation of the counts), if
    `may_go` allows it. Then one that is kept changes places with one that is not, as long as that
    makes the counts more alike. Raises GL-EVALUATION-090 for what is no matrix of scores.
    """
    points = borda_points(checked(scores, tasks))
    whole, kept = points.sum(1), list(range(len(tasks)))
    while len(kept) > size:
        free = [place for place in kept if may_go(tasks, kept, place, keep)]
        if not free:
            break
        best, _ = most_alike(points[:, kept].sum(1)[:, None] - points[:, free], whole)
        kept.remove(free[best])
    _, reached = most_alike(points[:, kept].sum(1)[:, None], whole)
    while len(kept) < len(tasks):
        changes = [
            (out, into)
            for into in set(range(len(tasks))).difference(kept)
            for out in kept
            if may_go(tasks, [*kept, into], out, keep)
        ]
        if not changes:
            break
        outs, intos = np.array(changes).T
        total = points[:, kept].sum(1)[:, None]
        best, alike = most_alike(total - points[:, outs] + points[:, intos], whole)
        if alike <= reached:
            break
        kept[kept.index(changes[best][0])], reached = changes[best][1], alike
    return sorted(kept)


def most_alike(counts: Floats, whole: Floats) -> tuple[int, tuple[float, float]]:
    """Return which column of [models, n] is ranked most like `whole` [models], and how alike."""
    tau = np.round(kendall(counts, whole), 9)
    linear = np.round(correlations(counts, np.broadcast_to(whole[:, None], counts.shape)), 9)
    best = int(np.lexsort((linear, tau))[-1])
    return best, (float(tau[best]), float(linear[best]))


def random_tasks(count: int, size: int, seed: int) -> list[int]:
    """Return the places of `size` of `count` tasks, drawn by the seed."""
    drawn = np.random.default_rng([seed, count, size]).permutation(count)
    return sorted(drawn[:size].tolist())


def stratified_tasks(types: Sequence[str], size: int, seed: int) -> list[int]:
    """Return the places of `size` tasks drawn by the seed, each type in its share of all.

    Every type has one at least where `size` allows.
    """
    order = np.random.default_rng([seed, len(types), size]).permutation(len(types))
    # Tasks are taken by where they stand within their type, as a part of its size, but the first of
    # each type before all others: so any beginning of the order has the types in their shares.
    turn = np.empty(len(types))
    for name in set(types):
        own = [task for task in order if types[task] == name]
        turn[own] = [-1.0, *((np.arange(1, len(own)) + 0.5) / len(own))]
    return sorted(order[np.argsort(turn[order], kind="stable")][:size].tolist())


def checked(scores: ArrayLike, tasks: Sequence[TaskFacts] | None = None) -> Floats:
    """Return scores as a matrix [models, tasks]; raises GL-EVALUATION-090."""
    found = np.asarray(scores, np.float64)
    fits = found.ndim == 2 and found.shape[0] >= 3 and found.shape[1] >= 2
    if not fits or not np.isfinite(found).all() or len(tasks or found.T) != found.shape[1]:
        raise GlotliftError(
            "GL-EVALUATION-090",
            f"scores {found.shape} of {len(tasks or found.T) if found.ndim else 0} tasks are no "
            "whole matrix of models and tasks",
            fix="give a number for each of 3 or more models and 2 or more tasks; leave out models "
            "with missing scores",
        )
    return found
