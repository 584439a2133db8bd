"""Charts of who has how many of a thing, as bars, a line or a pie.

Columns, splits and errors are those of `glotlift.world.pictures`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from datasets import Dataset
from PIL import Image, ImageDraw

from glotlift.world.asking import Asked, ask_among
from glotlift.world.combinations import combinations
from glotlift.world.drawing import Item, check_size, paste, rgb
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.layouts import QUANTITY
from glotlift.world.lettering import write
from glotlift.world.pictures import ASKED, encode, image_rows, joined, line_regions
from glotlift.world.scenes import Scene, draws, pick
from glotlift.world.sentences import numbers

_CHART = ("image", "text", "kind", "labels", "values", "largest", *ASKED)
_KINDS = ("bar", "line", "pie")
_SHADES = ("blue", "orange", "green", "purple")
_WHITE, _INK = (252, 252, 250), (30, 30, 34)
_BARS = len(_SHADES)
# Columns of a language's tables that hold no form of the word itself.
_NO_FORMS = ("class", "art", "measure")


class Chart(NamedTuple):
    """Who has how many of a thing, in the order of the bars."""

    thing: str
    owned: tuple[tuple[str, str], ...]

    @property
    def scenes(self) -> list[Scene]:
        """The facts, each as a scene of the pattern "owning"."""
        return [
            Scene("owning", {"person": person, "quantity": quantity, "thing": self.thing})
            for person, quantity in self.owned
        ]


def charts(
    language: str,
    rows: int,
    *,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
    size: int = 192,
) -> Dataset:
    """Return charts of what four persons have, [size, size] RGB, labelled in the language.

    Text says all of them, one sentence each. Adds kind (bar, line, pie), labels, values (the
    numbers), largest (the position of the greatest, which is one alone), question (how many one of
    them has), options and answer. Chance is 0.25. Also raises GL-WORLD-020, -021, -025 (fonts).
    """
    spoken = grammar(language)
    check_size(size, 96)
    names = [
        "image",
        "text",
        "kind",
        "labels",
        "values",
        "largest",
        "question",
        "options",
        "answer",
        "regions",
    ]
    fields: dict[str, list[Any]] = {name: [] for name in names}
    addresses = [("charts", seed, split, row) for row in numbers(rows, split, start)]
    for address in addresses:
        chart, chance = _chart(address, split), draws(*address)
        kind, scenes = pick(_KINDS, chance[0]), chart.scenes
        values = [QUANTITY[quantity] for _, quantity in chart.owned]
        labels = [citation(spoken, person) for person, _ in chart.owned]
        picture, regions = _plotted(spoken, chart, kind, labels, values, size)
        asked = _ask_one(spoken, scenes, address)
        text = joined(spoken, scenes)
        row = (encode(picture), text, kind, labels, values, values.index(max(values)))
        for name, value in zip(_CHART, (*row, *asked, regions), strict=True):
            fields[name].append(value)
    return image_rows(addresses, spoken.code, fields)


def citation(spoken: Grammar, concept: str) -> str:
    """Return a word as it stands in a list: the first form that the language's file gives."""
    return next(form for name, form in spoken.forms[concept].items() if name not in _NO_FORMS)


def _chart(address: tuple[object, ...], split: str) -> Chart:
    """Draw a thing, and persons of whom each has another number of it, as the split allows."""
    chance = draws(*address)
    held = _held(split)
    thing = pick(tuple(held), chance[1])
    persons = sorted(held[thing], key=lambda person: draws(*address, person)[0])
    owned: dict[str, str] = {}
    for person in persons:
        left = tuple(q for q in held[thing][person] if q not in owned.values())
        if left and len(owned) < _BARS:
            owned[person] = pick(left, draws(*address, person)[1])
    return Chart(thing, tuple(owned.items()))


@cache
def _held(split: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return thing -> person -> the numbers of it that a split lets the person have."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for group in combinations("owning", split)[None, None]:
        for said in group:
            if said["quantity"] in QUANTITY:
                persons = found.setdefault(said["thing"], {})
                persons[said["person"]] = (*persons.get(said["person"], ()), said["quantity"])
    return found


def _ask_one(spoken: Grammar, scenes: list[Scene], address: tuple[object, ...]) -> Asked:
    asked = pick(tuple(scenes), draws("asked", *address)[0])
    others = [scene.said["quantity"] for scene in scenes if scene != asked]
    return ask_among(spoken, asked, "quantity", others, address, "how_many")


def _plotted(
    spoken: Grammar, chart: Chart, kind: str, labels: list[str], values: list[int], size: int
) -> tuple[Image.Image, list[dict[str, int | str]]]:
    picture = Image.new("RGB", (size, size), _WHITE)
    side = size // 8
    paste(picture, [Item(chart.thing, 0.08, 0.14, 0.12)])
    title = (size // 6, 2, size - 4, side + 2)
    lines = write(picture, citation(spoken, chart.thing), spoken.code, title, largest=size // 11)
    area = (side, side + size // 16, size - 4, size - side)
    canvas = ImageDraw.Draw(picture)
    if kind == "pie":
        _pie(canvas, values, (4, area[1], size // 2 + size // 12, size))
    else:
        _axes(picture, canvas, area)
        _bars(canvas, values, area, kind)
    for place, label in enumerate(labels):
        if kind == "pie":
            top = area[1] + size // 12 + place * size // 6
            x = size // 2 + size // 9
            canvas.rectangle((x, top, x + size // 16, top + size // 16), rgb(_SHADES[place]))
            box = (x + size // 12, top - size // 24, size - 2, top + size // 9)
            label = f"{label} {values[place]}"
        else:
            wide = (area[2] - area[0]) / len(labels)
            left, right = round(area[0] + wide * place), round(area[0] + wide * (place + 1))
            box = (left + 1, area[3] + 2, right - 1, size - 1)
        lines += write(picture, label, spoken.code, box, largest=size // 14)
    return picture, line_regions(lines)


def _pie(canvas: ImageDraw.ImageDraw, values: list[int], area: tuple[int, int, int, int]) -> None:
    side = min(area[2] - area[0], area[3] - area[1]) - 4
    x, y = area[0], (area[1] + area[3] - side) // 2
    turned = -90.0
    for value, shade in zip(values, _SHADES, strict=True):
        end = turned + 360 * value / sum(values)
        canvas.pieslice((x, y, x + side, y + side), turned, end, rgb(shade), _WHITE, 2)
        turned = end


def _axes(
    picture: Image.Image, canvas: ImageDraw.ImageDraw, area: tuple[int, int, int, int]
) -> None:
    x0, y0, x1, y1 = area
    for number in range(0, 11, 2):
        y = round(y1 - (y1 - y0) * number / 10)
        canvas.line((x0, y, x1, y), rgb("silver") if number else _INK)
        high = max(9, picture.width // 16)
        write(picture, str(number), "eng_Latn", (1, y - high, x0 - 3, y + high), largest=high)
    canvas.line((x0, y0, x0, y1), _INK)


def _bars(
    canvas: ImageDraw.ImageDraw, values: list[int], area: tuple[int, int, int, int], kind: str
) -> None:
    x0, y0, x1, y1 = area
    wide = (x1 - x0) / len(values)
    tops = [round(y1 - (y1 - y0) * value / 10) for value in values]
    middles = [round(x0 + wide * (place + 0.5)) for place in range(len(values))]
    if kind == "line":
        canvas.line(list(zip(middles, tops, strict=True)), rgb("grey"), 2)
    for x, top, shade in zip(middles, tops, _SHADES, strict=True):
        if kind == "line":
            canvas.ellipse((x - 4, top - 4, x + 4, top + 4), rgb(shade))
        else:
            canvas.rectangle((x - wide * 0.3, top, x + wide * 0.3, y1), rgb(shade))
