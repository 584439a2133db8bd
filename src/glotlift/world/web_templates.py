"""Web pages as they are written: templates, words around the text, sloppy HTML, wrong claims.

A template writes whatever a reader sees through `text`, which notes it: so the gold of a page holds
each visible word once, with its kind, in the order of the page.
"""

import re
from collections.abc import Mapping
from functools import cache
from html.entities import codepoint2name
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from glotlift.languages import language
from glotlift.runs.yaml_text import read_yaml
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.scenes import draws, pick, scene_of

_FOLDER = Path(__file__).parent / "pages"
# The sites of each template.
HOSTS = {
    "blog": ("blog.example.org", "notes.example.com"),
    "shop": ("shop.example.com", "market.example.net"),
    "news": ("news.example.org", "daily.example.net"),
    "forum": ("forum.example.org", "talk.example.com"),
}
_LEGACY = {
    "Latn": "windows-1252",
    "Cyrl": "windows-1251",
    "Grek": "windows-1253",
    "Arab": "windows-1256",
    "Hans": "gb18030",
}
_ENTITIES = ("none", "none", "named", "decimal", "hexadecimal")
_MAIN = "main"


class Block(NamedTuple):
    """A stretch of visible text: "main" for the text that the page is about, else what it is."""

    kind: str
    text: str


class Claims(NamedTuple):
    """What a page says of itself, and what is so; None where it says nothing."""

    encoding: str
    declared_encoding: str | None
    declared_language: str | None


def claims(code: str, *address: object) -> Claims:
    """Draw the encoding of a page, and how rightly the page states it and its language."""
    numbers = draws("claims", code, *address)
    spoken = language(code)
    legacy = _LEGACY.get(spoken.script, "utf-8")
    encoding = legacy if numbers[0] % 8 == 0 else "utf-8"
    wrong = "utf-8" if encoding != "utf-8" else "iso-8859-1"
    other = "en" if spoken.bcp47 != "en" else "es"
    return Claims(
        encoding,
        pick((encoding,) * 6 + (None, wrong), numbers[1]),
        pick((spoken.bcp47,) * 6 + (None, None, other), numbers[2]),
    )


def render(
    code: str,
    template: str,
    claimed: Claims,
    facts: Mapping[str, Any],
    address: tuple[int, str, int],
) -> tuple[str, list[Block]]:
    """Return the HTML of a page and its visible text, block by block in the order of the page.

    `facts` holds url, title, date, alternates (language, url), images (url, caption), paragraphs
    (texts).
    """
    numbers = draws("dress", code, *address)
    blocks: list[Block] = []
    style = pick(_ENTITIES, numbers[0])

    def text(kind: str, words: str) -> Markup:
        blocks.append(Block(kind, words))
        return _written(words, style)

    def written(words: str) -> Markup:
        blocks.append(Block(_MAIN, words))
        return _paragraph(words, style, draws("markup", code, *address, len(blocks))[0])

    tag = claimed.declared_language
    made = _templates().get_template(f"{template}.html.j2")
    html = made.render(
        **facts,
        **_surroundings(grammar(code), address),
        host=facts["url"].split("/")[2],
        tag_of=lambda code: language(code).bcp47,
        declared_encoding=claimed.declared_encoding,
        lang=Markup(f' lang="{tag}"') if tag else "",
        words=words_of(code),
        section=template,
        cookie_banner=numbers[1] % 2,
        login=numbers[2] % 2,
        price=f"{1 + numbers[3] % 90}.{numbers[4] % 100:02d} EUR",
        text=text,
        written=written,
    )
    return _roughen(html, numbers[5]), blocks


@cache
def words_of(code: str) -> dict[str, str]:
    """Return what pages say around their text in a language; English where the world has none."""
    known = read_yaml((_FOLDER / "words.yaml").read_text(encoding="utf-8"))
    words: dict[str, str] = known.get(code, known["eng_Latn"])
    return words


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _surroundings(spoken: Grammar, address: tuple[int, str, int]) -> dict[str, list[str]]:
    """Draw the advertisements, comments and links to other pages."""
    numbers = draws("around", *address)

    def sentences(pattern: str, count: int) -> list[str]:
        places = [("around", *address, place) for place in range(count)]
        return [spoken.say(scene_of(pattern, place, address[1])) for place in places]

    return {
        "adverts": sentences("quality", numbers[0] % 3),
        "comments": sentences(pick(("like", "dislike", "state"), numbers[1]), numbers[2] % 4),
        "related": sentences("location", 2 + numbers[3] % 3),
    }


def _written(words: str, style: str) -> Markup:
    """Write text as HTML; in some pages some letters outside ASCII are entities."""
    if style == "none":
        return escape(words)
    return Markup("".join(_entity(character, style) for character in words))


def _entity(character: str, style: str) -> str:
    number = ord(character)
    if number < 128 or (number % 3 and style != "named"):
        return str(escape(character))
    if style == "named":
        name = codepoint2name.get(number)
        return f"&{name};" if name else character
    return f"&#{number};" if style == "decimal" else f"&#x{number:x};"


def _paragraph(words: str, style: str, number: int) -> Markup:
    """Write one paragraph; some have a stretch in bold or linked, some of those wrongly nested."""
    cuts = [place for place, character in enumerate(words) if character == " "]
    cuts = cuts if len(cuts) > 3 else list(range(1, len(words)))
    if len(cuts) < 3 or number % 3 == 0:
        return Markup("<p>{}</p>").format(_written(words, style))
    start, middle, end = (cuts[len(cuts) * part // 4] for part in (1, 2, 3))
    parts = [words[:start], words[start:middle], words[middle:end], words[end:]]
    frames = (
        "<p>{}<b>{}{}</b>{}</p>",
        '<p>{}<a href="/about">{}</a>{}{}</p>',
        "<p>{}<b><i>{}</b>{}</i>{}</p>",
        "<p>{}<span><em>{}{}</span>{}</em></p>",
    )
    return Markup(pick(frames, number)).format(*(_written(part, style) for part in parts))


def _roughen(html: str, number: int) -> str:
    """Write the page as sloppily as many are; a parser still finds the same text."""
    if number & 1:
        html = html.replace("</p>", "").replace("</li>", "")
    if number & 2:
        html = re.sub(r'="([a-z0-9-]+)"', r"=\1", html)
    if number & 4:
        html = re.sub(r"<(/?)(p|li|ul|div|a)\b", lambda tag: tag.group().upper(), html)
    if number & 8:
        html = re.sub(r"(</div>\s*)?</body>\s*</html>\s*$", "", html)
    return html if number & 16 else html.replace("</footer>", "</div></footer>")
