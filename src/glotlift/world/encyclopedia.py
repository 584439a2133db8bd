"""Pages of an encyclopedia in wiki markup, with pictures, captions and junk, and gold for each.

A page is the same in every language: its sections, its pictures and what is wrong with them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from glotlift.languages import language as language_of
from glotlift.world.grammar import Grammar, grammar
from glotlift.world.scenes import Scene, document, draws, pick, scene
from glotlift.world.sentences import LICENSE, numbers

# What a picture is; all but the first should not become a row.
KINDS = ("picture", "icon", "small", "document", "unfree", "file name", "short", "repeat")
DEALT = (KINDS[0],) * 6 + KINDS
ICONS = 3
UNFREE = "all rights reserved"


class Shown(NamedTuple):
    """A picture on a page, as gold: its texts, where it stands, and what it is."""

    file: str
    kind: str
    reference: str
    alt: str
    section: str
    page_context: str
    section_context: str

    @property
    def good(self) -> bool:
        """Whether it should become a row."""
        return self.kind == KINDS[0]


class File(NamedTuple):
    """What is known of a file: `descriptions` are language and sentence, in order."""

    mime_type: str
    width: int
    height: int
    license: str
    descriptions: list[tuple[str, str]]

    @property
    def described(self) -> str:
        """The descriptions as the file's page has them, each behind its language's own name."""
        lines = (f"{language_of(code).autonym}: {said}" for code, said in self.descriptions)
        return "\n".join(lines)


class Article(NamedTuple):
    """A page of an encyclopedia in one language; `id` is shared by its translations."""

    id: str
    language: str
    title: str
    markup: str
    shown: list[Shown]


def encyclopedia(
    languages: Sequence[str], pages: int, *, seed: int = 0, split: str = "train", start: int = 0
) -> tuple[list[Article], dict[str, File]]:
    """Return articles, each in all languages, and the files of their pictures by name.

    A picture is a single sentence of the world, which is its caption and, in some or all of the
    languages, its description. Among them stand icons that many pages show, small ones, documents,
    unfree ones, ones whose caption is a file name or one word and which nothing describes, and
    ones that the page shows already.

    Raises GL-WORLD-001 (language), -002 (split), -007 (rows).
    """
    spoken = [grammar(code) for code in languages]
    files: dict[str, File] = {}
    articles = [
        article(each, seed, split, row, files, spoken)
        for row in numbers(pages, split, start)
        for each in spoken
    ]
    return articles, files


def article(
    spoken: Grammar,
    seed: int,
    split: str,
    row: int,
    files: dict[str, File],
    everyone: Sequence[Grammar],
) -> Article:
    """Write one page in one language, and enter the files that it shows."""
    count, *titles = draws("wiki", seed, split, row)
    scenes = document(seed, split, row, 4 + 3 * (count % 4))
    lead, rest = scenes[:4], scenes[4:]
    title = sentence(spoken, seed, split, titles[0])
    sections = [("", lead)] + [
        (sentence(spoken, seed, split, titles[1 + place]), rest[3 * place : 3 * place + 3])
        for place in range(len(rest) // 3)
    ]
    parts, shown = [], list[Shown]()
    page_context = spoken.join(map(spoken.say, lead))
    for place, (heading, said) in enumerate(sections):
        text = spoken.join(map(spoken.say, said))
        pictures = []
        for number in draws("wiki pictures", seed, split, row, place)[: 1 + (count + place) % 3]:
            one = picture(spoken, seed, split, number, files, everyone, [s.file for s in shown])
            one = one._replace(section=heading, page_context=page_context, section_context=text)
            shown.append(one)
            pictures.append(link(one))
        lines = [f"== {heading} =="] if heading else []
        parts.append("\n".join([*lines, *pictures, f"{text}<ref>{title}</ref>"]))
    id = f"world/wiki/{seed}/{split}/{row}"
    return Article(id, spoken.code, title, "\n\n".join(parts), shown)


def sentence(spoken: Grammar, seed: int, split: str, row: int) -> str:
    """Return a sentence of the world without its full stop."""
    return spoken.say(scene(seed, split, row)).rstrip(".。।")


def picture(
    spoken: Grammar,
    seed: int,
    split: str,
    number: int,
    files: dict[str, File],
    everyone: Sequence[Grammar],
    before: Sequence[str],
) -> Shown:
    """Return one picture of a page, and enter its file; `before` are those above it."""
    chance = draws("wiki picture", seed, split, number)
    kind, drawn = pick(DEALT, chance[0]), scene(seed, split, number)
    said, alt = spoken.say(drawn), ""
    name = f"world-{seed}-{split}-{number}.png"
    if kind == "repeat" and not before:
        kind = KINDS[0]
    if kind == "repeat":
        name = before[-1]
    elif kind == "icon":
        name = f"icon-{chance[1] % ICONS}.png"
    elif kind == "document":
        name = name.replace(".png", ".pdf")
    elif kind == "file name":
        said = name
    elif kind == "short":
        said = pick(("1", "2", "3"), chance[2])
    elif chance[3] % 3 == 0:
        alt = said
    files.setdefault(name, file(kind, drawn, chance, everyone))
    return Shown(name, kind, said, alt, "", "", "")


def file(kind: str, drawn: Scene, chance: tuple[int, ...], everyone: Sequence[Grammar]) -> File:
    """Return what is known of a picture's file."""
    described = everyone if chance[4] % 2 else [pick(tuple(everyone), chance[5])]
    if kind in ("file name", "short"):
        described = []
    width, height = (300 + chance[6] % 900, 300 + chance[7] % 900) if kind != "small" else (60, 40)
    return File(
        "application/pdf" if kind == "document" else "image/png",
        width,
        height,
        UNFREE if kind == "unfree" else LICENSE,
        [(each.code, each.say(drawn)) for each in described],
    )


def link(shown: Shown) -> str:
    """Write a picture as wiki markup."""
    options: list[Any] = ["thumb", *([f"alt={shown.alt}"] if shown.alt else []), shown.reference]
    return f"[[File:{shown.file}|{'|'.join(options)}]]"
