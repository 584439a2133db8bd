"""Tasks learnt one after another: what each stage reads, and the model after each.

A way of reading says which sources stage `at` of an order reads, in shares of bytes of text. All
ways read equally much, so that what is replayed is taken from the new task.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import Mixture, hand
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Objective
from glotlift.training.schedule import Budget
from glotlift.training.stages import Event, Stage, Trained, discard_checkpoints, run_stage


class Reading(Protocol):
    """Which sources a stage of a sequence reads, and in which shares of bytes."""

    def __call__(self, order: Sequence[str], at: int) -> dict[str, float]:
        """Return the shares, summing to 1, of the stage that learns ``order[at]``."""
        ...


def plain(order: Sequence[str], at: int) -> dict[str, float]:
    """Read the new task alone."""
    return {order[at]: 1.0}


def joint(order: Sequence[str], at: int) -> dict[str, float]:
    """Read all tasks alike at every stage: no sequence, but what one could reach."""
    return dict.fromkeys(order, 1 / len(order))


@dataclass(frozen=True)
class Replay:
    """Read the new task, and of each earlier one `share` as much; of each `kept` source too.

    Wang et al. 2023 (arXiv:2310.06762) replay a tenth of each earlier task's rows, and alignment
    data, for which `kept` sources stand; their code reads these once after the new task, where here
    they are mixed with it. Raises GL-TRAINING-050 for a share that is not above 0.
    """

    share: float = 0.1
    kept: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a share that replays nothing."""
        if not self.share > 0:
            raise GlotliftError(
                "GL-TRAINING-050",
                f"a share of {self.share} replays nothing",
                place="replay",
                fix="give a share above 0, or read plainly",
            )

    def __call__(self, order: Sequence[str], at: int) -> dict[str, float]:
        """Return the shares."""
        parts = dict.fromkeys((*order[:at], *self.kept), self.share) | {order[at]: 1.0}
        total = sum(parts.values())
        return {name: part / total for name, part in parts.items()}


def task_stages(
    objective: Objective,
    sources: Mapping[str, Dataset],
    order: Sequence[str],
    budget: Budget,
    *,
    reading: Reading = plain,
    seed: int = 0,
    **settings: Any,
) -> list[Stage]:
    """Return a stage for each task of `order`, named by it; each spends `budget`.

    `sources` maps tasks, and what else is read, to rows that `objective` prepares, with a column
    `text` that mixtures weigh. `settings` are further ones of `Stage`: `delta`, or `settings` of
    training. Raises GL-TRAINING-051 (no task, or one twice) or -052 (a source without rows).
    """
    if not order or len({*order}) < len(order):
        raise GlotliftError(
            "GL-TRAINING-051",
            f"the order {list(order)} is no sequence of tasks",
            place="order",
            fix="name each task once",
        )
    shares = [reading(order, at) for at in range(len(order))]
    read = {name: None for given in shares for name in given}
    for name in read:
        if not len(sources.get(name, ())):
            raise GlotliftError(
                "GL-TRAINING-052",
                f"there are no rows of {name!r}",
                place="sources",
                fix=f"the sources are {', '.join(sources)}",
            )
    features = {name: objective.prepare(sources[name]) for name in read}
    stages = []
    for at, (task, given) in enumerate(zip(order, shares, strict=True)):
        own = len(order) * seed + at  # else every stage of a joint reading would read the same rows
        mixture = Mixture({name: sources[name] for name in given}, hand(given), seed=own)
        known = {name: features[name] for name in given}
        stages.append(
            Stage(task, known, mixture, budget, seed=own, objective=objective, **settings)
        )
    return stages


def run_in_order(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    stages: Sequence[Stage],
    folder: Path,
    *,
    event: Event | None = None,
) -> Iterator[tuple[str, Trained]]:
    """Train one stage after another; yield each stage's name and what it left.

    The next stage goes on from the model that was yielded, in place: measure it before asking for
    more. Checkpoints lie in `folder` while a stage runs.
    """
    for number, stage in enumerate(stages):
        place = folder / f"{number + 1:02d}"
        trained = run_stage(model, tokenizer, stage, place, event=event)
        discard_checkpoints(place)
        model = trained.model
        yield stage.name, trained
