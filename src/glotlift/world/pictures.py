"""Pictures of the world as rows: scenes, signs and memes, with what is true of them.

    pictures.scenes("hin_Deva", 1000)       glyphs laid out as the sentence says; a question on each
    pictures.signs("arb_Arab", 100)         the sentences of `world.parallel` on signs and pages
    pictures.memes("rus_Cyrl", 100)         a scene and a line of text that agrees with it or not

Charts and maps are in `glotlift.world.charts` and `maps`. One seed, split and row is one id and one
picture in every language (but for words in it), with one question and one position of the right
answer. A picture's combination of concepts is of the row's split, as with text. All return the
columns id, language, image (PNG), text, regions (x0, y0, x1, y1 in pixels; concept; text), source
and license besides their own, and raise GL-WORLD-001 (language), GL-WORLD-002 (split) and
GL-WORLD-023 (size).
"""

from collections.abc import Iterable
from functools import cache
from io import BytesIO
from typing import Any

from datasets import Dataset
from datasets import Image as ImageFeature
from PIL import Image

from glotlift.world.asking import ask, is_askable, said_of
from glotlift.world.concepts import inventory
from glotlift.world.drawing import background, check_size, rgb
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.layouts import LAYOUTS, draw, is_drawable, undrawable
from glotlift.world.lettering import Line, write
from glotlift.world.scenes import Scene, check_split, draws, pick, scene, scene_of
from glotlift.world.sentences import dataset, numbers

Region = dict[str, int | str]
ASKED = ("question", "options", "answer", "regions")
_REDRAWS = 6
_SIGN_PLACES = ("street", "park", "market", "station", "forest", "beach", "farm", "river")


def scenes(
    language: str,
    rows: int,
    *,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
    size: int = 48,
    patterns: Iterable[str] = tuple(LAYOUTS),
) -> Dataset:
    """Return pictures of scenes: [size, size] RGB, with a caption and a question with options.

    Adds pattern, question, options (2 to 4) and answer (a position). A question without a pattern
    of its own is the caption with a gap. What people do is shown by a sign between agent and
    patient. Chance is the mean of 1 / options. Raises GL-WORLD-022 for patterns without a layout.
    """
    spoken = grammar(language)
    check_size(size, 16)
    drawable = visible(tuple(patterns), split)
    fields: dict[str, list[Any]] = {
        name: []
        for name in ["image", "text", "pattern", "question", "options", "answer", "regions"]
    }
    addresses = [("pictures", seed, split, row) for row in numbers(rows, split, start)]
    for address in addresses:
        drawn = seen(drawable, address, split)
        picture = draw(drawn, size, address)
        asked, said = ask(spoken, drawn, address), said_of(spoken, drawn)
        regions = [
            region(*box[:4], drawn.said[box.slot], said.get(box.slot, "")) for box in picture.boxes
        ]
        values = (encode(picture.image), spoken.say(drawn), drawn.pattern, *asked, regions)
        for name, value in zip(fields, values, strict=True):
            fields[name].append(value)
    return image_rows(addresses, spoken.code, fields)


def memes(
    language: str,
    rows: int,
    *,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
    size: int = 128,
) -> Dataset:
    """Return pictures with a line of text in them, [size, size] RGB, that agrees or not.

    Adds text (the line), caption (what is true of the picture) and agrees (bool; one of every two
    rows). Text that disagrees is of the same pattern and split, so neither text nor picture alone
    tells. Chance is 0.5. Also raises GL-WORLD-020, -021 and -025 (fonts).
    """
    spoken = grammar(language)
    check_size(size, 64)
    fields: dict[str, list[Any]] = {
        name: [] for name in ["image", "text", "caption", "agrees", "regions"]
    }
    addresses = [("memes", seed, split, row) for row in numbers(rows, split, start)]
    for row, address in enumerate(addresses, start):
        shown = seen(visible(tuple(LAYOUTS), split), address, split)
        agrees = (row + draws("meme", seed, split, row // 2)[0]) % 2 == 0
        line = spoken.say(shown if agrees else _disagreeing(spoken, shown, address, split))
        strip = size // 4
        picture = Image.new("RGB", (size, size), (20, 20, 22))
        scene_size = size - strip
        picture.paste(draw(shown, scene_size, address).image, (strip // 2, 0))
        area = (2, scene_size + 1, size - 2, size - 1)
        lines = write(picture, line, spoken.code, area, colour=(255, 255, 255), largest=size // 9)
        values = (encode(picture), line, spoken.say(shown), agrees, line_regions(lines))
        for name, value in zip(fields, values, strict=True):
            fields[name].append(value)
    return image_rows(addresses, spoken.code, fields)


def signs(
    language: str,
    rows: int,
    *,
    seed: int = 0,
    split: str = "train",
    start: int = 0,
    size: int = 128,
) -> Dataset:
    """Return the sentences of `world.parallel` written on a sign or a page, [size, size] RGB.

    Ids are those of `world.parallel`; regions are the lines. Adds medium ("sign" or "page"). Also
    raises GL-WORLD-020, -021 and -025 (fonts).
    """
    spoken = grammar(language)
    check_size(size, 64)
    fields: dict[str, list[Any]] = {name: [] for name in ["image", "text", "medium", "regions"]}
    found = numbers(rows, split, start)
    for row in found:
        text, chance = spoken.say(scene(seed, split, row)), draws("sign", seed, split, row)
        medium = pick(("sign", "page"), chance[0])
        picture, area = (_board if medium == "sign" else _page)(size, chance)
        lines = write(picture, text, spoken.code, area, largest=size // 5)
        for name, value in zip(
            fields, (encode(picture), text, medium, line_regions(lines)), strict=True
        ):
            fields[name].append(value)
    return image_rows([(seed, split, row) for row in found], spoken.code, fields)


def encode(picture: Image.Image) -> dict[str, Any]:
    """Return a picture as the image feature of `datasets` stores it: the bytes of a PNG."""
    stream = BytesIO()
    picture.save(stream, "PNG", compress_level=1)
    return {"bytes": stream.getvalue(), "path": None}


def region(x0: int, y0: int, x1: int, y1: int, concept: str, text: str) -> Region:
    """Return where something is seen, what it is and with which words the caption says it."""
    return {"x0": x0, "y0": y0, "x1": x1, "y1": y1, "concept": concept, "text": text}


def line_regions(lines: Iterable[Line]) -> list[Region]:
    """Return where lines of text stand; text is no concept."""
    return [region(line.x0, line.y0, line.x1, line.y1, "", line.text) for line in lines]


def joined(spoken: Grammar, drawn: list[Scene]) -> str:
    """Return the sentences that say several scenes, one after another."""
    return (" " if spoken.spaced else "").join(map(spoken.say, drawn))


def image_rows(
    addresses: list[tuple[Any, ...]], language: str, fields: dict[str, list[Any]]
) -> Dataset:
    """Return rows with an image column, each with the id that its address makes."""
    ids = ["/".join(map(str, ("world", *address))) for address in addresses]
    rows = dataset(ids, [language] * len(ids), fields)
    return rows.cast_column("image", ImageFeature()) if ids else rows


@cache
def visible(patterns: tuple[str, ...], split: str) -> tuple[str, ...]:
    """Return those patterns that a split has. Raises GL-WORLD-022 for one without a layout."""
    check_split(split)
    found = tuple(
        name for name in patterns if name in LAYOUTS and split in inventory().patterns[name].splits
    )
    if not set(patterns) <= LAYOUTS.keys() or not found:
        raise undrawable(*patterns)
    return found


def seen(patterns: tuple[str, ...], address: tuple[object, ...], split: str) -> Scene:
    """Draw a scene until one can be shown and asked about."""
    pattern = pick(patterns, draws(*address)[0])
    attempt = 0
    while True:
        drawn = scene_of(pattern, (*address, attempt), split)
        if is_drawable(drawn) and is_askable(drawn):
            return drawn
        attempt += 1


def _disagreeing(spoken: Grammar, shown: Scene, address: tuple[object, ...], split: str) -> Scene:
    """Return the scene, of a few, that shares most with what is shown and yet is another."""
    drawn = [
        seen((shown.pattern,), ("disagreeing", *address, attempt), split)
        for attempt in range(_REDRAWS)
    ]
    others = [other for other in drawn if other.said != shown.said]
    return max(others, key=lambda other: len(other.said.items() & shown.said.items()))


def _board(size: int, chance: tuple[int, ...]) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """Return a sign on a post before a place, and where it may be written on."""
    picture = background(pick(_SIGN_PLACES, chance[1]), size).copy()
    edge, foot = size // 12, size - size // 4
    picture.paste(rgb("brown"), (size // 2 - edge // 2, foot, size // 2 + edge // 2, size))
    picture.paste(rgb("brown"), (edge // 2, edge, size - edge // 2, foot))
    face = rgb(pick(("cream", "white", "yellow", "sky"), chance[2]))
    picture.paste(face, (edge, edge + edge // 2, size - edge, foot - edge // 2))
    return picture, (edge + 3, edge + edge // 2 + 1, size - edge - 3, foot - edge // 2 - 1)


def _page(size: int, chance: tuple[int, ...]) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """Return a lined page on a table, and where it may be written on."""
    picture = Image.new("RGB", (size, size), rgb(pick(("wood", "stone", "sand"), chance[1])))
    edge = size // 10
    picture.paste((252, 252, 248), (edge, edge // 2, size - edge, size - edge // 2))
    picture.paste(
        rgb("pink"), (edge + edge // 2, edge // 2, edge + edge // 2 + 1, size - edge // 2)
    )
    return picture, (edge + edge, edge, size - edge - 3, size - edge)
