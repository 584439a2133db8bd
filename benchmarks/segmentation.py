"""How well are sentences and words found? Against the treebanks of Universal Dependencies.

    GLOTLIFT_DATA=folder python benchmarks/segmentation.py

Reads every ``ud/*.conllu.gz`` of the folder. Sentence texts are joined by a space into one text a
treebank; scored is the F1 of the ends of sentences but the last, ours beside sentencex alone. Words
are scored by the F1 of spans against the tokens of the treebank (multiword tokens as they are
written). Speed is on the same text. Prints one JSON object.
"""

import gzip
import json
import os
import time
from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import Any, TypeVar

from glotlift.languages import language
from glotlift.languages.sentences import segmenter, sentence_spans
from glotlift.languages.words import word_spans

T = TypeVar("T")


def read_sentences(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the text of each sentence and its tokens as they are written."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for block in file.read().split("\n\n"):
            lines = block.split("\n")
            text = [line.split("=", 1)[1] for line in lines if line.startswith("# text =")]
            rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
            if text:
                yield text[0].strip(), written(rows)


def written(rows: list[list[str]]) -> list[str]:
    """Return the surface tokens: a multiword token stands for the words that it holds."""
    tokens: list[str] = []
    inside = 0
    for row in rows:
        if "-" in row[0]:
            inside = int(row[0].split("-")[1])
            tokens.append(row[1])
        elif "." not in row[0] and int(row[0]) > inside:
            tokens.append(row[1])
    return tokens


def token_spans(text: str, tokens: list[str]) -> set[tuple[int, int]]:
    """Return the places of tokens in a text."""
    spans, place = set(), 0
    for token in tokens:
        start = text.find(token, place)
        if start >= 0:
            place = start + len(token)
            spans.add((start, place))
    return spans


def f1(found: Set[Any], gold: Set[Any]) -> dict[str, float]:
    """Return precision, recall and F1."""
    right = len(found & gold)
    precision, recall = right / max(1, len(found)), right / max(1, len(gold))
    mean = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(mean, 3)}


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return the result and the processor seconds of one call."""
    start = time.process_time()
    return work(), time.process_time() - start


def sentencex_ends(text: str, subtag: str) -> set[int]:
    """Return the ends that sentencex alone gives."""
    ends, place = set(), 0
    for piece in segmenter()(subtag, text):
        place += len(piece)
        ends.add(place - (len(piece) - len(piece.rstrip())))
    return ends


def measure(path: Path) -> dict[str, Any]:
    """Return the scores of one treebank's file."""
    code = language(path.name.split(".")[0]).code
    sentences = list(read_sentences(path))
    text = " ".join(sentence for sentence, _ in sentences)
    gold, place = set(), -1
    for sentence, _ in sentences:
        place += len(sentence) + 1
        gold.add(place)
    last = {len(text)}
    sentence_spans(text[:1000], code)
    spans, seconds = timed(lambda: sentence_spans(text, code))
    tokens, found = set(), set()
    for index, (sentence, words) in enumerate(sentences):
        tokens |= {(index, *span) for span in token_spans(sentence, words)}
        found |= {(index, *span) for span in word_spans(sentence, code)}
    _, word_seconds = timed(lambda: word_spans(text, code))
    size = len(text.encode()) / 1e6
    return {
        "file": path.name,
        "language": code,
        "sentences": len(sentences),
        "ends": f1({end for _, end in spans} - last, gold - last),
        "ends_sentencex": f1(sentencex_ends(text, language(code).bcp47) - last, gold - last),
        "words": f1(found, tokens),
        "sentences_mb_per_second": round(size / seconds, 1),
        "words_mb_per_second": round(size / word_seconds, 1),
    }


def main() -> None:
    """Measure all treebanks and print the scores."""
    folder = Path(os.environ["GLOTLIFT_DATA"]) / "ud"
    print(json.dumps({"treebanks": [measure(path) for path in sorted(folder.glob("*.gz"))]}))


if __name__ == "__main__":
    main()
