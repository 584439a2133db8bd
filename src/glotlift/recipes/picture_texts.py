"""Rows of pictures and their texts, scored against the pages that they were made from."""

import json
import tarfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from datasets import Dataset

from glotlift.corpus import split_rows
from glotlift.corpus.sources.wiki_pictures import (
    PictureRow,
    check_language,
    filter_rows,
    picture_rows,
)
from glotlift.evidence.design import Measurement, Setting
from glotlift.languages import language
from glotlift.languages.identification import load_identifier
from glotlift.recipes.shares import Share
from glotlift.recipes.starting_point import locate
from glotlift.runs.errors import GlotliftError
from glotlift.world.encyclopedia import Article, File, encyclopedia

F1, KEPT, TEXTS = "F1 of rows", "good rows kept", "texts right"
FOREIGN, OWN = "descriptions in other languages", "own descriptions kept"
JUDGED = (F1, KEPT, TEXTS, FOREIGN, OWN)
LEAKED = "test pictures seen in training"
HELD_OUT = 0.1
Shares = dict[str, dict[str, Share]]


@lru_cache(maxsize=1)
def made_up(
    languages: tuple[str, ...], pages: int, seed: int
) -> tuple[list[Article], dict[str, File]]:
    """Return the pages of an encyclopedia, made once for all arms of a seed."""
    return encyclopedia(languages, pages, seed=seed)


def address(article: Article) -> str:
    """Return the address of a page in its language."""
    return f"https://{article.language}.example.org/{article.id}"


def all_rows(articles: Sequence[Article], files: Mapping[str, File]) -> list[PictureRow]:
    """Return a row for every picture of every page."""
    return [
        row
        for page in articles
        for row in picture_rows(
            *(page.markup, files),
            language=page.language,
            title=page.title,
            address=address(page),
        )
    ]


def make_rows(
    setting: Setting, seed: int, folder: Path, *, filtered: bool, checked: bool
) -> Measurement:
    """Make rows of pages and score them by language; the seed draws the pages."""
    values = setting.values
    articles, files = made_up(tuple(values["languages"]), values["pages"], seed)
    rows = all_rows(articles, files)
    found, cost = len(rows), {"rows found": float(len(rows))}
    if filtered:
        rows, dropped = filter_rows(rows, {name: file.license for name, file in files.items()})
        cost |= {f"dropped: {reason}": float(count) for reason, count in dropped.items()}
        cost["rows unaccounted for"] = found - len(rows) - dropped.total()
    if checked:
        rows = check_language(rows, load_identifier("bundled"))
    shares = judge_rows(articles, files, rows)
    by_language = [shares[code] for code in values["languages"]]
    return Measurement(
        len(articles),
        {name: np.array([own[name].value for own in by_language]) for name in JUDGED},
        dict.fromkeys(JUDGED, values["languages"]),
        cost=cost | {"rows kept": len(rows)},
    )


def judge_rows(
    articles: Sequence[Article], files: Mapping[str, File], rows: Sequence[PictureRow]
) -> Shares:
    """Return shares by language, of rows against gold.

    - F1 of rows: a picture's first row counts, where the picture should have one;
    - good rows kept: of the pictures that should have a row, those that have;
    - texts right: of these, those with caption, alternative text, section and contexts as in gold;
    - descriptions in other languages: of all that the rows hold;
    - own descriptions kept: of those of pictures with a row, in the language of the page.
    """
    shares: Shares = defaultdict(lambda: defaultdict(Share))
    gold = {(address(page), one.file): one for page in articles for one in page.shown if one.good}
    wanted = [page.language for page in articles for one in page.shown if one.good]
    first: dict[tuple[str, str], PictureRow] = {}
    for row in rows:
        own = shares[row.language]
        right = gold.get((row.page_url, row.image_url))
        fresh = first.setdefault((row.page_url, row.image_url), row) is row
        own[F1].add(2 * bool(right and fresh), 1)
        own[KEPT].add(bool(right and fresh), 0)
        if right and fresh:
            texts = (row.caption_reference_description, row.caption_alt_text_description)
            contexts = (row.context_page_description, row.context_section_description)
            found = (*texts, row.section_title, *contexts)
            own[TEXTS].add(found == (*right[2:5], *right[5:7]), 1)
        described = {said: code for code, said in files[row.image_url].descriptions}
        kept = list(filter(None, row.caption_attribution_description.split("\n")))
        for line in kept:
            own[FOREIGN].add(described.get(line) != row.language, 1)
        for said, code in described.items():
            own[OWN].add(code == row.language and said in kept, code == row.language)
    for code in wanted:
        shares[code][F1].add(0, 1)
        shares[code][KEPT].add(0, 1)
    return shares


def split(setting: Setting, seed: int, folder: Path, *, by_picture: bool) -> Measurement:
    """Split rows, and score by language how many test rows show a picture of training rows."""
    known = named_pictures(setting, seed)
    rows = Dataset.from_dict(
        {
            "id": [one if by_picture else f"{one}/{code}/{page}" for one, code, page in known],
            "picture": [one for one, _, _ in known],
            "language": [code for _, code, _ in known],
        }
    )
    parts = split_rows(rows, validation=0, test=HELD_OUT, seed=seed)
    seen = set(parts["train"]["picture"])
    shares: dict[str, Share] = defaultdict(Share)
    for code, one in zip(parts["test"]["language"], parts["test"]["picture"], strict=True):
        shares[code].add(one in seen, 1)
    languages = sorted({code for _, code, _ in known})
    return Measurement(
        len(known),
        {LEAKED: np.array([shares[code].value for code in languages])},
        {LEAKED: languages},
        cost={"test rows": len(parts["test"])},
    )


def named_pictures(setting: Setting, seed: int) -> list[tuple[str, str, str]]:
    """Return picture, language and page of rows: of made-up pages, or of named pictures."""
    values = setting.values
    if "archive" not in values:
        articles, files = made_up(tuple(values["languages"]), values["pages"], seed)
        rows, _ = filter_rows(all_rows(articles, files), {n: f.license for n, f in files.items()})
        return [(row.image_url, row.language, row.page_url) for row in rows]
    found = []
    with tarfile.open(locate(values["archive"])) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".json"):
                file = archive.extractfile(member)
                names = json.load(file)["names"] if file else {}
                found += [(member.name, code, "") for tag in names if (code := known_code(tag))]
    return found


def known_code(tag: str) -> str:
    """Return the language of a tag, or "" where it names none that is known."""
    try:
        return str(language(tag).code)
    except GlotliftError:
        return ""
