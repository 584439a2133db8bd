"""From which language to transfer: a grid of source and target languages, and what it recommends.

A model is tuned on labels of one language, its source, and tested in others, its targets. A grid
holds the scores of every pair. Of a target it tells which source is best, how sure that is, and how
much is lost at most by taking another one: simultaneous intervals for the distance to the best
(Hsu 1984, "Constrained simultaneous confidence intervals for multiple comparisons with the best",
Ann. Stat. 12(3)), which hold for a source that was picked because it looked best, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glotlift.evaluation.correlation import pearson_rows
from glotlift.evaluation.quantiles import normal_quantile
from glotlift.evaluation.statistics import Interval, paired_difference, resample_rows
from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TransferGrid:
    """Scores [seeds, sources, targets, rows] of models tuned on a source, tested in a target.

    All models meet the same rows of a target. A source that is a target too has scores there as
    well, which are no transfer: they are left out unless asked for.

    Raises GL-EVALUATION-110 where the scores do not fit the languages, or are not finite.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    scores: Floats

    def __post_init__(self) -> None:
        """Refuse scores that are of something else."""
        shape = np.shape(self.scores)
        wanted = (len(self.sources), len(self.targets))
        if len(shape) != 4 or shape[1:3] != wanted or not np.isfinite(self.scores).all():
            raise GlotliftError(
                "GL-EVALUATION-110",
                f"scores of shape {shape} are no grid of {wanted[0]} sources and {wanted[1]} "
                "targets, or not all finite",
                fix="give [seeds, sources, targets, rows]",
            )

    def of(self, source: str, target: str) -> Floats:
        """Return the scores of a pair, [seeds, rows]."""
        found: Floats = self.scores[
            :, position(source, self.sources), position(target, self.targets)
        ]
        return found

    def others(self, target: str) -> tuple[str, ...]:
        """Return the sources that are not the target; raises GL-EVALUATION-111 for fewer than two.

        There is nothing to choose between otherwise.
        """
        found = tuple(source for source in self.sources if source != target)
        if len(found) < 2:
            raise GlotliftError(
                "GL-EVALUATION-111",
                f"{len(found)} source beside {target} leaves no choice",
                fix="tune on two other languages or more",
            )
        return found

    def best(self, target: str) -> str:
        """Return the source of the highest mean score that is not the target."""
        others = self.others(target)
        return max(others, key=lambda source: float(self.of(source, target).mean()))

    def means(self) -> Floats:
        """Return the mean score of each pair under each seed, [seeds, sources, targets]."""
        return np.asarray(self.scores.mean(-1))


class Transfer(NamedTuple):
    """What a source reaches in a target."""

    source: str
    target: str
    interval: Interval


@dataclass(frozen=True)
class Recommendation:
    """A source for a target, how likely each one is the best, and what taking it may lose.

    `regret` is the score of the source that looks best less that of this one; `low` and `high`
    bound how far the true score of this one is below that of the truly best.
    """

    target: str
    source: str
    score: float
    probabilities: Mapping[str, float]
    regret: float
    low: float
    high: float

    @property
    def probability(self) -> float:
        """How likely the recommended source is the best."""
        return self.probabilities[self.source]


def position(code: str, codes: Sequence[str]) -> int:
    """Return the place of a language; raises GL-EVALUATION-112 where it is not there."""
    if code not in codes:
        raise GlotliftError(
            "GL-EVALUATION-112",
            f"the grid has no {code!r}",
            fix=f"choose one of {', '.join(codes)}",
        )
    return codes.index(code)


def transfer_table(grid: TransferGrid, *, chance: float = 0.0) -> list[Transfer]:
    """Return every pair's mean score above `chance` with its interval over seeds and rows."""
    return [
        Transfer(source, target, paired_difference(grid.of(source, target), chance))
        for source in grid.sources
        for target in grid.targets
    ]


def nearest_source(target: str, likeness: Mapping[str, float]) -> str:
    """Return the source nearest to a target without any score: kin first, then script.

    `likeness` says of each source how like it is to the target (pieces in common, say), and decides
    among those of the same standing. The target itself is none of them.
    """
    known = language(target)

    def nearness(code: str) -> tuple[bool, bool, float]:
        other = language(code)
        return other.family == known.family, other.script == known.script, likeness[code]

    return max((code for code in likeness if code != target), key=nearness)


def relative_transfer(grid: TransferGrid, *, chance: float = 0.0) -> Floats:
    """Return [sources, targets] the share of what the target's own labels reach above `chance`.

    It is 1 where a source is the target. Raises GL-EVALUATION-112 for a target that is no source.
    """
    means = grid.means().mean(0) - chance
    own = [means[position(code, grid.sources), n] for n, code in enumerate(grid.targets)]
    return np.asarray(means / np.array(own))


def recommend(
    grid: TransferGrid,
    target: str,
    *,
    chosen: str | None = None,
    confidence: float = 0.95,
    resamples: int = 4000,
    seed: int = 0,
) -> Recommendation:
    """Return the best source of a target (or the `chosen` one) with what it may lose.

    Sources are compared on the same seeds and rows, by a bootstrap that draws both for all of them
    at once; `probabilities` is how often each is the best of a draw. The interval of the regret is
    Hsu's with critical values from that bootstrap, and standard errors as `paired_difference`
    corrects them for few seeds. Raises GL-EVALUATION-111 and -112.
    """
    others = grid.others(target)
    scores = np.stack([grid.of(source, target) for source in others])  # [sources, seeds, rows]
    means = scores.mean((1, 2))
    drawn = drawn_means(scores, resamples, seed)  # [resamples, sources]
    picked = position(grid.best(target) if chosen is None else chosen, others)
    errors = np.array(
        [
            standard_error(scores[one], scores[picked], confidence) if one != picked else 0.0
            for one in range(len(others))
        ]
    )
    # Whichever is the best: no other looks better than it by more than its critical value says.
    critical = np.array([largest(drawn, means, best, confidence) for best in range(len(others))])
    behind = means - means[picked]
    rest = np.arange(len(others)) != picked
    return Recommendation(
        target=target,
        source=others[picked],
        score=float(means[picked]),
        probabilities=dict(zip(others, best_shares(drawn), strict=True)),
        regret=float(behind.max()),
        low=max(0.0, float((behind - critical[picked] * errors)[rest].max())),
        high=max(0.0, float((behind + critical * errors)[rest].max())),
    )


def drawn_means(scores: Floats, resamples: int, seed: int) -> Floats:
    """Return [resamples, models] means of [models, seeds, rows] over seeds and rows drawn anew."""
    models, seeds, rows = scores.shape
    generator = np.random.default_rng(seed)
    shares = np.full(rows, 1 / rows)
    by_seed = resample_rows(scores.reshape(-1, rows), shares, resamples, generator)
    counts = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples) / seeds
    return np.asarray(np.einsum("rms,rs->rm", by_seed.reshape(resamples, models, seeds), counts))


def best_shares(drawn: Floats) -> list[float]:
    """Return how often each model is the best of a draw, [models]; equals share a draw."""
    best = drawn >= drawn.max(1, keepdims=True)
    return [float(share) for share in (best / best.sum(1, keepdims=True)).mean(0)]


def standard_error(one: Floats, other: Floats, confidence: float) -> float:
    """Return the standard error of a difference that its corrected interval stands for."""
    interval = paired_difference(one, other, confidence=confidence, resamples=2000)
    return (interval.high - interval.low) / 2 / normal_quantile(confidence)


def largest(drawn: Floats, means: Floats, best: int, confidence: float) -> float:
    """Return by how many standard errors any other model may look better than `best` by chance.

    Each side of an interval of this confidence is exceeded in half of the cases that it leaves out.
    """
    apart = drawn - drawn[:, [best]] - (means - means[best])
    spread = apart.std(0)
    moved = apart[:, spread > 0] / spread[spread > 0]
    if not moved.shape[1]:
        return 0.0
    return float(np.quantile(moved.max(1), (1 + confidence) / 2))


def average_ranks(grid: TransferGrid) -> dict[str, Interval]:
    """Return each source's mean rank over targets, 1 the best, with its interval.

    A source is ranked among those that are not the target, equals halfway; the interval is over
    seeds and targets. Raises GL-EVALUATION-111.
    """
    means = grid.means()
    ranks: dict[str, list[Floats]] = {source: [] for source in grid.sources}
    for number, target in enumerate(grid.targets):
        others = grid.others(target)
        there = means[:, [grid.sources.index(source) for source in others], number]
        above = (there[:, None] > there[:, :, None]).sum(2)
        equal = (there[:, None] == there[:, :, None]).sum(2)
        for source, rank in zip(others, (above + (equal + 1) / 2).T, strict=True):
            ranks[source].append(rank)
    return {
        source: paired_difference(np.stack(found, axis=1), 0.0)
        for source, found in ranks.items()
        if found
    }


def source_spread(grid: TransferGrid) -> Floats:
    """Return [seeds, targets] the standard deviation of a target's scores over the other sources.

    It says how much the choice matters. Chance adds to it, the more the fewer rows there are.
    """
    means = grid.means()
    return np.stack(
        [
            means[:, [grid.sources.index(source) for source in grid.others(target)], n].std(1)
            for n, target in enumerate(grid.targets)
        ],
        axis=1,
    )


def likeness_correlation(grid: TransferGrid, likeness: ArrayLike) -> Interval:
    """Return how far sources transfer better to languages that they are like.

    `likeness` is [sources, targets]. Pearson's correlation is taken within each target, so that
    easy and hard targets do not count, and averaged; the interval is over seeds and targets.
    """
    means, alike = grid.means(), np.asarray(likeness, np.float64)
    found = np.empty((len(means), len(grid.targets)))
    for number, target in enumerate(grid.targets):
        rows = [grid.sources.index(source) for source in grid.others(target)]
        for seed in range(len(means)):
            one, other = alike[rows, number].tolist(), means[seed, rows, number].tolist()
            found[seed, number] = pearson_rows(one, other).mean()
    return paired_difference(found, 0.0)
