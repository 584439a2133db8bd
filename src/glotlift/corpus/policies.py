"""How much of a mixture each source gets: shares of bytes from the sizes of the sources.

A policy takes source -> UTF-8 bytes and returns source -> share, summing to 1.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

TOLERANCE = 1e-6
REPLAY = "replay:"


class Policy(Protocol):
    """Anything that turns sizes in bytes into shares; its `repr` is part of a mixture's hash."""

    def __call__(self, sizes: Mapping[str, int]) -> dict[str, float]:
        """Return source -> share of bytes, summing to 1."""
        ...

    def __hash__(self) -> int:
        """Return a hash, so that what a policy made may be kept by it."""
        ...


@dataclass(frozen=True)
class Power:
    """Shares proportional to ``bytes ** exponent`` (Lample and Conneau 2019, section 3.1)."""

    exponent: float

    def __call__(self, sizes: Mapping[str, int]) -> dict[str, float]:
        """Return the shares."""
        return scaled({name: size**self.exponent for name, size in sizes.items()}, 1.0)


@dataclass(frozen=True)
class Tiers:
    """Fixed shares for the high, middle and low tier, uniform among the languages of a tier."""

    shares: tuple[tuple[str, float], ...]

    def __call__(self, sizes: Mapping[str, int]) -> dict[str, float]:
        """Return the shares; those of tiers without a source go to the others in proportion."""
        given = dict(self.shares)
        of = {name: language(name.removeprefix(REPLAY)).tier for name in sizes}
        for name, tier in of.items():
            if tier not in given:
                cause = f"the tier of {name!r} is {tier!r}, which has no share"
                fix = f"give it one, as in tiers({{..., {tier!r}: 0.1}})"
                raise GlotliftError("GL-CORPUS-032", cause, place=name, fix=fix)
        members = list(of.values())
        return scaled({name: given[tier] / members.count(tier) for name, tier in of.items()}, 1.0)


@dataclass(frozen=True)
class Hand:
    """Shares set by hand for some sources; `rest` parts what is left among the others."""

    shares: tuple[tuple[str, float], ...]
    rest: Policy

    def __call__(self, sizes: Mapping[str, int]) -> dict[str, float]:
        """Return the shares."""
        given = dict(self.shares)
        unknown = sorted(set(given) - set(sizes))
        if unknown:
            cause = f"a share is given for {unknown[0]!r}, which is no source"
            fix = f"the sources are {', '.join(sizes)}"
            raise GlotliftError("GL-CORPUS-031", cause, place=unknown[0], fix=fix)
        others = {name: size for name, size in sizes.items() if name not in given}
        total = sum(given.values())
        fits = total < 1 - TOLERANCE if others else abs(total - 1) <= TOLERANCE
        if not fits or not all(share >= 0 for share in given.values()):
            left = f"with something left for {', '.join(others)}" if others else "that sum to 1"
            cause, fix = f"shares that sum to {total:g}", f"give shares of at least 0 {left}"
            raise GlotliftError("GL-CORPUS-033", cause, place="shares", fix=fix)
        return {**given, **scaled(self.rest(others), 1 - total)} if others else given


@dataclass(frozen=True)
class UniMax:
    """Shares as even as may be while no source is read more than `epochs` times."""

    budget_bytes: int
    epochs: float

    def __call__(self, sizes: Mapping[str, int]) -> dict[str, float]:
        """Return the shares; under a budget that is never spent each is read `epochs` times."""
        if self.budget_bytes >= self.epochs * sum(sizes.values()):
            return natural(sizes)
        return cap_epochs(equal_bytes(sizes), sizes, self.budget_bytes, self.epochs)


@dataclass(frozen=True)
class Changing:
    """Shares that move from one policy's to another's while `over` bytes are read.

    As a policy it gives the shares of all that is read on the way. Both shapes spend as much of it
    on either side of the middle, so that this is the mean of the two.
    """

    first: Policy
    last: Policy
    over: int
    shape: Literal["linear", "cosine"]

    def __call__(self, sizes: Mapping[str, int]) -> dict[str, float]:
        """Return the mean shares of the way."""
        return self.at(0.5, sizes)

    def at(self, done: float, sizes: Mapping[str, int]) -> dict[str, float]:
        """Return the shares when a part `done`, in [0, 1], of the way is read."""
        part = done if self.shape == "linear" else (1 - math.cos(math.pi * done)) / 2
        first, last = self.first(sizes), self.last(sizes)
        return {name: (1 - part) * first[name] + part * last[name] for name in sizes}


def cap_epochs(
    shares: Mapping[str, float],
    sizes: Mapping[str, int],
    budget_bytes: int | None,
    epoch_cap: float,
) -> dict[str, float]:
    """Return shares under which no source is seen more than `epoch_cap` times in the budget.

    Sources over their cap are held at it and what they leave goes to the others in proportion to
    their shares, until none is over (Chung et al. 2023, algorithm 1, for any base policy).
    """
    if budget_bytes is None or budget_bytes <= 0 or not epoch_cap > 0:
        cause = f"epoch_cap={epoch_cap:g} needs a budget in bytes, and both above 0"
        fix = "set budget_bytes and epoch_cap"
        raise GlotliftError("GL-CORPUS-036", cause, place="epoch_cap", fix=fix)
    most = {name: epoch_cap * sizes[name] / budget_bytes for name in shares if shares[name] > 0}
    if sum(most.values()) < 1:
        allowed = int(sum(most.values()) * budget_bytes)
        cause = f"{budget_bytes} bytes are more than {epoch_cap:g} epochs of the sources' text"
        fix = f"set budget_bytes to at most {allowed}, or raise epoch_cap"
        raise GlotliftError("GL-CORPUS-037", cause, place="budget_bytes", fix=fix)
    result, held = dict(shares), dict[str, float]()
    while over := [name for name in most if name not in held and result[name] > most[name]]:
        held.update({name: most[name] for name in over})
        free = {name: shares[name] for name in most if name not in held}
        left, whole = 1 - sum(held.values()), sum(free.values())
        result = {name: held.get(name, 0.0) for name in shares}
        result.update({name: left * share / whole for name, share in free.items()})
    return result


def scaled(weights: Mapping[str, float], total: float) -> dict[str, float]:
    """Return the weights multiplied so that they sum to `total`."""
    whole = sum(weights.values())
    if not whole > 0:
        fix = "give at least one source a share above 0"
        raise GlotliftError("GL-CORPUS-038", "all shares are 0", fix=fix)
    return {name: total * weight / whole for name, weight in weights.items()}


def alpha(exponent: float) -> Policy:
    """Return shares proportional to ``bytes ** exponent``: 1 is natural, 0 uniform.

    Source: Lample and Conneau 2019 (XLM), section 3.1; XLM-R (Conneau et al. 2020) uses 0.3.

    Raises GL-CORPUS-034 (exponent outside [0, 1]).
    """
    if not 0 <= exponent <= 1:
        cause = f"alpha is {exponent:g}, outside [0, 1]"
        raise GlotliftError("GL-CORPUS-034", cause, place="alpha", fix="use 0.3, or 1 for natural")
    return Power(float(exponent))


def temperature(degree: float) -> Policy:
    """Return shares proportional to ``bytes ** (1 / degree)`` (Arivazhagan et al. 2019, 4.2).

    Raises GL-CORPUS-035 (temperature below 1).
    """
    if not degree >= 1:
        cause = f"temperature is {degree:g}, below 1"
        raise GlotliftError("GL-CORPUS-035", cause, place="temperature", fix="use 1 or more")
    return Power(1.0 / degree)


def tiers(shares: Mapping[str, float]) -> Policy:
    """Return fixed shares per resource tier, uniform among the languages of one tier."""
    return Tiers(tuple(sorted(shares.items())))


def unimax(budget_bytes: int, *, epochs: float = 4.0) -> Policy:
    """Return UniMax: a budget parted evenly, but no source read more than `epochs` times.

    Source: Chung et al. 2023 (arXiv:2304.09151), algorithm 1, in bytes instead of characters.

    Raises GL-CORPUS-106 (a budget or a cap that is not above 0).
    """
    if budget_bytes <= 0 or not epochs > 0:
        cause = f"a budget of {budget_bytes} bytes and {epochs:g} epochs"
        raise GlotliftError("GL-CORPUS-106", cause, place="unimax", fix="set both above 0")
    return UniMax(int(budget_bytes), float(epochs))


def changing(
    first: Policy, last: Policy, *, over: int, shape: Literal["linear", "cosine"] = "linear"
) -> Policy:
    """Return shares that move from one policy's to another's while `over` bytes are read.

    From then on they stay. What a mixture of it reads depends on the position alone, so a resumed
    run and any number of workers read the same.

    Raises GL-CORPUS-107 (a way that is not above 0) and -108 (a policy that changes itself).
    """
    if over <= 0:
        cause = f"shares cannot change over {over} bytes"
        raise GlotliftError("GL-CORPUS-107", cause, place="over", fix="give bytes above 0")
    if isinstance(first, Changing) or isinstance(last, Changing):
        cause, fix = "shares that change cannot change again", "use a stage for each change"
        raise GlotliftError("GL-CORPUS-108", cause, place="changing", fix=fix)
    return Changing(first, last, over, shape)


def hand(shares: Mapping[str, float], *, rest: Policy | None = None) -> Policy:
    """Return shares set by hand; sources without one part what is left by `rest` (natural).

    Replay of a source language at a quarter of all bytes is ``hand({"replay:eng_Latn": 0.25})``.
    """
    return Hand(tuple(sorted(shares.items())), rest or natural)


natural: Policy = Power(1.0)
equal_bytes: Policy = Power(0.0)
tier_balanced: Policy = Tiers((("high", 1 / 3), ("low", 1 / 3), ("middle", 1 / 3)))
