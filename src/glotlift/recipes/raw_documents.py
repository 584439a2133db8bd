"""Raw documents as a crawl leaves them, what the corpus pipeline makes of them, and held-out text.

A setting's ``documents`` say how many there are of each language, and its ``text`` where they are
from: ``world`` for web pages of the sample world, which bring their own boilerplate, duplicates,
mixed languages and personal data, or the address of clean files, ``{}`` being the language. Into
those such things are planted, each as often as `PLANTED` says.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset, concatenate_datasets

from glotlift import world
from glotlift.corpus import deduplicate, read, split_rows
from glotlift.corpus.building import BuildConfig, build_corpus
from glotlift.corpus.building.config import Input
from glotlift.recipes.starting_point import HELD_OUT, locate
from glotlift.world.personal import KINDS, invent

WORLD = "world"
PAGES, LINES = "pages.warc.gz", "documents.jsonl"
NOTICES = (
    "We use cookies to improve your experience. Accept all | Reject | Settings",
    "Read more » | Previous article | Next article | Back to top",
    "Share on Facebook | Tweet | Email | Print",
)
SPAM = ("casino", "bonus", "odds", "free spins", "jackpot", "best price", "buy now")
Texts = dict[str, Dataset]
Made = tuple[list[tuple[str, str]], Texts, Dataset | None]


@dataclass(frozen=True)
class RawDocuments:
    """The same documents three times: all that they show, the files, and the truth.

    `shown` is the text with the tags taken off. `files` are what a pipeline reads. `clean` is, by
    language, the text that the documents are about, each once and in its own language.
    """

    shown: Dataset
    files: tuple[Path, ...]
    clean: Texts


def held_out(values: Mapping[str, Any], languages: Sequence[str]) -> Texts:
    """Return clean documents by language that no raw document is made from."""
    wanted = values["held_out"]
    if values["text"] == WORLD:
        return {code: clean_pages(code, wanted) for code in languages}
    return {code: parted(values, code)[1].select(range(wanted)) for code in languages}


def clean_pages(code: str, count: int) -> Dataset:
    """Return the main texts of held-out pages without anything that needs cleaning."""
    nothing: dict[str, float] = dict.fromkeys(
        ("duplicate_fraction", "near_duplicate_fraction", "mixed_fraction", "personal_fraction"), 0
    )
    pages = world.web_pages(code, count, split="test", **nothing)
    return pages.select_columns(["id", "language", "text"])


def raw_documents(values: Mapping[str, Any], seed: int, folder: Path) -> RawDocuments:
    """Write the raw documents of a seed into `folder` and return them."""
    chance = random.Random(f"raw documents {seed}")
    make = crawl if values["text"] == WORLD else plant
    found, clean, pages = make(values, seed, chance)
    junk = round(PLANTED_JUNK * len(found))
    added = [(f"junk/{row}", junk_text(chance)) for row in range(junk)]
    files = () if pages is None else (world.write_warc(folder / PAGES, pages),)
    lines = added if pages is not None else found + added
    path = folder / LINES
    told = (json.dumps({"id": id, "text": text}) + "\n" for id, text in lines)
    path.write_text("".join(told), encoding="utf-8")
    return RawDocuments(rows_of(found + added), (*files, path), clean)


def crawl(values: Mapping[str, Any], seed: int, chance: random.Random) -> Made:
    """Return (id, visible text) of web pages, their main texts by language, and the pages."""
    codes = list(values["documents"])
    parts = {
        code: world.web_pages(
            code, count, others=[other for other in codes if other != code][:2], seed=seed
        )
        for code, count in values["documents"].items()
    }
    shown = [
        (f"{page['language']}/{page['id']}", "\n".join(block["text"] for block in page["blocks"]))
        for pages in parts.values()
        for page in pages
    ]
    clean = {code: rows_of(main_texts(pages)) for code, pages in parts.items()}
    return shown, clean, concatenate_datasets(list(parts.values()))


def main_texts(pages: Dataset) -> list[tuple[str, str]]:
    """Return (id, text) of pages that repeat no other: their paragraphs in the page's language."""
    return [
        (page["id"], "\n".join(p["text"] for p in page["paragraphs"] if p["language"] == own))
        for page in pages
        for own in [page["language"]]
        if not page["duplicate_of"]
    ]


def plant(values: Mapping[str, Any], seed: int, chance: random.Random) -> Made:
    """Return (id, text) of clean documents and the spoilt ones made from them, and the clean."""
    clean = {
        code: rows.select(range(min(count, len(rows))))
        for code, count in values["documents"].items()
        for rows in [parted(values, code)[0]]
    }
    texts = [text for rows in clean.values() for text in rows["text"]]
    found = [(f"{code}/{id}", text) for code in clean for id, text in pairs(clean[code])]
    for kind, (share, spoil) in PLANTED.items():
        for number, text in enumerate(chance.sample(texts, round(share * len(texts)))):
            found.append((f"{kind}/{number}", spoil(text, chance.choice(texts), chance)))
    chance.shuffle(found)
    return found, clean, None


def pairs(rows: Dataset) -> list[tuple[str, str]]:
    """Return (id, text) of rows."""
    return list(zip(rows["id"], rows["text"], strict=True))


def parted(values: Mapping[str, Any], code: str) -> tuple[Dataset, Dataset]:
    """Return the rows of a clean file to make raw documents from, and those held out."""
    rows = deduplicate(read(locate(values["text"].format(code)), language=code))
    parts = split_rows(rows, validation=0, test=HELD_OUT)
    return parts["train"], parts["test"]


def near(text: str, other: str, chance: random.Random) -> str:
    """Drop a line in ten and put a notice before the rest."""
    lines = text.split("\n")
    kept = [line for line in lines if len(lines) == 1 or chance.random() > 0.1]
    return "\n".join([chance.choice(NOTICES), *kept])


def mixed(text: str, other: str, chance: random.Random) -> str:
    """Add the first half of another document, of any language."""
    return f"{text}\n{other[: len(other) // 2]}"


def personal(text: str, other: str, chance: random.Random) -> str:
    """Put made-up personal data behind the text."""
    kind = chance.choice(KINDS)
    return f"{text} {invent(kind, chance.random()).text}"


def garbled(text: str, other: str, chance: random.Random) -> str:
    """Read UTF-8 as Latin-1, as broken software does."""
    return text.encode().decode("latin-1")


Spoil = Callable[[str, str, random.Random], str]
# The shares of a labelled challenge of 2,379 documents: junk among all, and what is added for each
# clean document.
PLANTED_JUNK = 0.03
PLANTED: dict[str, tuple[float, Spoil]] = {
    "exact": (0.08, lambda text, other, chance: text),
    "normalised": (0.03, lambda text, other, chance: text.upper()),
    "near": (0.19, near),
    "mixed": (0.04, mixed),
    "personal": (0.08, personal),
    "garbled": (0.03, garbled),
    "short": (0.02, lambda text, other, chance: text[:40]),
}


def junk_text(chance: random.Random) -> str:
    """Return a document of numbers, of hashes or of advertising words."""
    count = chance.randrange(40, 120)
    return chance.choice(
        (
            "\t".join(f"{chance.random() * 1000:.2f}" for _ in range(count)),
            "\n".join(f"{chance.getrandbits(256):064x}" for _ in range(count // 8)),
            ", ".join(chance.choice(SPAM) for _ in range(count)),
        )
    )


def rows_of(texts: Sequence[tuple[str, str]]) -> Dataset:
    """Return rows with an id and text."""
    kept = [(id, text) for id, text in texts if text]
    return Dataset.from_dict({"id": [id for id, _ in kept], "text": [text for _, text in kept]})


def built(raw: RawDocuments, output: Path, *, given: str | None = None, **settings: Any) -> Texts:
    """Return what the corpus pipeline keeps of the raw documents, by language.

    `given` is a language to take all documents for; `settings` are those of `BuildConfig`.
    """
    inputs = tuple(Input(path=str(path), language=given) for path in raw.files)
    build_corpus(BuildConfig(inputs=inputs, output=output, workers=1, **settings))
    return {path.name: read(path) for path in sorted((output / "data").iterdir())}
