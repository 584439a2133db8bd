"""What a recipe declares before it runs: arms, one difference, one budget, metrics and claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glotlift.evidence.verdicts import Claim
from glotlift.runs.errors import GlotliftError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Metric:
    """A measured quantity, one score per row."""

    unit: str
    higher_is_better: bool


@dataclass(frozen=True)
class Setting:
    """Where a recipe is tried: a name (``world``, ``real`` or a user's own) and its values.

    The values are JSON: addresses of model and text, languages, sizes. They decide, with the arm
    and the seed, whether a finished cell may be reused.
    """

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """What one arm scored under one seed.

    `scores` hold [rows] per metric and `rows` their ids, the same in every arm and seed; `weights`
    hold [rows] where a metric is a weighted mean (bytes for bits per byte). `budget` is what was
    spent, in the recipe's unit; `cost` is anything else worth printing (seconds, bytes).
    """

    budget: float
    scores: Mapping[str, NDArray[np.float64]]
    rows: Mapping[str, Sequence[str]]
    weights: Mapping[str, NDArray[np.float64]] | None = None
    cost: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Arm:
    """One way of doing the thing. `run` gets the setting, the seed and a folder of its own.

    The folder outlives a kill, so an arm may keep checkpoints there. `trained` is False where no
    seed enters a training, which asks for fewer seeds.
    """

    name: str
    description: str
    run: Callable[[Setting, int, Path], Measurement]
    trained: bool = True


@dataclass(frozen=True)
class Recipe:
    """Two or more arms that differ in one thing, and claims about the difference.

    `difference` names the one thing; `budget_unit` the one quantity that all arms spend alike.

    Raises GL-EVIDENCE-003 (fewer than two arms, or two of one name), -004 (a claim about an arm
    or a metric that there is not) or -005 (no seeds, or one twice).
    """

    name: str
    part: str
    question: str
    difference: str
    budget_unit: str
    seeds: tuple[int, ...]
    arms: tuple[Arm, ...]
    claims: tuple[Claim, ...]
    metrics: Mapping[str, Metric]
    settings: tuple[Setting, ...] = (Setting("world"),)

    def __post_init__(self) -> None:
        """Refuse what could not be judged, before anything runs."""
        names = [arm.name for arm in self.arms]
        if len(set(names)) < max(2, len(names)):
            raise GlotliftError(
                "GL-EVIDENCE-003",
                f"arms {names} cannot be compared",
                place=f"recipe {self.name}",
                fix="give two or more arms, each with a name of its own",
            )
        for claim in self.claims:
            self._check(claim, names)
        check_seeds(self.seeds, self.name)

    def _check(self, claim: Claim, names: Sequence[str]) -> None:
        arms = [claim.arm] if isinstance(claim.versus, (int, float)) else [claim.arm, claim.versus]
        unknown = [name for name in arms if name not in names]
        unknown += [claim.metric] if claim.metric not in self.metrics else []
        if unknown:
            raise GlotliftError(
                "GL-EVIDENCE-004",
                f"a claim speaks of {unknown[0]!r}, which the recipe does not have",
                place=f"recipe {self.name}, claim {claim.id}",
                fix=f"name one of {[*names, *self.metrics]}",
            )

    def setting(self, name: str) -> Setting:
        """Return the setting of that name; raises GL-EVIDENCE-006 where there is none."""
        for setting in self.settings:
            if setting.name == name:
                return setting
        raise GlotliftError(
            "GL-EVIDENCE-006",
            f"no setting {name!r}",
            place=f"recipe {self.name}",
            fix=f"choose one of {[setting.name for setting in self.settings]}",
        )


def check_seeds(seeds: Sequence[int], name: str) -> None:
    """Raise GL-EVIDENCE-005 unless there is at least one seed and none twice."""
    if not seeds or len(set(seeds)) < len(seeds):
        raise GlotliftError(
            "GL-EVIDENCE-005",
            f"seeds {list(seeds)} do not make a comparison",
            place=f"recipe {name}",
            fix="give one or more different seeds",
        )
