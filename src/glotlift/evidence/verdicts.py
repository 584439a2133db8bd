"""Claims made before a run, and the verdict on each after it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from glotlift.evaluation.power import Needed, needed
from glotlift.evaluation.statistics import Interval
from glotlift.runs.errors import GlotliftError

Kind = Literal["greater", "less", "within"]
Outcome = Literal["CONFIRMED", "NOT SEPARABLE", "CONTRADICTED"]


@dataclass(frozen=True)
class Published:
    """A published figure that stands beside ours, and where it comes from."""

    figure: str
    source: str


@dataclass(frozen=True)
class Claim:
    """A sentence about the difference ``arm - versus`` in one metric, declared beforehand.

    `versus` is another arm or a number. The margin is by how much, in the claimed direction:

    - ``greater``: the difference is above `margin` (a negative one claims "not worse by more");
    - ``less``: the difference is below ``-margin``;
    - ``within``: the difference lies between ``-margin`` and `margin`, that is "unchanged".

    Raises GL-EVIDENCE-001 for a margin that is no claim.
    """

    id: str
    text: str
    metric: str
    arm: str
    versus: str | float
    kind: Kind
    margin: float
    unit: str
    published: Published | None = None

    def __post_init__(self) -> None:
        """Refuse margins that cannot be judged."""
        if self.kind not in ("greater", "less", "within"):
            raise GlotliftError(
                "GL-EVIDENCE-001", f"{self.kind!r} is no kind of claim", place=f"claim {self.id}",
                fix="choose greater, less or within",
            )  # fmt: skip
        if not math.isfinite(self.margin) or (self.kind == "within" and self.margin <= 0):
            raise GlotliftError(
                "GL-EVIDENCE-002", f"a margin of {self.margin} claims nothing",
                place=f"claim {self.id}", fix="declare a finite margin, above zero for 'within'",
            )  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What the data says about a claim; `needed` is set where it cannot tell."""

    claim: Claim
    interval: Interval
    outcome: Outcome
    needed: Needed | None

    def row(self) -> dict[str, Any]:
        """Return the claim and its verdict as evidence files carry them."""
        claim, interval = self.claim, self.interval
        return {
            "id": claim.id,
            "text": claim.text,
            "metric": claim.metric,
            "arm": claim.arm,
            "versus": claim.versus,
            "kind": claim.kind,
            "margin": claim.margin,
            "unit": claim.unit,
            **interval.brief(),
            "seeds": interval.seeds,
            "rows": interval.rows,
            "verdict": self.outcome,
            "needed": str(self.needed) if self.needed else None,
            "published": asdict(claim.published) if claim.published else None,
        }


def judge(claim: Claim, interval: Interval) -> Verdict:
    """Compare the interval of ``arm - versus`` with the claim.

    CONFIRMED where it lies wholly on the claimed side of the margin, CONTRADICTED where wholly on
    the other, NOT SEPARABLE where it straddles or touches it; then `needed` says how many seeds
    or rows would tell, should the estimate stay.
    """
    low, high = _claimed(claim)
    if low < interval.low and interval.high < high:
        return Verdict(claim, interval, "CONFIRMED", None)
    if interval.high < low or high < interval.low:
        return Verdict(claim, interval, "CONTRADICTED", None)
    distance = min(abs(interval.estimate - edge) for edge in (low, high))
    return Verdict(claim, interval, "NOT SEPARABLE", needed(interval, distance))


def _claimed(claim: Claim) -> tuple[float, float]:
    """Return the open range of differences for which the claim holds."""
    return {
        "greater": (claim.margin, math.inf),
        "less": (-math.inf, -claim.margin),
        "within": (-claim.margin, claim.margin),
    }[claim.kind]
