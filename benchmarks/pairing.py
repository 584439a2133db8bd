"""How well are documents paired? Sentence alignment and the untranslated flag, against gold.

    python benchmarks/pairing.py [--pages 100] [--nltk]

Help pages whose paragraphs carry stable ids, and verses of the Bible: from either side paragraphs
are left out at a rate and neighbours are joined, one in ten; the gold links are those whose ids
meet. Precision, recall and F1 count links (all ids on both sides right) with both sides filled.
Compared: lengths alone, with shared tokens, with a lexicon learnt from the first pass, and nltk's
implementation of Gale and Church (1993) where it is installed. Prints one JSON object.
"""

import argparse
import gzip
import json
import os
import random
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from glotlift.corpus.pairing.aligning import Aligner, align_corpus
from glotlift.corpus.pairing.filtering import PairFilter, filter_pairs
from glotlift.corpus.pairing.links import Link

Unit = tuple[frozenset[str], str]
Document = tuple[list[Unit], list[Unit]]
LENGTHS = Aligner(use_tokens=False)
METHODS = {"lengths": (LENGTHS, 1), "tokens": (None, 1), "lexicon": (None, 3)}


def read_pages(folder: Path, languages: tuple[str, str]) -> list[Document]:
    """Return help pages as runs of (id, paragraph) in two languages, all paragraphs kept."""
    pages: dict[str, dict[str, list[Unit]]] = {}
    with gzip.open(folder / "lo_help_parallel" / "pages.jsonl.gz", "rt") as file:
        for line in file:
            row = json.loads(line)
            units = [(frozenset([p["pid"]]), p["text"]) for p in row["paragraphs"]]
            pages.setdefault(row["page"], {})[row["lang"]] = units
    found = [(page[languages[0]], page[languages[1]]) for page in pages.values()]
    return [(a, b) for a, b in found if len(a) > 3 and len(b) > 3]


def read_verses(folder: Path, languages: tuple[str, str]) -> list[Document]:
    """Return chapters as runs of (id, verse) in two languages."""
    chapters: dict[str, Document] = {}
    with gzip.open(folder / "bible_parallel" / "verses.jsonl.gz", "rt") as file:
        for line in file:
            row = json.loads(line)
            chapter = chapters.setdefault(row["ref"].split(":")[0], ([], []))
            for side, language in zip(chapter, languages, strict=True):
                if row.get(language):
                    side.append((frozenset([row["ref"]]), row[language]))
    return list(chapters.values())


def damage(units: list[Unit], rate: float, joins: float, draw: random.Random) -> list[Unit]:
    """Leave units out at a rate, then join neighbours at another."""
    kept = [unit for unit in units if draw.random() >= rate]
    out: list[Unit] = []
    for unit in kept:
        if out and len(out[-1][0]) == 1 and draw.random() < joins:
            out[-1] = (out[-1][0] | unit[0], f"{out[-1][1]} {unit[1]}")
        else:
            out.append(unit)
    return out


def gold_links(document: Document) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the groups of positions whose ids meet."""
    groups: list[tuple[set[tuple[int, int]], frozenset[str]]] = []
    for side, units in enumerate(document):
        for place, (ids, _) in enumerate(units):
            met = [group for group in groups if group[1] & ids]
            groups = [group for group in groups if not group[1] & ids]
            places = {(side, place)}.union(*(group[0] for group in met))
            groups.append((places, ids.union(*(group[1] for group in met))))
    gold = set()
    for places, _ in groups:
        source = tuple(sorted(place for side, place in places if side == 0))
        target = tuple(sorted(place for side, place in places if side == 1))
        if source and target:
            gold.add((source, target))
    return gold


def judge(found: Sequence[Sequence[Link]], documents: Sequence[Document]) -> dict[str, float]:
    """Return precision, recall and F1 of links with both sides filled."""
    right = said = true = 0
    for links, document in zip(found, documents, strict=True):
        gold = gold_links(document)
        mine = {(tuple(link.source), tuple(link.target)) for link in links if link.paired}
        right, said, true = right + len(gold & mine), said + len(mine), true + len(gold)
    precision, recall = right / max(said, 1), right / max(true, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def align_nltk(documents: Sequence[tuple[list[str], list[str]]]) -> list[list[Link]] | None:
    """Return nltk's alignment by lengths; None where it is not installed."""
    try:
        gale_church = import_module("nltk.translate.gale_church")
    except ImportError:
        return None
    found = []
    for source, target in documents:
        pairs = gale_church.align_blocks([len(s) for s in source], [len(t) for t in target])
        groups: list[tuple[set[int], set[int]]] = []
        for i, j in pairs:
            if groups and (i in groups[-1][0] or j in groups[-1][1]):
                groups[-1][0].add(i)
                groups[-1][1].add(j)
            else:
                groups.append(({i}, {j}))
        found.append(
            [Link(range(min(a), max(a) + 1), range(min(b), max(b) + 1), 0.0) for a, b in groups]
        )
    return found


def compare(documents: list[Document], rate: float, seed: int) -> dict[str, Any]:
    """Return the scores of every method at one rate of deletion."""
    draw = random.Random(seed)
    hard = [(damage(a, rate, 0.1, draw), damage(b, rate, 0.1, draw)) for a, b in documents]
    texts = [([t for _, t in a], [t for _, t in b]) for a, b in hard]
    sentences = sum(len(a) + len(b) for a, b in texts)
    scores: dict[str, Any] = {"sentences": sentences}
    for name, (aligner, passes) in METHODS.items():
        started = time.perf_counter()
        links, _ = align_corpus(texts, aligner=aligner, passes=passes)
        seconds = time.perf_counter() - started
        scores[name] = judge(links, hard) | {"sentences_per_second": round(sentences / seconds)}
    started = time.perf_counter()
    theirs = align_nltk(texts)
    if theirs is not None:
        speed = round(sentences / (time.perf_counter() - started))
        scores["nltk"] = judge(theirs, hard) | {"sentences_per_second": speed}
    return scores


def flag_untranslated(folder: Path, language: str) -> dict[str, float]:
    """Return precision and recall of the untranslated flag on paragraphs paired by their ids.

    Gold: the paragraph is stated to be the same as the English one.
    """
    english: dict[tuple[str, str], str] = {}
    rows: list[tuple[str, str, str, bool]] = []
    with gzip.open(folder / "lo_help_parallel" / "pages.jsonl.gz", "rt") as file:
        for line in file:
            row = json.loads(line)
            for p in row["paragraphs"]:
                if row["lang"] == "en":
                    english[row["page"], p["pid"]] = p["text"]
                elif row["lang"] == language:
                    rows.append((row["page"], p["pid"], p["text"], bool(p.get("same_as_en"))))
    known = [
        (english[page, pid], text, same) for page, pid, text, same in rows if (page, pid) in english
    ]
    settings = PairFilter(duplicates=False)
    reasons = filter_pairs([k[0] for k in known], [k[1] for k in known], settings=settings).reasons
    flagged = [reason == "untranslated" for reason in reasons]
    right = sum(f and k[2] for f, k in zip(flagged, known, strict=True))
    true = sum(k[2] for k in known)
    return {
        "pairs": len(known),
        "untranslated": true,
        "precision": round(right / max(sum(flagged), 1), 4),
        "recall": round(right / max(true, 1), 4),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("GLOTLIFT_DATA"))
    parser.add_argument("--languages", nargs="*", default=["es", "ca", "fi", "tr", "ko"])
    parser.add_argument("--verses", nargs="*", default=["swh_Latn", "cmn_Hans"])
    parser.add_argument("--rates", nargs="*", type=float, default=[0.0, 0.1, 0.3])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = Path(given.data)
    corpora = {f"en-{code}": read_pages(folder, ("en", code)) for code in given.languages}
    for code in given.verses:
        corpora[f"eng_Latn-{code}"] = read_verses(folder, ("eng_Latn", code))
    alignment = {
        name: {str(rate): compare(documents, rate, given.seed) for rate in given.rates}
        for name, documents in corpora.items()
    }
    flags = {code: flag_untranslated(folder, code) for code in given.languages}
    print(json.dumps({"alignment": alignment, "untranslated": flags}, indent=1))


if __name__ == "__main__":
    main()
