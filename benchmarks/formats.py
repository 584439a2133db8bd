"""Main text of HTML, WARC, PDF and plain text against gold: F1 of words, for every file.

    python benchmarks/formats.py [FOLDER]

FOLDER (else $GLOTLIFT_DATA/formats) has pages.warc.gz with pages.gold.jsonl.gz (url, text), html/
with pages of the same gold, and pdf/ and txt/ with the same book; the text of a PDF's pages is the
stretch of the book that fits it best. Pages of the sample world are measured beside it. In scripts
without spaces a character is a word. Prints one JSON object.
"""

import argparse
import gzip
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import regex
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text

from glotlift.corpus.formats import read_file
from glotlift.corpus.sources.pages import extract_page
from glotlift.world.web import web_pages

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
WORD = regex.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}])+")
WORLD = ("arb_Arab", "eng_Latn", "hin_Deva", "swh_Latn", "zho_Hans")
WORLD_PAGES = 20


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return list(WORD.findall(text))


def f1(found: str, gold: str) -> float:
    """Return the F1 of a text's words, counted as often as they stand there."""
    mine, wanted = Counter(words(found)), Counter(words(gold))
    total = mine.total() + wanted.total()
    return 2 * (mine & wanted).total() / total if total else 1.0


def best_stretch(found: str, book: str) -> float:
    """Return the highest F1 of a text against any stretch of a book's paragraphs."""
    mine = Counter(words(found))
    paragraphs = [words(paragraph) for paragraph in regex.split(r"\n\s*\n", book)]
    best = 0.0
    for first in range(len(paragraphs)):
        left, matched, length = mine.copy(), 0, 0
        for paragraph in paragraphs[first:]:
            for word in paragraph:
                matched += left[word] > 0
                left[word] -= 1
            length += len(paragraph)
            best = max(best, 2 * matched / (mine.total() + length))
    return best


def text_of(path: Path) -> str:
    """Return the whole text that is read out of a file."""
    return "\n".join(row.values.get("text", "") for row in read_file(path))


def unpacked(path: Path) -> str:
    """Return the text of a compressed file."""
    return gzip.decompress(path.read_bytes()).decode()


def golds(folder: Path) -> dict[str, str]:
    """Return url -> main text."""
    with gzip.open(folder / "pages.gold.jsonl.gz", "rt", encoding="utf-8") as file:
        return {record["url"]: record["text"] for record in map(json.loads, file)}


def measure_files(folder: Path) -> dict[str, dict[str, float]]:
    """Return kind -> file or page -> F1."""
    gold = golds(folder)
    rows = {row.values.get("source"): row for row in read_file(folder / "pages.warc.gz")}
    warc = {url: f1(rows[url].values["text"], text) for url, text in gold.items()}
    html, pdf, txt = {}, {}, {}
    for path in sorted((folder / "html").iterdir()):
        language, _, name = path.name.partition(".")
        text = next(text for url, text in gold.items() if url.endswith(f"/{language}/{name}"))
        html[path.name] = f1(text_of(path), text)
    for path in sorted((folder / "pdf").iterdir()):
        book = folder / "txt" / f"install.{path.name.split('.')[1]}.txt.gz"
        pdf[path.name] = best_stretch(text_of(path), unpacked(book))
    for path in sorted((folder / "txt").iterdir()):
        txt[path.name] = f1(text_of(path), unpacked(path))
    return {"html": html, "warc": warc, "pdf": pdf, "txt": txt}


def pages(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (group, HTML, main text) of the crawl and of the sample world."""
    gold = golds(folder)
    with (folder / "pages.warc.gz").open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            text = gold[record.headers["WARC-Target-URI"]]
            yield "crawl", record.reader.read().decode("utf-8", "replace"), text
    for code in WORLD:
        for row in web_pages(code, WORLD_PAGES):
            yield f"world {code}", row["html"], row["text"]


def extractors() -> dict[str, Callable[[str], str]]:
    """Return the extractors that are compared, by name."""
    from trafilatura import extract

    return {
        "glotlift": lambda html: extract_page(html.encode()).text,
        "resiliparse all": lambda html: extract_plain_text(html, main_content=False),
        "resiliparse main": lambda html: extract_plain_text(html, main_content=True),
        "trafilatura": lambda html: extract(html, include_comments=False) or "",
        "trafilatura recall": lambda html: extract(html, favor_recall=True) or "",
    }


def compare(folder: Path) -> dict[str, dict[str, Any]]:
    """Return extractor -> mean F1 of each group and megabytes of HTML a second."""
    cases = list(pages(folder))
    size = sum(len(html.encode()) for _, html, _ in cases)
    found = {}
    for name, extract in extractors().items():
        extract(cases[0][1])
        began = time.perf_counter()
        texts = [extract(html) for _, html, _ in cases]
        seconds = time.perf_counter() - began
        scores: dict[str, list[float]] = {}
        for (group, _, gold), text in zip(cases, texts, strict=True):
            scores.setdefault(group, []).append(f1(text, gold))
        means = {group: round(mean(values), 3) for group, values in scores.items()}
        found[name] = {"f1": means, "mb_per_second": round(size / seconds / 1e6, 2)}
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path)
    given = parser.parse_args()
    folder = given.folder or Path(os.environ["GLOTLIFT_DATA"]) / "formats"
    files = measure_files(folder)
    report = {
        "mean": {kind: round(mean(scores.values()), 4) for kind, scores in files.items()},
        "least": {kind: round(min(scores.values()), 4) for kind, scores in files.items()},
        "extractors": compare(folder),
        "files": {
            kind: {name: round(score, 4) for name, score in scores.items()}
            for kind, scores in files.items()
        },
    }
    print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
