"""Web pages as documents of text and pictures in their order, and how clean a corpus of them is.

The pages are those of the sample world, whose own text, surroundings, duplicates, foreign
paragraphs and personal data are known, or real pages with their main text beside them.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from glotlift import world
from glotlift.corpus.building import BuildConfig, build_corpus
from glotlift.corpus.sources.clearing import SILENT, write
from glotlift.corpus.sources.decoding import decode_page
from glotlift.corpus.sources.optional import library
from glotlift.corpus.sources.pages import Image, extract_page, mark_images, placed_images
from glotlift.languages import language
from glotlift.languages.words import split_words
from glotlift.recipes.starting_point import locate

Extraction = Literal["all text", "main text"]
PageRow = Mapping[str, Any]
Key = tuple[str, str]  # language and id
Texts = dict[Key, str]


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
        (image.src, max(((end, number) for end, number in ends if end <= image.offset), default=()))
        for image in found.images
    ]
    right = {image["url"] for image in page["images"]}
    hits = sum(src in right and bool(last) and last[1] == 0 for src, last in placed)
    total = len(right) + len(placed)
    return 2 * hits / total if total else 1.0


def filter_pages(texts: Texts, folder: Path, *, near: bool) -> tuple[Texts, int]:
    """Return what a corpus build keeps of texts, and how many pages it does not account for.

    Languages are identified, not given. Equal texts are always dropped, near duplicates and
    repeated paragraphs where `near` is set.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({"id": f"{id}", "source": code, "text": text}, ensure_ascii=False)
        for (code, id), text in texts.items()
    ]
    source = folder / "pages.jsonl"
    source.write_text("\n".join(lines), encoding="utf-8")
    settings = {
        "inputs": [{"path": str(source)}],
        "output": folder / "corpus",
        "duplicates": {"near": near, "passages": near},
        "workers": 1,
    }
    build_corpus(BuildConfig.model_validate(settings))
    kept = {
        (row["source"], row["id"]): row["text"]
        for file in sorted((folder / "corpus" / "data").rglob("*.parquet"))
        for row in pq.read_table(file).to_pylist()
    }
    left_out = (folder / "corpus" / "ledger.jsonl").read_bytes().count(b"\n")
    return kept, len(texts) - len(kept) - left_out


def judge_corpus(
    pages: Sequence[PageRow], texts: Texts, languages: Sequence[str]
) -> dict[str, list[float]]:
    """Return shares by language, [languages] each, of what a corpus holds against gold.

    surroundings: of the words of its pages, those that are not of the page's own text; clean text
    kept: of the characters of distinct pages' paragraphs without personal data, in the language of
    the page; duplicates left: of the pages that repeat an earlier one, those kept beside another of
    their kind; other languages left: of the characters of foreign paragraphs; personal data left:
    of the planted items with right check digits.
    """
    counts: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    groups: dict[Key, list[PageRow]] = defaultdict(list)
    for page in pages:
        groups[page["language"], page["duplicate_of"] or page["id"]].append(page)
    for (code, root), members in groups.items():
        own = counts[code]
        kept = [page for page in members if (code, page["id"]) in texts]
        held = "\n".join(texts[code, page["id"]] for page in kept)
        add(own["duplicates left"], max(0, len(kept) - 1), len(members) - 1)
        original = next(page for page in members if page["id"] == root)
        planted = [item["text"] for item in original["personal"]]
        for part in original["paragraphs"]:
            text, size = part["text"], len(part["text"])
            if any(item in text for item in planted):
                continue
            same = part["language"] == code
            name = "clean text kept" if same else "other languages left"
            add(own[name], size * (text in held), size)
        for page in kept:
            text = texts[code, page["id"]]
            words, gold = (Counter(split_words(each, code)) for each in (text, page["text"]))
            add(own["surroundings"], (words - gold).total(), words.total())
            for item in page["personal"]:
                add(own["personal data left"], item["valid"] and item["text"] in text, 0)
        for page in members:
            add(own["personal data left"], 0, sum(item["valid"] for item in page["personal"]))
    names = ("surroundings", "clean text kept", "duplicates left", "other languages left")
    return {
        name: [part / whole if whole else 0.0 for part, whole in (counts[c][name] for c in languages)]
        for name in (*names, "personal data left")
    }


def add(count: list[float], part: float, whole: float) -> None:
    """Add to a share's numerator and denominator."""
    count[0] += part
    count[1] += whole


def as_array(values: Sequence[float]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return scores as an array, [rows]."""
    return np.array(values, np.float64)
