"""mOSCAR (Futeral et al. 2024, arXiv:2406.08707): documents of web pages, the text half.

The paper reads text nodes and pictures of web pages in document order, identifies languages, drops
by rules of text and of pictures, and takes duplicates away: 163 languages. It then shows that
interleaved documents beside captions make a model that learns from examples in its context.

Here are the steps that text alone decides: which text of a page is its own and where among it
pictures stand, the filters of text by language, personal data, near duplicates; and what a small
model gains from each step at equal tokens. What the publication claims of its model, and its rules
for pictures (sizes, likeness to the text, unwanted content), need vision and are not part of this.

Its rule that documents below 500 bytes go would drop most pages of the sample world, which are
short, and those of some scripts twice as often: the bound learnt from each language stands in its
place. Pages come from templates whose classes are named as on many sites, except for one (forum);
no threshold was set on them.
"""

import json
import time
from collections import defaultdict
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import PreTrainedTokenizerFast, set_seed

from glotlift import world
from glotlift.evidence.design import Arm, Measurement, Metric, Recipe, Setting
from glotlift.evidence.verdicts import Claim
from glotlift.objectives.bits import document_bits
from glotlift.recipes.token_shares import prepared, train
from glotlift.recipes.web_documents import (
    Extraction,
    Texts,
    as_array,
    bytes_of,
    extract,
    filter_pages,
    judge_corpus,
    overlap,
    pictures_in_place,
    real_pages,
    world_pages,
)
from glotlift.training.schooling import build, make_tokenizer
from glotlift.training.starters import SIZES

ALL, MAIN, FILTERED, DISTINCT = "all text", "main text", "filtered", "deduplicated"
F1, PLACES, BITS = "F1 of words", "pictures in place", "bits per byte"
JUNK, KEPT, TWICE = "surroundings", "clean text kept", "duplicates left"
FOREIGN, PERSONAL = "other languages left", "personal data left"
SHARE = "share"
LANGUAGES = [
    *("eng_Latn", "spa_Latn", "cat_Latn", "swh_Latn", "rus_Cyrl", "arb_Arab", "hin_Deva"),
    "zho_Hans",
]
PAGES: dict[str, Any] = {"languages": LANGUAGES, "pages": 80}
TRAINING: dict[str, Any] = PAGES | {"documents": 15, "tokens": 150_000, "learning_rate": 4e-3}
REAL = {
    "archive": "$GLOTLIFT_DATA/formats/pages.warc.gz",
    "gold": "$GLOTLIFT_DATA/formats/pages.gold.jsonl.gz",
}


def read_out(setting: Setting, seed: int, folder: Path, *, extraction: Extraction) -> Measurement:
    """Score what is read out of pages; a row is a page, or a language's pages of one template."""
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
    means = {
        name: {row: sum(found) / len(found) for row, found in sorted(rows.items())}
        for name, rows in scores.items()
        if rows
    }
    return Measurement(
        sum(map(len, scores[F1].values())),
        {name: as_array(list(rows.values())) for name, rows in means.items()},
        {name: list(rows) for name, rows in means.items()},
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
    rows = Dataset.from_dict({"text": list(texts_of(languages, pages, seed, ALL).values())})
    return make_tokenizer("decoder", SIZES["tiny"], {"pages": rows})


def learn(
    setting: Setting, seed: int, folder: Path, *, extraction: Extraction, near: bool | None
) -> Measurement:
    """Judge the corpus of an arm, train a small model on it, and score it on clean pages.

    `near` says whether near duplicates are dropped; None, that nothing is filtered at all.
    """
    values, started = setting.values, time.monotonic()
    which = (tuple(values["languages"]), values["pages"], seed)
    texts, lost = texts_of(*which, extraction), 0
    read = len(texts)
    if near is not None:
        texts, lost = filter_pages(texts, folder / "build", near=near)
    judged = judge_corpus(world_pages(*which), texts, values["languages"])
    tokenizer = tokenizer_of(*which)
    set_seed(seed)
    model = build("decoder", SIZES["tiny"], tokenizer)
    rows = {"pages": Dataset.from_dict({"text": list(texts.values())})}
    trained = train(
        *(model, tokenizer, rows, prepared(model, tokenizer, rows), {"pages": 1.0}),
        amount=values["tokens"],
        unit="tokens",
        rate=values["learning_rate"],
        seed=seed,
        folder=folder / "training",
    )
    test = held_out(json.dumps(dict(values), sort_keys=True))
    bits, sizes = document_bits(trained.model, tokenizer, list(test.values()))
    scores = {name: as_array(found) for name, found in judged.items()} | {BITS: bits / sizes}
    ids = dict.fromkeys(judged, values["languages"]) | {BITS: list(test)}
    cost = {
        "seconds": time.monotonic() - started,
        "pages read": read,
        "pages kept": len(texts),
        "pages unaccounted for": lost,
        "bytes kept": sum(len(text.encode()) for text in texts.values()),
        "epochs": trained.plan.tokens["pages"] / sum(map(len, trained_ids(tokenizer, texts))),
        "test pages in training": len(set(test.values()) & set(texts.values())),
    }
    return Measurement(
        trained.plan.tokens["pages"], scores, ids, {BITS: sizes.astype(float)}, cost
    )


def trained_ids(tokenizer: PreTrainedTokenizerFast, texts: Texts) -> list[list[int]]:
    """Return the token ids of a corpus."""
    found: list[list[int]] = tokenizer(list(texts.values()), verbose=False)["input_ids"]
    return found


@lru_cache(maxsize=1)
def held_out(values: str) -> dict[str, str]:
    """Return the own text of clean pages of the test split, by language and id."""
    chosen = json.loads(values)
    none = dict.fromkeys(("duplicate_fraction", "near_duplicate_fraction", "mixed_fraction"), 0.0)
    return {
        f"{code}/{row['id']}": row["text"]
        for code in chosen["languages"]
        for row in world.web_pages(
            code, chosen["documents"], split="test", personal_fraction=0.0, **none
        )
    }
