"""Scenes as small pictures: where the glyphs stand, for each pattern that can be seen."""

from collections.abc import Callable
from typing import NamedTuple

from PIL import Image

from glotlift.runs.errors import GlotliftError
from glotlift.world.drawing import (
    GRID,
    MARGIN,
    Box,
    Item,
    Rgb,
    background,
    check_size,
    glyph,
    paste,
    surface,
)
from glotlift.world.scenes import Scene, draws

QUANTITY = {
    name: number
    for number, name in enumerate(
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], start=2
    )
}
_PLAIN: tuple[Rgb, ...] = ((252, 244, 226), (226, 240, 252), (232, 246, 228), (246, 234, 246))
_GROUND = 0.96
_WHOLE = GRID + 2 * MARGIN


class Drawn(NamedTuple):
    """A picture and where the slots of its scene are seen."""

    image: Image.Image
    boxes: list[Box]


def draw(scene: Scene, size: int = 48, address: tuple[object, ...] = ()) -> Drawn:
    """Return the picture of a scene, [size, size] RGB, and where its slots are seen.

    `address` varies what the scene leaves open (sides, plain backgrounds). Raises GL-WORLD-022 for
    a pattern or a quantity that cannot be drawn and GL-WORLD-023 for a picture that is too small.
    """
    check_size(size, 16)
    if not is_drawable(scene):
        raise undrawable(scene.pattern, *scene.said.values())
    numbers = draws("picture", *address)
    place = scene.said.get("place")
    picture = background(place, size).copy() if place else Image.new("RGB", (size, size))
    if not place:
        picture.paste(_PLAIN[numbers[0] % len(_PLAIN)], (0, 0, size, size))
    items = LAYOUTS[scene.pattern](scene.said, numbers)
    return Drawn(picture, paste(picture, items))


def undrawable(*names: str) -> GlotliftError:
    """Return the error GL-WORLD-022 for a pattern, or what stands in it, that has no picture."""
    return GlotliftError(
        "GL-WORLD-022",
        f"there is no picture of {', '.join(names)}",
        fix=f"use one of the patterns {', '.join(LAYOUTS)}, without the quantity 'many'",
    )


def is_drawable(scene: Scene) -> bool:
    """Whether there is a layout for the pattern, and its quantity is a number."""
    return scene.pattern in LAYOUTS and scene.said.get("quantity", "two") in QUANTITY


def in_grid(
    name: str,
    count: int,
    area: tuple[float, float, float, float],
    slot: str | None,
    colour: str | None = None,
) -> list[Item]:
    """Return `count` glyphs in rows that fill `area` (x0, y0, x1, y1 in fractions)."""
    x0, y0, x1, y1 = area
    columns = max(
        range(1, count + 1),
        key=lambda n: min((x1 - x0) / n, (y1 - y0) / -(-count // n)),
    )
    rows = -(-count // columns)
    wide, high = (x1 - x0) / columns, (y1 - y0) / rows
    side = min(wide, high)
    return [
        Item(
            name,
            x0 + wide * (i % columns + 0.5),
            y0 + high * (i // columns + 0.5) + side * 0.5,
            side,
            slot,
            colour,
        )
        for i in range(count)
    ]


Layout = Callable[[dict[str, str], tuple[int, ...]], list[Item]]


def _on_top(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    middle = 0.4 + numbers[1] % 5 * 0.05
    support = Item(said["support"], middle, _GROUND, 0.66, "support")
    lifted = (GRID - 1 - surface(said["support"])[0]) * 0.66 / _WHOLE
    return [support, Item(said["thing"], middle, _GROUND - lifted, 0.34, "thing")]


def _under(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    middle = 0.4 + numbers[1] % 5 * 0.05
    beneath = surface(said["support"])[1]
    if beneath is None:  # nothing to stand in: it lies upon the thing
        lowest = Item(said["thing"], middle, _GROUND, 0.3, "thing")
        high = glyph(said["thing"], 300).image.height / 1000
        return [lowest, Item(said["support"], middle, _GROUND - high, 0.56, "support")]
    gap = (GRID - 1 - beneath) * 0.74 / _WHOLE
    support = Item(said["support"], middle, _GROUND, 0.74, "support")
    return [support, Item(said["thing"], middle, _GROUND, min(0.32, gap), "thing")]


def _beside(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    turned = numbers[1] % 2
    support = Item(said["support"], 0.66 if turned else 0.34, _GROUND, 0.62, "support")
    return [support, Item(said["thing"], 0.17 if turned else 0.83, _GROUND, 0.32, "thing")]


def _colour(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    side = 0.6 + numbers[1] % 4 * 0.08
    return [Item(said["thing"], 0.5, 0.5 + side / 2, side, "thing", said["colour"])]


def _counted(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    return in_grid(said["thing"], QUANTITY[said["quantity"]], (0.04, 0.3, 0.96, 0.96), "thing")


def _owned(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    things = in_grid(said["thing"], QUANTITY[said["quantity"]], (0.4, 0.1, 0.98, 0.96), "thing")
    return [Item(said["person"], 0.2, _GROUND, 0.62, "person"), *things]


def _located(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    return [Item(said["thing"], 0.4 + numbers[1] % 5 * 0.05, _GROUND, 0.5, "thing")]


def _compared(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    turned = numbers[1] % 2
    more = Item(said["more"], 0.67 if turned else 0.33, _GROUND, 0.66, "more")
    return [more, Item(said["less"], 0.17 if turned else 0.83, _GROUND, 0.32, "less")]


def _felt(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    return [
        Item(said["agent"], 0.28, _GROUND, 0.72, "agent"),
        Item(said["state"], 0.74, 0.62, 0.46, "state"),
    ]


def _given(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    return [
        Item(said["agent"], 0.18, _GROUND, 0.62, "agent"),
        Item(said["recipient"], 0.82, _GROUND, 0.62, "recipient"),
        Item("bring", 0.5, 0.3, 0.26),
        Item(said["patient"], 0.5, 0.8, 0.34, "patient"),
    ]


def _done(said: dict[str, str], numbers: tuple[int, ...]) -> list[Item]:
    """Agent on the left, what the agent does as a sign above, to whom or what on the right."""
    agent = Item(said["agent"], 0.22, _GROUND, 0.66, "agent")
    sign = [Item("sign", 0.5, 0.38, 0.42), Item(said["action"], 0.5, 0.33, 0.3, "action")]
    if "quantity" in said:
        count = QUANTITY[said["quantity"]]
        patients = in_grid(said["patient"], count, (0.42, 0.4, 0.98, 0.97), "patient")
    else:
        patients = [Item(said["patient"], 0.74, _GROUND, 0.5, "patient", said.get("colour"))]
    return [agent, *patients, *sign]


# Patterns that can be seen, and how each is laid out.
LAYOUTS: dict[str, Layout] = {
    "on_top": _on_top,
    "under": _under,
    "beside": _beside,
    "colour": _colour,
    "count_place": _counted,
    "owning": _owned,
    "location": _located,
    "bigger": _compared,
    "state": _felt,
    "gift": _given,
    "event": _done,
    "event_place": _done,
    "event_colour": _done,
    "event_count": _done,
}
