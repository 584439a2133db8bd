"""Orders drawn by hash: the same for an address on every machine."""

from collections.abc import Iterable
from typing import TypeVar

from glotlift.world.scenes import draws

Thing = TypeVar("Thing")


def shuffled(things: Iterable[Thing], *address: object) -> tuple[Thing, ...]:
    """Return `things` in an order that depends on `address` and their number alone."""
    listed = tuple(things)
    places = sorted(range(len(listed)), key=lambda place: draws("order", *address, place))
    return tuple(listed[place] for place in places)


def few(things: Iterable[Thing], count: int, *address: object) -> tuple[Thing, ...]:
    """Return `count` (at most 16) of `things`, none twice, each as likely as any other."""
    left, chosen = list(things), []
    for number in draws("few", *address)[:count]:
        chosen.append(left.pop(number * len(left) >> 32))
    return tuple(chosen)
