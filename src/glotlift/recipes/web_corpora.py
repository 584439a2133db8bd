"""Corpora of web pages, filtered or not: how clean they are, and what a small model learns there.

The pages are those of the sample world, whose duplicates, foreign paragraphs and personal data are
known.
"""

import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from datasets import Dataset
from transformers import PreTrainedTokenizerFast, set_seed

from glotlift import world
from glotlift.corpus.building import BuildConfig, build_corpus
from glotlift.evidence.design import Measurement, Setting
from glotlift.languages.words import split_words
from glotlift.objectives.bits import document_bits
from glotlift.objectives.packing import columns
from glotlift.recipes.one_stage import prepared
from glotlift.recipes.shares import Share
from glotlift.recipes.token_shares import train
from glotlift.recipes.web_documents import Extraction, PageRow, bytes_of, extract, world_pages
from glotlift.training.schooling import build, make_tokenizer
from glotlift.training.starters import SIZES

Key = tuple[str, str]  # language and id
Texts = dict[Key, str]
BITS = "bits per byte"
SURROUNDINGS, KEPT, TWICE = "surroundings", "clean text kept", "duplicates left"
FOREIGN, PERSONAL = "other languages left", "personal data left"
JUDGED = (SURROUNDINGS, KEPT, TWICE, FOREIGN, PERSONAL)
MASK = re.compile("<[A-Z_0-9]+>")
CLEAN = dict.fromkeys(
    ("duplicate_fraction", "near_duplicate_fraction", "mixed_fraction", "personal_fraction"), 0.0
)


def learn(
    setting: Setting, seed: int, folder: Path, *, extraction: Extraction, near: bool | None
) -> Measurement:
    """Judge the corpus of an arm, train a small model on it, and score it on clean pages.

    `near` says whether near duplicates are dropped; None, that nothing is filtered at all. Shares
    are by language; bits per byte are those of clean pages of the test split, by page. The seed
    draws pages, first weights and order.
    """
    values, started = setting.values, time.monotonic()
    which = (tuple(values["languages"]), values["pages"], seed)
    texts = texts_of(*which, extraction)
    read, lost = len(texts), 0
    if near is not None:
        texts, lost = filter_pages(texts, folder / "build", near=near)
    judged = judge_corpus(world_pages(*which), texts)
    tokenizer = tokenizer_of(*which)
    set_seed(seed)
    model = build("decoder", SIZES["tiny"], tokenizer)
    ids = [f"{code}/{id}" for code, id in texts]
    rows = {"pages": Dataset.from_dict({"id": ids, "text": list(texts.values())})}
    features = prepared(model, tokenizer, rows)
    trained = train(
        *(model, tokenizer, rows, features, {"pages": 1.0}),
        amount=values["tokens"],
        unit="tokens",
        rate=values["learning_rate"],
        seed=seed,
        folder=folder / "training",
    )
    test = held_out(which[0], values["documents"])
    bits, sizes = document_bits(trained.model, tokenizer, list(test.values()))
    spent = trained.plan.total_tokens
    return Measurement(
        spent,
        {name: np.array([judged[code][name] for code in which[0]]) for name in JUDGED}
        | {BITS: bits / sizes},
        dict.fromkeys(JUDGED, which[0]) | {BITS: list(test)},
        {BITS: sizes.astype(np.float64)},
        {
            "seconds": time.monotonic() - started,
            "pages read": read,
            "pages kept": len(texts),
            "pages unaccounted for": lost,
            "bytes kept": sum(len(text.encode()) for text in texts.values()),
            "epochs": spent / int(columns(features["pages"])[1][-1]),
            "test pages in training": len(set(test.values()) & set(texts.values())),
        },
    )


@lru_cache(maxsize=2)
def texts_of(languages: tuple[str, ...], pages: int, seed: int, extraction: Extraction) -> Texts:
    """Return the text of every page with any, by language and id."""
    found = {
        (page["language"], page["id"]): extract(bytes_of(page), page["url"], extraction).text
        for page in world_pages(languages, pages, seed)
    }
    return {key: text for key, text in found.items() if text}


@lru_cache(maxsize=1)
def tokenizer_of(languages: tuple[str, ...], pages: int, seed: int) -> PreTrainedTokenizerFast:
    """Return the tokenizer of all arms of a seed, trained on all text of the pages."""
    texts = texts_of(languages, pages, seed, "all text")
    rows = Dataset.from_dict({"text": list(texts.values())})
    return make_tokenizer("decoder", SIZES["tiny"], {"pages": rows})


@lru_cache(maxsize=1)
def held_out(languages: tuple[str, ...], pages: int) -> dict[str, str]:
    """Return the own text of clean pages of the test split, by language and id."""
    return {
        f"{code}/{row['id']}": row["text"]
        for code in languages
        for row in world.web_pages(code, pages, split="test", **CLEAN)
    }


def filter_pages(texts: Texts, folder: Path, *, near: bool) -> tuple[Texts, int]:
    """Return what a corpus build keeps of texts, and how many pages it does not account for.

    Languages are identified, not given. Equal texts are always dropped, near duplicates and
    repeated paragraphs where `near` is set.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "pages.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for (code, id), text in texts.items():
            file.write(json.dumps({"id": id, "source": code, "text": text}) + "\n")
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


def judge_corpus(pages: Sequence[PageRow], texts: Texts) -> dict[str, dict[str, float]]:
    """Return shares of what a corpus holds against gold, by the pages' language.

    - surroundings: of the words of its pages, those that are not of the page's own text;
    - clean text kept: of the characters of distinct pages in their own language and without
      personal data, those of paragraphs that stand whole in the page or a duplicate of it;
    - duplicates left: of the pages that repeat another, those kept beside another;
    - other languages left: of the foreign paragraphs of kept pages, by characters;
    - personal data left: of the data with right check digits on kept pages.
    """
    shares: dict[str, dict[str, Share]] = defaultdict(lambda: defaultdict(Share))
    groups: dict[Key, list[PageRow]] = defaultdict(list)
    for page in pages:
        groups[page["language"], page["duplicate_of"] or page["id"]].append(page)
    for (code, root), members in groups.items():
        kept = [page for page in members if (code, page["id"]) in texts]
        shares[code][TWICE].add(max(0, len(kept) - 1), len(members) - 1)
        held = "\n".join(texts[code, page["id"]] for page in kept)
        original = next(page for page in members if page["id"] == root)
        for text in paragraphs(original, own=True):
            shares[code][KEPT].add(len(text) * (text in held), len(text))
        for page in kept:
            judge_page(page, texts[code, page["id"]], shares[code])
    return {code: {name: own[name].value for name in JUDGED} for code, own in shares.items()}


def judge_page(page: PageRow, text: str, shares: Mapping[str, Share]) -> None:
    """Count what the text kept of a page holds that it should not."""
    words = Counter(split_words(MASK.sub("", text), page["language"]))
    gold = Counter(split_words(page["text"], page["language"]))
    shares[SURROUNDINGS].add((words - gold).total(), words.total())
    for paragraph in paragraphs(page, own=False):
        shares[FOREIGN].add(len(paragraph) * (paragraph in text), len(paragraph))
    for item in page["personal"]:
        if item["valid"]:
            shares[PERSONAL].add(item["text"] in text, 1)


def paragraphs(page: PageRow, *, own: bool) -> list[str]:
    """Return the paragraphs without personal data in the page's own language, or in others."""
    planted = [item["text"] for item in page["personal"]]
    return [
        part["text"]
        for part in page["paragraphs"]
        if (part["language"] == page["language"]) == own
        and not any(item in part["text"] for item in planted)
    ]
