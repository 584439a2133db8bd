"""How well and how fast are languages identified? Bundled, trained and combined identifiers.

    GLOTLIFT_DATA=... python benchmarks/identification.py [--documents 150] [--languages 400]

The trained identifier learns from documents of `mono` (its held-out documents, a tenth by hash of
their text, are never seen) and from half of the paragraphs of `udhr_lid`; measured are the held-out
documents whole and in excerpts, the other paragraphs, and `panlex_swadesh`'s word lists, ten words
a text. "unknown" trains without the languages of `udhr_lid` and counts how many of their paragraphs
are rejected. Speed is of one core, on whole documents. Prints one JSON object.
"""

import argparse
import contextlib
import gzip
import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pycld2

from glotlift.languages import language
from glotlift.languages.identification import (
    Identifier,
    TrainedIdentifier,
    bundled,
    combine,
    identify_parts,
    judge_identifier,
    train_identifier,
)
from glotlift.languages.identification.guesses import sample
from glotlift.languages.identification.training import excerpts
from glotlift.languages.identification.writing import scripts_used
from glotlift.runs.errors import GlotliftError

Texts = dict[str, list[str]]
HELD_OUT = 10  # one document in so many
WORDS = 10
LEAST = 5


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read the rows of a compressed JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def held_out(text: str, among: int) -> bool:
    """Return whether a text is one of those kept out of training."""
    return hashlib.sha256(text.encode()).digest()[0] % among == 0


def divided(texts: Texts, among: int) -> tuple[Texts, Texts]:
    """Return texts to learn from and texts to measure on, where there are enough of both."""
    learn = {code: [t for t in own if not held_out(t, among)] for code, own in texts.items()}
    measure = {code: [t for t in own if held_out(t, among)] for code, own in texts.items()}
    return (
        {c: own for c, own in learn.items() if len(set(own)) >= LEAST},
        {c: own for c, own in measure.items() if own},
    )


def gathered(pairs: Iterator[tuple[str, str]]) -> Texts:
    """Return texts by our code; those whose code names no one language are left out."""
    texts: Texts = defaultdict(list)
    for tag, text in pairs:
        try:
            code = language(tag).code
        except GlotliftError:
            continue
        texts["zho_Hans" if code == "cmn_Hans" else code].append(text)
    return dict(texts)


def flat(texts: Texts) -> tuple[list[str], list[str]]:
    """Return all texts and the code of each."""
    pairs = [(text, code) for code, own in sorted(texts.items()) for text in own]
    return [text for text, _ in pairs], [code for _, code in pairs]


def word_lists(folder: Path) -> Texts:
    """Return ten words a text of every language's concept list."""
    pairs = []
    for row in rows(folder / "panlex_swadesh" / "swadesh110.jsonl.gz"):
        words = [found[0] for found in row["words"] if found]
        texts = [", ".join(words[i : i + WORDS]) for i in range(0, len(words) - WORDS + 1, WORDS)]
        used = scripts_used([" ".join(words)])[0]
        pairs += [(f"{row['lang']}_{used[0][0]}", text) for text in texts if used]
    return gathered(iter(pairs))


def speed(identify: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    """Return MB/s of processor time, the best of three."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        identify(texts)
        best = min(best, time.process_time() - started)
    return round(size / best, 2)


def cld2(texts: Sequence[str]) -> None:
    """Run the fastest library alone over the characters that the others read."""
    for text in texts:
        with contextlib.suppress(pycld2.error):
            pycld2.detect(sample(text))


def judged(identifiers: Sequence[Identifier], sets: dict[str, Texts]) -> dict[str, Any]:
    """Return what each identifier does on each set, on all languages and on those it knows."""
    report: dict[str, Any] = {}
    for name, texts in sets.items():
        read, truth = flat(texts)
        report[name] = {"languages": len(texts), "texts": len(read)}
        for identifier in identifiers:
            found = judge_identifier(identifier, read, truth)
            known = [c in identifier.languages for c in truth]
            kept = judge_identifier(
                identifier,
                [t for t, k in zip(read, known, strict=True) if k],
                [c for c, k in zip(truth, known, strict=True) if k],
            )
            found["of_known_languages"] = {
                "texts": kept["texts"],
                "accuracy": kept["accuracy"],
                "languages": len({c for c, k in zip(truth, known, strict=True) if k}),
            }
            report[name][identifier.name] = found
    return report


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=150, help="held out, of each language")
    parser.add_argument("--languages", type=int, default=400, help="learnt at most")
    options = parser.parse_args()
    data = Path(os.environ["GLOTLIFT_DATA"])
    mono = gathered(
        (path.name[:8], row["text"])
        for path in sorted((data / "mono").glob("*.gz"))
        for row in rows(path)
    )
    udhr = gathered(
        (row["lang"], row["text"]) for row in rows(data / "udhr_lid" / "paragraphs.jsonl.gz")
    )
    learn, documents = divided(mono, HELD_OUT)
    learn_udhr, paragraphs = divided(udhr, 2)
    documents = {code: own[: options.documents] for code, own in documents.items()}
    rare = dict(list(learn_udhr.items())[: options.languages])
    few: TrainedIdentifier = train_identifier(learn)
    started = time.perf_counter()
    trained = train_identifier({**rare, **learn})
    seconds = time.perf_counter() - started
    cut, truth = excerpts(list(documents.values()), 7)
    codes = list(documents)
    short: Texts = defaultdict(list)
    for text, index in zip(cut, truth.tolist(), strict=True):
        short[codes[index]].append(text)
    sets = {
        "documents": documents,
        "excerpts": dict(short),
        "paragraphs": paragraphs,
        "word lists": word_lists(data),
    }
    unseen = [t for c, own in udhr.items() if c not in few.languages for t in own]
    whole, _ = flat(documents)
    wide = bundled()
    both = combine(wide, trained)
    for identifier in (wide, few, trained):
        identifier.identify(whole[:50])
    print(
        json.dumps(
            {
                "trained": {
                    "languages": len(trained.languages),
                    "seconds": round(seconds, 1),
                    "seconds of 22 languages": few.report["seconds"],
                },
                "sets": judged((wide, trained, both), sets),
                "22 languages trained": judged((few,), {"excerpts": dict(short)}),
                "unknown languages rejected by 22": round(
                    sum(g.language == "und" for g in few.identify(unseen)) / len(unseen), 4
                ),
                "MB/s": {
                    "bundled": speed(wide.identify, whole),
                    "trained on 22": speed(few.identify, whole),
                    f"trained on {len(trained.languages)}": speed(trained.identify, whole),
                    "combined": speed(both.identify, whole),
                    "parts, bundled": speed(lambda t: identify_parts(t, wide), whole),
                    "pycld2 alone": speed(cld2, whole),
                },
            },
            indent=1,
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
