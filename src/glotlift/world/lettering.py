"""Words in pictures, in any script for which a font is installed.

A font is chosen by what it holds: the plain Noto font of the script where there is one, else the
first installed font with a glyph for every letter. Letters look as the font and FreeType draw them,
so pictures with words are bit-equal only where these are the same.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from matplotlib import get_data_path
from matplotlib.font_manager import findSystemFonts
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont, features

from glotlift.languages import language
from glotlift.runs.errors import GlotliftError

# Scripts whose letters join or change places, which takes Pillow's raqm layout.
_JOINED = frozenset(
    [
        "Arab",
        "Syrc",
        "Mong",
        "Deva",
        "Beng",
        "Gujr",
        "Guru",
        "Knda",
        "Mlym",
        "Orya",
        "Sinh",
        "Taml",
        "Telu",
        "Khmr",
        "Mymr",
    ]
)
_NOTO = {
    "Arab": "NotoNaskhArabic",
    "Deva": "NotoSansDevanagari",
    "Hans": "NotoSansCJK",
    "Hant": "NotoSansCJK",
    "Jpan": "NotoSansCJK",
    "Kore": "NotoSansCJK",
}
# Faces of one collection draw the ideographs that countries share in different ways.
_FACES = {"Hans": "SC", "Hant": "TC", "Kore": "KR", "Jpan": "JP"}
_SMALLEST = 5
Area = tuple[int, int, int, int]


class Line(NamedTuple):
    """A line of text and where it stands, in pixels: [x0, x1) and [y0, y1)."""

    text: str
    x0: int
    y0: int
    x1: int
    y1: int


class _Set(NamedTuple):
    """Lines that fit an area, with their font and the distance from one to the next."""

    lines: list[str]
    font: ImageFont.FreeTypeFont
    step: int


def write(
    picture: Image.Image,
    text: str,
    code: str,
    area: Area,
    *,
    colour: tuple[int, int, int] = (30, 30, 34),
    largest: int = 40,
) -> list[Line]:
    """Write `text` centred into `area` (x0, y0, x1, y1) as large as it fits, in lines.

    `code` is the language, which decides script, direction and where a line may break; `largest` is
    the largest type in pixels. Returns the lines. Raises GL-WORLD-020 (no font), GL-WORLD-021
    (letters that cannot be joined) and GL-WORLD-025 (no room).
    """
    x0, y0, x1, y1 = area
    setting = _fit(text, code, x1 - x0, y1 - y0, largest)
    canvas, found = ImageDraw.Draw(picture), []
    top = y0 + (y1 - y0 - setting.step * len(setting.lines)) // 2
    for place, line in enumerate(setting.lines):
        width = _width(line, setting.font, code)
        x, y = x0 + (x1 - x0 - width) // 2, top + place * setting.step
        canvas.text((x, y), line, colour, setting.font, direction=_direction(code))
        found.append(Line(line, x, y, x + width, y + setting.step))
    return found


def _fit(text: str, code: str, width: int, height: int, largest: int) -> _Set:
    for pixels in range(largest, _SMALLEST - 1, -1):
        font = _font(_file(code, frozenset(text)), _script(code), pixels)
        ascent, descent = font.getmetrics()
        lines = _broken(text, font, code, width)
        if lines and (ascent + descent) * len(lines) <= height:
            return _Set(lines, font, ascent + descent)
    raise GlotliftError(
        "GL-WORLD-025",
        f"{text!r} finds no room on {width} by {height} pixels",
        fix="give a larger size",
    )


def _broken(text: str, font: ImageFont.FreeTypeFont, code: str, width: int) -> list[str]:
    """Break text into lines of at most `width` pixels; none where one word is too long."""
    spaced = language(code).spaced
    join = " " if spaced else ""
    lines: list[str] = []
    for word in text.split() if spaced else text:
        longer = f"{lines[-1]}{join}{word}" if lines else word
        if lines and _width(longer, font, code) <= width:
            lines[-1] = longer
        elif _width(word, font, code) <= width:
            lines.append(word)
        else:
            return []
    return lines


def _width(text: str, font: ImageFont.FreeTypeFont, code: str) -> int:
    return round(font.getlength(text, direction=_direction(code)))


def _direction(code: str) -> str | None:
    """Return the direction for the raqm layout, which alone takes one."""
    return language(code).direction if features.check("raqm") else None


def _script(code: str) -> str:
    script: str = language(code).script
    return script


@cache
def _font(file: Path, script: str, pixels: int) -> ImageFont.FreeTypeFont:
    face = _FACES.get(script)
    if face is None or file.suffix != ".ttc":
        return ImageFont.truetype(file, pixels)
    index = 0
    while face not in str(ImageFont.truetype(file, pixels, index).getname()[0]).split():
        index += 1
    return ImageFont.truetype(file, pixels, index)


@cache
def _file(code: str, letters: frozenset[str]) -> Path:
    """Return the font for a text. Raises GL-WORLD-020 and GL-WORLD-021."""
    script = _script(code)
    if script in _JOINED and not features.check("raqm"):
        raise GlotliftError(
            "GL-WORLD-021",
            f"letters of the script {script} cannot be joined: this Pillow has no raqm layout",
            fix="install libraqm (Debian: libraqm0) or a Pillow wheel that has it",
        )
    wanted = {ord(letter) for letter in letters if not letter.isspace()}
    for file in _candidates(_NOTO.get(script, "NotoSans")):
        if wanted <= _held(file):
            return file
    package = "fonts-noto-cjk" if script in _FACES else "fonts-noto-core"
    raise GlotliftError(
        "GL-WORLD-020",
        f"no installed font covers the script {script}",
        place=code,
        fix=f"install the Noto fonts (Debian: {package}) or any font that has its letters",
    )


@cache
def _candidates(preferred: str) -> tuple[Path, ...]:
    """Return all fonts: the preferred one, then Noto's, then matplotlib's own and the rest."""
    files = [Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), *map(Path, findSystemFonts())]

    def rank(file: Path) -> tuple[bool, bool, bool, str]:
        plain = file.stem.endswith("-Regular") or "-" not in file.stem
        return (
            file.stem != f"{preferred}-Regular",
            not file.stem.startswith("NotoSans"),
            not plain,
            file.as_posix(),
        )

    return tuple(sorted(files, key=rank))


@cache
def _held(file: Path) -> frozenset[int]:
    """Return the characters that a font has; none of a file that FreeType cannot read."""
    try:
        return frozenset(FT2Font(str(file)).get_charmap())
    except RuntimeError:
        return frozenset()
