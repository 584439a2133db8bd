"""Real help pages with known links: better than lengths alone, better than another tool."""

import gzip
import json
import os
import random
from pathlib import Path

import pytest

from glotlift.corpus.pairing import Aligner, Link, align_corpus

Unit = tuple[str, str]


@pytest.fixture(scope="module")
def pages() -> list[tuple[list[Unit], list[Unit]]]:
    """English and Finnish pages with a fifth of the paragraphs left out on either side."""
    root = os.environ.get("GLOTLIFT_DATA")
    if not root:
        pytest.skip("GLOTLIFT_DATA is not set")
    draw, found = random.Random(0), {}
    with gzip.open(Path(root) / "lo_help_parallel" / "pages.jsonl.gz", "rt") as file:
        for line in file:
            row = json.loads(line)
            kept = [(p["pid"], p["text"]) for p in row["paragraphs"] if draw.random() > 0.2]
            found.setdefault(row["page"], {})[row["lang"]] = kept
    return [(page["en"], page["fi"]) for page in found.values()]


def f1(found: list[list[Link]], pages: list[tuple[list[Unit], list[Unit]]]) -> float:
    """Return the F1 of links of one paragraph with one."""
    right = said = true = 0
    for links, (source, target) in zip(found, pages, strict=True):
        mine = [k for k in links if k.paired]
        right += sum(
            len(k.source) == len(k.target) == 1
            and source[k.source.start][0] == target[k.target.start][0]
            for k in mine
        )
        said += len(mine)
        true += len({i for i, _ in source} & {i for i, _ in target})
    return 2 * right / (said + true)


def test_a_learnt_lexicon_beats_lengths_and_nltk(
    pages: list[tuple[list[Unit], list[Unit]]],
) -> None:
    texts = [([t for _, t in a], [t for _, t in b]) for a, b in pages]
    ours = f1(align_corpus(texts)[0], pages)
    lengths = f1(align_corpus(texts, aligner=Aligner(use_tokens=False), passes=1)[0], pages)
    assert ours > 0.75
    assert ours > lengths + 0.15
    gale_church = pytest.importorskip("nltk.translate.gale_church")
    theirs = [
        [
            Link(range(i, i + 1), range(j, j + 1), 0.0)
            for i, j in gale_church.align_blocks([len(s) for s in a], [len(t) for t in b])
        ]
        for a, b in texts
    ]
    assert ours > f1(theirs, pages) + 0.15
