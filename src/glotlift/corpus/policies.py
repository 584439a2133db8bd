"""How much of a mixture each source gets: shares of bytes from the sizes of the sources.

A policy takes source -> UTF-8 bytes and returns source -> share, summing to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

TOLERANCE = 1e-6
REPLAY = "replay:"


class Policy(Protocol):
    """Anything that turns sizes in bytes into shares; its `repr` is part of a mixture's hash."""

    def __call__(self, sizes: Mapping[str, int]) -> dict[str, float]:
        """Return source -> share of bytes, summing to 1."""
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


def hand(shares: Mapping[str, float], *, rest: Policy | None = None) -> Policy:
    """Return shares set by hand; sources without one part what is left by `rest` (natural).

    Replay of a source language at a quarter of all bytes is ``hand({"replay:eng_Latn": 0.25})``.
    """
    return Hand(tuple(sorted(shares.items())), rest or natural)


natural: Policy = Power(1.0)
equal_bytes: Policy = Power(0.0)
