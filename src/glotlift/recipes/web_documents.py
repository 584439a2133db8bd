"""Web pages as documents of text and pictures in their order, scored against what is theirs.

The pages are those of the sample world, whose own text and surroundings are known, or real pages
with their main text beside them.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from glotlift import world
from glotlift.corpus.sources.clearing import SILENT, write
from glotlift.corpus.sources.decoding import decode_page
from glotlift.corpus.sources.optional import library
from glotlift.corpus.sources.pages import Image, extract_page, mark_images, placed_images
from glotlift.evidence.design import Measurement, Setting
from glotlift.languages import language
from glotlift.languages.words import split_words
from glotlift.recipes.starting_point import locate

Extraction = Literal["all text", "main text"]
PageRow = Mapping[str, Any]
F1, PLACES = "F1 of words", "pictures in place"


class Extracted(NamedTuple):
    """What was read out of a page: a line a text node, and pictures by their place in the text."""

    text: str
    images: list[Image]


def extract(html: bytes, url: str, extraction: Extraction) -> Extracted:
    """Return the main text of a page, or all text of it, with the pictures among it."""
    if extraction == "main text":
        page = extract_page(html, url)
        return Extracted(page.text, page.images)
    tree = library("resiliparse.parse.html", "web pages are read").HTMLTree.parse(decode_page(html))
    images = mark_images(tree, url)
    writer = library("resiliparse.extract.html2text", "web pages are read")
    return Extracted(*placed_images(write(writer, tree, SILENT), images))


@lru_cache(maxsize=1)
def world_pages(languages: tuple[str, ...], pages: int, seed: int) -> list[PageRow]:
    """Return pages of the sample world in several languages, made once for all arms of a seed."""
    return [
        row
        for code in languages
        for row in world.web_pages(code, pages, others=languages, seed=seed)
    ]


def bytes_of(page: PageRow) -> bytes:
    """Return a page of the sample world as a server sends it."""
    return bytes(page["html"].encode(page["encoding"], "xmlcharrefreplace"))


def real_pages(archive: str, gold: str) -> Iterator[tuple[str, str, bytes, str]]:
    """Yield address, language, HTML and main text of the pages of a WARC file that have gold."""
    warc = library("fastwarc.warc", "WARC files are read")
    with gzip.open(locate(gold), "rt", encoding="utf-8") as file:
        known = {row["url"]: row for row in map(json.loads, file)}
    with Path(locate(archive)).open("rb") as stream:
        for record in warc.ArchiveIterator(stream, record_types=warc.WarcRecordType.response):
            row = known.get(record.headers["WARC-Target-URI"])
            if row:
                yield row["url"], language(row["lang"]).code, record.reader.read(), row["text"]


def overlap(found: str, gold: str, code: str) -> float:
    """Return the F1 of the words of two texts, each counted as often as it stands there."""
    words, wanted = Counter(split_words(found, code)), Counter(split_words(gold, code))
    return 2 * (words & wanted).total() / max(1, words.total() + wanted.total())


def pictures_in_place(page: PageRow, found: Extracted) -> float:
    """Return the F1 of pictures, right where they follow the paragraph that they follow in gold.

    What stands between (captions, say) does not matter. The pictures of a page of the sample world
    follow its first paragraph; 1 where there is none in either.
    """
    paragraphs = [part["text"] for part in page["paragraphs"]]
    ends = [
        (found.text.find(text) + len(text), number)
        for number, text in enumerate(paragraphs)
        if text in found.text
    ]
    placed = [
        (
            image.src,
            max(((end, number) for end, number in ends if end <= image.offset), default=(0, -1))[1],
        )
        for image in found.images
    ]
    right = {image["url"] for image in page["images"]}
    hits = sum(src in right and last == 0 for src, last in placed)
    total = len(right) + len(placed)
    return 2 * hits / total if total else 1.0


def read_out(setting: Setting, seed: int, folder: Path, *, extraction: Extraction) -> Measurement:
    """Score what is read out of pages against gold.

    A row is a real page, or all pages of one language and template of the sample world; the seed
    draws the latter. Real pages have no gold of pictures.
    """
    values = setting.values
    scores: dict[str, dict[str, list[float]]] = {F1: defaultdict(list), PLACES: defaultdict(list)}
    if "archive" in values:
        for url, code, html, gold in real_pages(values["archive"], values["gold"]):
            scores[F1][url].append(overlap(extract(html, url, extraction).text, gold, code))
    else:
        for page in world_pages(tuple(values["languages"]), values["pages"], seed):
            found = extract(bytes_of(page), page["url"], extraction)
            row = f"{page['language']}/{page['template']}"
            scores[F1][row].append(overlap(found.text, page["text"], page["language"]))
            scores[PLACES][row].append(pictures_in_place(page, found))
    names = {name: sorted(rows) for name, rows in scores.items() if rows}
    return Measurement(
        sum(map(len, scores[F1].values())),
        {
            name: np.array([np.mean(scores[name][row]) for row in ids])
            for name, ids in names.items()
        },
        names,
    )
