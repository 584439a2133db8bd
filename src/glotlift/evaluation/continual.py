"""Tasks learnt one after another: what is reached, what is lost, and what else it costs.

All is read from one array of scores, [stages + 1, tasks, ...]: row 0 is the model before the first
task, row t the model after t tasks, and tasks stand in the order in which they were learnt. What
further axes hold, rows of a test or seeds, is kept, so that figures can be compared row by row. For
an earlier stage t give ``scores[: t + 1, :t]``. Scores of all tasks should be of one scale.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]


def overall_performance(scores: ArrayLike) -> Any:
    """Return the mean score of all tasks after the last, [...].

    Source: Wang et al. 2023 (arXiv:2310.06762), overall performance. Raises GL-EVALUATION-085 (not
    a row more than tasks) or -086 (a score that is no number).
    """
    return checked(scores)[-1].mean(axis=0)


def backward_transfer(scores: ArrayLike) -> Any:
    """Return how tasks changed from when they were learnt to the end, on the mean, [...].

    Below 0 is forgetting. The last task, which cannot change, counts as 0, so that the sum is
    parted by the number of all tasks, as Wang et al. 2023 (arXiv:2310.06762) and the code of
    Lopez-Paz and Ranzato 2017 (arXiv:1706.08840) do; the formula of the latter's section 2 parts it
    by one less. Raises GL-EVALUATION-085 and -086.
    """
    return task_changes(scores).mean(axis=0)


def task_changes(scores: ArrayLike) -> Floats:
    """Return each task's change from when it was learnt to the end, [tasks, ...].

    Raises GL-EVALUATION-085 and -086.
    """
    known = checked(scores)
    return np.asarray(known[-1] - when_learnt(known), np.float64)


def learnt_performance(scores: ArrayLike) -> Any:
    """Return the mean score of tasks just after each was learnt, [...].

    Without it, a task that was never learnt looks like one that is not forgotten. Raises
    GL-EVALUATION-085 and -086.
    """
    return when_learnt(checked(scores)).mean(axis=0)


def forward_transfer(scores: ArrayLike) -> Any:
    """Return what earlier tasks give later ones before those are learnt, on the mean, [...].

    It is the score just before a task is learnt less that before the first task; the first task
    counts as 0, as in the code of Lopez-Paz and Ranzato 2017 (arXiv:1706.08840). Raises
    GL-EVALUATION-085 and -086.
    """
    known = checked(scores)
    places = np.arange(known.shape[1])
    return (known[places, places] - known[0]).mean(axis=0)


def forgetting(scores: ArrayLike) -> Any:
    """Return how far tasks fell from their best earlier score, on the mean of all but the last.

    `scores` are [stages + 1, tasks], each a mean over rows: the best of single rows would not be
    the best of their mean. Source: Chaudhry et al. 2018 (arXiv:1801.10112), section 3.1. Raises
    GL-EVALUATION-085 (also for fewer than two tasks, or for further axes) and -086.
    """
    known = checked(scores)
    if known.ndim > 2 or known.shape[1] < 2:
        raise wrong_shape(known.shape)
    return float((known[1:-1, :-1].max(axis=0) - known[-1, :-1]).mean())


def ability_change(before: ArrayLike, after: ArrayLike) -> Any:
    """Return the mean change over probes [probes, ...] of an ability that is not trained, [...].

    Wang et al. 2023 (arXiv:2310.06762) measure so, against the model before the first task, general
    ability, the following of instructions, and safety, each over benchmarks of its own. Raises
    GL-EVALUATION-087 where probes do not pair, and -086.
    """
    old, new = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if old.shape != new.shape or not old.ndim or not old.size:
        raise GlotliftError(
            "GL-EVALUATION-087",
            f"probes of shape {old.shape} before and {new.shape} after do not pair",
            fix="measure the same rows of the same probes on both models",
        )
    return finite(new - old).mean(axis=0)


def when_learnt(scores: Floats) -> Floats:
    """Return each task's score after its own stage, [tasks, ...]."""
    places = np.arange(scores.shape[1])
    return np.asarray(scores[places + 1, places], np.float64)


def checked(scores: ArrayLike) -> Floats:
    """Return scores as an array [tasks + 1, tasks, ...]; raises GL-EVALUATION-085 and -086."""
    known = np.asarray(scores, np.float64)
    if known.ndim < 2 or known.shape[1] < 1 or known.shape[0] != known.shape[1] + 1:
        raise wrong_shape(known.shape)
    return finite(known)


def finite(scores: Floats) -> Floats:
    """Return scores that are all numbers; raises GL-EVALUATION-086."""
    if not np.isfinite(scores).all():
        raise GlotliftError(
            "GL-EVALUATION-086",
            "a score is missing or infinite",
            place=f"place {np.argwhere(~np.isfinite(scores))[0].tolist()}",
            fix="measure every task after every stage",
        )
    return scores


def wrong_shape(shape: tuple[int, ...]) -> GlotliftError:
    """Return the error of scores that are no sequence of tasks."""
    return GlotliftError(
        "GL-EVALUATION-085",
        f"scores of shape {shape} are not those of a sequence of tasks",
        fix="give [stages + 1, tasks]: the model before, then after each task",
    )
