"""Glyphs from `glyphs.yaml`, and pictures pasted together of them.

A glyph is drawn once per name, size and colour, four times too large, scaled down, outlined and
kept; a picture is a background and a few glyphs pasted on it. Everything is whole-number arithmetic
on hashes of the address, so a picture is bit-equal wherever the same Pillow draws it.
"""

from functools import cache
from typing import Any, NamedTuple

from PIL import Image, ImageChops, ImageDraw

from glotlift.runs.errors import GlotliftError
from glotlift.runs.yaml_text import read_yaml
from glotlift.world.concepts import FOLDER

Rgb = tuple[int, int, int]
GRID, MARGIN = 32, 2
_LARGER = 4
_INK = (30, 30, 34)


class Glyph(NamedTuple):
    """A drawn glyph, cropped to what is seen of it."""

    image: Image.Image
    mask: Image.Image


class Item(NamedTuple):
    """A glyph in a picture: its middle, its foot and its side in fractions of the picture.

    `slot` is what it shows of the scene (None: nothing that is said).
    """

    name: str
    middle: float
    foot: float
    side: float
    slot: str | None = None
    colour: str | None = None


class Box(NamedTuple):
    """Where a slot of the scene is seen, in pixels: [x0, x1) and [y0, y1)."""

    x0: int
    y0: int
    x1: int
    y1: int
    slot: str


def check_size(size: int, least: int) -> None:
    """Raise GL-WORLD-023 unless a picture has at least `least` pixels a side."""
    if size < least:
        raise GlotliftError(
            "GL-WORLD-023",
            f"nothing can be made out in a picture of {size} pixels",
            fix=f"give size={least} or more",
        )


def paste(picture: Image.Image, items: list[Item]) -> list[Box]:
    """Draw `items` on a picture in their order and return the boxes of those that have a slot."""
    size, boxes = picture.width, []
    for item in items:
        drawn = glyph(item.name, max(4, round(item.side * size)), item.colour)
        width, height = drawn.image.size
        x = min(max(0, round(item.middle * size - width / 2)), max(0, size - width))
        y = min(max(0, round(item.foot * size) - height), max(0, size - height))
        picture.paste(drawn.image, (x, y), drawn.mask)
        if item.slot:
            boxes.append(Box(x, y, min(x + width, size), min(y + height, size), item.slot))
    return boxes


@cache
def glyph(name: str, side: int, colour: str | None = None) -> Glyph:
    """Return a glyph within `side` by `side` pixels. Raises GL-WORLD-024 when there is none."""
    image = _rendered(name, side, colour)
    image = image.crop(image.getbbox())
    return Glyph(image.convert("RGB"), image.getchannel("A"))


@cache
def background(place: str, size: int) -> Image.Image:
    """Return a place as a picture of `size` by `size` pixels."""
    large = Image.new("RGB", (size * _LARGER, size * _LARGER))
    _draw_shapes(ImageDraw.Draw(large), place, None, size * _LARGER / GRID, 0)
    return large.reduce(_LARGER)


def rgb(name: str) -> Rgb:
    """Return a colour of the palette in `glyphs.yaml`."""
    red, green, blue = _book()["palette"][name]
    return red, green, blue


def surface(support: str) -> tuple[int, int | None]:
    """Return how high things stand on a support, and where it is open beneath (None: nowhere)."""
    known = _book()["supports"][support]
    return known["top"], known.get("beneath")


def _rendered(name: str, side: int, colour: str | None) -> Image.Image:
    scale = side * _LARGER / (GRID + 2 * MARGIN)
    large = Image.new("RGBA", (side * _LARGER, side * _LARGER))
    _draw_shapes(ImageDraw.Draw(large), name, colour, scale, MARGIN)
    # A dark rim keeps white things apart from white ground.
    alpha = large.getchannel("A")
    rim = alpha
    for x, y in ((2, 0), (-2, 0), (0, 2), (0, -2), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        rim = ImageChops.lighter(rim, ImageChops.offset(alpha, x, y))
    whole = Image.new("RGBA", large.size, (*_INK, 0))
    whole.putalpha(rim)
    whole.alpha_composite(large)
    return whole.convert("RGBa").reduce(_LARGER).convert("RGBA")


def _draw_shapes(
    canvas: ImageDraw.ImageDraw, name: str, colour: str | None, scale: float, margin: int
) -> None:
    for shape, numbers, shade in _shapes(name, colour):
        points = [round((number + margin) * scale) for number in numbers]
        fill = rgb(shade)
        if shape == "ellipse":
            canvas.ellipse(points, fill)
        elif shape == "rect":
            canvas.rectangle(points, fill)
        elif shape == "round":
            canvas.rounded_rectangle(points, round(3 * scale), fill)
        elif shape == "poly":
            canvas.polygon(points, fill)
        elif shape == "line":
            canvas.line(points[:-1], fill, max(1, round(numbers[-1] * scale)), joint="curve")
        elif shape == "arc":
            width = max(1, round(numbers[6] * scale))
            canvas.arc(points[:4], numbers[4], numbers[5], fill, width)
        else:
            canvas.pieslice(points[:4], numbers[4], numbers[5], fill)


@cache
def _shapes(name: str, colour: str | None) -> tuple[tuple[str, tuple[int, ...], str], ...]:
    """Return the shapes of a glyph, parts taken apart, each with its numbers and its colour."""
    book = _book()
    if name not in book["glyphs"]:
        raise GlotliftError(
            "GL-WORLD-024",
            f"there is no glyph for {name!r}",
            place="world/glyphs.yaml",
            fix="add a line for it under its category",
        )
    own, line = book["glyphs"][name].split(":", 1)
    return tuple(_parsed(line, {"*": colour or own}))


def _parsed(line: str, named: dict[str, str]) -> list[tuple[str, tuple[int, ...], str]]:
    found: list[tuple[str, tuple[int, ...], str]] = []
    for shape in filter(str.strip, line.split(";")):
        kind, *words = shape.split()
        if kind == "use":
            part, *colours = words
            stars = dict(zip(("*", "*2", "*3"), [named.get(c, c) for c in colours], strict=False))
            found += _parsed(_book()["parts"][part], stars)
        else:
            *numbers, shade = words
            found.append((kind, tuple(map(int, numbers)), named.get(shade, shade)))
    return found


@cache
def _book() -> dict[str, Any]:
    """Read `glyphs.yaml`, once; the glyphs of all categories are in one table."""
    raw = read_yaml((FOLDER / "glyphs.yaml").read_text(encoding="utf-8"))
    kept = {name: raw.pop(name) for name in ("palette", "parts", "supports")}
    glyphs = {name: line for table in raw.values() for name, line in table.items()}
    return {**kept, "glyphs": glyphs}
