"""Maps: a street, a river, houses and two fields from above, with what is where.

Columns, splits and errors are those of `glotlift.world.pictures`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from datasets import Dataset
from PIL import Image, ImageDraw

from glotlift.world.asking import Asked, ask_among, said_of
from glotlift.world.combinations import combinations
from glotlift.world.concepts import inventory
from glotlift.world.drawing import Box, check_size, paste, rgb
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.layouts import QUANTITY, in_grid
from glotlift.world.pictures import ASKED, encode, image_rows, joined, region
from glotlift.world.scenes import Scene, draws, pick
from glotlift.world.sentences import numbers

# Where the things of a place are put on a map, in fractions: x0, y0, x1, y1.
Area = tuple[float, float, float, float]
_STREET, _WATER, _BANK = (0.02, 0.4, 0.98, 0.6), (0.6, 0.0, 0.76, 1.0), (0.74, 0.62, 0.99, 0.98)
_FIELDS = ((0.03, 0.03, 0.57, 0.38), (0.03, 0.63, 0.57, 0.97))
_ROOFS = ((0.8, 0.03), (0.82, 0.22))
_LARGEST = 0.2
_GROUND = {
    "park": "grass",
    "garden_plot": "tan",
    "forest": "leaf",
    "farm": "sand",
    "beach": "cream",
}
_MAP = ("image", "text", *ASKED)


def overhead(
    language: str,
    rows: int,
    *,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
    size: int = 128,
) -> Dataset:
    """Return maps seen from above, [size, size] RGB: a street, a river, houses and two fields.

    Text says how many of what are where, and where one more thing is. The question asks for a
    number or for that place; adds question, options, answer. Chance is the mean of 1 / options.
    """
    spoken = grammar(language)
    check_size(size, 64)
    fields: dict[str, list[Any]] = {name: [] for name in _MAP}
    addresses = [("overhead", seed, split, row) for row in numbers(rows, split, start)]
    for address in addresses:
        scenes, areas = _mapped(address, split)
        picture, boxes = _map(scenes, areas, size)
        regions = []
        for scene, found in zip(scenes, boxes, strict=True):
            said = said_of(spoken, scene)["thing"]
            regions += [region(*box[:4], scene.said["thing"], said) for box in found]
        asked = _ask_map(spoken, scenes, tuple(areas), address)
        row = (encode(picture), joined(spoken, scenes), *asked, regions)
        for name, value in zip(_MAP, row, strict=True):
            fields[name].append(value)
    return image_rows(addresses, spoken.code, fields)


def _mapped(address: tuple[object, ...], split: str) -> tuple[list[Scene], dict[str, Area]]:
    """Draw two fields, what is where in three places, and in the fourth one thing more."""
    order = sorted(_GROUND, key=lambda place: draws(*address, place)[0])[: len(_FIELDS)]
    areas = {"street": _STREET, "river": _BANK, **dict(zip(order, _FIELDS, strict=True))}
    scenes: list[Scene] = []
    for place in sorted(areas, key=lambda place: draws(*address, "order", place)[0]):
        pattern = "count_place" if len(scenes) < len(areas) - 1 else "location"
        seen = {scene.said["thing"] for scene in scenes}
        known = _settled(pattern, split).get(place, ())
        left = tuple(said for said in known if said["thing"] not in seen)
        if left:
            scenes.append(Scene(pattern, pick(left, draws(*address, "thing", place)[0])))
    return scenes, areas


def _map(
    scenes: list[Scene], areas: Mapping[str, Area], size: int
) -> tuple[Image.Image, list[list[Box]]]:
    """Return the map and, for each scene, where its things are."""
    picture = Image.new("RGB", (size, size), rgb("grass"))
    canvas = ImageDraw.Draw(picture)

    def fill(area: Area, colour: str) -> None:
        x0, y0, x1, y1 = (round(edge * size) for edge in area)
        canvas.rectangle((x0, y0, x1, y1), rgb(colour))

    for place in areas:
        if place in _GROUND:
            fill(areas[place], _GROUND[place])
            x0, y0, x1, y1 = (round(edge * size) for edge in areas[place])
            canvas.rectangle((x0, y0, x1, y1), outline=(252, 252, 250))
    fill(_WATER, "sea")
    fill((0, _STREET[1], 1, _STREET[3]), "stone")
    for dash in range(8):
        fill((dash / 8 + 0.03, 0.495, dash / 8 + 0.09, 0.505), "white")
    for x, y in _ROOFS:
        fill((x, y, x + 0.12, y + 0.12), "red")
        fill((x, y + 0.06, x + 0.12, y + 0.12), "brown")
    boxes = []
    for scene in scenes:
        count = QUANTITY[scene.said["quantity"]] if "quantity" in scene.said else 1
        items = in_grid(scene.said["thing"], count, areas[scene.said["place"]], "thing")
        side = min(_LARGEST, items[0].side)
        boxes.append(paste(picture, [item._replace(side=side) for item in items]))
    return picture, boxes


def _ask_map(
    spoken: Grammar, scenes: list[Scene], places: tuple[str, ...], address: tuple[object, ...]
) -> Asked:
    asked = pick(tuple(scenes), draws("asked", *address)[0])
    if asked.pattern == "location":
        others = [place for place in places if place != asked.said["place"]]
        return ask_among(spoken, asked, "place", others, address, "ask_where")
    left = sorted(QUANTITY, key=lambda quantity: draws(*address, "wrong", quantity)[0])
    others = [quantity for quantity in left if quantity != asked.said["quantity"]][:3]
    return ask_among(spoken, asked, "quantity", others, address)


@cache
def _settled(pattern: str, split: str) -> Mapping[str, tuple[dict[str, str], ...]]:
    """Return place -> what a split lets be there that is found out of doors."""
    found: dict[str, tuple[dict[str, str], ...]] = {}
    for group in combinations(pattern, split)[None, None]:
        for said in group:
            outside = inventory().concepts[said["thing"]].topic in ("garden", "travel", "animals")
            if outside and said.get("quantity", "two") in QUANTITY:
                found[said["place"]] = (*found.get(said["place"], ()), said)
    return found
